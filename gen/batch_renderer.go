package gen

import (
	"context"
	"errors"
	"slices"
)

// Renderer makes the profiles of single phones as a batch makes them, without
// its checks. It is for one goroutine at a time.
type Renderer struct{ w *worker }

// NewRenderer prepares to make single files of a batch.
func (b *Batch) NewRenderer() (*Renderer, error) {
	r, err := b.start(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	w, err := r.newWorker()
	if err != nil {
		return nil, err
	}
	return &Renderer{w}, nil
}

// Profile makes the profile of d as the phone reads it, whatever the batch's
// encoding. The bytes are good until the next call.
func (r *Renderer) Profile(d *Device) ([]byte, error) {
	w := r.w
	d.Product = w.Fleet.product(d)
	m := w.model(d)
	if m.err != nil {
		return nil, m.err
	}
	if m.form.encrypt != "" {
		p := jobPhone{Device: *d}
		p.Values = slices.Clone(d.Values)
		if problem := w.equip(m, &p); problem != nil {
			return nil, errors.New(problem.Summary)
		}
		d = &p.Device
	}
	data, _, err := w.render(m, d)
	return data, err
}

// Encode makes the file of d from a profile as the batch hands it out, and
// names the Content-Encoding that a server has to send with it. d is one that
// Profile took; a profile that cannot be encoded comes back as it is.
func (r *Renderer) Encode(d *Device, profile []byte) (data []byte, content string) {
	w := r.w
	m, key := w.model(d), ""
	if m.form.encrypt != "" {
		key = w.keyOf(m, d)
		if key == "" && w.Keys != nil {
			key = m.form.keyFrom(w.Keys.secrets[0], d.MAC)
		}
	}
	data, err := w.encoder.encode(m.form, profile, key)
	if err != nil {
		return profile, ""
	}
	return slices.Clone(data), m.form.content()
}
