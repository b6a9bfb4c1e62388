package gen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"profilegen/rule"
	"profilegen/schema"
)

// Batch makes the files of a fleet: a profile for each phone, for each model a
// bootstrap that leads a factory-new phone to its own file, and a manifest.
//
//	b := &gen.Batch{Fleet: fleet, Name: "$MA.xml"}
//	result, err := b.Run(ctx, out)
//
// It goes over the phones twice. The first pass checks every one of them:
// values, file name, duplicates, and the proof that the rules in the files
// lead the phone to its own file. Only then the second pass writes. Into an
// archive or a new folder one pass does both, since they can be taken back.
//
// Which rules the files carry. A Profile_Rule of base or model that is not the
// phone's factory default stays in the phones' files, and the bootstraps have
// it too. Otherwise both get the rule that is made of delivery and file-name
// pattern, such as /$MA/$PSN.xml: the bootstrap so that the phone finds its
// file, and the phone's own file so that it stays with it and does not fetch
// the bootstrap again. A bootstrap also sets Resync_Periodic to a minute, for
// a new rule counts from the next resync only (d.4) and the phone would wait
// an hour for it; the phones' files set it back, to the factory value when no
// layer says otherwise. NoBootstrap leaves all of this out.
//
// Encrypted files. Each phone's file is encrypted with a key of its own, which
// is the value of [schema.Encoding.KeyElement] in its layers or made by Keys,
// and its name gets a mark of that key. Under the name without a mark stands the
// phone's first file, in clear: the key, and the rule with [--key "$SA"] for
// the encrypted one. Under the marks of older keys stand such files encrypted
// with those, so that a phone comes from any of them to its present key. The
// proof plays all of these ways with the bytes of the files. With NoBootstrap
// the files keep their names, and keys and rules are the user's own. What
// Encoding says of encryption is for the phones whose [Device] says nothing of it.
type Batch struct {
	Fleet    *Fleet
	Name     string          // pattern of file names; DefaultName when empty
	Entry    string          // rule a new phone begins with; DefaultEntry when empty
	Delivery schema.Delivery // where phones fetch the files; the zero value is the root of the server DHCP names
	Encoding schema.Encoding // compression and encryption of the phones' files
	Keys     *Keys           // of the phones that are given none; may be nil
	Firmware schema.Generation
	Tool     string // who made the files, for the manifest: "profilegen 1.0"

	NoBootstrap bool
	KeepGoing   bool // write the good phones when others have errors
	Overwrite   bool // replace files that no former batch made
	Prune       bool // take away the former batch's files that are of no use now
	Workers     int  // 2 when 0; creating files in one folder gains little from more

	// Progress, when set, is told about every few phones that are done, and at
	// the end of an archive now and then. total is 0 in the first pass, when it
	// is not known yet. Calls do not overlap.
	Progress func(done, total int)
}

// Output is where the files go. The methods are called by one goroutine at a
// time; each worker has a Writer of its own.
type Output interface {
	// Empty tells that there is nothing yet, so there is nothing to compare.
	Empty() (bool, error)
	// Staged tells that nothing of what is written is seen before Finish. A
	// batch then checks and writes in one pass; Discard takes all of it back.
	Staged() bool
	Discard() error
	// Unfinished tells that a batch was cut off here: what stands here may be
	// of it although no manifest says so.
	Unfinished() (bool, error)
	// Manifest opens the former batch's; fs.ErrNotExist when there is none.
	Manifest() (io.ReadCloser, error)
	NewWriter() (Writer, error)
	// WriteManifest replaces the manifest by what write writes.
	WriteManifest(write func(io.Writer) error) error
	// Remove takes away a file unless it was changed since it was made.
	Remove(FileInfo) (removed bool, err error)
	// Finish ends a batch that has written everything.
	Finish(*Result) error
}

// Writer is what one worker compares and writes files with.
type Writer interface {
	// State compares data with what stands under that name: Add, Change or
	// Unchanged. It changes nothing.
	State(name, data []byte) (State, error)
	// Write makes the file appear whole or not at all. state is what State
	// said of it, Add when there was nothing to compare. secret tells that
	// only its owner should read it.
	Write(name, data []byte, secret bool, state State) error
	Close() error
}

// ErrProblems means that the problems in the result kept the batch from
// writing.
var ErrProblems = errors.New("the fleet has errors; nothing was written")

// ForeignError means that files would be replaced that no batch made.
type ForeignError struct {
	Name  string // of the first one
	Count int
}

