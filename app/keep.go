package app

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/schema"
)

// draft is the document as the browser keeps it: a line with its sum, this as
// a line of JSON, and a line for each phone.
type draft struct {
	Version    int             `json:"version"`
	Fleet      json.RawMessage `json:"fleet"` // without its devices
	Generation string          `json:"generation"`
	Import     *draftImport    `json:"import,omitempty"`
	Keys       []byte          `json:"keys,omitempty"`    // the key file
	Omitted    []string        `json:"omitted,omitempty"` // parameters whose secrets were not kept
}

type draftImport struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// draftVersion is raised when an older builder would misread a draft.
const draftVersion = 1

// ErrNewerDraft is a draft that a newer builder wrote: it must not be
// overwritten.
var ErrNewerDraft = errors.New("this draft was made by a newer version of the builder; reload to get that version")

// deviceDraft is a phone's line. A phone is never changed, only replaced, so
// its line is made once: in a large fleet all others would cost every edit a
// fifth of a second.
type deviceDraft struct {
	text    []byte
	omitted []string
	secrets bool
}

// Draft writes the document down, without secrets unless they are asked for.
// pause is called now and then, for a large fleet takes its time; it may be nil.
func (e *Editor) Draft(secrets bool, pause func()) (string, error) {
	doc := e.doc // as it is now, whatever is done in a pause
	d := *doc
	d.devices = nil
	clean, out := &d, draft{Version: draftVersion, Generation: d.generation.String()}
	if !secrets {
		clean, out.Omitted = d.withoutSecrets(e.catalog)
	}
	lines := make(map[*schema.FleetDevice]deviceDraft, len(doc.devices))
	for _, dev := range doc.devices {
		if pause != nil {
			pause()
		}
		line, ok := e.drafts[dev]
		if !ok || line.secrets != secrets {
			var err error
			if line, err = e.deviceDraft(dev, secrets); err != nil {
				return "", fmt.Errorf("writing the draft: %w", err)
			}
		}
		lines[dev] = line
		for _, name := range line.omitted {
			if !slices.Contains(out.Omitted, name) {
				out.Omitted = append(out.Omitted, name)
			}
		}
	}
	e.drafts = lines
	var err error
	if out.Fleet, err = json.Marshal(clean.fleet()); err != nil {
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	if clean.imported != nil {
		out.Import = &draftImport{clean.imported.name, clean.imported.data}
	}
	if clean.keys != nil {
		out.Keys = clean.keys.Bytes()
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	for _, dev := range doc.devices {
		text = append(append(text, '\n'), lines[dev].text...)
	}
	return draftHead(text) + "\n" + string(text), nil
}

func (e *Editor) deviceDraft(dev *schema.FleetDevice, secrets bool) (line deviceDraft, err error) {
	line.secrets = secrets
	if !secrets {
		alone := &document{devices: []*schema.FleetDevice{dev}}
		alone, line.omitted = alone.withoutSecrets(e.catalog)
		dev = alone.devices[0]
	}
	line.text, err = json.Marshal(dev)
	return line, err
}

func draftHead(text []byte) string {
	return fmt.Sprintf(draftMark+"%08x", crc32.ChecksumIEEE(text))
}

// Restore begins with a draft. omitted names the parameters whose secrets were
// not kept and have to be entered again.
func (e *Editor) Restore(text string) (omitted []string, err error) {
	d, omitted, err := readDraft(text)
	if err != nil {
		return nil, err
	}
	e.past, e.future = nil, nil
	e.show(d)
	return omitted, nil
}

// OpenDraft opens a draft that was copied; Undo brings the old document back.
func (e *Editor) OpenDraft(text string) (omitted []string, err error) {
	d, omitted, err := readDraft(text)
	if err != nil {
		return nil, err
	}
	e.change("", "open a draft", func(to *document) { *to = *d })
	return omitted, nil
}

const draftMark = "profilegen draft "

func readDraft(text string) (d *document, omitted []string, err error) {
	head, body, ok := strings.Cut(text, "\n")
	if !ok || head != draftHead([]byte(body)) {
		return nil, nil, errors.New("the draft is damaged")
	}
	first, devices, _ := strings.Cut(body, "\n")
	var in draft
	if err := json.Unmarshal([]byte(first), &in); err != nil {
		return nil, nil, fmt.Errorf("reading the draft: %w", err)
	}
	if in.Version > draftVersion {
		return nil, nil, ErrNewerDraft
	}
	whole, ok := strings.CutSuffix(string(in.Fleet), "}")
	if !ok {
		return nil, nil, errors.New("the draft is damaged")
	}
	whole += `,"devices":[` + strings.ReplaceAll(devices, "\n", ",") + "]}"
	fleet, _, err := schema.ReadFleet("draft", []byte(whole))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the draft: %w", err)
	}
	d = open(fleet, generation(in.Generation))
	if in.Keys != nil {
		if d.keys, err = gen.ReadKeys(in.Keys); err != nil {
			return nil, nil, fmt.Errorf("reading the draft: %w", err)
		}
	}
	if in.Import != nil {
		if d.imported, err = readImport(in.Import.Name, in.Import.Data); err != nil {
			return nil, nil, fmt.Errorf("reading the draft: %w", err)
		}
		d.base = asImported(d.base, d.imported.base)
	}
	return d, in.Omitted, nil
}

// asImported gives the values that are still the imported file's what JSON does
// not keep: preserve-value, and <X/> as against <X></X>.
func asImported(base, from *schema.Profile) *schema.Profile {
	whole := base.Clone()
	for _, v := range base.Values() {
		if was, ok := from.Get(v.Name); ok && was.Text == v.Text && was.UA == v.UA {
			whole.Set(was)
		}
	}
	return whole
}

func readImport(name string, data []byte) (*imported, error) {
	doc, _, err := gen.ReadXML(name, data)
	if err != nil {
		return nil, err
	}
	return &imported{name: name, data: doc.Bytes(), base: doc.Profile()}, nil
}

func generation(name string) schema.Generation {
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		if g.String() == name {
			return g
		}
	}
	return schema.Firmware11
}

