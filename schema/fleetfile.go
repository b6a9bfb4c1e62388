package schema

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"profilegen/rule"
)

// FleetVersion is the version of the fleet file that this package writes.
const FleetVersion = 1

// FleetFile is a fleet.json: what the builder saves and opens and the command
// line reads. ReadFleet reads it with places, Write writes it.
type FleetFile struct {
	Schema   string        `json:"$schema,omitempty" jsonschema:"title=JSON Schema,description=Address of the JSON Schema of this file; for editors"`
	Version  int           `json:"version" jsonschema:"title=Version,description=Version of the format"`
	Name     string        `json:"name,omitempty" jsonschema:"title=File name,description=Pattern of the profiles' file names; macros as in a profile rule,example=$MA/$PSN.xml"`
	Entry    string        `json:"entry,omitempty" jsonschema:"title=Entry rule,description=The rule with which a factory-new phone begins,example=/$PSN.xml"`
	Delivery *Delivery     `json:"delivery,omitempty" jsonschema:"title=Delivery,description=Where the phones fetch their profiles"`
	Encoding *Encoding     `json:"encoding,omitempty" jsonschema:"title=Encoding,description=Compression and encryption of the phones' files"`
	Base     *Profile      `json:"base,omitempty" jsonschema:"title=Base,description=Values of all phones"`
	Models   ModelProfiles `json:"models,omitempty" jsonschema:"title=Models,description=Values of all phones of a model; they win over the base"`
	Devices  []FleetDevice `json:"devices,omitempty" jsonschema:"title=Devices,description=The phones"`
}

// Delivery says where phones fetch what was generated.
type Delivery struct {
	Scheme string `json:"scheme,omitempty" jsonschema:"enum=tftp,enum=http,enum=https,title=Scheme,description=tftp when not given"`
	Server string `json:"server,omitempty" jsonschema:"title=Server,description=Name or address; without it the phones take the one that DHCP names"`
	Port   int    `json:"port,omitempty" jsonschema:"minimum=1,maximum=65535,title=Port,description=69 for tftp or 80 for http or 443 for https when not given"`
	Path   string `json:"path,omitempty" jsonschema:"title=Path,description=Folder on the server that the profiles stand in,example=/phones"`
}

// ModelProfiles are the profiles of models, in the file's order; in JSON an
// object from model to profile.
type ModelProfiles []ModelProfile

// ModelProfile holds the values that all phones of a model have.
type ModelProfile struct {
	Model   string // "8861"; as the file writes it, see FindModel
	Profile *Profile
	Origin  Origin
}

// FleetDevice is one phone of a fleet file.
type FleetDevice struct {
	MAC      string   `json:"mac" jsonschema:"title=MAC address,description=12 hex digits; with or without separators,example=000e08012345"`
	Model    string   `json:"model,omitempty" jsonschema:"title=Model,example=8861"`
	Serial   string   `json:"serial,omitempty" jsonschema:"title=Serial number"`
	IP       string   `json:"ip,omitempty" jsonschema:"title=IP address,description=Address of the phone where it is fixed"`
	Firmware string   `json:"firmware,omitempty" jsonschema:"title=Software version,example=sip88xx.11-3-2MPP0001-609"`
	Hardware string   `json:"hardware,omitempty" jsonschema:"title=Hardware version,example=2.0.1"`
	Encrypt  string   `json:"encrypt,omitempty" jsonschema:"enum=key,enum=ikm,enum=none,title=Encrypt,description=How the file of this phone is encrypted (none: not at all) when not as the encoding says"`
	Digest   string   `json:"digest,omitempty" jsonschema:"enum=md5,enum=sha256,title=Digest,description=How this phone makes its AES key when not as the encoding says"`
	Values   *Profile `json:"values,omitempty" jsonschema:"title=Values,description=Values of this phone; they win over model and base"`
	Origin   Origin   `json:"-"`
}

// Write writes the fleet in its one form: two blanks a level, the order of the
// fields above, values in the order of their profiles.
func (f *FleetFile) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(f)
}

// MarshalJSON writes an object from model to profile.
func (m ModelProfiles) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i := range m {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONString(b, m[i].Model), ':')
		b = m[i].Profile.appendJSON(b)
	}
	return append(b, '}'), nil
}

