package schema

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"profilegen/rule"
)

// View is the point of view of a check.
type View struct {
	Phone      *rule.Phone // for macros and the model; nil: a sample phone of no certain model
	Generation Generation
	Transport  string // "tftp", "http", "https" when known how the profile is fetched; "" otherwise
}

// Check lists what is wrong with a profile, value by value and across them.
func (c *Catalog) Check(p *Profile, view View) Problems {
	return c.NewChecker(p, view).Problems()
}

// Checker checks many devices that share the values of a base. The base is
// looked at once; CheckDevice then looks at a device's own values, and at
// what they change. Make one for each model of a fleet. A Checker may be used
// by several goroutines at once; its base must not change meanwhile.
type Checker struct {
	catalog  *Catalog
	base     *Profile
	view     View
	model    *Model // nil when not known
	problems Problems
	secrets  bool     // whether the base holds one that is set
	servers  []string // that the base's rules name
}

// NewChecker checks a base for a view and keeps it for CheckDevice.
func (c *Catalog) NewChecker(base *Profile, view View) *Checker {
	k := &Checker{catalog: c, base: base, view: view}
	if view.Phone != nil {
		k.model, _ = FindModel(view.Phone.Product)
	}
	s := &scratch{facts: facts{Checker: k, phone: view.Phone, model: k.model}}
	f := &s.facts
	values := base.Values()
	for i := range values {
		s.checkValue(i, &values[i])
	}
	k.secrets = f.secrets
	for _, name := range serverTexts {
		links(base.Text(name), func(l link) { k.servers = append(k.servers, l.host) })
	}
	for i := range checks {
		f.run(&checks[i])
	}
	f.problems.Sort()
	k.problems = f.problems
	return k
}

// Problems lists what is wrong with the base.
func (k *Checker) Problems() Problems { return k.problems }

// CheckDevice lists what is wrong with a device's own values, alone and
// together with the base. It allocates nothing when nothing is wrong. phone is
// the device; nil stands for the view's.
func (k *Checker) CheckDevice(values []Value, phone *rule.Phone) Problems {
	s := scratches.Get().(*scratch)
	defer s.release()
	f := &s.facts
	*f = facts{Checker: k, over: values, phone: phone, model: k.model}
	switch {
	case phone == nil:
		f.phone = k.view.Phone
	case k.view.Phone == nil || phone.Product != k.view.Phone.Product:
		f.model, _ = FindModel(phone.Product)
	}
	var touched uint64
	for i := range values {
		touched |= s.checkValue(i, &values[i])
	}
	if phone != nil && slices.ContainsFunc(k.servers, func(server string) bool { return sameHost(server, phone.IP) }) {
		touched |= addressChecks
	}
	if f.secrets && !k.secrets && k.view.readable() {
		touched |= secretChecks
	}
	for i := 0; touched != 0; i, touched = i+1, touched>>1 {
		if touched&1 != 0 {
			f.run(&checks[i])
		}
	}
	f.problems.Sort()
	return f.problems
}

// scratch is the memory of a CheckDevice. The rows of a table bring their
// values in one order, so what is known of an entry is found again by its
// position.
type scratch struct {
	facts
	known []knownEntry
}

// knownEntry is what earlier phones taught about an entry.
type knownEntry struct {
	Entry
	sound soundTexts // nothing is wrong with them
	fits  handset    // for which there is nothing to say of the element itself
}

// handset is what decides whether a phone has a use for an element.
type handset struct {
	model      *Model
	generation Generation
	known      bool
}

// soundTexts remembers some of an entry's texts. Rows often repeat what they
// say, servers above all.
type soundTexts [16][]byte

// slot is where a text is remembered. The digits of numbered names differ near
// their ends.
func (s *soundTexts) slot(text string) *[]byte {
	n := len(text)
	return &s[(n+int(text[0])+int(text[n/3])+3*int(text[n/2])+5*int(text[n-1]))%len(s)]
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) release() {
	s.facts = facts{}
	scratches.Put(s)
}