func (e *ForeignError) Error() string {
	more := ""
	if e.Count > 1 {
		more = fmt.Sprintf(" (and %d more)", e.Count-1)
	}
	return fmt.Sprintf("%q%s stands in the output folder with other content, and no former batch made it; nothing was written", e.Name, more)
}

// Plan finds out what Run would do, and writes nothing. Without an output it
// only checks the fleet.
func (b *Batch) Plan(ctx context.Context, out Output) (*Result, error) {
	r, err := b.start(ctx, out)
	if err == nil {
		err = r.check()
	}
	if err == nil {
		err = r.compareManifest()
	}
	r.result.count()
	return r.result, err
}

// Run writes the files of the fleet into out.
func (b *Batch) Run(ctx context.Context, out Output) (*Result, error) {
	r, err := b.start(ctx, out)
	if err != nil {
		return r.result, err
	}
	r.atOnce = r.onePass()
	for _, step := range []func() error{r.check, r.compareManifest, r.writePhones, r.writeBootstraps, r.prune, r.finish} {
		if err = step(); err != nil {
			break
		}
	}
	if r.atOnce && errors.Is(err, ErrProblems) {
		r.result.files = files{}
		err = errors.Join(err, out.Discard())
	}
	r.result.count()
	return r.result, err
}

// Encrypts tells whether files of the batch are encrypted: all of them, or
// those of which the list of phones says so.
func (b *Batch) Encrypts() bool {
	return b.Encoding.Encrypt != "" || b.Fleet.choosesEncryption()
}

// run is a batch under way.
type run struct {
	*Batch
	ctx     context.Context
	out     Output   // a folder, or
	archive *archive // an archive
	catalog *schema.Catalog
	pattern *Pattern
	forms   []form          // by way of encryption
	way     int             // of the phones whose row says nothing else
	form    *form           // theirs
	first   schema.Delivery // where phones without a key fetch
	prover  prover
	result  *Result
	compare bool // something stands in out: look at it in the first pass
	atOnce  bool // check and write in one pass

	mu         sync.Mutex
	models     models
	bootstraps map[string]*bootstrap // by file name
	keys       keys                  // of all workers that are done

	hopeless atomic.Bool // a phone failed, and without KeepGoing nothing will come of it all
	problems problemList
	common   map[commonKey]*common
	states   []State // by number of the phone in the list: what to do with its file
	macs     macTable
	sum      uint32 // of the list of phones, as the first pass read it
}

func (b *Batch) start(ctx context.Context, out Output) (*run, error) {
	r := &run{
		Batch: b, ctx: ctx, out: out, result: &Result{}, catalog: schema.Default(),
		common: map[commonKey]*common{},
		forms:  newForms(b.Encoding), first: b.Delivery,
	}
	r.way = wayOf(b.Encoding.Encrypt, b.Encoding.Digest)
	r.form = &r.forms[r.way]
	if at := b.Encoding.First; at != "" && at != schema.NoFirst && !b.NoBootstrap && b.Encrypts() {
		var err error
		if r.first, err = ParseDelivery(at); err != nil {
			return r, fmt.Errorf("where the first files are, %q: %w", at, err)
		}
	}
	r.prover = prover{entry: b.Entry, places: []schema.Delivery{b.Delivery}}
	if r.first != b.Delivery {
		r.prover.places = append(r.prover.places, r.first)
	}
	if r.prover.entry == "" {
		r.prover.entry = DefaultEntry
	}
	name := b.Name
	if name == "" {
		name = DefaultName
	}
	var err error
	if r.pattern, err = ParsePattern(name); err != nil || out == nil {
		return r, err
	}
	empty, err := out.Empty()
	r.compare = !empty
	return r, err
}

// onePass tells whether writing need not wait for the checks: what is written
// can be taken back, and no phone's file can be in the way of another's.
func (r *run) onePass() bool { return r.pattern.unique && r.out.Staged() && !r.compare }

// check is the first pass. All errors are collected; it fails when they keep
// the batch from writing.
func (r *run) check() error {
	r.problems.addCommon(r.checkEncoding(r.form))
	err := r.pass(func(w *worker) step {
		return step{w.check, func(j *job) error {
			r.take(j)
			return r.writeArchive(j)
		}}
	})
	r.tellCommon()
	r.macs = macTable{} // of no more use
	if err == nil {
		err = r.addBootstraps()
	}
	if err == nil {
		err = r.findDuplicates()
	}
	r.result.Problems, r.result.More = r.problems.list()
	switch {
	case err != nil:
		return err
	case r.problems.fatal || r.result.Failed > 0 && !r.KeepGoing:
		return ErrProblems
	}
	return nil
}

