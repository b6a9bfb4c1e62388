package gen

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"profilegen/rule"
	"profilegen/schema"
)

// sealed is what a journey knows more when the phone's file is encrypted.
type sealed struct {
	form    *form
	own     []byte // the file
	profile []byte // that it is made of
	values  []schema.Value
	guides  []guide

	opened *opening // how it was read before; nil: it was not
}

// opening is all that decides about how a file is read.
type opening struct {
	key    string
	hasKey bool
	ikm    string
	tftp   bool
}

// matches tells whether a profile that the phone read holds what its row says.
func (s *sealed) matches(clear []byte, read []parameter) error {
	if !bytes.Equal(clear, s.profile) {
		return errOtherwise
	}
	for i := range s.values {
		v := &s.values[i]
		same := func(p parameter) bool { return p.value.Name == v.Name && p.value.Text == v.Text }
		if !slices.ContainsFunc(read, same) && !overridden(s.values[i+1:], v.Name) {
			return fmt.Errorf("its %s reads back otherwise", v.Name)
		}
	}
	return nil
}

// overridden tells whether a later value sets the element again (f.1).
func overridden(later []schema.Value, name string) bool {
	for i := range later {
		if later[i].Name == name {
			return true
		}
	}
	return false
}

// guideAt is the phone's guide with the name that a URL asks for.
func (j *journey) guideAt(u *rule.URL, path string) *guide {
	if j.sealed == nil {
		return nil
	}
	for i := range j.sealed.guides {
		if g := &j.sealed.guides[i]; j.names(u, path, string(g.name)) {
			return g
		}
	}
	return nil
}

// openOwn reads the phone's file by a rule with those options.
func (j *journey) openOwn(u *rule.URL, o *rule.Options) bool {
	s := j.sealed
	now := opening{ikm: j.state.ikm, tftp: byTFTP(u)}
	if o != nil {
		now.key, now.hasKey = o.Key, o.HasKey
	}
	if s.opened != nil && *s.opened == now {
		return true
	}
	if !j.open(u, o, j.own, s.own, true, s.matches) {
		return false
	}
	s.opened = &now
	return true
}

// byTFTP tells whether a URL leads to TFTP for certain: DHCP may name another
// way for one without a server.
func byTFTP(u *rule.URL) bool { return u.Scheme == "tftp" && (u.HasScheme || u.Server != "") }

// open reads a file as the phone does that asked for it by a rule with those
// options: decryption, decompression, XML. then looks at the profile.
func (j *journey) open(u *rule.URL, o *rule.Options, name string, data []byte, encrypted bool, then func([]byte, []parameter) error) bool {
	err := j.read(u, o, data, encrypted, then)
	if err != nil {
		j.stop = fmt.Sprintf("cannot read %s: %v", name, err)
	}
	return err == nil
}

var errTFTPContent = errors.New("it is encrypted by RFC 8188, which TFTP cannot say")

func (j *journey) read(u *rule.URL, o *rule.Options, data []byte, encrypted bool, then func([]byte, []parameter) error) error {
	with := Decoding{IKM: j.state.ikm, Digests: []Digest{j.sealed.form.digest}}
	if o != nil {
		with.Key, with.HasKey = o.Key, o.HasKey
	}
	if encrypted && j.sealed.form.encrypt == schema.EncryptIKM {
		if byTFTP(u) {
			return errTFTPContent
		}
		with.ContentEncoding = contentEncoding
	}
	clear, err := Decode(data, with)
	if err != nil {
		return err
	}
	document, _, err := XMLReader{AsPhone: true}.Read("profile", clear)
	if err != nil {
		return err
	}
	return then(clear, document.parameters)
}

// takeGuide applies a guide that the phone read.
func (j *journey) takeGuide(_ []byte, read []parameter) error {
	for i := range read {
		v := &read[i].value
		j.state.take(j.phone, v.Name, v.Text)
	}
	return nil
}

// proveSealed plays the phones that may come for an encrypted file: one from
// the factory, or, when first files are left out, one that has its key; the
// same at its next resync; and one with each older key. w.made is the
// file, made of a profile.
func (w *worker) proveSealed(m *model, p *jobPhone, profile []byte) {
	j := &w.journey
	j.own, j.files = string(p.name), m.files
	j.sealed = &sealed{form: m.form, own: w.made, profile: profile, values: p.Values, guides: p.guides}
	defer func() { j.sealed = nil }()
	key := w.keyOf(m, &p.Device)

	j.begin()
	if !w.guides(m.form) || w.Encoding.First == schema.NoFirst {
		j.state.take(j.phone, m.form.element, key)
	}
	if w.guides(m.form) && w.Encoding.First == schema.NoFirst {
		j.state.rules[0], _ = w.ruleFor(m.form, key)
	}
	if !j.arrive() {
		p.problems = append(p.problems, j.broken(p.Origin, proofID, rule.Error))
		return
	}
	w.arriveAgain(m, p)
	for i := range p.guides {
		g := &p.guides[i]
		if g.key == "" {
			continue
		}
		j.begin()
		j.state.take(j.phone, m.form.element, g.key)
		j.state.rules[0], _ = w.ruleFor(m.form, g.key)
		if !j.arrive() {
			p.problems = append(p.problems, j.broken(p.Origin, proofID, rule.Error))
			return
		}
	}
}

// arriveAgain plays the next resync of a phone that got its file.
func (w *worker) arriveAgain(m *model, p *jobPhone) {
	j := &w.journey
	j.takeOver(m.lower.Values())
	j.takeOver(p.Values)
	j.rules, j.trail = j.rules[:0], j.trail[:0]
	if !j.arrive() {
		p.problems = append(p.problems, j.broken(p.Origin, stayID, rule.Warning))
	}
}