// lookup is Lookup that tries the entry which stood at position i last time.
func (s *scratch) lookup(i int, name string) (*knownEntry, bool) {
	if i < len(s.known) && s.known[i].Name == name {
		return &s.known[i], true
	}
	e, ok := s.catalog.Lookup(name)
	if !ok {
		return nil, false
	}
	for len(s.known) <= i {
		s.known = append(s.known, knownEntry{})
	}
	s.known[i] = knownEntry{Entry: e}
	return &s.known[i], true
}

// checkValue looks at the value at position i by itself, and tells which
// checks of several values read it.
func (s *scratch) checkValue(i int, v *Value) (readBy uint64) {
	e, ok := s.lookup(i, v.Name)
	if !ok {
		s.problems = append(s.problems, s.catalog.Unknown(v))
		return 0
	}
	if e.Kind == KindSecret && v.Text != "" {
		s.secrets = true
	}
	before := len(s.problems)
	s.checkText(e, v.Text)
	if v.Text != "" || v.UA != "" {
		s.checkElement(e, v)
	}
	for i := before; i < len(s.problems); i++ {
		p := &s.problems[i]
		p.Origin = v.Origin
		if p.Fix != nil {
			keepAccess(p.Fix, v)
		}
	}
	return e.readBy
}

// checkText looks at a value's text, unless the same one was looked at before.
// What it says of rules and secrets is looked at each time.
func (s *scratch) checkText(e *knownEntry, text string) {
	if !e.repeats() || text == "" {
		s.problems = e.check(s.problems, text, &s.facts)
		return
	}
	sound := e.sound.slot(text)
	if string(*sound) == text {
		return
	}
	before := len(s.problems)
	if s.problems = e.check(s.problems, text, &s.facts); len(s.problems) == before {
		*sound = append((*sound)[:0], text...)
	}
}

// repeats tells whether many phones have the same value of the parameter, and
// nothing but its text decides whether it is sound.
func (p *Parameter) repeats() bool {
	switch p.Kind {
	case KindHost, KindIP, KindURI, KindDialPlan, KindEnum, KindList, KindTone, KindCadence, KindRing, KindSoftkeys, KindFunction:
		return true
	}
	return false
}

// readable tells whether anyone on the way can read the profile.
func (v *View) readable() bool { return v.Transport == "tftp" || v.Transport == "http" }

// facts are the values a check looks at, and what it finds.
type facts struct {
	*Checker
	over     []Value // a device's own values, before the base's
	phone    *rule.Phone
	model    *Model
	reader   *rule.Phone // see viewer; nil until it is asked for
	problems Problems
	secrets  bool // whether a secret with a value was seen
}

// get is the value of an element in the device or the base.
func (f *facts) get(name string) (v *Value, ok bool) {
	for i := len(f.over) - 1; i >= 0; i-- {
		if f.over[i].Name == name {
			return &f.over[i], true
		}
	}
	if i, ok := f.base.find(name); ok {
		return &f.base.values[i], true
	}
	return nil, false
}

// text is the value of an element, "" when the profile does not have it.
func (f *facts) text(name string) string {
	if v, ok := f.get(name); ok {
		return v.Text
	}
	return ""
}

// effective is the value of an element on a phone that was at its factory
// values before.
func (f *facts) effective(name string) string {
	if v, ok := f.get(name); ok && v.Text != "" {
		return v.Text
	}
	if e, ok := f.catalog.Lookup(name); ok {
		text, _ := e.DefaultValue(f.view.Generation)
		return text
	}
	return ""
}

// own tells whether the profile sets an element to something else than its
// factory value.
func (f *facts) own(name string) bool {
	v, ok := f.get(name)
	if !ok || v.Text == "" {
		return false
	}
	e, ok := f.catalog.Lookup(name)
	return !ok || !e.isDefault(v.Text)
}

