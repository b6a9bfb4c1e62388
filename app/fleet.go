package app

import (
	"context"
	"errors"
	"io"
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
		Encoding: d.encoding, Keys: d.keys,
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

// phoneFile is a phone's own file as a batch makes it, before it is compressed
// and encrypted.
func (d *document) phoneFile(dev *schema.FleetDevice) (name string, data []byte, problems schema.Problems, err error) {
	one := *d
	one.devices = []*schema.FleetDevice{dev}
	b, problems := one.batch(one.fleet())
	b.KeepGoing = true
	lookup, result, err := b.Lookup(context.Background())
	problems = append(problems, result.Problems...)
	if err != nil {
		return "", nil, problems, err
	}
	mac, err := rule.ParseMAC(dev.MAC)
	if err != nil {
		return "", nil, problems, err
	}
	file, ok := lookup.Of(mac)
	if !ok {
		return "", nil, problems, errors.New("the phone has errors, and no file is written for it")
	}
	data, err = file.Profile()
	return file.Name, data, problems, err
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
	list  []choice // to choose from
	field func(*schema.FleetDevice) *string
}{
	{"Model", "8861", nil, func(d *schema.FleetDevice) *string { return &d.Model }},
	{"Serial number", "FCH1234ABCD", nil, func(d *schema.FleetDevice) *string { return &d.Serial }},
	{"IP address", "only where it is fixed", nil, func(d *schema.FleetDevice) *string { return &d.IP }},
	{"Software version", "sip88xx.11-3-2MPP0001-609", nil, func(d *schema.FleetDevice) *string { return &d.Firmware }},
	{"Hardware version", "2.0.1", nil, func(d *schema.FleetDevice) *string { return &d.Hardware }},
	{"Encryption", "", phoneEncryptions, func(d *schema.FleetDevice) *string { return &d.Encrypt }},
	{"Digest", "", phoneDigests, func(d *schema.FleetDevice) *string { return &d.Digest }},
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

// Encode says in which form the files are handed out.
func (e *Editor) Encode(encoding schema.Encoding) {
	if encoding == e.doc.encoding {
		return
	}
	e.change("encoding", "change compression and encryption", func(d *document) { d.encoding = encoding })
}

// UseKeys takes what the phones' keys are made from; nil for nothing.
func (e *Editor) UseKeys(what string, keys *gen.Keys) {
	e.change("", what, func(d *document) { d.keys = keys })
}

// RotateKeys gives the phones new keys; the older ones lead to them.
func (e *Editor) RotateKeys(random io.Reader) error {
	keys, err := gen.ReadKeys(e.doc.keys.Bytes()) // a copy: the one at hand is the history's
	if err == nil {
		err = keys.Rotate(random)
	}
	if err == nil {
		e.UseKeys("make new keys", keys)
	}
	return err
}

// ForgetKeys drops the older keys.
func (e *Editor) ForgetKeys() error {
	keys, err := gen.ReadKeys(e.doc.keys.Bytes())
	if err == nil {
		keys.Finish()
		e.UseKeys("forget the older keys", keys)
	}
	return err
}

// Origin is a value of a phone's resulting profile and whose it is.
type Origin struct {
	Value  schema.Value
	Label  string
	From   string
	Secret bool
}

// Resulting lists what a phone gets, value by value.
func (e *Editor) Resulting(mac string) ([]Origin, error) {
	dev := e.doc.device(mac)
	one := *e.doc
	one.devices = []*schema.FleetDevice{dev}
	batch, _ := one.batch(one.fleet())
	values, err := batch.Profile(readDevice(batch.Fleet))
	if err != nil {
		return nil, err
	}
	list := make([]Origin, len(values))
	for i, v := range values {
		list[i] = Origin{Value: v.Value, Label: e.label(v.Name), From: layerWords(v.Layer, dev.Model), Secret: e.secret(v.Name)}
	}
	return list, nil
}

// layerWords names a layer in the user's words.
func layerWords(l gen.Layer, model string) string {
	switch l {
	case gen.LayerBase:
		return Layer{}.String()
	case gen.LayerModel:
		return Layer{Model: model}.String()
	case gen.LayerGenerated:
		return "added to the file"
	default:
		return "this phone"
	}
}
