package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"runtime/debug"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// batch is the work that makes the files of the document: the same as the
// command line's with -fleet.
func (d *document) batch(f *schema.FleetFile) (*gen.Batch, schema.Problems) {
	fleet, problems := gen.NewFleet(f)
	return &gen.Batch{
		Fleet: fleet, Name: d.name, Entry: d.entry, Delivery: d.delivery, Firmware: d.generation,
		Tool:    "profilegen " + version(),
		Workers: 1, // a page has one thread
	}, problems
}

// version is what the command line built from the same source calls itself in
// the manifest.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// capture is an output that keeps the files in memory.
type capture struct{ files map[string][]byte }

func (c *capture) Empty() (bool, error)                       { return true, nil }
func (c *capture) Staged() bool                               { return false }
func (c *capture) Discard() error                             { return nil }
func (c *capture) Unfinished() (bool, error)                  { return false, nil }
func (c *capture) Manifest() (io.ReadCloser, error)           { return nil, fs.ErrNotExist }
func (c *capture) NewWriter() (gen.Writer, error)             { return c, nil }
func (c *capture) WriteManifest(func(io.Writer) error) error  { return nil }
func (c *capture) Remove(gen.FileInfo) (bool, error)          { return false, nil }
func (c *capture) Finish(*gen.Result) error                   { return nil }
func (c *capture) State(name, data []byte) (gen.State, error) { return gen.Add, nil }
func (c *capture) Close() error                               { return nil }
func (c *capture) Write(name, data []byte, secret bool, state gen.State) error {
	c.files[string(name)] = append([]byte(nil), data...)
	return nil
}

// phoneFile is the file that a batch would write for a phone.
func (d *document) phoneFile(dev *schema.FleetDevice) (name string, data []byte, problems schema.Problems, err error) {
	one := *d
	one.devices = []*schema.FleetDevice{dev}
	b, problems := one.batch(one.fleet())
	b.KeepGoing = true
	out := &capture{files: make(map[string][]byte)}
	result, err := b.Run(context.Background(), out)
	problems = append(problems, result.Problems...)
	if err != nil {
		return "", nil, problems, err
	}
	result.Each(func(f gen.FileInfo) {
		if f.MAC != (rule.MAC{}) {
			name, data = f.Name, out.files[f.Name]
		}
	})
	if data == nil {
		return "", nil, problems, errors.New("the phone has errors, and no file is written for it")
	}
	return name, data, problems, nil
}

// AddDevice puts a phone into the fleet.
func (e *Editor) AddDevice(mac, model string) error {
	m, err := rule.ParseMAC(mac)
	if err != nil {
		return err
	}
	if e.doc.device(m.String()) != nil {
		return errors.New("the list has a phone with that MAC address already")
	}
	e.change("", "add "+m.String(), func(d *document) {
		d.devices = append(d.devices[:len(d.devices):len(d.devices)], &schema.FleetDevice{MAC: m.String(), Model: model})
	})
	return nil
}

// RemoveDevice takes a phone out of the fleet.
func (e *Editor) RemoveDevice(mac string) {
	e.change("", "remove "+mac, func(d *document) {
		kept := make([]*schema.FleetDevice, 0, len(d.devices))
		for _, dev := range d.devices {
			if dev.MAC != mac {
				kept = append(kept, dev)
			}
		}
		d.devices = kept
	})
}

// identity lists what a phone is by itself, in the order of its form.
var identity = []struct {
	name  string
	hint  string
	field func(*schema.FleetDevice) *string
}{
	{"Model", "8861", func(d *schema.FleetDevice) *string { return &d.Model }},
	{"Serial number", "FCH1234ABCD", func(d *schema.FleetDevice) *string { return &d.Serial }},
	{"IP address", "only where it is fixed", func(d *schema.FleetDevice) *string { return &d.IP }},
	{"Software version", "sip88xx.11-3-2MPP0001-609", func(d *schema.FleetDevice) *string { return &d.Firmware }},
	{"Hardware version", "2.0.1", func(d *schema.FleetDevice) *string { return &d.Hardware }},
}

// SetIdentity changes one of them.
func (e *Editor) SetIdentity(mac string, which int, text string) {
	dev := e.doc.device(mac)
	if dev == nil || *identity[which].field(dev) == text {
		return
	}
	e.change("identity "+mac+itoa(which), "change "+identity[which].name+" of "+mac, func(d *document) {
		changed := *dev
		*identity[which].field(&changed) = text
		list := make([]*schema.FleetDevice, len(d.devices))
		for i, have := range d.devices {
			if list[i] = have; have.MAC == mac {
				list[i] = &changed
			}
		}
		d.devices = list
	})
}

// Deliver says where the phones fetch their files.
func (e *Editor) Deliver(delivery schema.Delivery) {
	if delivery == e.doc.delivery {
		return
	}
	e.change("delivery", "change the delivery", func(d *document) { d.delivery = delivery })
}

// NameFiles sets the pattern of the file names.
func (e *Editor) NameFiles(pattern string) {
	if pattern == e.doc.name {
		return
	}
	e.change("name", "change the file names", func(d *document) { d.name = pattern })
}

// Origins is a phone's resulting profile with the layer of each value.
type Origins struct {
	Value  schema.Value
	Label  string
	From   string
	Secret bool
}

// Resulting lists what a phone gets, value by value.
func (e *Editor) Resulting(mac string) []Origins {
	l := Layer{MAC: mac}
	var list []Origins
	for _, v := range e.doc.overlay(l).Values() {
		o := Origins{Value: v, Label: e.label(v.Name), Secret: e.secret(v.Name)}
		for _, l := range append(e.doc.below(l), l) {
			if _, ok := e.own(l, v.Name); ok {
				o.From = l.String()
			}
		}
		list = append(list, o)
	}
	return list
}
