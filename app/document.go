package app

import (
	"slices"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// document is what the user edits. It is never changed, only replaced by a
// changed copy, so that an undo is a step back to the one before.
type document struct {
	base       *schema.Profile
	models     schema.ModelProfiles
	devices    []*schema.FleetDevice
	name       string // pattern of the file names
	entry      string // the rule a factory-new phone begins with
	delivery   schema.Delivery
	encoding   schema.Encoding
	keys       *gen.Keys // what the phones' keys are made from; not in fleet files and links; nil for none
	generation schema.Generation
	imported   *imported // the XML that base came from; nil when there was none
}

// imported is a profile as it was opened: what is not understood stays in it.
type imported struct {
	name string
	data []byte
	base *schema.Profile // as it was read
}

// Layer names a set of values: those of all phones (the zero Layer), of a
// model, or of one phone. The later win.
type Layer struct {
	Model string // "8861"
	MAC   string // 12 hex digits
}

// startSection is what a new document writes out: the profile that the phone's
// page shows under this heading, at its defaults.
const startSection = "Configuration Profile"

// start is the document the builder opens with: a profile that changes nothing.
func start(c *schema.Catalog, g schema.Generation) *document {
	d := &document{base: new(schema.Profile), generation: g}
	for _, p := range c.Parameters() {
		if p.Section != startSection {
			continue
		}
		e := p.At(0, 0)
		if text, known := e.DefaultValue(g); known {
			d.base.Set(schema.Value{Name: e.Name, Text: text, UA: p.UA})
		}
	}
	return d
}

// layer is the profile of a layer; nil when it has no value.
func (d *document) layer(l Layer) *schema.Profile {
	switch {
	case l.MAC != "":
		if dev := d.device(l.MAC); dev != nil {
			return dev.Values
		}
	case l.Model != "":
		for i := range d.models {
			if sameModel(d.models[i].Model, l.Model) {
				return d.models[i].Profile
			}
		}
	default:
		return d.base
	}
	return nil
}

// edit replaces the profile of a layer by a copy that change has been at.
func (d *document) edit(l Layer, change func(*schema.Profile)) {
	p := d.layer(l)
	if p == nil {
		p = new(schema.Profile)
	} else {
		p = p.Clone()
	}
	change(p)
	switch {
	case l.MAC != "":
		for i, dev := range d.devices {
			if dev.MAC == l.MAC {
				changed := *dev
				changed.Values = p
				d.devices = slices.Clone(d.devices)
				d.devices[i] = &changed
			}
		}
	case l.Model != "":
		for i := range d.models {
			if sameModel(d.models[i].Model, l.Model) {
				d.models = slices.Clone(d.models)
				d.models[i].Profile = p
				return
			}
		}
		d.models = append(slices.Clone(d.models), schema.ModelProfile{Model: l.Model, Profile: p})
	default:
		d.base = p
	}
}

func (d *document) device(mac string) *schema.FleetDevice {
	for _, dev := range d.devices {
		if dev.MAC == mac {
			return dev
		}
	}
	return nil
}

// below lists the layers under l, the lowest first.
func (d *document) below(l Layer) []Layer {
	switch {
	case l.MAC != "":
		if dev := d.device(l.MAC); dev != nil && dev.Model != "" {
			return []Layer{{}, {Model: dev.Model}}
		}
		return []Layer{{}}
	case l.Model != "":
		return []Layer{{}}
	default:
		return nil
	}
}

func sameModel(a, b string) bool {
	if a == b {
		return true
	}
	ma, ok := schema.FindModel(a)
	if !ok {
		return false
	}
	mb, ok := schema.FindModel(b)
	return ok && ma.Product == mb.Product
}

// overlay is the profile of a layer with those below it.
func (d *document) overlay(l Layer) *schema.Profile {
	if l == (Layer{}) {
		return d.base
	}
	fleet, device := d.alone(l)
	return fleet.Profile(device)
}

// alone is the phone of a layer, alone in its fleet; the layer of a model
// gives a phone without values of its own.
func (d *document) alone(l Layer) (*gen.Fleet, *gen.Device) {
	one := *d
	one.devices = nil
	device := &gen.Device{}
	if dev := d.device(l.MAC); dev != nil {
		one.devices = []*schema.FleetDevice{dev}
	} else if m, ok := schema.FindModel(l.Model); ok {
		device.Product = m.Product
	}
	fleet, _ := gen.NewFleet(one.fleet())
	if one.devices != nil {
		device = readDevice(fleet)
	}
	return fleet, device
}

// readDevice reads the first phone of a fleet, as far as it can be read.
func readDevice(f *gen.Fleet) *gen.Device {
	device := &gen.Device{}
	reader, _, err := f.Devices()
	if err != nil {
		return device
	}
	defer reader.Close()
	// A phone with problems comes as far as it could be read; they are told
	// on the screen of the phones.
	_, _, _ = reader.Next(device)
	return device
}

// phone is the phone in view as macros see it; what is not known of it is as
// in the sample.
func (d *document) phone(dev *schema.FleetDevice, product string, l Layer) *rule.Phone {
	if dev != nil {
		l = Layer{MAC: dev.MAC}
	}
	fleet, device := d.alone(l)
	phone := fleet.Phone(device)
	sample := rule.Sample(product)
	phone.State = sample.State
	phone.Complete(&sample.Identity)
	if dev == nil {
		phone.Identity = sample.Identity
		if phone.UserIDs == nil {
			phone.UserIDs = sample.UserIDs
		}
	}
	return phone
}

// fleet is the document as the file the command line reads.
func (d *document) fleet() *schema.FleetFile {
	f := &schema.FleetFile{
		Version: schema.FleetVersion,
		Name:    d.name, Entry: d.entry,
		Base: d.base, Models: d.models,
	}
	if d.delivery != (schema.Delivery{}) {
		delivery := d.delivery
		f.Delivery = &delivery
	}
	if d.encoding != (schema.Encoding{}) {
		encoding := d.encoding
		f.Encoding = &encoding
	}
	for _, dev := range d.devices {
		f.Devices = append(f.Devices, *dev)
	}
	return f
}

// encrypts tells whether files of the fleet are encrypted: all of them, or those
// of single phones.
func (d *document) encrypts() bool {
	return d.encoding.Encrypt != "" || slices.ContainsFunc(d.devices, func(dev *schema.FleetDevice) bool {
		return slices.Contains(schema.Encryptions, dev.Encrypt)
	})
}

// open is the document of a fleet file.
func open(f *schema.FleetFile, g schema.Generation) *document {
	d := &document{base: f.Base, models: f.Models, name: f.Name, entry: f.Entry, generation: g}
	if d.base == nil {
		d.base = new(schema.Profile)
	}
	if f.Delivery != nil {
		d.delivery = *f.Delivery
	}
	if f.Encoding != nil {
		d.encoding = *f.Encoding
	}
	for i := range f.Devices {
		d.devices = append(d.devices, &f.Devices[i])
	}
	return d
}

// baseXML is the base as a file: the imported one with what was changed since,
// or a new one.
func (d *document) baseXML() ([]byte, error) {
	if d.imported == nil {
		return gen.AppendXML(nil, d.base)
	}
	doc, _, err := gen.ReadXML(d.imported.name, d.imported.data)
	if err != nil {
		return nil, err
	}
	for _, v := range d.imported.base.Values() {
		if _, ok := d.base.Get(v.Name); !ok {
			doc.Delete(v.Name)
		}
	}
	for _, v := range d.base.Values() {
		was, ok := d.imported.base.Get(v.Name)
		if ok && was.Text == v.Text && was.UA == v.UA && was.Preserve == v.Preserve {
			continue
		}
		if err := doc.Set(v); err != nil {
			return nil, err
		}
	}
	return doc.Bytes(), nil
}
