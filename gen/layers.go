package gen

import (
	"context"
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