// take takes over what a worker found out about the phones of a job.
func (r *run) take(j *job) {
	for i := range j.count {
		p := &j.phones[i]
		r.takeProblems(p)
		if p.file.state == skipped {
			r.result.Failed++
		} else {
			r.result.Phones++
			if r.compare || r.atOnce {
				r.addFile(p)
			}
		}
		r.states = append(r.states, p.work())
	}
	if r.Progress != nil {
		r.Progress(len(r.states), 0)
	}
}

// addFile notes the file of a phone, and the guides that lead to it.
func (r *run) addFile(p *jobPhone) {
	r.result.files.add(p.name, p.file)
	if r.archive != nil {
		r.result.files.addZip(p.zip)
	}
	for i := range p.guides {
		g := &p.guides[i]
		r.result.files.add(g.name, g.file)
		if r.archive != nil {
			r.result.files.addZip(g.zip)
		}
	}
}

// writeArchive writes the files of a job when they go into an archive.
func (r *run) writeArchive(j *job) error {
	if r.archive == nil {
		return nil
	}
	_, err := r.archive.out.Write(j.data)
	return err
}

// takeProblems takes over the problems of a phone. Of the phones of a model
// that a rule leads astray the same way, the first one stands for all, and so
// does the first one without a key.
func (r *run) takeProblems(p *jobPhone) {
	for i := range p.problems {
		problem := &p.problems[i]
		key := commonKey{id: problem.ID}
		switch problem.ID {
		case proofID, stayID:
			key.group = p.Product
		case noKeyID:
			key.group = problem.Hint // which names the parameter
		default:
			r.problems.add(*problem)
			continue
		}
		c := r.common[key]
		if c == nil {
			r.common[key] = &common{first: *problem}
			continue
		}
		if c.more++; len(c.rows) < mostRows {
			c.rows = append(c.rows, strconv.Itoa(p.Origin.Row))
		}
	}
}

// commonKey tells problems apart that are told once for all phones which have
// them, or for a group of these.
type commonKey struct{ id, group string }

type common struct {
	first schema.Problem
	more  int
	rows  []string // of the next phones
}

const mostRows = 8

func (r *run) tellCommon() {
	for key, c := range r.common {
		switch p := &c.first; {
		case c.more == 0:
		case key.id == noKeyID:
			p.Summary += "; nor " + c.others()
		case c.more == 1:
			p.Summary += "; and so does another phone of this model"
		default:
			p.Summary += fmt.Sprintf("; and so do %d more phones of this model", c.more)
		}
		r.problems.add(c.first)
	}
}

// others says which phones have no key either.
func (c *common) others() string {
	switch rest := c.more - len(c.rows); {
	case c.first.Origin.Row == 0:
		return "have other phones"
	case rest > 0:
		return fmt.Sprintf("have those of rows %s and %d more", strings.Join(c.rows, ", "), rest)
	case c.more == 1:
		return "has the one of row " + c.rows[0]
	}
	return "have those of rows " + strings.Join(c.rows, ", ")
}

// fail makes the phone with that number one that gets no file.
func (r *run) fail(number int, problem schema.Problem) {
	r.problems.add(problem)
	if r.states[number] != skipped {
		r.states[number] = skipped
		r.result.Phones--
		r.result.Failed++
	}
}

