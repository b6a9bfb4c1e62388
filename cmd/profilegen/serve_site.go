package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

// shelf is what is handed out. It is never changed, only replaced as a whole,
// so that a request sees one state of the fleet.
type shelf struct {
	source  string // "examples/phones.csv", "dist"
	pattern string // of the file names; "" when not known
	loaded  time.Time
	phones  []*servedPhone
	names   []string // of all known files, sorted
	files   map[string]*servedFile
	own     map[rule.MAC]*servedPhone
	fixed   map[netip.Addr]*servedPhone // by the address the list gives a phone

	folder  lab.Files // of a folder: whatever is in it
	seconds bool      // phones may have files under the second name that they try, /Cisco/$PN/$MA.cfg
	draft   bool      // it is the builder's

	// whole is the fleet with all values; nil for a folder.
	whole func() (*schema.FleetFile, error)
}

// servedFile is a file whose meaning is known.
type servedFile struct {
	name    string
	product string
	phone   *servedPhone // whose own file it is; nil for what leads new phones on
	open    func() (lab.File, error)
	role    gen.Role
	content string          // Content-Encoding that goes with it
	scheme  string          // by which alone it is handed out; "" for any
	made    *gen.LookupFile // nil: it stands in a folder
}

// servedPhone is a phone of the fleet, as far as everybody may know.
type servedPhone struct {
	mac     rule.MAC
	product string
	name    string // what people call it; may be empty
	place   string // "phones.csv:2"
	file    *servedFile
	first   *servedFile // what it gets as long as it has no key: file, when that is not encrypted; nil for none
}

// String is the phone in a message.
func (p *servedPhone) String() string {
	if p.name == "" {
		return fmt.Sprintf("%s (%s)", p.mac, p.place)
	}
	return fmt.Sprintf("%s %s (%s)", p.mac, show(p.name), p.place)
}

func newShelf(source string) *shelf {
	return &shelf{
		source: source, loaded: time.Now(),
		files: map[string]*servedFile{}, own: map[rule.MAC]*servedPhone{}, fixed: map[netip.Addr]*servedPhone{},
	}
}

func (s *shelf) add(f *servedFile) {
	s.files[f.name] = f
	if f.phone == nil {
		return
	}
	if f.role != gen.OwnFile {
		if f.role == gen.FirstFile {
			f.phone.first = f
		}
		return
	}
	f.phone.file, f.phone.product = f, f.product
	s.own[f.phone.mac] = f.phone
	s.phones = append(s.phones, f.phone)
}

// fleetShelf makes its files as they are asked for.
func fleetShelf(ctx context.Context, b *gen.Batch, source string) (*shelf, *gen.Result, error) {
	lookup, result, err := b.Lookup(ctx)
	if err != nil {
		return nil, result, err
	}
	s, phones := newShelf(source), servedPhones{}
	s.pattern = cmp.Or(b.Name, gen.DefaultName)
	s.whole = func() (*schema.FleetFile, error) { return wholeFleet(b) }
	s.names = lookup.Names()
	s.seconds = slices.ContainsFunc(s.names, func(name string) bool { return strings.HasPrefix(name, "Cisco/") })
	for _, name := range s.names {
		f, _ := lookup.File(name)
		served := &servedFile{name: name, product: f.Product, open: func() (lab.File, error) {
			data, err := f.Bytes()
			return lab.File{Content: bytes.NewReader(data)}, err
		}}
		served.role, served.content, served.made = f.Role, f.Content, f
		if f.Role == gen.FirstFile {
			served.scheme = firstScheme(b)
		}
		if f.Device != nil {
			served.phone = phones.of(f.Device.MAC)
			served.phone.name, served.phone.place = nameOf(f.Device), rowOf(f.Device.Origin)
			if addr, err := netip.ParseAddr(f.Device.IP); err == nil {
				s.fixed[addr] = served.phone
			}
		}
		s.add(served)
	}
	for _, p := range s.phones {
		if first, ok := lookup.First(p.mac); ok {
			p.first = s.files[first.Name]
		}
	}
	return s, result, nil
}

// servedPhones are phones by address: each may have several files.
type servedPhones map[rule.MAC]*servedPhone

func (l servedPhones) of(mac rule.MAC) *servedPhone {
	if l[mac] == nil {
		l[mac] = &servedPhone{mac: mac}
	}
	return l[mac]
}

// firstScheme is that of -first: what holds keys in clear goes only the way
// that was chosen for it.
func firstScheme(b *gen.Batch) string {
	if b.Encoding.First == "" {
		return ""
	}
	at, err := gen.ParseDelivery(b.Encoding.First)
	if err != nil {
		return "" // a batch has told it
	}
	return at.Scheme
}

// wholeFleet is a batch as a fleet file.
func wholeFleet(b *gen.Batch) (*schema.FleetFile, error) {
	file, problems, err := b.Fleet.File()
	if err != nil {
		return nil, err
	}
	if worst, ok := problems.Worst(); ok && worst == rule.Error {
		return nil, fmt.Errorf("the list of phones has %s", summary(problems))
	}
	file.Name, file.Entry = b.Name, b.Entry
	if b.Encoding != (schema.Encoding{}) {
		file.Encoding = &b.Encoding
	}
	if b.Delivery != (schema.Delivery{}) {
		file.Delivery = &b.Delivery
	}
	return file, nil
}

