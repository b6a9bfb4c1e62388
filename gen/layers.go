package gen

import (
	"context"
	"errors"
	"slices"

	"profilegen/schema"
)

// Layers lists what each layer says about an element for a phone, the lowest
// first: the last one is what stands in the phone's file. Beside the layers of
// the fleet there is the batch's own: the rules it adds, and the keys it makes.
func (b *Batch) Layers(d *Device, element string) ([]Layered, error) {
	r, m, added, err := b.layering(d)
	if err != nil {
		return nil, err
	}
	return r.layers(m, d, added, element), nil
}

// Profile lists what stands in a phone's file, in its order, each value with
// the layer it is from.
func (b *Batch) Profile(d *Device) ([]Layered, error) {
	r, m, added, err := b.layering(d)
	if err != nil {
		return nil, err
	}
	var names, own []string
	for _, v := range m.lower.Values() {
		names = append(names, v.Name)
	}
	for _, v := range slices.Concat(d.Values, added) {
		if _, ok := m.lower.Get(v.Name); !ok && !slices.Contains(own, v.Name) {
			own = append(own, v.Name)
		}
	}
	sortByPage(r.catalog, own)
	var list []Layered
	for _, name := range append(names, own...) {
		layers := r.layers(m, d, added, name)
		list = append(list, layers[len(layers)-1])
	}
	return list, nil
}

// layering prepares to tell the layers of a phone. added is what an encrypted
// batch gives it of its own: its key and the rule for it.
func (b *Batch) layering(d *Device) (r *run, m *model, added []schema.Value, err error) {
	if r, err = b.start(context.Background(), nil); err != nil {
		return nil, nil, nil, err
	}
	like := *d
	like.Product = b.Fleet.product(d)
	if m = r.model(&like); m.err != nil || m.form.encrypt == "" {
		return r, m, nil, m.err
	}
	w, err := r.newWorker()
	if err != nil {
		return nil, nil, nil, err
	}
	p := jobPhone{Device: *d}
	p.Values = slices.Clone(d.Values)
	if problem := w.equip(m, &p); problem != nil {
		return nil, nil, nil, errors.New(problem.Summary)
	}
	return r, m, p.Values[len(d.Values):], nil
}

func (r *run) layers(m *model, d *Device, added []schema.Value, element string) []Layered {
	list := r.Fleet.Layers(d, element, r.Firmware)
	for _, v := range added {
		if v.Name == element {
			return append(list, Layered{LayerGenerated, v})
		}
	}
	device := len(list)
	if device > 0 && list[device-1].Layer == LayerDevice {
		device--
	}
	v, ok := m.lower.Get(element)
	if !ok || device > 0 && list[device-1].Layer != LayerDefault && list[device-1].Text == v.Text {
		return list
	}
	v.Origin = schema.Origin{}
	return slices.Insert(list, device, Layered{LayerGenerated, v})
}
