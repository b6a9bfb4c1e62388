package lab

import (
	"cmp"
	"container/list"
	"slices"
	"sort"
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
	All    int // about how many are kept in all; 0: 20,000, some 20 MB. Phones share them, with 10 for each at least
	Phones int // phones kept; 0: 2,000. The one silent longest is forgotten first

	mu          sync.Mutex
	seq         uint64
	phones      map[string]*list.Element // of order
	order       list.List                // of *phoneRecords; the one silent longest is first
	subscribers map[chan Record]bool
}

// phoneRecords are the records of one phone: a ring once there are as many as are kept.
type phoneRecords struct {
	key   string
	ring  []Record
	first int // the oldest
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
	p := h.recordsOf(e.Key())
	share := max(cmp.Or(h.All, 20_000)/len(h.phones), 10)
	p.add(r, min(share, cmp.Or(h.Each, 200)))
	for c := range h.subscribers {
		select {
		case c <- r:
		default:
		}
	}
	return r
}

// recordsOf finds or makes the records of a phone, which is now the one that spoke last.
func (h *History) recordsOf(key string) *phoneRecords {
	if at, ok := h.phones[key]; ok {
		h.order.MoveToBack(at)
		return at.Value.(*phoneRecords)
	}
	if h.phones == nil {
		h.phones = make(map[string]*list.Element)
	}
	if oldest := h.order.Front(); oldest != nil && len(h.phones) >= cmp.Or(h.Phones, 2000) {
		delete(h.phones, h.order.Remove(oldest).(*phoneRecords).key)
	}
	p := &phoneRecords{key: key}
	h.phones[key] = h.order.PushBack(p)
	return p
}

// add keeps the latest records, most of them: fewer than before when there are more phones.
func (p *phoneRecords) add(r Record, most int) {
	if n := len(p.ring); n > most {
		p.ring, p.first = slices.Clone(p.since(0)[n-most:]), 0
	}
	if len(p.ring) < most {
		p.ring = append(p.ring, r)
		return
	}
	p.ring[p.first] = r
	p.first = (p.first + 1) % len(p.ring)
}

// since returns the records with a number above seq, oldest first.
func (p *phoneRecords) since(seq uint64) []Record {
	n := len(p.ring)
	older := sort.Search(n, func(i int) bool { return p.ring[(p.first+i)%n].Seq > seq })
	out := make([]Record, 0, n-older)
	for i := older; i < n; i++ {
		out = append(out, p.ring[(p.first+i)%n])
	}
	return out
}

// Since returns the records kept with a number above seq, in order; Since(0) is all of them.
func (h *History) Since(seq uint64) []Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.since(seq)
}

func (h *History) since(seq uint64) []Record {
	var out []Record
	for at := h.order.Back(); at != nil; at = at.Prev() {
		newer := at.Value.(*phoneRecords).since(seq)
		if len(newer) == 0 {
			break // nor have those that have been silent longer
		}
		out = append(out, newer...)
	}
	slices.SortFunc(out, func(a, b Record) int { return int(a.Seq) - int(b.Seq) })
	return out
}

// Of returns the records of one phone, by its key.
func (h *History) Of(key string) []Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at, ok := h.phones[key]; ok {
		return at.Value.(*phoneRecords).since(0)
	}
	return nil
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
