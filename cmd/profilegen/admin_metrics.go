package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"profilegen/lab"
)

// counter counts events for the metrics.
type counter struct {
	started   time.Time
	transfers map[[2]string]int // by protocol and outcome
	bytes     map[string]int64  // sent, by protocol
	took      map[string]*waits
	resent    int
	messages  int
	dhcp      int
	alarms    int
	reloads   map[lab.Outcome]int
}

// waits is how long transfers took.
type waits struct {
	counts [len(waitBounds)]int // up to the bound
	sum    time.Duration
	count  int
}

var waitBounds = [...]time.Duration{
	time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond,
	500 * time.Millisecond, 2 * time.Second, 10 * time.Second,
}

func newCounter() counter {
	return counter{
		started: time.Now(), transfers: map[[2]string]int{}, bytes: map[string]int64{},
		took: map[string]*waits{}, reloads: map[lab.Outcome]int{},
	}
}

func (c *counter) add(e lab.Event) {
	switch {
	case e.Outcome == lab.Alarm:
		c.alarms++
	case e.Outcome == loaded || e.Outcome == broken:
		c.reloads[e.Outcome]++
	case e.Message != nil:
		c.messages++
	case e.DHCP != nil:
		c.dhcp++
	case e.Protocol == "push": // no transfer
	default:
		c.transfers[[2]string{e.Protocol, string(e.Outcome)}]++
		c.resent += e.Resent
		if e.Outcome != lab.Sent {
			return
		}
		c.bytes[e.Protocol] += e.Bytes
		w := c.took[e.Protocol]
		if w == nil {
			w = &waits{}
			c.took[e.Protocol] = w
		}
		w.add(e.Took)
	}
}

func (w *waits) add(took time.Duration) {
	w.sum += took
	w.count++
	for i, bound := range waitBounds {
		if took <= bound {
			w.counts[i]++
		}
	}
}

// metrics are in the text format of Prometheus.
func (a *admin) metrics(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	var b strings.Builder
	shelf := a.serving.site.current.Load()
	a.desk.mu.Lock()
	a.desk.counter.write(&b)
	states := a.desk.states(shelf)
	a.desk.mu.Unlock()
	family(&b, "profilegen_phones", "gauge", "Phones of the fleet by how far they have come.")
	for _, state := range []string{"silent", "asked", "answered", "succeeded"} {
		fmt.Fprintf(&b, "profilegen_phones{state=%q} %d\n", state, states[state])
	}
	family(&b, "profilegen_files", "gauge", "Files that are served.")
	fmt.Fprintf(&b, "profilegen_files %d\n", len(shelf.names))
	family(&b, "profilegen_loaded_timestamp_seconds", "gauge", "When the fleet was read.")
	fmt.Fprintf(&b, "profilegen_loaded_timestamp_seconds %d\n", shelf.loaded.Unix())
	family(&b, "profilegen_stale", "gauge", "1 when the fleet was changed and could not be read.")
	fmt.Fprintf(&b, "profilegen_stale %d\n", map[bool]int{true: 1}[a.trouble.Load() != nil])
	family(&b, "profilegen_faults", "gauge", "Faults on purpose in force.")
	fmt.Fprintf(&b, "profilegen_faults %d\n", len(a.server.Faults.List()))
	family(&b, "go_goroutines", "gauge", "Goroutines.")
	fmt.Fprintf(&b, "go_goroutines %d\n", runtime.NumGoroutine())
	_, err := io.WriteString(w, b.String())
	return err
}

func family(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (c *counter) write(w io.Writer) {
	family(w, "profilegen_transfers_total", "counter", "Transfers by protocol and outcome.")
	for _, key := range slices.SortedFunc(maps.Keys(c.transfers), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		fmt.Fprintf(w, "profilegen_transfers_total{protocol=%q,outcome=%q} %d\n", key[0], key[1], c.transfers[key])
	}
	family(w, "profilegen_sent_bytes_total", "counter", "Bytes of files sent.")
	for _, protocol := range slices.Sorted(maps.Keys(c.bytes)) {
		fmt.Fprintf(w, "profilegen_sent_bytes_total{protocol=%q} %d\n", protocol, c.bytes[protocol])
	}
	family(w, "profilegen_transfer_seconds", "histogram", "Time that good transfers took.")
	for _, protocol := range slices.Sorted(maps.Keys(c.took)) {
		c.took[protocol].write(w, protocol)
	}
	for _, one := range []struct {
		name, help string
		value      int
	}{
		{"profilegen_tftp_resent_total", "TFTP blocks sent again.", c.resent},
		{"profilegen_syslog_messages_total", "Log messages received.", c.messages},
		{"profilegen_dhcp_requests_total", "DHCP requests of phones heard.", c.dhcp},
		{"profilegen_alarms_total", "Alarms, such as for names that are guessed.", c.alarms},
		{"profilegen_reloads_total", "Times the fleet was read again.", c.reloads[loaded]},
		{"profilegen_reload_failures_total", "Times the fleet could not be read again.", c.reloads[broken]},
	} {
		family(w, one.name, "counter", one.help)
		fmt.Fprintf(w, "%s %d\n", one.name, one.value)
	}
	family(w, "process_start_time_seconds", "gauge", "When the server was started.")
	fmt.Fprintf(w, "process_start_time_seconds %d\n", c.started.Unix())
}

func (w *waits) write(out io.Writer, protocol string) {
	for i, bound := range waitBounds {
		fmt.Fprintf(out, "profilegen_transfer_seconds_bucket{protocol=%q,le=\"%g\"} %d\n", protocol, bound.Seconds(), w.counts[i])
	}
	fmt.Fprintf(out, "profilegen_transfer_seconds_bucket{protocol=%q,le=\"+Inf\"} %d\n", protocol, w.count)
	fmt.Fprintf(out, "profilegen_transfer_seconds_sum{protocol=%q} %g\n", protocol, w.sum.Seconds())
	fmt.Fprintf(out, "profilegen_transfer_seconds_count{protocol=%q} %d\n", protocol, w.count)
}

// states counts the phones of the fleet by how far they have come. d.mu is
// held.
func (d *desk) states(shelf *shelf) map[string]int {
	count := map[string]int{}
	for _, phone := range shelf.phones {
		p := d.phones[phone.mac.String()]
		switch {
		case p == nil || p.asked.IsZero():
			count["silent"]++
		case p.answered.IsZero():
			count["asked"]++
		case p.succeeded.Before(p.answered):
			count["answered"]++
		default:
			count["succeeded"]++
		}
	}
	return count
}