// compareManifest reads the former batch's manifest: which of the files that
// stand there it made, and which are of no use now. Those stay in the manifest
// until they are taken away, so that they are not forgotten.
func (r *run) compareManifest() error {
	if !r.compare {
		return nil
	}
	f := &r.result.files
	f.drop(func(e *fileEntry) bool { return e.number != noPhone && r.states[e.number] == skipped })
	if same, err := r.sameManifest(); err != nil || same {
		return err
	}
	manifest, err := r.out.Manifest()
	if errors.Is(err, fs.ErrNotExist) {
		return r.findForeign()
	}
	if err != nil {
		return err
	}
	defer manifest.Close()
	var stale []FileInfo
	err = ReadManifest(manifest, func(info FileInfo) error {
		if i, ok := f.find(info.Name); ok {
			f.at(i).ours = true
		} else {
			stale = append(stale, info)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, info := range stale {
		f.add([]byte(info.Name), fileEntry{
			sum: info.Sum, size: uint32(info.Size), mac: info.MAC, product: f.product(info.Product), state: Stale, number: noPhone,
			marks: marksOf(info.Role, info.Content),
		})
	}
	return r.findForeign()
}

// findForeign looks for files that would be replaced although no batch made
// them.
func (r *run) findForeign() error {
	unfinished, err := r.out.Unfinished()
	if err != nil || unfinished || r.Overwrite {
		return err
	}
	foreign := ForeignError{}
	r.result.files.each(func(name []byte, e *fileEntry) {
		if e.state == Change && !e.ours {
			if foreign.Count == 0 {
				foreign.Name = string(name)
			}
			foreign.Count++
		}
	})
	if foreign.Count > 0 {
		return &foreign
	}
	return nil
}

// writePhones is the second pass.
func (r *run) writePhones() error {
	if r.atOnce || r.compare && !slices.ContainsFunc(r.states, func(s State) bool { return s == Add || s == Change }) {
		return nil
	}
	return r.pass(func(w *worker) step {
		return step{w.write, func(j *job) error {
			for i := range j.count {
				if p := &j.phones[i]; !r.compare && p.file.state != skipped {
					r.addFile(p)
				}
			}
			if err := r.writeArchive(j); err != nil {
				return err
			}
			if r.Progress != nil {
				r.Progress(j.first+j.count, len(r.states))
			}
			return nil
		}}
	})
}

// prune takes away what the former batch made and this one did not. It does
// not when phones failed: the file of such a phone is not stale.
func (r *run) prune() error {
	if !r.Prune || r.result.Failed > 0 {
		return nil
	}
	f := &r.result.files
	var err error
	f.each(func(name []byte, e *fileEntry) {
		if e.state != Stale || err != nil {
			return
		}
		var removed bool
		if removed, err = r.out.Remove(f.info(name, e)); removed {
			e.state = pruned
			r.result.Pruned++
		}
	})
	f.drop(func(e *fileEntry) bool { return e.state == pruned })
	return err
}

func (r *run) finish() error {
	same, err := r.sameManifest()
	if err == nil && !same {
		err = r.out.WriteManifest(r.writeManifest)
	}
	if err != nil {
		return err
	}
	return r.out.Finish(r.result)
}

func (r *run) writeManifest(w io.Writer) error {
	return writeManifest(w, r.Tool, r.pattern.String(), &r.result.files)
}

// sameManifest tells whether the manifest there is the one that would be
// written. To find that out it need not be understood.
func (r *run) sameManifest() (bool, error) {
	if !r.compare {
		return false, nil
	}
	manifest, err := r.out.Manifest()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer manifest.Close()
	c := &comparer{old: bufio.NewReaderSize(manifest, 1<<16)}
	if err = r.writeManifest(c); err == nil {
		_, err = c.old.Peek(1)
		return errors.Is(err, io.EOF), nil
	}
	if errors.Is(err, errDiffers) {
		err = nil
	}
	return false, err
}

// problemList collects problems, up to a number that a person could read.
type problemList struct {
	mu       sync.Mutex
	problems schema.Problems
	alike    map[alike]int // how often came up what is no error
	more     int
	fatal    bool // one of them is an error, and not of a phone
}

const (
	maxProblems = 2000
	mostAlike   = 10
)

// alike are problems that differ in their places only.
type alike struct{ id, element string }

func (l *problemList) add(problems ...schema.Problem) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range problems {
		l.append(&problems[i])
	}
}

func (l *problemList) append(p *schema.Problem) {
	if p.Severity != rule.Error {
		if l.alike == nil {
			l.alike = map[alike]int{}
		}
		key := alike{p.ID, p.Element}
		if l.alike[key]++; l.alike[key] > mostAlike {
			l.more++
			return
		}
	}
	if len(l.problems) == maxProblems {
		l.more++
		return
	}
	l.problems = append(l.problems, *p)
}

// addCommon adds the problems of a layer that several models share, once.
func (l *problemList) addCommon(problems schema.Problems) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range problems {
		p := &problems[i]
		same := func(q schema.Problem) bool {
			return q.ID == p.ID && q.Origin == p.Origin && q.Element == p.Element && q.Summary == p.Summary
		}
		if slices.ContainsFunc(l.problems, same) {
			continue
		}
		l.fatal = l.fatal || p.Severity == rule.Error
		l.append(p)
	}
}

func (l *problemList) list() (schema.Problems, int) {
	l.problems.Sort()
	return l.problems, l.more
}
