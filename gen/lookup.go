package gen

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"profilegen/rule"
	"profilegen/schema"
)

// Lookup finds the files of a batch by name and makes each when it is asked
// for, with the bytes that Run would write: for a server that has no folder.
// It keeps the phones in memory and may be used by several goroutines.
type Lookup struct {
	run    *run
	files  map[string]*LookupFile
	phones map[rule.MAC]*LookupFile
	names  []string // sorted
	spare  sync.Pool
}

// LookupFile is one of the files.
type LookupFile struct {
	Name    string
	Product string
	Device  *Device // whose file it is; nil for a bootstrap

	lookup *Lookup
	data   []byte // of a bootstrap
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
	l := &Lookup{run: r, files: map[string]*LookupFile{}, phones: map[rule.MAC]*LookupFile{}}
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
		d := j.phones[i].Device
		d.Product = l.run.Fleet.product(&d)
		d.Values = slices.Clone(d.Values)
		phone := rule.Phone{Identity: d.Identity}
		name, err := l.run.pattern.AppendName(nil, phone.Macro)
		if err != nil {
			return err
		}
		f := &LookupFile{Name: string(name), Product: d.Product, Device: &d, lookup: l}
		l.files[f.Name], l.phones[d.MAC] = f, f
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

// Names lists all names in order. The slice is the lookup's own: read only.
func (l *Lookup) Names() []string { return l.names }

// Bytes makes the file.
func (f *LookupFile) Bytes() ([]byte, error) {
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
	data, _, err := w.render(w.model(f.Product), f.Device)
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

// IsSecret tells whether a value is one that may never be shown: that of a
// secret parameter, or a rule with a key or password in clear.
func IsSecret(v schema.Value) bool { return isSecret(schema.Default(), v) }

// noOutput is the Output of a batch that writes nothing and compares with
// nothing.
type noOutput struct{ Output }

func (noOutput) Empty() (bool, error)       { return true, nil }
func (noOutput) Staged() bool               { return false }
func (noOutput) NewWriter() (Writer, error) { return nil, nil }
