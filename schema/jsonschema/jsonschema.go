// Package jsonschema writes the JSON Schemas (draft 2020-12) of the fleet file
// and of a profile as JSON, so that an editor completes names and values,
// shows what each parameter does, and marks what is wrong while typing.
//
//	err := jsonschema.WriteFleet(w)
//	err := jsonschema.WriteProfile(w)
//
// They are made of the Go types of the fleet file and of the catalog, and of
// nothing else. The package stands apart from schema because what it brings
// along is not wanted in the WebAssembly.
package jsonschema

import (
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"profilegen/schema"
)

// WriteFleet writes the JSON Schema of a fleet file. The bytes depend on
// nothing but the program.
func WriteFleet(w io.Writer) error {
	b := newBuilder()
	r := jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, Mapper: b.mapper}
	root := r.Reflect(&schema.FleetFile{})
	root.Title = "profilegen fleet"
	root.Description = "A fleet of Cisco IP Phones 7800/8800: what all of them, a model and each phone is set to"
	refine(root, "version", func(s *jsonschema.Schema) { s.Enum = []any{schema.FleetVersion} })
	device := root.Definitions["FleetDevice"]
	refine(device, "mac", func(s *jsonschema.Schema) { s.Pattern = macPattern })
	refine(device, "model", func(s *jsonschema.Schema) { s.Pattern = "^(" + modelPattern() + ")$" })
	refine(device, "ip", func(s *jsonschema.Schema) { s.Pattern = addressPattern })
	return b.write(w, root)
}

// WriteProfile writes the JSON Schema of a profile: an object from element to
// value.
func WriteProfile(w io.Writer) error {
	b := newBuilder()
	root := b.profile()
	root.Version = jsonschema.Version
	root.Title = "profilegen profile"
	root.Description = "Parameters of a Cisco IP Phone 7800/8800 by element name"
	root.Properties.Set("$schema", &jsonschema.Schema{Type: "string", Description: "Address of this JSON Schema; for editors"})
	return b.write(w, root)
}

// refine changes a property that reflection made.
func refine(s *jsonschema.Schema, name string, change func(*jsonschema.Schema)) {
	property, ok := s.Properties.Get(name)
	if !ok {
		panic("the fleet file has no member " + name) // a field was renamed
	}
	change(property)
}

// builder collects the definitions that the catalog needs.
type builder struct {
	catalog *schema.Catalog
	defs    jsonschema.Definitions
	texts   map[string]string // definition of a text with its access, by the text's JSON
}

func newBuilder() *builder {
	return &builder{catalog: schema.Default(), defs: jsonschema.Definitions{}, texts: map[string]string{}}
}

// mapper gives the types that write their JSON themselves.
func (b *builder) mapper(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[schema.Profile]():
		if b.defs["profile"] == nil {
			b.defs["profile"] = b.profile()
		}
		return &jsonschema.Schema{Ref: "#/$defs/profile"}
	case reflect.TypeFor[schema.ModelProfiles]():
		return b.models()
	}
	return nil
}

func (b *builder) write(w io.Writer, root *jsonschema.Schema) error {
	if root.Definitions == nil {
		root.Definitions = jsonschema.Definitions{}
	}
	for name, s := range b.defs {
		root.Definitions[name] = s
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(root)
}

// models is the object from model to profile. The short names are offered
// first; the longer ones are taken as well.
func (b *builder) models() *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
		PatternProperties: map[string]*jsonschema.Schema{"^(" + modelPattern() + ")$": {Ref: "#/$defs/profile"}},
	}
	for _, m := range schema.Models() {
		s.Properties.Set(m.Name(), &jsonschema.Schema{Ref: "#/$defs/profile", Title: m.Product})
	}
	return s
}

// modelPattern matches the spellings of a model that people use.
func modelPattern() string {
	var names []string
	for _, m := range schema.Models() {
		names = append(names, m.Name())
	}
	return `([Cc][Pp]-?)?(` + strings.Join(names, "|") + `)(-?3[Pp][Cc][Cc])?`
}

