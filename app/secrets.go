package app

import (
	"slices"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// withoutSecrets is the document for places where no secret may lie: values of
// secret parameters are emptied, the keys and passwords in rules are masked.
// omitted names what was taken out.
func (d *document) withoutSecrets(c *schema.Catalog) (clean *document, omitted []string) {
	copied := *d
	clean = &copied
	strip := func(p *schema.Profile) *schema.Profile {
		p, names := stripProfile(c, p)
		for _, name := range names {
			if !slices.Contains(omitted, name) {
				omitted = append(omitted, name)
			}
		}
		return p
	}
	clean.base = strip(d.base)
	clean.models = slices.Clone(d.models)
	for i := range clean.models {
		clean.models[i].Profile = strip(clean.models[i].Profile)
	}
	clean.devices = slices.Clone(d.devices)
	for i, dev := range clean.devices {
		if dev.Values == nil {
			continue
		}
		if values := strip(dev.Values); values != dev.Values {
			changed := *dev
			changed.Values = values
			clean.devices[i] = &changed
		}
	}
	if clean.keys = nil; d.keys != nil {
		omitted = append(omitted, keyFileName)
	}
	if d.imported != nil {
		clean.imported = d.imported.withoutSecrets(strip)
	}
	return clean, omitted
}

// keyFileName stands among the names of parameters for the keys of the phones.
const keyFileName = "keys.json"

// stripProfile gives p itself when there is nothing to take out.
func stripProfile(c *schema.Catalog, p *schema.Profile) (clean *schema.Profile, omitted []string) {
	if p == nil {
		return nil, nil
	}
	clean = p
	for _, v := range p.Values() {
		masked := mask(c, v)
		if masked == v.Text {
			continue
		}
		if clean == p {
			clean = p.Clone()
		}
		v.Text = masked
		clean.Set(v)
		omitted = append(omitted, v.Name)
	}
	return clean, omitted
}

// mask is a value without its secrets.
func mask(c *schema.Catalog, v schema.Value) string {
	entry, ok := c.Lookup(v.Name)
	if !ok || v.Text == "" {
		return v.Text
	}
	if entry.Secret() {
		return ""
	}
	if place, ok := placeOf(entry.Kind); ok && place != rule.PlaceDelays {
		return rule.Explain(place, v.Text, rule.Sample("CP-8861-3PCC")).Text
	}
	return v.Text
}

// placeOf is where the texts of a kind are read as the rule language.
func placeOf(k schema.Kind) (rule.Place, bool) {
	switch k {
	case schema.KindRule:
		return rule.PlaceProfileRule, true
	case schema.KindUpgrade:
		return rule.PlaceUpgradeRule, true
	case schema.KindCondition:
		return rule.PlaceTrigger, true
	case schema.KindDelays:
		return rule.PlaceDelays, true
	case schema.KindMacros:
		return rule.PlaceText, true
	}
	return 0, false
}

// withoutSecrets rewrites the file with the masked values. A file that cannot
// be rewritten is dropped: what was read of it is in the profile.
func (im *imported) withoutSecrets(strip func(*schema.Profile) *schema.Profile) *imported {
	base := strip(im.base)
	if base == im.base {
		return im
	}
	doc, _, err := gen.ReadXML(im.name, im.data)
	if err != nil {
		return nil
	}
	for _, v := range base.Values() {
		if was, _ := im.base.Get(v.Name); was.Text != v.Text {
			if err := doc.Set(v); err != nil {
				return nil
			}
		}
	}
	return &imported{name: im.name, data: doc.Bytes(), base: base}
}
