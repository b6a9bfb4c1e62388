package gen

import (
	"context"
	"errors"
	"slices"

	"profilegen/schema"
)

// Layers lists what each layer says about an element for a phone, the lowest
// first: the last one is what stands in the phone's file. Beside the layers of
// the fleet there is the batch's own: the rules it adds.
func (b *Batch) Layers(d *Device, element string) ([]Layered, error) {
	r, err := b.start(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	m := r.model(b.Fleet.product(d))
	if m.err != nil {
		return nil, m.err
	}
	list := b.Fleet.Layers(d, element, b.Firmware)
	if v, ok, err := r.equipped(m, d, element); ok || err != nil {
		return append(list, Layered{LayerGenerated, v}), err
	}
	device := len(list)
	if device > 0 && list[device-1].Layer == LayerDevice {
		device--
	}
	v, ok := m.lower.Get(element)
	if !ok || device > 0 && list[device-1].Layer != LayerDefault && list[device-1].Text == v.Text {
		return list, nil
	}
	v.Origin = schema.Origin{}
	return slices.Insert(list, device, Layered{LayerGenerated, v}), nil
}

// equipped is what an encrypted batch gives a phone of its own: its key and the
// rule for it.
func (r *run) equipped(m *model, d *Device, element string) (v schema.Value, ok bool, err error) {
	if r.form.encrypt == "" {
		return v, false, nil
	}
	w, err := r.newWorker()
	if err != nil {
		return v, false, err
	}
	p := jobPhone{Device: *d}
	p.Values = slices.Clone(d.Values)
	if problem := w.equip(m, &p); problem != nil {
		return v, false, errors.New(problem.Summary)
	}
	for _, v := range p.Values[len(d.Values):] {
		if v.Name == element {
			return v, true, nil
		}
	}
	return v, false, nil
}
