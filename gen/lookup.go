package gen

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"profilegen/rule"
)

// Lookup finds the files of a batch by name and makes each when it is asked
// for, with the bytes that Run would write: for a server that has no folder.
// It keeps the phones in memory and may be used by several goroutines.
type Lookup struct {
	run    *run
	files  map[string]*LookupFile
	phones map[rule.MAC]*LookupFile
	first  map[rule.MAC]*LookupFile // of phones whose own file is encrypted
	equip  *worker
	names  []string // sorted
	spare  sync.Pool
}

// LookupFile is one of the files.
type LookupFile struct {
	Name    string
	Product string
	Device  *Device // whose file it is; nil for a bootstrap
	Role    Role
	Content string // Content-Encoding that has to go with it; mostly empty

	lookup *Lookup
	data   []byte // of a bootstrap
	key    string // of a guide: what it is encrypted with, "" when it is not
}

// Lookup checks the fleet as Run does and makes the index. With an error in
// the fleet there is none, but with KeepGoing the good phones are in it.
func (b *Batch) Lookup(ctx context.Context) (*Lookup, *Result, error) {
	r, err := b.start(ctx, noOutput{})
	if err != nil {
		return nil, r.result, err
	}
	if err := r.check(); err != nil {
		return nil, r.result, err
	}
	l := &Lookup{run: r, files: map[string]*LookupFile{}, phones: map[rule.MAC]*LookupFile{}, first: map[rule.MAC]*LookupFile{}}
	if l.equip, err = r.newWorker(); err != nil {
		return nil, r.result, err
	}
	if err := r.pass(func(*worker) step { return step{func(*job) error { return nil }, l.take} }); err != nil {
		return nil, r.result, err
	}
	for name, b := range r.bootstraps {
		l.files[name] = &LookupFile{Name: name, Product: r.result.files.products[b.file.product], lookup: l, data: b.data}
	}
	l.names = slices.Sorted(maps.Keys(l.files))
	r.result.Files = len(l.files)
	return l, r.result, nil
}

// take takes over the phones of a job.
func (l *Lookup) take(j *job) error {
	for i := range j.count {
		if j.first+i >= len(l.run.states) || l.run.states[j.first+i] == skipped {
			continue
		}
		if err := l.takePhone(&j.phones[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lookup) takePhone(p *jobPhone) (err error) {
	w := l.equip
	p.Product = l.run.Fleet.product(&p.Device)
	w.phone = rule.Phone{Identity: p.Identity}
	if err := w.nameFile(p); err != nil {
		return err
	}
	p.guides = nil
	if m := w.model(&p.Device); m.form.encrypt != "" {
		if problem := w.equip(m, p); problem != nil {
			return fmt.Errorf("%s: %s", p.Origin, problem.Summary)
		}
	}
	d := p.Device
	d.Values = slices.Clone(d.Values)
	own := &LookupFile{Name: string(p.name), Product: d.Product, Device: &d, Content: p.file.marks.content(), lookup: l}
	l.files[own.Name], l.phones[d.MAC] = own, own
	for _, g := range p.guides {
		f := &LookupFile{
			Name: string(g.name), Product: d.Product, Device: &d, Role: g.file.marks.role(), Content: g.file.marks.content(),
			lookup: l, key: g.key,
		}
		if l.files[f.Name] = f; f.Role == FirstFile {
			l.first[d.MAC] = f
		}
	}
	return nil
}

// File is the file with that name, relative to the output folder.
func (l *Lookup) File(name string) (*LookupFile, bool) {
	f, ok := l.files[name]
	return f, ok
}

// Of is the own file of a phone.
func (l *Lookup) Of(mac rule.MAC) (*LookupFile, bool) {
	f, ok := l.phones[mac]
	return f, ok
}

// First is the file of a phone that has no key yet: its own when files are not
// encrypted.
func (l *Lookup) First(mac rule.MAC) (*LookupFile, bool) {
	f, ok := l.Of(mac)
	if ok && l.run.guides(f.model().form) {
		f, ok = l.first[mac]
	}
	return f, ok
}

// Names lists all names in order. The slice is the lookup's own: read only.
func (l *Lookup) Names() []string { return l.names }

// Bytes makes the file.
func (f *LookupFile) Bytes() ([]byte, error) {
	return f.make(func(w *worker, m *model) ([]byte, error) {
		if f.Role != OwnFile {
			return w.makeGuide(m, f.Device, f.key)
		}
		data, _, err := w.makeData(m, f.Device)
		return data, err
	})
}

// Profile makes the file as the phone reads it: neither encrypted nor
// compressed.
func (f *LookupFile) Profile() ([]byte, error) {
	return f.make(func(w *worker, m *model) ([]byte, error) {
		if f.Role != OwnFile {
			return w.makeGuide(m, f.Device, "")
		}
		data, _, err := w.render(m, f.Device)
		return data, err
	})
}

// Keys are the keys that the phone has or may have had; none when files are
// not encrypted.
func (f *LookupFile) Keys() (list []string) {
	if f.Device == nil || f.model().form.encrypt == "" {
		return nil
	}
	r, m := f.lookup.run, f.model()
	present := r.keyOf(m, f.Device)
	return append([]string{present}, r.olderKeys(m.form, present, false, f.Device.MAC)...)
}

// model is that of the phone whose file it is.
func (f *LookupFile) model() *model { return f.lookup.run.model(f.Device) }

func (f *LookupFile) make(what func(*worker, *model) ([]byte, error)) ([]byte, error) {
	if f.Device == nil {
		return f.data, nil
	}
	w, ok := f.lookup.spare.Get().(*worker)
	if !ok {
		var err error
		if w, err = f.lookup.run.newWorker(); err != nil {
			return nil, err
		}
	}
	defer f.lookup.spare.Put(w)
	data, err := what(w, w.model(f.Device))
	return slices.Clone(data), err
}

// Nearest is the one of names that was probably meant by asked; "" when none
// is near.
func Nearest(asked string, names []string) string {
	near := nearest(asked, names)
	if differing(strings.ToLower(asked), strings.ToLower(near)) > max(3, len(asked)/4) {
		return ""
	}
	return near
}

// noOutput is the Output of a batch that writes nothing and compares with
// nothing.
type noOutput struct{ Output }

func (noOutput) Empty() (bool, error)       { return true, nil }
func (noOutput) Staged() bool               { return false }
func (noOutput) NewWriter() (Writer, error) { return nil, nil }