// isDefault tells whether a text is the factory value of some generation.
func (e Entry) isDefault(text string) bool {
	for g := range e.defaults {
		d := &e.defaults[g]
		if d.counted {
			if n, ok := wholeNumber(text); ok && n == d.first+e.N-1 {
				return true
			}
		} else if d.known && d.text == text {
			return true
		}
	}
	return false
}

// viewer is the phone that rules are read with: the one in view, or a sample,
// with what the profile puts into the GPPs and secrets. A secret that is not in
// the profile was set before; it is taken to be there.
func (f *facts) viewer() *rule.Phone {
	if f == nil {
		return samplePhone()
	}
	if f.reader != nil {
		return f.reader
	}
	phone := *samplePhone()
	if f.phone != nil {
		phone = *f.phone
	}
	for i := range phone.GPP {
		if v, ok := f.get("GPP_" + string(rune('A'+i))); ok {
			phone.GPP[i] = v.Text
		}
	}
	for i := range phone.Secrets {
		if v, ok := f.get("GPP_S" + string(rune('A'+i))); ok && v.Text != "" {
			phone.Secrets[i] = v.Text
		}
	}
	f.reader = withSecrets(phone)
	return f.reader
}

// samplePhone is the phone that values are looked at with when none is given.
var samplePhone = sync.OnceValue(func() *rule.Phone { return withSecrets(*rule.Sample("CP-8861-3PCC")) })

// withSecrets fills the secrets that are not known.
func withSecrets(phone rule.Phone) *rule.Phone {
	for i := range phone.Secrets {
		if phone.Secrets[i] == "" {
			phone.Secrets[i] = "secret"
		}
	}
	return &phone
}

// add adds a problem of an element. It stands where the element's value does.
func (f *facts) add(p Problem) {
	if v, ok := f.get(p.Element); ok {
		p.Origin = v.Origin
	}
	f.problems = append(f.problems, p)
}

// keepAccess makes a fix leave the access attributes of the value alone.
func keepAccess(fix *Fix, v *Value) {
	for i := range fix.Set {
		fix.Set[i].UA, fix.Set[i].Preserve, fix.Set[i].Origin = v.UA, v.Preserve, v.Origin
	}
}

// checkElement looks at what an element is, for this model and firmware.
func (s *scratch) checkElement(e *knownEntry, v *Value) {
	if v.UA != "" && v.UA != "na" && v.UA != "ro" && v.UA != "rw" {
		s.problems = append(s.problems, Problem{
			ID: "bad-access", Severity: rule.Warning, Element: e.Name,
			Summary: "ua=" + strconv.Quote(v.UA) + " is no access of the user; the phone keeps the one it has",
			Hint:    "na (none), ro (read) or rw (read and write)", Source: "f.2, ACC",
		})
	}
	if e.aliasOf != "" {
		s.guideSpelling(e.Entry)
	}
	here := handset{s.model, s.view.Generation, true}
	if v.Text == "" || e.fits == here || e.isDefault(v.Text) {
		return
	}
	before := len(s.problems)
	if s.available(e.Entry); len(s.problems) == before {
		e.fits = here
	}
}

// available looks whether phones of this model and firmware have the element.
func (f *facts) available(e Entry) {
	if f.model != nil {
		f.onModel(e)
	}
	if e.removed != "" && f.view.Generation != Firmware104 {
		f.problems = append(f.problems, Problem{
			ID: "removed-element", Severity: rule.Note, Element: e.Name,
			Summary: e.Name + " was removed by firmware " + e.removed,
			Hint:    "newer phones ignore it", Source: e.Source,
		})
	}
	if e.newerThan(f.view.Generation) {
		f.problems = append(f.problems, Problem{
			ID: "newer-element", Severity: rule.Note, Element: e.Name,
			Summary: e.Name + " came with firmware " + e.Since + "; phones with older firmware ignore it",
			Hint:    "it does no harm there", Source: e.Source,
		})
	}
}

