package gen

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"profilegen/rule"
	"profilegen/schema"
)

// phonesInJob is how many phones a worker takes at once: enough to make the
// lock around the list cheap, few enough to keep little in memory.
const phonesInJob = 32

// job is some phones in a row of the list. Its memory is used again and again.
type job struct {
	seq    int // number of the job
	first  int // number of its first phone in the list
	count  int
	phones [phonesInJob]jobPhone
	data   []byte // for an archive: what the phones' files become in it
}

type jobPhone struct {
	Device
	problems schema.Problems
	name     []byte // of its file
	file     fileEntry
	zip      zipEntry
	guides   []guide // files that lead it to its own one when that is encrypted
}

// step is what a pass does: do with each job, by several workers at once, and
// then deliver with one after the other, in the order of the list.
type step struct {
	do      func(*job) error
	deliver func(*job) error
}

// pass goes over the list of phones with several workers. Each takes the next
// few phones itself, under a lock: no goroutine in between that would have to
// be woken for every job.
func (r *run) pass(prepare func(*worker) step) (err error) {
	reader, problems, err := r.Fleet.Devices()
	r.problems.addCommon(problems)
	if err != nil {
		return err
	}
	defer reader.Close()

	count := r.Workers
	if count <= 0 {
		count = 2
	}
	l := &passLine{run: r, reader: reader, free: make(chan *job, 2*count+1), pending: map[int]*job{}, first: r.states == nil}
	for range cap(l.free) {
		l.free <- &job{}
	}
	var group sync.WaitGroup
	for range count {
		w, err := r.newWorker()
		if err != nil {
			l.fail(err)
			break
		}
		step := prepare(w)
		group.Go(func() {
			l.work(step)
			if err := w.close(); err != nil {
				l.fail(err)
			}
		})
	}
	group.Wait()
	if err = r.ctx.Err(); err == nil {
		err = l.err
	}
	if err != nil {
		return err
	}
	return r.sameList(reader)
}

// sameList tells whether a pass read the list that the one before read.
func (r *run) sameList(reader DeviceReader) error {
	s, ok := reader.(interface{ Sum() uint32 })
	if !ok {
		return nil
	}
	if r.sum != 0 && s.Sum() != r.sum {
		return errors.New("the list of phones changed while it was read: run again")
	}
	r.sum = s.Sum()
	return nil
}

// passLine is where the workers of a pass line up.
type passLine struct {
	*run
	first bool // it is the first pass
	stop  atomic.Bool
	free  chan *job

	in     sync.Mutex
	reader DeviceReader
	seq    int // of the next job
	number int // of the next phone
	end    bool

	out     sync.Mutex
	pending map[int]*job // finished before their turn
	next    int          // seq whose turn it is
	busy    bool         // a worker is delivering
	err     error
}

// fail ends the pass; the first error is told.
func (l *passLine) fail(err error) {
	l.stop.Store(true)
	l.out.Lock()
	defer l.out.Unlock()
	if l.err == nil {
		l.err = err
	}
}

func (l *passLine) work(s step) {
	for {
		var j *job
		select {
		case <-l.ctx.Done():
			return
		case j = <-l.free: // none is free when one worker is far ahead
		}
		more, err := l.take(j)
		if err == nil && more {
			err = s.do(j)
		}
		if err != nil {
			l.fail(err)
		}
		if err != nil || !more {
			l.free <- j // for a worker that waits for one
			return
		}
		l.deliver(j, s.deliver)
	}
}

// take reads the next phones of the list into j.
func (l *passLine) take(j *job) (more bool, err error) {
	l.in.Lock()
	defer l.in.Unlock()
	j.seq, j.first, j.count = l.seq, l.number, 0
	j.data = j.data[:0]
	for j.count < phonesInJob && !l.end && !l.stop.Load() {
		p := &j.phones[j.count]
		problems, ok, err := l.reader.Next(&p.Device)
		if errors.Is(err, io.EOF) {
			l.end = true
			break
		}
		if err != nil {
			l.end = true
			return false, err
		}
		p.problems = append(p.problems[:0], problems...)
		p.file, p.guides = fileEntry{number: uint32(l.number)}, p.guides[:0]
		if ok && l.first {
			l.checkMAC(p)
		}
		if worst, any := p.problems.Worst(); !ok || any && worst == rule.Error {
			p.file.state = skipped
			if !l.KeepGoing {
				l.hopeless.Store(true)
			}
		}
		j.count++
		l.number++
	}
	l.seq++
	return j.count > 0, nil
}

// deliver hands on the finished jobs whose turn has come. One worker does it at
// a time; the others leave it their jobs and go on.
func (l *passLine) deliver(done *job, to func(*job) error) {
	for j := l.turn(done, false); j != nil; j = l.turn(nil, true) {
		err := to(j)
		if err != nil {
			l.fail(err)
		}
		l.free <- j
		if err != nil {
			return // with busy set: nothing more is delivered
		}
	}
}

// turn is the finished job whose turn it is; nil when it is not yet finished,
// or when another worker delivers.
func (l *passLine) turn(done *job, delivering bool) *job {
	l.out.Lock()
	defer l.out.Unlock()
	if done != nil {
		l.pending[done.seq] = done
	}
	if l.busy && !delivering {
		return nil
	}
	j := l.pending[l.next]
	if l.busy = j != nil; l.busy {
		delete(l.pending, l.next)
		l.next++
	}
	return j
}
