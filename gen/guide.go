package gen

import (
	"fmt"
	"slices"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// guide is a small file that gives a phone its key and leads it to its own,
// encrypted file: in clear for a phone that has no key yet, encrypted with an
// older key for one that has that.
type guide struct {
	name []byte
	key  string // that it is encrypted with; "" in clear
	data []byte
	file fileEntry
	zip  zipEntry
}

// The element that a guide sets besides rule and key, and so does a bootstrap.
const resyncElement = "Resync_Periodic"

// A phone with a time of day for its resyncs heeds no period (d.3).
const resyncAt = "Resync_At__HHmm_"

// guides tells whether the batch leads phones to files of that form, since they
// are encrypted. When it adds no rules, keys and ways are the user's own matter.
func (r *run) guides(f *form) bool { return f.encrypt != "" && !r.NoBootstrap }

// keyOf is the key that a phone's layers give it; "" for none.
func (r *run) keyOf(m *model, d *Device) string { return r.textOf(m, d, m.form.element) }

// textOf is what a phone's layers say about an element.
func (r *run) textOf(m *model, d *Device, element string) string {
	for i := range d.Values { // few, and of two the last counts (f.1)
		if v := &d.Values[len(d.Values)-1-i]; v.Name == element {
			return v.Text
		}
	}
	return m.lower.Text(element)
}

// equip gives a phone of an encrypted fleet what it needs: a key when it has
// none, the rule that leads to its file, and the guides, whose data fill makes.
// p.name is the name of its file in clear and becomes the file's own. The
// problem tells why it cannot be done.
//
// A name holds a mark of the key. So what a phone with another key asks for is
// never overwritten by something it could not read: it keeps the file it has
// until a guide leads it on.
func (w *worker) equip(m *model, p *jobPhone) *schema.Problem {
	p.guides, p.file.marks = p.guides[:0], marksOf(OwnFile, m.form.content())
	key, generated, problem := w.giveKey(m, p)
	if problem != nil || !w.guides(m.form) {
		return problem
	}
	for i := range p.Values {
		if v := &p.Values[i]; v.Name == "Profile_Rule" {
			return ownRule(v)
		}
	}
	if login := m.form.login; login != "" && w.textOf(m, &p.Device, login) == "" {
		return &schema.Problem{
			ID: "no-password", Severity: rule.Error, Origin: p.Origin, Source: "c.4",
			Summary: "the phone has no password to log in with where it fetches its file",
			Hint:    "add a column " + login + ", or set it for all phones",
		}
	}
	text, mark := w.ruleFor(m.form, key)
	p.Values = append(p.Values, schema.Value{Name: "Profile_Rule", Text: text})
	clear := slices.Clone(p.name)
	p.name = appendMarked(p.name[:0], string(clear), mark)
	w.addGuides(m.form, p, clear, w.olderKeys(m.form, key, generated, p.MAC))
	if len(p.name) > maxName {
		return &schema.Problem{
			ID: "file-name", Severity: rule.Error, Origin: p.Origin,
			Summary: fmt.Sprintf("file name %q is longer than %d characters", p.name, maxName),
		}
	}
	return nil
}

const noKeyID = "no-key"

// giveKey finds a phone's key, or makes it.
func (w *worker) giveKey(m *model, p *jobPhone) (key string, generated bool, problem *schema.Problem) {
	f := m.form
	key = w.keyOf(m, &p.Device)
	generated = key == "" && w.Keys != nil
	switch {
	case generated:
		key = f.keyFrom(w.Keys.secrets[0], p.MAC)
		p.Values = append(p.Values, schema.Value{Name: f.element, Text: key})
	case key == "":
		return "", false, &schema.Problem{
			ID: noKeyID, Severity: rule.Error, Origin: p.Origin,
			Summary: "the phone has no key to encrypt its file with",
			Hint:    "a key file makes one for each phone: -key-file keys.json on the command line; or add a column " + f.element,
		}
	}
	if err := f.checkKey(key); err != nil {
		return "", false, &schema.Problem{
			ID: "bad-key", Severity: rule.Error, Origin: p.Origin, Element: f.element, Source: "c.4, f.7",
			Summary: "the phone's key cannot be used: " + err.Error(),
			Hint:    "letters and digits; profilegen password makes one",
		}
	}
	return key, generated, nil
}

// addGuides adds the guides of a phone: for its older keys, and for none.
func (w *worker) addGuides(f *form, p *jobPhone, clear []byte, older []string) {
	add := func(name []byte, key string, role Role, content string) {
		file := fileEntry{state: Add, number: p.file.number, marks: marksOf(role, content)}
		p.guides = append(p.guides, guide{name: name, key: key, file: file})
	}
	names := []string{string(p.name)}
	for _, key := range older {
		name := appendMarked(nil, string(clear), f.mark(key))
		if !slices.Contains(names, string(name)) {
			names = append(names, string(name))
			add(name, key, OlderFile, f.content())
		}
	}
	if w.Encoding.First != schema.NoFirst {
		add(clear, "", FirstFile, "")
	}
}

// ownRule is the problem of a rule that stands where the batch's has to.
func ownRule(v *schema.Value) *schema.Problem {
	return &schema.Problem{
		ID: "rule-and-encryption", Severity: rule.Error, Origin: v.Origin, Element: "Profile_Rule", Source: "d.4",
		Summary: "Profile_Rule is set, but to encrypted files the phones are led by rules with their keys, which the batch writes",
		Hint:    "take it out; with no-bootstrap keys and rules are your own matter",
	}
}

// ruleFor is the rule that leads to the files of a key, and the mark in their
// names.
func (r *run) ruleFor(f *form, key string) (text, mark string) {
	mark = f.mark(key)
	begin := append([]byte(f.options), deliveryURL(&r.Delivery)...)
	return string(appendMarked(append(begin, '/'), r.pattern.text, mark)), mark
}

// olderKeys are those that a phone with that key may have had before.
func (r *run) olderKeys(f *form, key string, generated bool, mac rule.MAC) (list []string) {
	if r.Keys == nil {
		return nil
	}
	for i, secret := range r.Keys.secrets {
		if i > 0 || !generated {
			list = append(list, f.keyFrom(secret, mac))
		}
	}
	for _, given := range r.Keys.given[mac] {
		if given != key && f.checkKey(given) == nil {
			list = append(list, given)
		}
	}
	return list
}

// keyFrom is a phone's key made from a secret.
func (f *form) keyFrom(secret []byte, mac rule.MAC) string {
	if f.encrypt == schema.EncryptIKM {
		return ikmOf(secret, mac)
	}
	return keyOf(secret, mac)
}

// mark stands for a key in names; the key cannot be told from it.
func (f *form) mark(key string) string {
	sum := keyedHash([]byte(key), "name of "+f.encrypt, nil)
	return fmt.Sprintf("%x", sum[:4])
}

// appendMarked appends a name with "-" and a mark before its extension.
func appendMarked(dst []byte, name, mark string) []byte {
	end := len(name)
	if dot := strings.LastIndexByte(name, '.'); dot > strings.LastIndexByte(name, '/') {
		end = dot
	}
	dst = append(append(dst, name[:end]...), '-')
	dst = append(dst, mark...)
	return append(dst, name[end:]...)
}

// fill makes the data of a phone's guides; they are all the same but for their
// encryption. equip has run.
func (w *worker) fill(m *model, p *jobPhone) error {
	for i := range p.guides {
		g := &p.guides[i]
		var err error
		if g.data, err = w.makeGuide(m, &p.Device, g.key); err != nil {
			return err
		}
		g.file.secret = g.key == ""
		g.file.note(m, &p.Device, g.data)
	}
	return nil
}

// makeGuide makes a guide of a phone, encrypted with a key unless that is "".
func (w *worker) makeGuide(m *model, d *Device, key string) ([]byte, error) {
	data, err := w.guideProfile(m, d)
	if err != nil || key == "" {
		return data, err
	}
	f := *m.form
	f.gzip = false // it is short
	sealed, err := w.encoder.encode(&f, data, key)
	if err == nil {
		err = f.readBack(sealed, data, key)
	}
	return slices.Clone(sealed), err
}

// guideProfile is what a guide says: the key, where to ask with it, and to do
// so soon.
func (r *run) guideProfile(m *model, d *Device) ([]byte, error) {
	key := r.keyOf(m, d)
	text, _ := r.ruleFor(m.form, key)
	p := &schema.Profile{}
	p.Set(schema.Value{Name: resyncElement, Text: firstResync})
	if r.textOf(m, d, resyncAt) != "" {
		p.Set(schema.Value{Name: resyncAt}) // else the period would not count (d.3); the phone's file sets it back
	}
	p.Set(schema.Value{Name: m.form.element, Text: key})
	if m.form.login != "" {
		p.Set(schema.Value{Name: m.form.login, Text: r.textOf(m, d, m.form.login)})
	}
	p.Set(schema.Value{Name: "Profile_Rule", Text: text})
	return AppendXML(nil, p)
}

// work is what the second pass has to do for a phone: its guides may change
// when its own file does not.
func (p *jobPhone) work() State {
	if p.file.state == Unchanged {
		for i := range p.guides {
			if p.guides[i].file.state != Unchanged {
				return Change
			}
		}
	}
	return p.file.state
}
