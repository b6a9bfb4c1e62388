package gen

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"profilegen/rule"
	"profilegen/schema"
)

// Layer says where a phone's value comes from. A higher layer wins.
type Layer int

const (
	LayerDefault Layer = iota // the phone's factory value: not in any file
	LayerBase
	LayerModel
	LayerGenerated // by the batch, so that phones find their files
	LayerDevice
)

func (l Layer) String() string {
	return [...]string{"factory default", "base", "model", "generated", "device"}[l]
}

// Layered is the value a layer gives; its Origin says file, row and column.
type Layered struct {
	Layer
	schema.Value
}

// Fleet is the phones and what they get, in layers: the base for all of them,
// the profile of their model, and each phone's own values.
type Fleet struct {
	Base   *schema.Profile            // may be nil
	Models map[string]*schema.Profile // by product name: "CP-8861-3PCC"
	Model  string                     // product name of the devices that do not say theirs; may be empty

	// Devices opens the list of phones at its first one. A batch reads it
	// twice, so that no row is kept in memory: to check, then to write.
	Devices func() (DeviceReader, schema.Problems, error)
}

// DeviceReader gives one phone after the other, as [Table] does.
type DeviceReader interface {
	// Next reads a phone into d and reuses its memory. It returns io.EOF at
	// the end. A phone that cannot be read comes with ok false, and so does
	// one with a value that a phone would not read as it is (see [CheckText]).
	Next(d *Device) (problems schema.Problems, ok bool, err error)
	Close() error
}

// NewFleet is the fleet of a fleet file.
func NewFleet(f *schema.FleetFile) (*Fleet, schema.Problems) {
	fleet := &Fleet{Base: f.Base, Models: map[string]*schema.Profile{}}
	var problems schema.Problems
	for _, m := range f.Models {
		problems = append(problems, fleet.AddModel(m.Model, m.Profile, m.Origin)...)
	}
	fleet.Devices = func() (DeviceReader, schema.Problems, error) {
		return &deviceList{rest: f.Devices}, nil, nil
	}
	return fleet, problems
}

// AddModel gives the phones of a model a profile of their own. model is what
// people write: "8861" or "CP-8861-3PCC".
func (f *Fleet) AddModel(model string, p *schema.Profile, origin schema.Origin) schema.Problems {
	m, ok := schema.FindModel(model)
	if !ok {
		return schema.Problems{unknownModel(model, origin)}
	}
	if f.Models == nil {
		f.Models = map[string]*schema.Profile{}
	}
	if f.Models[m.Product] != nil {
		return schema.Problems{{
			ID: "duplicate-model", Severity: rule.Error, Origin: origin,
			Summary: fmt.Sprintf("model %q has a profile already", model),
			Hint:    "put the values into one profile",
		}}
	}
	f.Models[m.Product] = p
	return nil
}

func unknownModel(model string, origin schema.Origin) schema.Problem {
	return schema.Problem{
		ID: "unknown-model", Severity: rule.Error, Origin: origin,
		Summary: fmt.Sprintf("%q is not a model of these phones", model),
		Hint:    "7811, 7821, 7832, 7841, 7861, 8811, 8832, 8841, 8845, 8851, 8861 or 8865",
	}
}

// lower is what all phones of a product have in common: the base overlaid by
// the model's profile, in one order.
func (f *Fleet) lower(product string) *schema.Profile {
	p := &schema.Profile{}
	for _, layer := range []*schema.Profile{f.Base, f.Models[product]} {
		if layer == nil {
			continue
		}
		for _, v := range layer.Values() {
			below, _ := p.Get(v.Name)
			p.Set(overlay(v, below))
		}
	}
	return p
}

// overlay is v over the value of a lower layer: what v does not say about the
// user's access stays.
func overlay(v, below schema.Value) schema.Value {
	if v.UA == "" {
		v.UA = below.UA
	}
	v.Preserve = v.Preserve || below.Preserve
	return v
}

// Layers lists what each layer says about an element for a phone, the lowest
// first: the last one is what the phone gets.
func (f *Fleet) Layers(d *Device, element string, g schema.Generation) []Layered {
	var list []Layered
	if e, ok := schema.Default().Lookup(element); ok {
		if text, known := e.DefaultValue(g); known {
			list = append(list, Layered{LayerDefault, schema.Value{Name: element, Text: text}})
		}
	}
	add := func(l Layer, p *schema.Profile) {
		if p == nil {
			return
		}
		if v, ok := p.Get(element); ok {
			list = append(list, Layered{l, v})
		}
	}
	add(LayerBase, f.Base)
	add(LayerModel, f.Models[f.product(d)])
	for _, v := range d.Values {
		if v.Name == element {
			list = append(list, Layered{LayerDevice, v})
		}
	}
	return list
}

