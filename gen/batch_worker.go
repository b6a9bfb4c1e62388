package gen

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync/atomic"

	"profilegen/rule"
	"profilegen/schema"
)

// model is what the phones of a product whose files have one form have in
// common in a batch.
type model struct {
	product   string
	form      *form
	index     uint8           // in the list of products
	lower     *schema.Profile // base, model and the rules of the batch
	assumed   rule.Identity   // versions of the phones whose row names none
	checker   *schema.Checker
	template  atomic.Pointer[template]   // replaced by a wider one when a phone sets an element that none set before
	bootstrap string                     // name of the bootstrap's file; empty when it needs none
	files     map[string]*schema.Profile // the bootstrap by name
	lines     lines                      // of lower, without the users
	proof     atomic.Pointer[proof]      // once a phone of it was proven
	err       error                      // why there is none
}

// worker does the work on the phones, with memory of its own.
type worker struct {
	*run
	writer  Writer  // of a folder, or
	pack    *packer // of an archive
	phone   rule.Phone
	macros  rule.Lookup
	models  models // of run.models, those seen already
	filled  []int32
	buf     []byte
	made    []byte // the encrypted file of the phone in hand; nil: there is none
	room    []byte // for made
	encoder encoder
	journey journey
	seen    keys // of the phones it checked
}

func (r *run) newWorker() (*worker, error) {
	w := &worker{run: r}
	w.macros = w.phone.Macro
	w.journey = journey{prover: &r.prover, phone: &w.phone}
	if r.archive != nil {
		w.pack = newPacker(r.archive.deflate)
	}
	if r.out == nil {
		return w, nil
	}
	var err error
	w.writer, err = r.out.NewWriter()
	return w, err
}

func (w *worker) close() error {
	w.mu.Lock()
	w.keys.names.take(&w.seen.names)
	w.keys.lines.take(&w.seen.lines)
	w.mu.Unlock()
	if w.writer == nil {
		return nil
	}
	return w.writer.Close()
}

// model is that of a phone whose product is known.
func (w *worker) model(d *Device) *model {
	way := w.wayOf(d)
	m, ok := w.models[way][d.Product]
	if !ok {
		m = w.run.model(d)
		w.models.add(way, m)
	}
	return m
}

