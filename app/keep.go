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
	"strings"

	"profilegen/gen"
	"profilegen/schema"
)

// draft is the document as the browser keeps it.
type draft struct {
	Version    int               `json:"version"`
	Fleet      *schema.FleetFile `json:"fleet"`
	Generation string            `json:"generation"`
	Import     *draftImport      `json:"import,omitempty"`
	Omitted    []string          `json:"omitted,omitempty"` // parameters whose secrets were not kept
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

// Draft writes the document down, without secrets unless they are asked for.
func (e *Editor) Draft(secrets bool) (string, error) {
	d := e.doc
	out := draft{Version: draftVersion, Generation: d.generation.String()}
	if !secrets {
		d, out.Omitted = d.withoutSecrets(e.catalog)
	}
	out.Fleet = d.fleet()
	if d.imported != nil {
		out.Import = &draftImport{d.imported.name, d.imported.data}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("writing the draft: %w", err)
	}
	return fmt.Sprintf("profilegen draft %08x\n%s", crc32.ChecksumIEEE(text), text), nil
}

// Restore opens a draft. omitted names the parameters whose secrets were not
// kept and have to be entered again.
func (e *Editor) Restore(text string) (omitted []string, err error) {
	head, body, ok := strings.Cut(text, "\n")
	if !ok || head != fmt.Sprintf("profilegen draft %08x", crc32.ChecksumIEEE([]byte(body))) {
		return nil, errors.New("the draft is damaged")
	}
	var in struct {
		draft
		Fleet json.RawMessage `json:"fleet"`
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		return nil, fmt.Errorf("reading the draft: %w", err)
	}
	if in.Version > draftVersion {
		return nil, ErrNewerDraft
	}
	fleet, _, err := schema.ReadFleet("draft", in.Fleet)
	if err != nil {
		return nil, fmt.Errorf("reading the draft: %w", err)
	}
	d := open(fleet, generation(in.Generation))
	if in.Import != nil {
		if d.imported, err = readImport(in.Import.Name, in.Import.Data); err != nil {
			return nil, fmt.Errorf("reading the draft: %w", err)
		}
		d.base = asImported(d.base, d.imported.base)
	}
	e.past, e.future = nil, nil
	e.show(d)
	return in.Omitted, nil
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
	d.models, d.name, d.entry, d.delivery = given.models, given.name, given.entry, given.delivery
	e.change("", "open the shared link", func(to *document) { *to = *d })
	return nil
}
