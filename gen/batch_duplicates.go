package gen

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// macTable remembers in which row of the list each address stands: 12 bytes a
// slot, of which seven in eight are used before there are more.
type macTable struct {
	macs  []uint64 // 0 for a free slot
	rows  []uint32
	count int
}

// add notes an address. When it came up before, row is where.
func (t *macTable) add(mac rule.MAC, row int) (first int, again bool) {
	if 8*t.count >= 7*len(t.macs) {
		t.grow()
	}
	key := uint64(1) // no address is 0 then
	for _, b := range mac {
		key = key<<8 | uint64(b)
	}
	i := t.slot(key)
	if t.macs[i] != 0 {
		return int(t.rows[i]), true
	}
	t.macs[i], t.rows[i] = key, uint32(row)
	t.count++
	return 0, false
}

// slot is where key is, or would be.
func (t *macTable) slot(key uint64) uint64 {
	mask := uint64(len(t.macs) - 1)
	i := key * 0x9E3779B97F4A7C15 >> 20 & mask
	for t.macs[i] != 0 && t.macs[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *macTable) grow() {
	old := *t
	size := max(1024, 2*len(old.macs))
	t.macs, t.rows = make([]uint64, size), make([]uint32, size)
	for i, key := range old.macs {
		if key != 0 {
			at := t.slot(key)
			t.macs[at], t.rows[at] = key, old.rows[i]
		}
	}
}

// checkMAC finds a phone that stands in the list for the second time. It is
// done as the list is read, so that the first one is the one that counts.
func (r *run) checkMAC(p *jobPhone) {
	row, again := r.macs.add(p.MAC, p.Origin.Row)
	if !again {
		return
	}
	p.problems = append(p.problems, schema.Problem{
		ID: "duplicate-mac", Severity: rule.Error, Origin: p.Origin,
		Summary: fmt.Sprintf("MAC address %s stands here and in %s", p.MAC, schema.Origin{File: p.Origin.File, Row: row}),
		Hint:    "a phone can stand in the list once",
	})
}

// keys are what else should not come up twice in a fleet, as hashes of eight
// bytes: file names, and extensions with their server. Only when a hash comes
// up twice is the list read again to see what is behind it.
type keys struct{ names, lines hashes }

// hashes is a long list in parts by the first bits of the hash, so that it
// grows and is sorted without much memory more.
type hashes [64][]uint64

func (h *hashes) add(hash uint64) {
	part := &h[hash>>58]
	*part = append(*part, hash)
}

func (h *hashes) take(from *hashes) {
	for i := range h {
		h[i] = append(h[i], from[i]...)
		from[i] = nil
	}
}

// add notes the keys of a phone.
func (k *keys) add(m *model, d *Device) {
	eachLine(m, d, func(user, server string, _ schema.Origin) {
		k.lines.add(lineKey(user, server))
	})
}

func (k *keys) addName(name []byte) { k.names.add(nameKey(name)) }

// nameKey is the same for names that a file system may take for the same one.
func nameKey(name []byte) uint64 {
	h := uint64(fnvOffset)
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

func lineKey(user, server string) uint64 {
	h := uint64(fnvOffset)
	for i := range len(user) {
		h = (h ^ uint64(user[i])) * fnvPrime
	}
	h *= fnvPrime // as of a zero byte between them
	for i := range len(server) {
		h = (h ^ uint64(server[i])) * fnvPrime
	}
	return h
}

// FNV-1a.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// lines are the values that decide about a phone's SIP accounts, by the number
// of the line and by family. No phone has more lines than that.
type lines [maxLines + 1][len(lineFamilies)]*schema.Value

const maxLines = 16

const (
	userID = iota
	proxy
	shared
)

var lineFamilies = [...]string{userID: "User_ID_", proxy: "Proxy_", shared: "Share_Ext_"}

// set takes in a value, if it is one of a line's.
func (l *lines) set(v *schema.Value) {
	for kind, family := range lineFamilies {
		if v.Name == "" || v.Name[0] != family[0] {
			continue // most are not, and this is soon seen
		}
		if index, ok := strings.CutPrefix(v.Name, family); ok {
			if n, err := strconv.Atoi(strings.TrimSuffix(index, "_")); err == nil && 1 <= n && n <= maxLines {
				l[n][kind] = v
			}
		}
	}
}

// eachLine calls f with the SIP accounts that a phone sets for itself. Shared
// lines are on several phones on purpose.
func eachLine(m *model, d *Device, f func(user, server string, origin schema.Origin)) {
	all := m.lines
	for i := range d.Values {
		all.set(&d.Values[i])
	}
	for _, line := range all {
		user, server := line[userID], ""
		if user == nil || user.Text == "" || line[shared] != nil && line[shared].Text == "Yes" {
			continue
		}
		if line[proxy] != nil {
			server = line[proxy].Text
		}
		f(user.Text, server, user.Origin)
	}
}

// twice keeps of the hashes those that come up more than once.
func (h *hashes) twice() map[uint64]bool {
	var found map[uint64]bool
	for _, part := range h {
		slices.Sort(part)
		for i := 1; i < len(part); i++ {
			if part[i] == part[i-1] {
				if found == nil {
					found = map[uint64]bool{}
				}
				found[part[i]] = true
			}
		}
	}
	return found
}

// findDuplicates tells what came up twice. Two phones cannot have one file: the
// later one fails. That two phones log in with one extension is only a
// warning, since some servers allow it.
func (r *run) findDuplicates() error {
	s := &duplicateSearch{
		run: r, names: r.keys.names.twice(), lines: r.keys.lines.twice(), seen: map[string]schema.Origin{},
	}
	r.keys = keys{} // of no more use
	if s.names == nil && s.lines == nil {
		return nil
	}
	for name := range r.bootstraps {
		s.seen["name "+string(foldName(nil, []byte(name)))] = schema.Origin{}
	}
	reader, _, err := r.Fleet.Devices()
	if err != nil {
		return err
	}
	defer reader.Close()
	var d Device
	for number := 0; ; number++ {
		_, ok, err := reader.Next(&d)
		if errors.Is(err, io.EOF) || number >= len(r.states) {
			return nil
		}
		if err != nil {
			return err
		}
		if ok {
			s.phone(number, &d)
		}
	}
}

type duplicateSearch struct {
	*run
	names, lines map[uint64]bool
	seen         map[string]schema.Origin // where what comes up twice stood first
}

// phone looks at one phone. One that failed before still says what the later
// ones repeat.
func (s *duplicateSearch) phone(number int, d *Device) {
	d.Product = s.Fleet.product(d)
	m := s.models[s.wayOf(d)][d.Product]
	if m == nil || m.err != nil {
		return
	}
	phone := rule.Phone{Identity: d.Identity}
	name, err := s.pattern.AppendName(nil, phone.Macro)
	if err == nil && s.names[nameKey(name)] && s.states[number] != skipped {
		if first, again := s.again("name "+string(foldName(nil, name)), d.Origin); again {
			s.fail(number, duplicateName(name, d.Origin, first))
		}
	}
	eachLine(m, d, func(user, server string, origin schema.Origin) {
		if !s.lines[lineKey(user, server)] {
			return
		}
		if first, again := s.again("line "+user+" "+server, origin); again {
			s.problems.add(schema.Problem{
				ID: "duplicate-extension", Severity: rule.Warning, Origin: origin,
				Summary: fmt.Sprintf("extension %q on server %q stands here and in %s", user, server, first),
				Hint:    "give each phone an extension of its own, or set Share_Ext of that line to Yes",
			})
		}
	})
}

func duplicateName(name []byte, origin, first schema.Origin) schema.Problem {
	p := schema.Problem{
		ID: "duplicate-file", Severity: rule.Error, Origin: origin,
		Summary: fmt.Sprintf("file name %q is also that of %s", name, first),
		Hint:    "a pattern with $MA gives each phone a name of its own",
	}
	if first == (schema.Origin{}) {
		p.Summary = fmt.Sprintf("file name %q is that of the file which leads new phones to their own", name)
	}
	return p
}

// again tells whether a key came up before, and where.
func (s *duplicateSearch) again(key string, origin schema.Origin) (first schema.Origin, again bool) {
	if first, again = s.seen[key]; !again {
		s.seen[key] = origin
	}
	return first, again
}
