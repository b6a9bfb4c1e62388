//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine tells how much of the processors others take meanwhile: a fast
// server suffers from them in another way than a slow one, so that even ratios
// do not hold then.
type machine struct {
	processes string // a /proc of our namespace only; "" when it could not be had

	measured, disturbed int
}

func newMachine(dir string) *machine {
	m := &machine{processes: filepath.Join(dir, "proc")}
	if os.Mkdir(m.processes, 0o755) != nil ||
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "") != nil ||
		syscall.Mount("proc", m.processes, "proc", 0, "") != nil {
		m.processes = ""
	}
	return m
}

// close takes back what newMachine did.
func (m *machine) close() {
	if m.processes != "" {
		_ = syscall.Unmount(m.processes, syscall.MNT_DETACH)
	}
}

// figure is what was measured of a server.
type figure struct {
	value float64 // transfers a second, or seconds
	cost  float64 // the server's processor time for one transfer, in microseconds
}

// undisturbed measures when the machine has time for it, and once more, up to
// some times, when others took more than a tenth of it meanwhile. The figure
// that was disturbed least counts.
func (m *machine) undisturbed(measure func() (figure, error)) (figure, error) {
	const attempts, enough = 4, 0.1
	best, least := figure{}, 2.0
	for range attempts {
		m.waitForQuiet()
		before := m.look()
		one, err := measure()
		if err != nil {
			return figure{}, err
		}
		if share := m.look().othersSince(before); share < least {
			best, least = one, share
		}
		if least < enough {
			break
		}
	}
	m.measured++
	if least >= enough {
		m.disturbed++
	}
	return best, nil
}

// waitForQuiet waits until others take next to nothing, but not for long.
func (m *machine) waitForQuiet() {
	const enough, patience = 0.05, 20
	for range patience {
		before := m.look()
		time.Sleep(200 * time.Millisecond)
		if m.look().othersSince(before) < enough {
			return
		}
	}
}

// look is how much time the processors have spent, in ticks: in all, with
// programs and the system's work for them, and with ours.
type look struct{ total, busy, ours float64 }

func (l look) othersSince(before look) float64 {
	return (l.busy - before.busy - (l.ours - before.ours)) / max(1, l.total-before.total)
}

func (m *machine) look() (l look) {
	stat, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(line) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || i > 8 { // what guests take is in the user's
			continue
		}
		l.total += v
		switch i {
		case 1, 2, 3, 8: // user, nice, system, steal; interrupts are nobody's
			l.busy += v
		}
	}
	if m.processes == "" {
		l.ours = l.busy
		return l
	}
	l.ours = m.spent(func(_, _ int) bool { return true })
	return l
}

// spentBy is the processor time of a server and its children so far, in
// microseconds.
func (m *machine) spentBy(server int) float64 {
	const tick = 10_000
	return tick * m.spent(func(pid, parent int) bool { return pid == server || parent == server })
}

// spent is the time of some of our processes, in ticks.
func (m *machine) spent(counts func(pid, parent int) bool) (ticks float64) {
	list, _ := filepath.Glob(m.processes + "/[0-9]*/stat")
	for _, name := range list {
		stat, _ := os.ReadFile(name)
		_, after, _ := strings.Cut(string(stat), ") ") // behind the name
		fields := strings.Fields(after)
		if len(fields) < 15 {
			continue // it has just ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		parent, _ := strconv.Atoi(fields[1])
		if !counts(pid, parent) {
			continue
		}
		for _, field := range fields[11:15] { // its own time, and that of its children that have ended
			v, _ := strconv.ParseFloat(field, 64)
			ticks += v
		}
	}
	return ticks
}
