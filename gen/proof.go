package gen

import (
	"fmt"
	"slices"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// DefaultEntry is the rule of a phone that comes from the factory.
const DefaultEntry = "/$PSN.xml"

// prover plays what a phone does with the rules of a batch, without a network:
// it begins with the entry rule, takes the alternative a phone takes that just
// started, finds the file that the URL names among those of the batch, takes
// over the rules that stand in it, and so on until it gets its own file (d.4).
type prover struct {
	entry  string
	places []schema.Delivery // where files are fetched: the batch's, and that of the first files when it is another
}

// provision is what the play knows of a phone: the parameters that decide what
// it asks for next.
type provision struct {
	rules   [4]string // Profile_Rule, _B, _C, _D
	lenient bool      // Resync_Fails_On_FNF is No
	ikm     string    // IKM_HTTP_Encrypt_Content
}

const ikmElement = "IKM_HTTP_Encrypt_Content"

var ruleElements = [4]string{"Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"}

// take applies a value of a profile that the phone got.
func (p *provision) take(phone *rule.Phone, name, text string) {
	switch {
	case !decides(name):
	case name == "Resync_Fails_On_FNF":
		p.lenient = text == "No"
	case name == ikmElement:
		p.ikm = text
	case len(name) == len("GPP_A"):
		phone.GPP[name[4]-'A'] = text
	case strings.HasPrefix(name, "GPP_S"):
		phone.Secrets[name[5]-'A'] = text
	default:
		p.rules[slices.Index(ruleElements[:], name)] = text
	}
}

// decides tells whether an element takes part in what the phone asks for.
func decides(name string) bool {
	if len(name) < len("GPP_A") {
		return false
	}
	switch name[0] {
	case 'P':
		return strings.HasPrefix(name, "Profile_Rule") && slices.Contains(ruleElements[:], name)
	case 'G':
		return strings.HasPrefix(name, "GPP_") &&
			(len(name) == 5 && name[4] >= 'A' && name[4] <= 'P' || len(name) == 6 && name[4] == 'S' && name[5] >= 'A' && name[5] <= 'D')
	case 'R':
		return name == "Resync_Fails_On_FNF"
	case 'I':
		return name == ikmElement
	}
	return false
}

// journey is a phone's way through the files of a batch.
type journey struct {
	*prover
	phone  *rule.Phone
	own    string                     // the name of the phone's file
	files  map[string]*schema.Profile // those that are no phone's own
	sealed *sealed                    // when files are encrypted
	state  provision

	rules []string // texts of the rules that were read
	trail []string // files the phone got on the way
	stop  string   // why the last attempt ended without the phone's own file
	asked string   // the name asked for there, when it was not found
}

// begin makes the phone one that comes from the factory.
func (j *journey) begin() {
	j.phone.GPP, j.phone.Secrets = [16]string{}, [4]string{}
	j.state = provision{rules: [4]string{j.entry}}
	j.rules, j.trail = j.rules[:0], j.trail[:0]
}

// arrive plays one resync after the other until the phone gets its own file,
// or nothing changes any more.
func (j *journey) arrive() bool {
	const enough = 8 // no real chain is longer
	for range enough {
		arrived, changed := j.resync()
		if arrived {
			return true
		}
		if !changed {
			return false
		}
	}
	j.stop = "goes round in a circle"
	return false
}

// resync is one attempt: the four rules in turn, each read when its turn comes
// (d.4). changed tells whether the next attempt could end otherwise.
func (j *journey) resync() (arrived, changed bool) {
	j.stop, j.asked = "has no rule that asks for a file", ""
	before, gpp, secrets := j.state, j.phone.GPP, j.phone.Secrets
	for i := range j.state.rules {
		found, ok := j.follow(ruleElements[i], j.state.rules[i])
		if found {
			return true, true
		}
		if !ok {
			break
		}
	}
	return false, j.state != before || j.phone.GPP != gpp || j.phone.Secrets != secrets
}

// follow does what one rule says. ok is false when that fails the attempt.
func (j *journey) follow(element, text string) (arrived, ok bool) {
	if strings.TrimSpace(text) == "" {
		return false, true
	}
	j.rules = append(j.rules, text)
	r, err := rule.ParseProfileRule(rule.ExpandRule(text, j.phone.Macro, j.phone.Secret))
	var choice rule.Choice
	if err == nil {
		choice, err = r.Select()
	}
	if err != nil {
		j.stop = fmt.Sprintf("cannot read its %s: %v", element, err)
		return false, false
	}
	if choice.Alternative == nil {
		return false, true // skipped, which is no failure (c.1)
	}
	for _, a := range choice.Assignments {
		j.state.take(j.phone, a.Name, a.Value)
	}
	if choice.URL == nil {
		return false, true
	}
	return j.fetch(element, choice.URL, choice.Options)
}

// fetch looks for the file that a URL names.
func (j *journey) fetch(element string, u *rule.URL, o *rule.Options) (arrived, ok bool) {
	paths := j.paths(u)
	if paths == nil {
		j.stop = fmt.Sprintf("goes to %s by its %s, which is not where this batch is delivered", u.Host(), element)
		return false, true // what that server has is not known; the phone goes on
	}
	for _, path := range paths {
		if j.names(u, path, j.own) {
			if j.sealed != nil && !j.openOwn(u, o) {
				return false, false
			}
			return true, true
		}
		if g := j.guideAt(u, path); g != nil {
			j.trail = append(j.trail, path)
			j.stop = "stays with " + path
			return false, j.open(u, o, path, g.data, g.key != "", j.takeGuide)
		}
		if profile, ok := j.files[path]; ok {
			j.trail = append(j.trail, path)
			j.stop = "stays with " + path
			j.takeOver(profile.Values())
			return false, true
		}
	}
	j.stop = fmt.Sprintf("asks for /%s by its %s, which is not among the files", paths[0], element)
	j.asked = paths[0]
	return false, j.state.lenient
}

// paths are the names of the files that a URL stands for, in the order they
// are tried; nil when it leads to another server.
func (j *journey) paths(u *rule.URL) []string {
	if u.Scheme == "gds" {
		return nil
	}
	if u.Server == "" {
		// The server DHCP names: the rule's path, and then a fixed one (d.6).
		var list []string
		for _, c := range rule.Candidates("tftp://server", &rule.URL{Scheme: "tftp", Path: u.Path}, j.phone.Macro) {
			list = append(list, inside(&j.places[0], c.Path))
		}
		return list
	}
	for i := range j.places {
		d := &j.places[len(j.places)-1-i] // any server may be the batch's, when it is not told which
		if d.Server == "" || strings.EqualFold(d.Server, u.Server) && deliveryPort(d) == u.Port {
			return []string{inside(d, u.Path)}
		}
	}
	return nil
}

// inside makes the path of a URL relative to the output folder. A static
// server does not look at the query.
func inside(d *schema.Delivery, path string) string {
	path, _, _ = strings.Cut(path, "?")
	folder := "/" + strings.Trim(d.Path, "/")
	if rest, ok := strings.CutPrefix(path, folder); ok && folder != "/" && strings.HasPrefix(rest, "/") {
		return rest[1:]
	}
	return strings.TrimPrefix(path, "/")
}

// names tells whether a path is that of the file with that name. When the
// batch is not told where it will be served, a rule that names a server may
// have any folder before it.
func (j *journey) names(u *rule.URL, path, name string) bool {
	if path == name {
		return true
	}
	d := &j.places[0]
	return u.Server != "" && d.Server == "" && d.Path == "" && strings.HasSuffix(path, "/"+name)
}

// takeOver applies the values of a profile that the phone got.
func (j *journey) takeOver(values []schema.Value) {
	for i := range values {
		j.state.take(j.phone, values[i].Name, values[i].Text)
	}
}

func deliveryPort(d *schema.Delivery) int {
	switch {
	case d.Port != 0:
		return d.Port
	case d.Scheme == "http":
		return 80
	case d.Scheme == "https":
		return 443
	}
	return 69
}

// deliveryURL is where the files of a batch are: the rule for one of them
// begins so and goes on with "/" and its name.
func deliveryURL(d *schema.Delivery) string {
	folder := strings.Trim(d.Path, "/")
	if folder != "" {
		folder = "/" + folder
	}
	if d.Server == "" {
		return folder
	}
	u := rule.URL{Scheme: d.Scheme, HasScheme: true, Server: d.Server, Port: d.Port, HasPort: d.Port != 0}
	if u.Scheme == "" {
		u.Scheme = "tftp"
	}
	return strings.TrimSuffix(u.String(), "/") + folder
}

// ParseDelivery reads where the files of a batch will be served, as -server
// takes it: "192.0.2.1", "http://prov.example.com:8080/phones".
func ParseDelivery(text string) (schema.Delivery, error) {
	url := strings.TrimSuffix(text, "/") + "/"
	u, err := rule.ParseURL(url)
	if err != nil {
		return schema.Delivery{}, err
	}
	d := schema.Delivery{Scheme: u.Scheme, Server: u.Server, Path: strings.TrimSuffix(u.Path, "/")}
	if u.HasPort {
		d.Port = u.Port
	}
	return d, nil
}

// proof is what is known of all phones of a model once one of them was played.
type proof struct {
	arrives bool     // a new phone gets its own file
	stays   bool     // and gets it again at its next resync, unless its own values decide about that
	macros  []string // that the rules name which a phone has by then
}

const (
	proofID = "proof"
	stayID  = "proof-next"
)

// prove adds a problem when the rules do not lead the phone, which is w.phone,
// to its own file.
func (w *worker) prove(m *model, p *jobPhone, name []byte) {
	known := m.proof.Load()
	if known != nil && known.arrives && known.stays && !known.decidedBy(p.Values) {
		return
	}
	j := &w.journey
	j.own, j.files = string(name), m.files
	j.begin()
	if !j.arrive() {
		p.problems = append(p.problems, j.broken(p.Origin, proofID, rule.Error))
		return
	}
	found := proof{arrives: j.uniform(w.pattern)}
	j.takeOver(m.lower.Values())
	j.takeOver(p.Values)
	j.rules, j.trail = j.rules[:0], j.trail[:0]
	if !j.arrive() {
		p.problems = append(p.problems, j.broken(p.Origin, stayID, rule.Warning))
		return
	}
	for _, text := range j.rules {
		for _, t := range rule.Tokens(text) {
			found.macros = append(found.macros, t.Name)
		}
	}
	if found.stays = j.uniform(w.pattern) && !found.decidedBy(p.Values); found.stays {
		m.proof.Store(&found)
	}
}

// decidedBy tells whether values of a phone have a part in what it asks for
// once it has them.
func (p *proof) decidedBy(values []schema.Value) bool {
	for i := range values {
		name := values[i].Name
		if !decides(name) {
			continue
		}
		if gpp, ok := strings.CutPrefix(name, "GPP_"); !ok || slices.Contains(p.macros, gpp) {
			return true
		}
	}
	return false
}

// uniform tells whether the rules on the way lead every phone of the model to
// the same place, or each to the file of its name: their macros are those of
// the model, or are the file-name pattern at the end. What was found out for
// one phone then holds for all.
func (j *journey) uniform(p *Pattern) bool {
	return !slices.ContainsFunc(j.rules, func(text string) bool {
		text = strings.TrimSuffix(text, "/"+p.text)
		return slices.ContainsFunc(rule.Tokens(text), func(t rule.Token) bool {
			return t.Kind == rule.MacroRef && ofThePhone(t.Name)
		})
	})
}

// ofThePhone tells the macros that differ between phones of a model.
func ofThePhone(macro string) bool {
	switch macro {
	case "MA", "MAU", "MAC", "SN", "IP", "EXTIP", "SWVER", "HWVER", "CCERT":
		return true
	}
	return strings.HasPrefix(macro, "UID")
}

// broken is the problem of a phone that does not get its own file.
func (j *journey) broken(origin schema.Origin, id string, severity rule.Severity) schema.Problem {
	begin := "does not get its file " + j.own + ": it "
	if id == stayID {
		begin = "gets its file " + j.own + ", but not again: at its next resync it "
	}
	p := schema.Problem{
		ID: id, Severity: severity, Origin: origin, Source: "d.4, d.6",
		Summary: "phone " + j.phone.MAC.String() + " " + begin + j.way() + j.stop,
		Hint:    "the profile rules of the files must lead to " + j.own,
	}
	if j.asked == "" {
		return p
	}
	names := []string{j.own}
	for name := range j.files {
		names = append(names, name)
	}
	slices.Sort(names)
	switch near := nearest(j.asked, names); {
	case near == "":
	case strings.EqualFold(near, j.asked):
		p.Hint = "the nearest file is " + near + ": names tell upper and lower case apart; $MA is lower case, $MAU upper case"
	default:
		p.Hint = "the nearest file is " + near
	}
	return p
}

// way tells which files the phone got before.
func (j *journey) way() string {
	if len(j.trail) == 0 {
		return ""
	}
	return "gets " + strings.Join(slices.Compact(j.trail), ", ") + " and "
}

// nearest is the name that was probably meant; empty when none is near.
func nearest(asked string, names []string) string {
	best, distance := "", len(asked)
	for _, name := range names {
		if d := differing(strings.ToLower(asked), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// differing is how many characters of two names are between the beginning and
// the end that they share.
func differing(a, b string) int {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return max(len(a), len(b))
}