// shared is what a link carries: what differs from a new document. Phones stay
// at home, and so does every element the catalog does not know: it may hold
// anything.
type shared struct {
	Version    int               `json:"v"`
	Generation string            `json:"g"`
	Fleet      *schema.FleetFile `json:"f"`
	Gone       []string          `json:"gone,omitempty"` // of the new document's values
}

const shareVersion = 1

// maxShared bounds what is unpacked from a link.
const maxShared = 1 << 20

// Share makes the hash of a link, and names the parameters whose secrets are
// not in it.
func (e *Editor) Share() (hash string, omitted []string, err error) {
	clean, omitted := e.doc.withoutSecrets(e.catalog)
	clean.devices, clean.imported = nil, nil
	out := shared{Version: shareVersion, Generation: clean.generation.String()}
	fresh := start(e.catalog, clean.generation)
	for _, v := range fresh.base.Values() {
		if _, ok := clean.base.Get(v.Name); !ok {
			out.Gone = append(out.Gone, v.Name)
		}
	}
	clean.base = e.known(clean.base, fresh.base)
	for i := range clean.models {
		clean.models[i].Profile = e.known(clean.models[i].Profile, nil)
	}
	out.Fleet = clean.fleet()
	text, err := json.Marshal(out)
	if err != nil {
		return "", nil, fmt.Errorf("making the link: %w", err)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", nil, err
	}
	if _, err := w.Write(text); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return "d=" + base64.RawURLEncoding.EncodeToString(b.Bytes()), omitted, nil
}

// known keeps of a profile the values of the catalog's parameters that are not
// the same in fresh.
func (e *Editor) known(p, fresh *schema.Profile) *schema.Profile {
	kept := new(schema.Profile)
	if p == nil {
		return kept
	}
	for _, v := range p.Values() {
		if _, ok := e.catalog.Lookup(v.Name); !ok {
			continue
		}
		if fresh != nil {
			if was, ok := fresh.Get(v.Name); ok && was.Text == v.Text && was.UA == v.UA {
				continue
			}
		}
		v.Origin = schema.Origin{}
		kept.Set(v)
	}
	return kept
}

// IsShare tells whether a page's hash carries a document.
func IsShare(hash string) bool { return strings.HasPrefix(strings.TrimPrefix(hash, "#"), "d=") }

// OpenShare opens what a link carries; Undo brings the old document back.
func (e *Editor) OpenShare(hash string) error {
	packed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(strings.TrimPrefix(hash, "#"), "d="))
	if err != nil {
		return errors.New("the link is damaged: a part of it may be missing")
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxShared))
	if err != nil {
		return errors.New("the link is damaged: a part of it may be missing")
	}
	var in struct {
		shared
		Fleet json.RawMessage `json:"f"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return errors.New("the link is damaged: a part of it may be missing")
	}
	if in.Version > shareVersion {
		return errors.New("the link was made by a newer version of the builder; reload to get that version")
	}
	fleet, _, err := schema.ReadFleet("link", in.Fleet)
	if err != nil {
		return fmt.Errorf("reading the link: %w", err)
	}
	given := open(fleet, generation(in.Generation))
	d := start(e.catalog, given.generation)
	for _, name := range in.Gone {
		d.base.Delete(name)
	}
	for _, v := range given.base.Values() {
		d.base.Set(v)
	}
	d.models, d.name, d.entry, d.delivery, d.encoding = given.models, given.name, given.entry, given.delivery, given.encoding
	e.change("", "open the shared link", func(to *document) { *to = *d })
	return nil
}