func (f *Fleet) product(d *Device) string {
	if d.Product == "" {
		return f.Model
	}
	return d.Product
}

// choosesEncryption tells whether the list may say of a phone that its file is
// encrypted.
func (f *Fleet) choosesEncryption() bool {
	reader, _, err := f.Devices()
	if err != nil {
		return false
	}
	defer reader.Close()
	switch list := reader.(type) {
	case *csvDevices:
		return slices.ContainsFunc(list.Columns(), func(c Column) bool { return c.Identity == encryptColumn.name() })
	case *deviceList:
		for i := range list.rest {
			if slices.Contains(schema.Encryptions, list.rest[i].Encrypt) {
				return true
			}
		}
	}
	return false
}

// Find reads the list of phones up to the one with that address.
func (f *Fleet) Find(mac rule.MAC) (*Device, error) {
	reader, _, err := f.Devices()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	d := &Device{}
	for {
		_, ok, err := reader.Next(d)
		switch {
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("there is no phone %s in the fleet", mac)
		case err != nil:
			return nil, err
		case ok && d.MAC == mac:
			d.Product = f.product(d)
			return d, nil
		}
	}
}

// deviceList reads the devices of a fleet file.
type deviceList struct{ rest []schema.FleetDevice }

func (l *deviceList) Next(d *Device) (schema.Problems, bool, error) {
	if len(l.rest) == 0 {
		return nil, false, io.EOF
	}
	from := &l.rest[0]
	l.rest = l.rest[1:]
	values := d.Values[:0]
	*d = Device{Origin: from.Origin}
	d.Serial, d.IP, d.Software, d.Hardware = from.Serial, from.IP, from.Firmware, from.Hardware
	if from.Values != nil {
		values = append(values, from.Values.Values()...)
	}
	d.Values = values
	var problems schema.Problems
	for i := range values {
		v := &values[i]
		if err := CheckText(v.Text); err != nil {
			problems = append(problems, schema.Problem{
				ID: "text", Severity: rule.Error, Origin: v.Origin, Element: v.Name, Summary: err.Error(), Source: "f.1",
			})
		}
	}
	var err error
	if d.MAC, err = rule.ParseMAC(from.MAC); err != nil {
		problems = append(problems, schema.Problem{
			ID: "bad-mac", Severity: rule.Error, Origin: from.Origin, Summary: err.Error(),
		})
	}
	problems = append(problems, choose(d, &encryptColumn, from.Encrypt)...)
	problems = append(problems, choose(d, &digestColumn, from.Digest)...)
	if from.Model != "" {
		if m, ok := schema.FindModel(from.Model); ok {
			d.Product = m.Product
		} else {
			problems = append(problems, unknownModel(from.Model, from.Origin))
		}
	}
	return problems, len(problems) == 0, nil
}

// choose takes what a fleet file says in place of a column.
func choose(d *Device, c *identityColumn, text string) schema.Problems {
	if text == "" {
		return nil
	}
	if err := c.set(d, text); err != nil {
		return schema.Problems{{ID: err.id, Severity: err.severity, Origin: d.Origin, Summary: c.name() + ": " + err.summary, Hint: err.hint}}
	}
	return nil
}

func (l *deviceList) Close() error { return nil }

// CSV is the list of phones of a CSV file, for Fleet.Devices. open is called
// for each pass over the file.
func CSV(name string, open func() (io.ReadCloser, error)) func() (DeviceReader, schema.Problems, error) {
	return func() (DeviceReader, schema.Problems, error) {
		file, err := open()
		if err != nil {
			return nil, nil, err
		}
		sum := &summingReader{ReadCloser: file}
		table, problems, err := OpenTable(name, sum)
		if err != nil {
			file.Close()
			return nil, problems, err
		}
		return &csvDevices{table, sum}, problems, nil
	}
}

type csvDevices struct {
	*Table
	*summingReader
}

// summingReader sums up what is read, so that a batch can tell whether the
// second pass saw the file that the first one checked.
type summingReader struct {
	io.ReadCloser
	sum uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (r *summingReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.sum = crc32.Update(r.sum, castagnoli, p[:n])
	return n, err
}

// Sum tells two readings of a list apart; a list in memory has none.
func (r *summingReader) Sum() uint32 { return r.sum }
