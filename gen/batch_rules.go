package gen

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"profilegen/rule"
	"profilegen/schema"
)

// firstResync is the Resync_Periodic of a bootstrap, in seconds.
const firstResync = "60"

// bootstrap is the file that the phones of a model ask for when they come from
// the factory.
type bootstrap struct {
	data   []byte
	secret bool
	file   fileEntry
}

// addRules works out how the phones of a model come to their own files, and
// adds what their profiles need for it.
func (r *run) addRules(m *model) error {
	r.problems.addCommon(r.checkSharedKey(m))
	if r.NoBootstrap {
		return nil
	}
	if r.guides(m.form) {
		r.setPeriod(m)
		if v, ok := m.lower.Get("Profile_Rule"); ok && v.Text != "" && !r.isDefault(v) {
			r.problems.addCommon(schema.Problems{*ownRule(&v)})
			r.hopeless.Store(true)
		}
		if r.Encoding.First == schema.NoFirst {
			return nil
		}
	}
	name, own, err := r.firstNames(m.product)
	if err != nil || name == "" || name == own {
		return err // each phone asks for a name of its own already
	}
	if err := CheckFileName([]byte(name)); err != nil {
		return fmt.Errorf("a new phone asks for %q, which cannot be a file name: %w", name, err)
	}
	v, _ := m.lower.Get("Profile_Rule")
	rules := ruleElements[:]
	if v.Text == "" || r.isDefault(v) {
		rules = rules[:1]
		v.Name, v.Text, v.Empty = rules[0], deliveryURL(&r.first)+"/"+r.pattern.String(), false
		m.lower.Set(v)
	}
	r.setPeriod(m)
	m.bootstrap, m.files = name, map[string]*schema.Profile{name: bootstrapProfile(m.lower, rules)}
	if m.form.encrypt == "" && len(rules) == 1 && r.first != r.Delivery {
		v.Text = deliveryURL(&r.Delivery) + "/" + r.pattern.String() // where it goes on, among phones that are led by first files
		m.lower.Set(v)
	}
	return nil
}

// setPeriod has the phones' files set back what bootstrap and guide set.
func (r *run) setPeriod(m *model) {
	if _, ok := m.lower.Get(resyncElement); !ok {
		e, _ := r.catalog.Lookup(resyncElement)
		text, _ := e.DefaultValue(r.Firmware)
		m.lower.Set(schema.Value{Name: e.Name, Text: text})
	}
}

// bootstrapProfile has the rules named, and what they need.
func bootstrapProfile(lower *schema.Profile, rules []string) *schema.Profile {
	p := &schema.Profile{}
	p.Set(schema.Value{Name: resyncElement, Text: firstResync})
	for _, name := range rules {
		v, ok := lower.Get(name)
		if !ok {
			continue
		}
		p.Set(v)
		for _, t := range rule.Tokens(v.Text) { // a rule may take text from a GPP (c.5)
			if gpp, ok := lower.Get("GPP_" + t.Name); ok && t.Kind == rule.MacroRef {
				p.Set(gpp)
			}
		}
	}
	return p
}

// isDefault tells whether a value is the phone's factory value.
func (r *run) isDefault(v schema.Value) bool {
	e, ok := r.catalog.Lookup(v.Name)
	if !ok {
		return false
	}
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		if text, known := e.DefaultValue(g); known && text == v.Text {
			return true
		}
	}
	return false
}

// firstNames gives the name of the file that new phones of a product ask for,
// empty when it differs from phone to phone, and, when all of them have the
// same one, the name of their own file.
func (r *run) firstNames(product string) (asked, own string, err error) {
	var names, owns [2]string
	for i := range names {
		phone := rule.Sample(product)
		phone.MAC[5] += byte(i)
		phone.Serial += string(rune('A' + i))
		phone.IP += string(rune('1' + i))
		j := journey{prover: &r.prover, phone: phone}
		j.begin()
		j.resync()
		names[i] = j.asked
		own, err := r.pattern.AppendName(nil, phone.Macro)
		if err != nil {
			return "", "", err
		}
		owns[i] = string(own)
	}
	if names == owns {
		return "", "", nil
	}
	if names[0] != names[1] {
		return "", "", nil
	}
	return names[0], owns[0], nil
}

// addBootstraps makes the bootstraps of the models that came up, and compares
// them with what stands there.
func (r *run) addBootstraps() error {
	r.bootstraps = map[string]*bootstrap{}
	var list []*model
	for _, models := range r.models {
		for _, product := range slices.Sorted(maps.Keys(models)) {
			list = append(list, models[product])
		}
	}
	for _, m := range list {
		if m.bootstrap == "" || m.err != nil {
			continue
		}
		p := m.files[m.bootstrap]
		b := &bootstrap{}
		var err error
		if b.data, err = AppendXML(nil, p); err != nil {
			return fmt.Errorf("the bootstrap of the %s phones: %w", m.product, err)
		}
		if other := r.bootstraps[m.bootstrap]; other != nil {
			if !bytes.Equal(other.data, b.data) {
				return fmt.Errorf("new phones of %s and of another model both ask for %s, and their profile rules differ", m.product, m.bootstrap)
			}
			continue
		}
		for _, v := range p.Values() {
			b.secret = b.secret || isSecret(r.catalog, v)
		}
		b.file = fileEntry{sum: sha256.Sum256(b.data), size: uint32(len(b.data)), product: m.index, state: Add, number: noPhone}
		r.bootstraps[m.bootstrap] = b
		r.keys.addName([]byte(m.bootstrap))
	}
	return r.compareBootstraps()
}

func (r *run) compareBootstraps() error {
	if !r.compare || len(r.bootstraps) == 0 {
		return nil
	}
	writer, err := r.out.NewWriter()
	if err != nil {
		return err
	}
	defer writer.Close()
	for _, name := range slices.Sorted(maps.Keys(r.bootstraps)) {
		b := r.bootstraps[name]
		if b.file.state, err = writer.State([]byte(name), b.data); err != nil {
			return err
		}
		r.result.files.add([]byte(name), b.file)
	}
	return nil
}

// writeBootstraps comes after the phones' files: a phone is not led to a file
// that is not there yet.
func (r *run) writeBootstraps() error {
	if len(r.bootstraps) == 0 {
		return nil
	}
	writer, err := r.out.NewWriter()
	if err != nil {
		return err
	}
	defer writer.Close()
	for _, name := range slices.Sorted(maps.Keys(r.bootstraps)) {
		b := r.bootstraps[name]
		if !r.compare {
			r.result.files.add([]byte(name), b.file)
		}
		if b.file.state == Unchanged {
			continue
		}
		if err := writer.Write([]byte(name), b.data, b.secret, b.file.state); err != nil {
			return err
		}
	}
	return nil
}