// onModel looks whether the model in view has a use for an element.
func (f *facts) onModel(e Entry) {
	const source = "docs/parameters-sources.md, 6; "
	if why := e.missingOn(f.model); why != "" {
		f.problems = append(f.problems, Problem{
			ID: "not-on-model", Severity: rule.Warning, Element: e.Name,
			Summary: "a " + f.model.Name() + " has no use for " + e.Name + ": " + why,
			Hint:    "set it for the models that have it", Source: source + e.Source,
			Fix: &Fix{Title: "take out " + e.Name, Delete: []string{e.Name}},
		})
		return
	}
	if e.perLine && e.N > f.model.OldLines && f.view.Generation != Firmware12 {
		p := Problem{
			ID: "newer-line", Severity: rule.Note, Element: e.Name,
			Summary: "before firmware 11.3(2) a " + f.model.Name() + " has " + count(f.model.OldLines, "extension"),
			Hint:    "older phones ignore it", Source: source + "XREF",
		}
		if f.view.Generation == Firmware104 {
			p.Severity = rule.Warning
		}
		f.problems = append(f.problems, p)
	}
}

// guideSpelling tells of a name that guides print and phones do not use.
func (f *facts) guideSpelling(e Entry) {
	a, name, ok := f.catalog.findAlias(e.Name)
	if !ok {
		return
	}
	f.problems = append(f.problems, Problem{
		ID: "guide-spelling", Severity: rule.Warning, Element: e.Name,
		Summary: e.Name + " is probably " + name + ": " + a.why,
		Hint:    "write " + name, Source: a.source,
		Fix: rename(e.Name, name),
	})
}

// Unknown is the problem of an element that is not in the catalog. Element
// names are case sensitive and unknown ones are ignored (f.1).
func (c *Catalog) Unknown(v *Value) Problem {
	if key, n, u, ok := findFamily(v.Name, func(key family) bool { return c.families[key] != nil }); ok {
		return outsideFamily(v, c.families[key], n, u)
	}
	p := Problem{
		ID: "unknown-element", Severity: rule.Warning, Origin: v.Origin, Element: v.Name,
		Summary: "no document names an element " + v.Name + "; phones ignore what they do not know",
		Hint:    "names are those of the phone's cfg.xml",
		Source:  "f.1, AGF",
	}
	a, _, isAlias := c.findAlias(v.Name)
	suggestions, sure := c.suggest(v.Name)
	if len(suggestions) == 0 {
		return p
	}
	name := suggestions[0]
	if !sure {
		p.Hint = "did you mean " + name + "?"
		return p
	}
	p.Severity = rule.Error
	p.Summary = v.Name + " is not a parameter, and the phone ignores it"
	p.Hint = "did you mean " + name + "?"
	switch {
	case isAlias:
		p.Hint, p.Source = "write "+name+": "+a.why, a.source
	case strings.EqualFold(v.Name, name):
		p.ID = "element-case"
		p.Summary = v.Name + " is written " + name + "; case counts, and the phone ignores it so"
		p.Hint = "write " + name
	}
	p.Fix = rename(v.Name, name)
	return p
}

// outsideFamily is the problem of an element whose number no phone has.
func outsideFamily(v *Value, p *Parameter, n, u int) Problem {
	s, number := p.n, n
	if p.u.to > 0 && !p.u.holds(u) {
		s, number = p.u, u
	}
	bounds := strconv.Itoa(s.from) + " to " + strconv.Itoa(s.to)
	if s.from == s.to {
		bounds = strconv.Itoa(s.from)
	}
	return Problem{
		ID: "number-out-of-range", Severity: rule.Error, Origin: v.Origin, Element: v.Name,
		Summary: "no phone has a number " + strconv.Itoa(number) + " of " + p.Element + ", and ignores it",
		Hint:    "the number is " + bounds,
		Source:  p.Source,
	}
}

func rename(from, to string) *Fix {
	return &Fix{Title: "rename it to " + to, Rename: []Rename{{from, to}}}
}