// rowOf is a place without its column: a phone is a row.
func rowOf(o schema.Origin) string {
	o.Column = 0
	return o.String()
}

// nameOf is what people call a phone: what its screen or its calls show.
func nameOf(d *gen.Device) string {
	for _, element := range []string{"Station_Name", "Station_Display_Name", "Display_Name_1_", "Short_Name_1_", "User_ID_1_"} {
		for _, v := range d.Values {
			if v.Name == element && v.Text != "" {
				return v.Text
			}
		}
	}
	return ""
}

// folderShelf hands out a folder. A manifest in it says which file is whose.
func folderShelf(dir string) (*shelf, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := newShelf(filepath.Clean(dir))
	s.folder = lab.Folder(root)
	_, err = root.Stat("Cisco")
	s.seconds = err == nil
	phones := servedPhones{}
	manifest, err := root.Open(gen.ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		defer manifest.Close()
		err = gen.ReadManifest(manifest, func(info gen.FileInfo) error {
			f := &servedFile{name: info.Name, product: info.Product, open: func() (lab.File, error) {
				return s.folder(context.Background(), lab.Request{Path: "/" + info.Name}) // with its guards
			}}
			f.role, f.content = info.Role, info.Content
			if info.MAC != (rule.MAC{}) {
				f.phone = phones.of(info.MAC)
				f.phone.place = filepath.Join(dir, gen.ManifestName)
			}
			s.add(f)
			s.names = append(s.names, f.name)
			return nil
		})
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, gen.ManifestName), err)
	}
	slices.Sort(s.names)
	for _, p := range s.phones {
		if p.first == nil { // of others it is there
			p.first = p.file
		}
	}
	return s, nil
}

// site is what phones can reach: the present shelf, and what was learnt about
// who asks.
type site struct {
	current atomic.Pointer[shelf]

	// ping is a name that only the server itself knows, to ask itself whether
	// it answers.
	ping        string
	pingContent []byte

	mu        sync.Mutex
	learnt    map[netip.Addr]rule.MAC // the zero address where several phones share one
	neighbors map[netip.Addr]rule.MAC
	looked    time.Time // at the neighbours
	look      func() map[netip.Addr]rule.MAC
}

const maxLearnt = 10_000

func newSite(first *shelf) *site {
	s := &site{learnt: map[netip.Addr]rule.MAC{}, look: neighborTable, ping: "/self-check-" + randomName(), pingContent: []byte(randomName())}
	s.current.Store(first)
	return s
}

// files is the lab's Files.
func (s *site) files(ctx context.Context, r lab.Request) (lab.File, error) {
	if r.Path == s.ping {
		return lab.File{Content: bytes.NewReader(s.pingContent)}, nil
	}
	shelf := s.current.Load()
	name := strings.TrimPrefix(r.Path, "/")
	if strings.EqualFold(name, gen.ManifestName) {
		return lab.File{}, miss("the manifest is not for phones: it lists all of them")
	}
	f, known := shelf.files[name]
	if !known {
		return s.other(ctx, shelf, r)
	}
	note := ""
	switch {
	case f.phone != nil:
		note = roles[f.role]
		s.learn(r.Remote.Addr(), f.phone.mac)
	default:
		f, note = s.bootstrapFor(shelf, f, r)
	}
	if err := f.refuse(r.Protocol); err != nil {
		return lab.File{}, err
	}
	file, err := f.open()
	if errors.Is(err, fs.ErrNotExist) {
		return lab.File{}, miss(fmt.Sprintf("%s lists it, but it is gone; make the files anew", gen.ManifestName))
	}
	file.Note, file.Encoding = note, f.content
	return file, err
}

// roles say what a phone's file is for.
var roles = map[gen.Role]string{
	gen.OwnFile:   "its own file",
	gen.FirstFile: "its first file: gives it its key and leads to its own",
	gen.OlderFile: "for its older key: gives it the new one and leads to its own file",
}

// shortRoles are for a message that goes on with the name.
var shortRoles = map[gen.Role]string{gen.OwnFile: "its own file", gen.FirstFile: "its first file"}

// refuse tells why a file does not go by a protocol; nil when it does.
func (f *servedFile) refuse(protocol string) error {
	switch {
	case f.content != "" && protocol == "tftp":
		return fmt.Errorf("%w: it is encrypted by RFC 8188, which TFTP cannot say, so the phone could not read it", fs.ErrPermission)
	case f.scheme != "" && f.scheme != protocol:
		return fmt.Errorf("%w: it holds a key in clear, and goes by %s only", fs.ErrPermission, f.scheme)
	}
	return nil
}

