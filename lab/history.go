package lab

import (
	"cmp"
	"slices"
	"sync"
)

// History keeps the latest events of each phone and passes new ones on to subscribers. The zero value is ready;
// its Add is a Server's Log:
//
//	var history lab.History
//	server.Log = func(e lab.Event) { history.Add(e) }
//
// A phone is known by its MAC address, or by its network address as long as it has not told the other.
type History struct {
	Each   int // events kept of one phone; 0: 200
	Phones int // phones kept; 0: 2,000. The one silent longest is forgotten first

	mu          sync.Mutex
	seq         uint64
	phones      map[string][]Record // oldest first
	subscribers map[chan Record]bool
}

// Record is an event with its number. Numbers grow by one from 1, so a client that comes back knows what it missed.
type Record struct {
	Seq   uint64 `json:"seq"`
	Event Event  `json:"event"`
}

// Key is the name under which the event's phone is kept.
func (e Event) Key() string {
	if e.Phone.MAC != "" {
		return e.Phone.MAC
	}
	return e.Remote.Addr().String()
}

// Add takes in an event. It never waits: a subscriber whose channel is full misses the event and can tell from the
// gap in the numbers.
func (h *History) Add(e Event) Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	r := Record{h.seq, e}
	if h.phones == nil {
		h.phones = make(map[string][]Record)
	}
	key := e.Key()
	list := append(h.phones[key], r)
	if each := cmp.Or(h.Each, 200); len(list) > each {
		list = slices.Delete(list, 0, len(list)-each)
	}
	h.phones[key] = list
	if len(h.phones) > cmp.Or(h.Phones, 2000) {
		delete(h.phones, h.silentLongest())
	}
	for c := range h.subscribers {
		select {
		case c <- r:
		default:
		}
	}
	return r
}

func (h *History) silentLongest() (key string) {
	oldest := h.seq
	for k, list := range h.phones {
		if last := list[len(list)-1].Seq; last <= oldest {
			key, oldest = k, last
		}
	}
	return key
}

// Since returns the records kept with a number above seq, in order; Since(0) is all of them.
func (h *History) Since(seq uint64) []Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.since(seq)
}

func (h *History) since(seq uint64) []Record {
	var out []Record
	for _, list := range h.phones {
		i, _ := slices.BinarySearchFunc(list, seq+1, func(r Record, n uint64) int { return int(r.Seq) - int(n) })
		out = append(out, list[i:]...)
	}
	slices.SortFunc(out, func(a, b Record) int { return int(a.Seq) - int(b.Seq) })
	return out
}

// Of returns the records of one phone, by its key.
func (h *History) Of(key string) []Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.phones[key])
}

// Subscribe returns what is kept above seq and a channel with everything after it, without a gap between the two.
// The channel holds 256 records. cancel ends the subscription and closes the channel.
func (h *History) Subscribe(seq uint64) (kept []Record, live <-chan Record, cancel func()) {
	c := make(chan Record, 256)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subscribers == nil {
		h.subscribers = make(map[chan Record]bool)
	}
	h.subscribers[c] = true
	return h.since(seq), c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.subscribers[c] {
			delete(h.subscribers, c)
			close(c)
		}
	}
}