// profile is the object of all elements, families expanded: an editor only
// completes names that stand there.
func (b *builder) profile() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, p := range b.catalog.Parameters() {
		name := strings.NewReplacer("{n}", "N", "{u}", "U").Replace(p.Element)
		b.defs[name] = b.parameter(p)
		for e := range p.Entries() {
			property := &jsonschema.Schema{Ref: "#/$defs/" + name}
			if text, known := e.DefaultValue(schema.Firmware11); known && p.Family() && text != "" {
				property.Default = text
			}
			s.Properties.Set(e.Name, property)
		}
	}
	return s
}

// parameter describes one record of the catalog.
func (b *builder) parameter(p *schema.Parameter) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Title:       p.Label,
		Description: description(p),
		Deprecated:  p.Removed() != "" || p.AliasOf() != "",
		WriteOnly:   p.Secret(),
		Ref:         "#/$defs/" + b.value(p),
	}
	if text, known := p.At(0, 0).DefaultValue(schema.Firmware11); known && !p.Family() && !p.Secret() {
		s.Default = text
	}
	return s
}

// description is what an editor shows beside a parameter.
func description(p *schema.Parameter) string {
	parts := []string{p.Summary}
	if bounds := p.Bounds(); bounds != "" {
		parts = append(parts, "Range: "+bounds+".")
	}
	if p.Removed() != "" {
		parts = append(parts, "Removed by firmware "+p.Removed()+".")
	} else if p.Since != "unknown" && !strings.HasSuffix(p.Since, "or earlier") {
		parts = append(parts, "Since firmware "+p.Since+".")
	}
	if element := p.AliasOf(); element != "" {
		parts = append(parts, "Write "+element+".")
	}
	if p.Models == "7800" || p.Models == "8800" {
		parts = append(parts, "Only the "+p.Models+" Series.")
	}
	return strings.Join(parts, " ")
}

// value is the name of the definition that the parameter's value follows: its
// text, or an object of the text and the access of the user. Parameters with
// the same texts share it.
func (b *builder) value(p *schema.Parameter) string {
	text := valueText(p)
	key, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings and numbers only
	}
	if name, ok := b.texts[string(key)]; ok {
		return name
	}
	name := "value." + string(p.Kind)
	for i := 2; b.defs[name] != nil; i++ {
		name = "value." + string(p.Kind) + "." + strconv.Itoa(i)
	}
	b.texts[string(key)] = name
	withAccess := &jsonschema.Schema{
		Type: "object", Properties: jsonschema.NewProperties(),
		Required: []string{"value"}, AdditionalProperties: jsonschema.FalseSchema,
	}
	withAccess.Properties.Set("value", text)
	withAccess.Properties.Set("ua", &jsonschema.Schema{
		Enum: []any{"na", "ro", "rw"}, Title: "Access of the user", Description: "na: none, ro: read, rw: read and write",
	})
	withAccess.Properties.Set("preserve", &jsonschema.Schema{
		Type: "boolean", Title: "Keep", Description: "The value that the user has set stays",
	})
	withAccess.Properties.Set("empty", &jsonschema.Schema{
		Type: "boolean", Title: "Empty element", Description: "Written <X/>, which a phone may read otherwise than <X></X>",
	})
	b.defs[name] = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text, withAccess}}
	return name
}

// valueText describes the texts a parameter takes. The empty text and "" in
// quotes are always good: the default, and the empty text (f.3).
func valueText(p *schema.Parameter) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	switch p.Kind {
	case schema.KindBool, schema.KindEnum:
		values := p.Values
		if p.Kind == schema.KindBool {
			values = []string{"Yes", "No"}
		}
		for _, v := range append(slices.Clone(values), "", `""`) {
			s.Enum = append(s.Enum, v)
		}
		s.Type = ""
		return s
	case schema.KindString, schema.KindSecret, schema.KindMacros, schema.KindURI, schema.KindList, schema.KindHost:
		if n, err := strconv.ParseUint(p.Max, 10, 64); err == nil {
			s.MaxLength = &n
		}
	case schema.KindTone, schema.KindCadence:
		limit := uint64(127)
		s.MaxLength = &limit
	case schema.KindFunction:
		limit := uint64(511)
		s.MaxLength = &limit
	}
	if pattern := pattern(p); pattern != "" {
		s.Pattern = `^(|""|` + pattern + `)$`
	}
	return s
}