// MarshalJSON writes an object from element to value. A value with an access
// attribute is an object: {"value": "3600", "ua": "na"}. So is one that an XML
// profile wrote as <X/>: {"value": "", "empty": true}.
func (p *Profile) MarshalJSON() ([]byte, error) { return p.appendJSON(nil), nil }

func (p *Profile) appendJSON(b []byte) []byte {
	b = append(b, '{')
	for i := 0; p != nil && i < len(p.values); i++ {
		if i > 0 {
			b = append(b, ',')
		}
		v := &p.values[i]
		b = append(appendJSONString(b, v.Name), ':')
		if v.UA == "" && !v.Preserve && !v.Empty {
			b = appendJSONString(b, v.Text)
			continue
		}
		b = appendJSONString(append(b, `{"value":`...), v.Text)
		if v.UA != "" {
			b = appendJSONString(append(b, `,"ua":`...), v.UA)
		}
		if v.Preserve {
			b = append(b, `,"preserve":true`...)
		}
		if v.Empty {
			b = append(b, `,"empty":true`...)
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// UnmarshalJSON reads what MarshalJSON writes. Use ReadFleet or ReadProfile
// for all problems with their places; this stops at the first.
func (p *Profile) UnmarshalJSON(data []byte) error {
	q, problems, err := ReadProfile("", data)
	if err == nil {
		err = firstError(problems)
	}
	if err != nil {
		return err
	}
	*p = *q
	return nil
}

// UnmarshalJSON reads a fleet file; ReadFleet gives all problems.
func (f *FleetFile) UnmarshalJSON(data []byte) error {
	g, problems, err := ReadFleet("", data)
	if err == nil {
		err = firstError(problems)
	}
	if err != nil {
		return err
	}
	*f = *g
	return nil
}

// firstError makes an error of the first problem that is one.
func firstError(problems Problems) error {
	for i := range problems {
		if p := &problems[i]; p.Severity == rule.Error {
			return &JSONError{Origin: p.Origin, Message: p.Summary}
		}
	}
	return nil
}

// ReadFleet reads a fleet file. name is for the places. All that is wrong with
// its members is in problems; err says that it is no JSON at all.
func ReadFleet(name string, data []byte) (*FleetFile, Problems, error) {
	r := newJSONReader(name, data)
	f := &FleetFile{}
	r.fleet(f)
	return f, r.problems, r.finish()
}

// ReadProfile reads a profile as JSON: an object from element to value.
func ReadProfile(name string, data []byte) (*Profile, Problems, error) {
	r := newJSONReader(name, data)
	p := r.profile()
	return p, r.problems, r.finish()
}

func (r *jsonReader) fleet(f *FleetFile) {
	start := r.next()
	version := false
	r.object("a fleet file", []member{
		{"$schema", func() { f.Schema, _ = r.text() }},
		{"version", func() { version = true; f.Version = r.version() }},
		{"name", func() { f.Name, _ = r.text() }},
		{"entry", func() { f.Entry, _ = r.text() }},
		{"delivery", func() { f.Delivery = r.delivery() }},
		{"encoding", func() { f.Encoding = r.encoding() }},
		{"base", func() { f.Base = r.profile() }},
		{"models", func() { f.Models = r.models() }},
		{"devices", func() { f.Devices = r.devices() }},
	})
	if r.err == nil && !version {
		r.problem(start, "missing-member", `the fleet file has no "version"`, `add "version": 1`)
	}
}

func (r *jsonReader) version() int {
	start := r.next()
	n, ok := r.integer()
	if ok && n != FleetVersion {
		r.problem(start, "unknown-version", "version "+strconv.Itoa(n)+" of the fleet file is not known", "this program reads version "+strconv.Itoa(FleetVersion))
	}
	return n
}

func (r *jsonReader) delivery() *Delivery {
	d := &Delivery{}
	r.object("delivery", []member{
		{"scheme", func() {
			start := r.next()
			var ok bool
			if d.Scheme, ok = r.text(); ok && d.Scheme != "tftp" && d.Scheme != "http" && d.Scheme != "https" {
				r.problem(start, "bad-scheme", strconv.Quote(d.Scheme)+" is no scheme of a profile server", "tftp, http or https")
			}
		}},
		{"server", func() { d.Server, _ = r.text() }},
		{"port", func() {
			start := r.next()
			var ok bool
			if d.Port, ok = r.integer(); ok && (d.Port < 1 || d.Port > 65535) {
				r.problem(start, "bad-port", strconv.Itoa(d.Port)+" is not a port", "1 to 65535")
			}
		}},
		{"path", func() { d.Path, _ = r.text() }},
	})
	return d
}

func (r *jsonReader) models() (list ModelProfiles) {
	r.members(func(name string, start int) {
		for i := range list {
			if list[i].Model == name {
				r.problem(start, "duplicate-member", "model "+strconv.Quote(name)+" stands twice", "put its values into one object")
			}
		}
		if _, ok := FindModel(name); !ok {
			r.problem(start, "unknown-model", strconv.Quote(name)+" is not a model of these phones", "one of "+modelNames())
		}
		m := ModelProfile{Model: name, Origin: r.origin(start)}
		m.Profile = r.profile()
		list = append(list, m)
	})
	return list
}

func (r *jsonReader) devices() (list []FleetDevice) {
	r.array(func() {
		start := r.next()
		d := FleetDevice{Origin: r.origin(start)}
		r.object("a device", []member{
			{"mac", func() {
				at := r.next()
				var ok bool
				if d.MAC, ok = r.text(); ok {
					if _, err := rule.ParseMAC(d.MAC); err != nil {
						r.problem(at, "bad-mac", strconv.Quote(d.MAC)+" is not a MAC address", "12 hex digits, with or without separators")
					}
				}
			}},
			{"model", func() {
				at := r.next()
				var ok bool
				if d.Model, ok = r.text(); ok {
					if _, ok := FindModel(d.Model); !ok {
						r.problem(at, "unknown-model", strconv.Quote(d.Model)+" is not a model of these phones", "one of "+modelNames())
					}
				}
			}},
			{"serial", func() { d.Serial, _ = r.text() }},
			{"ip", func() {
				at := r.next()
				var ok bool
				if d.IP, ok = r.text(); ok {
					if _, err := netip.ParseAddr(d.IP); err != nil {
						r.problem(at, "bad-ip", strconv.Quote(d.IP)+" is not an IP address", "such as 192.0.2.10 or 2001:db8::10")
					}
				}
			}},
			{"firmware", func() { d.Firmware, _ = r.text() }},
			{"hardware", func() { d.Hardware, _ = r.text() }},
			{"encrypt", func() { d.Encrypt = r.encryption(PhoneEncryptions) }},
			{"digest", func() { d.Digest = r.digest() }},
			{"values", func() { d.Values = r.profile() }},
		})
		if r.err == nil && d.MAC == "" {
			r.problem(start, "missing-member", `a device has no "mac"`, `add "mac": "000e08012345" with the phone's own address`)
		}
		list = append(list, d)
	})
	return list
}

// profile reads an object from element to value. Whether the names are known
// is for Catalog.Check.
func (r *jsonReader) profile() *Profile {
	p := &Profile{}
	r.members(func(name string, start int) {
		v := Value{Name: name, Origin: r.origin(start)}
		if earlier, ok := p.Get(name); ok {
			r.problems = append(r.problems, Duplicate(name, earlier.Origin, v.Origin))
		}
		if r.next(); r.peek() == '{' {
			r.valueObject(&v)
		} else {
			text, ok := r.text()
			if !ok {
				return
			}
			v.Text = text
		}
		p.Set(v)
	})
	return p
}

// valueObject reads {"value": "3600", "ua": "na", "preserve": true}.
func (r *jsonReader) valueObject(v *Value) {
	r.object("a value", []member{
		{"value", func() { v.Text, _ = r.text() }},
		{"ua", func() {
			start := r.next()
			var ok bool
			if v.UA, ok = r.text(); ok && v.UA != "na" && v.UA != "ro" && v.UA != "rw" {
				r.problem(start, "bad-access", strconv.Quote(v.UA)+" is no access of the user", "na (none), ro (read) or rw (read and write)")
			}
		}},
		{"preserve", func() { v.Preserve, _ = r.boolean() }},
		{"empty", func() { v.Empty, _ = r.boolean() }},
	})
}

// appendJSONString appends text as a JSON string.
func appendJSONString(b []byte, text string) []byte {
	if strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r >= 0x7f }) < 0 {
		return append(append(append(b, '"'), text...), '"')
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string is always encoded
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
