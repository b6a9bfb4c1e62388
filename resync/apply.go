package resync

import (
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// readProfile reads a decoded file as the phone does (f.1). name is for errors.
func readProfile(name string, clear []byte) ([]schema.Value, error) {
	doc, _, err := gen.XMLReader{AsPhone: true}.Read(name, clear)
	if err != nil {
		return nil, err
	}
	return doc.Profile().Values(), nil
}

// Apply takes over the values of a profile that has been read, as a resync
// does, and lists what it changed. Unknown names are ignored (f.1).
func (p *Phone) Apply(values []schema.Value) []Change {
	changes := p.apply(values)
	p.tuneSetTime()
	return changes
}

func (p *Phone) apply(values []schema.Value) []Change {
	var changes []Change
	for _, v := range values {
		entry, known := p.catalog().Lookup(v.Name)
		if !known {
			continue
		}
		if c, changed := p.applyValue(entry, v); changed {
			changes = append(changes, c)
		}
	}
	return changes
}

// applyValue takes over one element: first its value, then its right (f.2, f.3).
func (p *Phone) applyValue(entry schema.Entry, v schema.Value) (c Change, changed bool) {
	old := p.Value(v.Name)
	value, keep := p.reading(entry, v)
	if keep {
		value = old
	}
	if value != old && !p.accepts(entry, value) {
		p.emit(Event{Kind: Remark, Parameter: v.Name, Text: "the value in the profile is not allowed and not applied", Mark: "f.4"})
		value = old
	}
	_, valueChanged := p.put(v.Name, value)
	c = p.change(v.Name, old, value)
	if ua, given := p.right(v); given && p.grant(v.Name, ua) {
		c.UA = ua
	}
	return c, valueChanged || c.UA != ""
}

// reading is the value that an element means; keep tells that it leaves the
// value alone (f.2, f.3).
func (p *Phone) reading(entry schema.Entry, v schema.Value) (value string, keep bool) {
	q := &p.Quirks
	switch {
	case v.Preserve:
		return "", true
	case v.Empty && v.UA == "rw" && !q.EmptyTagEmpties:
		return "", true
	case v.Empty && v.UA != "rw" && q.EmptyTagKeeps:
		return "", true
	case v.Text == `""`:
		return "", false
	case v.Text != "":
		return v.Text, false
	}
	byDefault := q.EmptyIsDefault
	if !isText(entry.Kind) {
		byDefault = !q.EmptyIsText
	}
	if byDefault {
		value, _ = entry.DefaultValue(p.Generation)
	}
	return value, false
}

// right is the user's right that an element sets (f.2).
func (p *Phone) right(v schema.Value) (ua string, given bool) {
	switch v.UA {
	case "na", "ro", "rw":
		return v.UA, true
	case "":
		if entry, ok := p.catalog().Lookup(v.Name); ok && p.Quirks.MissingUADefault {
			return entry.UA, entry.UA != ""
		}
	}
	return "", false
}

// textKinds are those whose value may be an empty text (f.3).
var textKinds = []schema.Kind{
	schema.KindString, schema.KindSecret, schema.KindHost, schema.KindURI, schema.KindList, schema.KindMacros,
	schema.KindRule, schema.KindUpgrade, schema.KindCondition, schema.KindDialPlan, schema.KindTone, schema.KindCadence,
	schema.KindRing, schema.KindScript, schema.KindSoftkeys, schema.KindFunction, schema.KindLED, schema.KindStarCode,
}

func isText(k schema.Kind) bool { return slices.Contains(textKinds, k) }

// lateKinds are read when they are used, and off when they cannot be read
// (d.3); the phone stores them as they come.
var lateKinds = []schema.Kind{schema.KindDelays, schema.KindTime}

// accepts tells whether a value is within the catalog's type and range (f.4).
func (p *Phone) accepts(entry schema.Entry, value string) bool {
	if p.Quirks.InvalidApplied || isText(entry.Kind) || slices.Contains(lateKinds, entry.Kind) {
		return true
	}
	problem := entry.Check(value)
	return problem == nil || problem.Severity < rule.Error
}

// change describes a changed value.
func (p *Phone) change(element, old, value string) Change {
	c := Change{Element: element, Secret: p.secret(element)}
	if old != value {
		c.Restart = p.needsRestart(element)
	}
	if !c.Secret {
		c.Old, c.New = p.tellable(element, old), p.tellable(element, value)
	}
	return c
}

// tellable is a value for an event: keys and passwords of rules are masked,
// also of a rule that a GPP holds (c.5).
func (p *Phone) tellable(element, value string) string {
	if p.Log == nil || !strings.Contains(value, "--") && !strings.ContainsAny(value, `"@`) {
		return value // as nearly all are
	}
	place := rule.PlaceProfileRule
	if entry, ok := p.catalog().Lookup(element); ok {
		if of, ok := entry.Place(); ok {
			place = of
		}
	}
	return rule.Explain(place, value, nil).Text
}

func (p *Phone) needsRestart(element string) bool {
	if p.NeedsRestart != nil {
		return p.NeedsRestart(element)
	}
	return NeedsRestart(element)
}

// NeedsRestart tells whether a change of an element restarts the phone (d.7).
//
// The documents name no list; assumed: what the phone sets up once at start,
// that is its network, web server, SIP transport and registrations.
func NeedsRestart(element string) bool {
	if slices.Contains(restartElements, element) {
		return true
	}
	for _, family := range restartFamilies {
		if n, ok := strings.CutPrefix(element, family); ok && isIndex(n) {
			return true
		}
	}
	return false
}

var (
	restartElements = []string{
		"Connection_Type", "Static_IP", "NetMask", "Gateway", "Primary_DNS", "Secondary_DNS", "IP_Mode",
		"Enable_VLAN", "VLAN_ID", "PC_Port_VLAN_ID", "Enable_CDP", "Enable_LLDP-MED", "Enable_802.1X_Authentication",
		"Enable_Web_Server", "Web_Server_Port", "Enable_Protocol", "SIP_TCP_Port_Min", "SIP_TCP_Port_Max",
		"RTP_Port_Min", "RTP_Port_Max", "Phone-wifi-on",
	}
	restartFamilies = []string{
		"Line_Enable_", "SIP_Port_", "SIP_Transport_", "Proxy_", "Outbound_Proxy_", "User_ID_", "Auth_ID_", "Password_",
	}
)

// isIndex tells whether text is a number and an underscore: the end of Proxy_1_.
func isIndex(text string) bool {
	digits, ok := strings.CutSuffix(text, "_")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