// bootstrapFor is what a phone gets for the name that all new phones of its
// model ask for: its own file when it is known and needs no key, otherwise the
// file that leads there.
func (s *site) bootstrapFor(shelf *shelf, f *servedFile, r lab.Request) (*servedFile, string) {
	phone, how := s.who(shelf, r)
	switch {
	case phone == nil:
		return f, "leads a new phone to its own file"
	case phone.product != f.product:
		return f, fmt.Sprintf("leads a new phone to its own file; %s says that this phone is a %s, but it asks as %s", phone.place, phone.product, f.product)
	}
	s.learn(r.Remote.Addr(), phone.mac)
	if phone.first == nil || phone.first.refuse(r.Protocol) != nil {
		return f, "leads a new phone to its first file"
	}
	return phone.first, fmt.Sprintf("%s %s, for it is known by %s", shortRoles[phone.first.role], phone.first.name, how)
}

// other answers for what is not among the known files.
func (s *site) other(ctx context.Context, shelf *shelf, r lab.Request) (lab.File, error) {
	if shelf.folder != nil {
		file, err := shelf.folder(ctx, r)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return lab.File{}, miss(s.why(shelf, r))
}

// who tells which phone of the fleet asks, and how it is known.
func (s *site) who(shelf *shelf, r lab.Request) (phone *servedPhone, how string) {
	if p, ok := lab.ParseUserAgent(r.UserAgent); ok {
		return shelf.phone(p.MAC), "its User-Agent"
	}
	if phone, how := s.at(shelf, r.Remote.Addr()); phone != nil || r.Remote.Addr().IsLoopback() {
		return phone, how
	}
	return shelf.phone(r.Phone.MAC), "an earlier request of its address"
}

// at tells which phone has an address. One of this machine is that of many
// virtual phones.
func (s *site) at(shelf *shelf, addr netip.Addr) (phone *servedPhone, how string) {
	if addr.IsLoopback() {
		return nil, ""
	}
	if phone := shelf.fixed[addr]; phone != nil {
		return phone, "its address in " + phone.place
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if mac, seen := s.learnt[addr]; seen {
		return shelf.own[mac], "an earlier request of its address"
	}
	if mac, ok := s.neighborsNow()[addr]; ok {
		return shelf.own[mac], "this machine's table of neighbours"
	}
	return nil, ""
}

// neighborsNow is this machine's table of neighbours. s.mu is held.
func (s *site) neighborsNow() map[netip.Addr]rule.MAC {
	if time.Since(s.looked) > lookAgain {
		s.neighbors, s.looked = s.look(), time.Now()
	}
	return s.neighbors
}

// lookAgain is how long what the system says of its neighbours is used: many
// phones may ask at once.
const lookAgain = time.Second

// learn notes that a phone asked for its own file from an address. An address
// of several phones (virtual ones, NAT) tells nothing.
func (s *site) learn(addr netip.Addr, mac rule.MAC) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.learnt[addr]; ok && old != mac {
		mac = rule.MAC{}
	}
	if len(s.learnt) >= maxLearnt {
		clear(s.learnt)
	}
	s.learnt[addr] = mac
}

// phone is that of the fleet with an address as an event has it; nil when
// there is none.
func (s *shelf) phone(mac string) *servedPhone {
	if mac == "" {
		return nil // in most events, and an error costs something
	}
	m, err := rule.ParseMAC(mac)
	if err != nil {
		return nil
	}
	return s.own[m]
}

// named is the phone that a path speaks of.
func (s *shelf) named(p string) *servedPhone {
	if f := s.files[strings.TrimPrefix(p, "/")]; f != nil && f.phone != nil {
		return f.phone
	}
	if mac, ok := macIn(p); ok {
		return s.own[mac]
	}
	return nil
}

// macIn finds a MAC address in a path: 12 hex digits, or six pairs with
// separators, that stand alone.
func macIn(p string) (rule.MAC, bool) {
	isHex := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	}
	for i := 0; i < len(p); i++ {
		if !isHex(p[i]) || i > 0 && isHex(p[i-1]) {
			continue
		}
		for _, length := range []int{12, 17} {
			if end := i + length; end <= len(p) && (end == len(p) || !isHex(p[end])) {
				if mac, err := rule.ParseMAC(p[i:end]); err == nil {
					return mac, true
				}
			}
		}
	}
	return rule.MAC{}, false
}

// profileOf is what a phone is sent.
func (s *shelf) profileOf(phone *servedPhone) (*schema.Profile, error) {
	if phone.file.made != nil {
		data, err := phone.file.made.Profile()
		return readSent(phone.file, data, err)
	}
	file, err := phone.file.open()
	if err != nil {
		return nil, err
	}
	if c, ok := file.Content.(io.Closer); ok {
		defer c.Close()
	}
	data, err := io.ReadAll(file.Content)
	return readSent(phone.file, data, err)
}

// readSent reads a profile as it is before any encoding.
func readSent(f *servedFile, data []byte, err error) (*schema.Profile, error) {
	if err != nil {
		return nil, err
	}
	document, _, err := gen.ReadXML(f.name, data)
	if err != nil {
		return nil, err
	}
	return document.Profile(), nil
}

// products are the models of the known files, for messages.
func (s *shelf) products() []string {
	var list []string
	for _, f := range s.files {
		if !slices.Contains(list, f.product) {
			list = append(list, f.product)
		}
	}
	slices.Sort(list)
	return list
}