// check is the first pass's work on the phones of a job.
func (w *worker) check(j *job) error {
	for i := range j.count {
		p := &j.phones[i]
		if p.file.state == skipped {
			continue
		}
		m, err := w.checkPhone(p)
		if err != nil {
			return err
		}
		if worst, any := p.problems.Worst(); any && worst == rule.Error {
			p.file.state = skipped
			if !w.KeepGoing {
				w.hopeless.Store(true)
			}
			continue
		}
		if w.atOnce && !w.hopeless.Load() {
			if err := w.makeFile(m, j, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPhone finds what is wrong with a phone; an error is not the phone's.
func (w *worker) checkPhone(p *jobPhone) (*model, error) {
	d := &p.Device
	if d.Product = w.Fleet.product(d); d.Product == "" {
		p.problems = append(p.problems, schema.Problem{
			ID: "no-model", Severity: rule.Error, Origin: d.Origin,
			Summary: "the phone has no model", Hint: "add a column model with values such as 8861",
		})
		return nil, nil
	}
	m := w.model(d)
	if m.err != nil {
		return nil, m.err
	}
	w.made = nil
	w.phone = rule.Phone{Identity: d.Identity}
	unnamed := w.nameFile(p) // of what the row says, and nothing that is assumed
	w.phone.Complete(&m.assumed)
	p.problems = append(p.problems, m.checker.CheckDevice(d.Values, &w.phone)...)
	if unnamed != nil {
		p.problems = append(p.problems, schema.Problem{
			ID: "file-name", Severity: rule.Error, Origin: d.Origin, Summary: unnamed.Error(),
		})
		return m, nil
	}
	if problem := w.checkChoices(m, d); problem != nil {
		p.problems = append(p.problems, *problem)
		return m, nil
	}
	if m.form.encrypt == "" {
		w.prove(m, p, p.name)
	}
	w.seen.add(m, d)
	switch {
	case !w.pattern.unique:
		w.seen.addName(p.name)
	case strings.EqualFold(string(p.name), m.bootstrap):
		p.problems = append(p.problems, duplicateName(p.name, d.Origin, schema.Origin{}))
		return m, nil
	}
	p.file.state = Add
	if m.form.encrypt != "" {
		return m, w.checkSealed(m, p)
	}
	if !w.compare {
		return m, nil
	}
	data, _, err := w.makeData(m, d)
	if err != nil {
		return m, err
	}
	p.file.note(m, d, data)
	p.file.state, err = w.writer.State(p.name, data)
	return m, err
}

// checkSealed is what there is more to check of a phone whose file is
// encrypted.
func (w *worker) checkSealed(m *model, p *jobPhone) error {
	if problem := w.equip(m, p); problem != nil {
		p.problems = append(p.problems, *problem)
		return nil
	}
	profile, _, err := w.render(m, &p.Device)
	if err == nil {
		err = w.sealFiles(m, p, profile)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.Origin, err)
	}
	w.proveSealed(m, p, profile)
	if w.compare {
		p.file.note(m, &p.Device, w.made)
		err = w.compareFiles(p, w.made)
	}
	return err
}

// sealFiles makes a phone's encrypted file, w.made, and its guides.
func (w *worker) sealFiles(m *model, p *jobPhone, profile []byte) error {
	data, err := w.encoder.encode(m.form, profile, w.keyOf(m, &p.Device))
	if err != nil {
		return err
	}
	w.made = append(w.room[:0], data...)
	w.room = w.made
	return w.fill(m, p)
}

// compareFiles finds out what to do with the files of a phone.
func (w *worker) compareFiles(p *jobPhone, data []byte) (err error) {
	if p.file.state, err = w.writer.State(p.name, data); err != nil {
		return err
	}
	for i := range p.guides {
		g := &p.guides[i]
		if g.file.state, err = w.writer.State(g.name, g.data); err != nil {
			return err
		}
	}
	return nil
}

// makeData makes the file of d, encoded. The bytes are good until the next
// call.
func (w *worker) makeData(m *model, d *Device) (data []byte, secret bool, err error) {
	data, secret, err = w.render(m, d)
	if err == nil && !m.form.plain() {
		secret = secret && m.form.encrypt == "" // nobody can read it without the key
		profile, key := data, w.keyOf(m, d)
		if data, err = w.encoder.encode(m.form, profile, key); err == nil {
			err = m.form.readBack(data, profile, key)
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", d.Origin, err)
	}
	return data, secret, nil
}

// nameFile names a phone's file. The phone is w.phone.
func (w *worker) nameFile(p *jobPhone) (err error) {
	p.name, err = w.pattern.AppendName(p.name[:0], w.macros)
	return err
}

// note fills in what the manifest says of a phone's file.
func (e *fileEntry) note(m *model, d *Device, data []byte) {
	e.sum, e.size = sha256.Sum256(data), uint32(len(data))
	e.mac, e.product = d.MAC, m.index
}

// render makes the profile of d; the bytes are good until the next call.
func (w *worker) render(m *model, d *Device) (data []byte, secret bool, err error) {
	for {
		t := m.template.Load()
		var ok bool
		if w.filled, ok = t.fill(w.filled, d); ok {
			w.buf, err = t.append(w.buf[:0], d, w.filled)
			return w.buf, t.holdsSecret(d, w.filled), err
		}
		wider, err := t.widen(w.catalog, d)
		if err != nil {
			return nil, false, err
		}
		m.template.CompareAndSwap(t, wider) // or another worker was first: look again
	}
}

// write is the second pass's work on the phones of a job.
func (w *worker) write(j *job) error {
	for i := range j.count {
		p := &j.phones[i]
		if j.first+i >= len(w.states) {
			p.file.state = skipped // the list has grown; sameList tells
			continue
		}
		if p.file.state = w.states[j.first+i]; p.file.state == skipped || p.file.state == Unchanged {
			continue
		}
		d := &p.Device
		d.Product = w.Fleet.product(d)
		m := w.model(d)
		if m.err != nil {
			return m.err
		}
		w.phone.Identity = d.Identity
		if err := w.nameFile(p); err != nil {
			return fmt.Errorf("%s: %w", d.Origin, err)
		}
		w.made = nil
		if m.form.encrypt != "" {
			if err := w.makeSealed(m, p); err != nil {
				return err
			}
		}
		if err := w.makeFile(m, j, i); err != nil {
			return err
		}
	}
	return nil
}

// makeSealed makes a phone's encrypted file and its guides anew, and finds out
// which of them have to be written.
func (w *worker) makeSealed(m *model, p *jobPhone) error {
	if problem := w.equip(m, p); problem != nil {
		return fmt.Errorf("%s: %s", p.Origin, problem.Summary)
	}
	profile, _, err := w.render(m, &p.Device)
	if err == nil {
		err = w.sealFiles(m, p, profile)
	}
	if err == nil {
		err = m.form.readBack(w.made, profile, w.keyOf(m, &p.Device))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.Origin, err)
	}
	if w.compare {
		err = w.compareFiles(p, w.made)
	}
	return err
}

// makeFile makes the files of the i-th phone of a job. Its own comes first: a
// phone is not led to a file that is not there yet.
func (w *worker) makeFile(m *model, j *job, i int) (err error) {
	p := &j.phones[i]
	data, secret := w.made, false
	if data == nil {
		if data, secret, err = w.makeData(m, &p.Device); err != nil {
			return err
		}
	}
	p.file.note(m, &p.Device, data)
	p.file.secret = secret
	if err := w.put(j, p.name, data, &p.file, &p.zip); err != nil {
		return err
	}
	for i := range p.guides {
		g := &p.guides[i]
		if err := w.put(j, g.name, g.data, &g.file, &g.zip); err != nil {
			return err
		}
	}
	return nil
}

// put writes a file, or packs it.
func (w *worker) put(j *job, name, data []byte, file *fileEntry, zip *zipEntry) (err error) {
	if w.pack == nil {
		if file.state == Unchanged {
			return nil
		}
		return w.writer.Write(name, data, file.secret, file.state)
	}
	j.data, *zip, err = w.pack.append(j.data, name, data)
	return err
}

// models are the models by way of encryption and by product.
type models [ways]map[string]*model

func (l *models) add(way int, m *model) {
	if l[way] == nil {
		l[way] = map[string]*model{}
	}
	l[way][m.product] = m
}

// model works out what the phones have in common that are as d.
func (r *run) model(d *Device) *model {
	r.mu.Lock()
	defer r.mu.Unlock()
	product, way := d.Product, r.wayOf(d)
	if m, ok := r.models[way][product]; ok {
		return m
	}
	m := &model{
		product: product, form: &r.forms[way], index: r.result.files.product(product),
		lower: r.Fleet.lower(product), assumed: versionsOf(product, r.Firmware),
	}
	r.models.add(way, m)
	sample := rule.Phone{Identity: m.assumed}
	m.checker = r.catalog.NewChecker(m.lower, schema.View{Phone: &sample, Generation: r.Firmware, Transport: r.transport(m.form)})
	problems := append(schema.Problems{}, m.checker.Problems()...)
	if m.form != r.form {
		problems = append(problems, r.checkEncoding(m.form)...)
	}
	r.problems.addCommon(problems)
	if worst, _ := problems.Worst(); worst == rule.Error {
		r.hopeless.Store(true)
	}
	if m.err = r.addRules(m); m.err != nil {
		return m
	}
	t, err := newTemplate(r.catalog, m.lower, nil)
	if m.err = err; err != nil {
		m.err = fmt.Errorf("the profile of the %s phones: %w", strings.TrimSuffix(strings.TrimPrefix(product, "CP-"), "-3PCC"), err)
		return m
	}
	m.template.Store(t)
	values := m.lower.Values()
	for i := range values {
		m.lines.set(&values[i])
	}
	for i := range m.lines {
		m.lines[i][userID] = nil // an account in all phones' profiles is no phone's own
	}
	return m
}
