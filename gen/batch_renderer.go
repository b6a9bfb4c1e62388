package gen

import "context"

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

// Profile makes the file of d. The bytes are good until the next call.
func (r *Renderer) Profile(d *Device) ([]byte, error) {
	d.Product = r.w.Fleet.product(d)
	m := r.w.model(d.Product)
	if m.err != nil {
		return nil, m.err
	}
	data, _, err := r.w.render(m, d)
	return data, err
}
