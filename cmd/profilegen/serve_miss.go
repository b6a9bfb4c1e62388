package main

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

// miss is the reason for a "not there". It goes into the event, never to the
// phone.
type miss string

func (m miss) Error() string { return string(m) }

func (m miss) Is(target error) bool {
	return target == fs.ErrNotExist || target == lab.ErrHarmless && strings.HasPrefix(string(m), harmless)
}

// harmless begins the reason of a miss that needs no care.
const harmless = "harmless: "

// harmlessNames are files that someone asks for and does well without.
var harmlessNames = []struct{ pattern, why string }{
	{"/favicon.ico", "browsers ask for it"},
	{"/robots.txt", "browsers ask for it"},
	{"/apple-touch-icon*.png", "browsers ask for it"},
	{"/_/ca.crt", "doctor asks for it, to see that the server answers; without -https there is no authority"},
	{"/SEP*.cnf.xml", "a phone with enterprise firmware asks for it; these profiles are for multiplatform firmware (3PCC)"},
	{"/CTLSEP*.tlv", "a phone with enterprise firmware asks for it"},
	{"/ITLSEP*.tlv", "a phone with enterprise firmware asks for it"},
	{"/ITLFile.tlv", "a phone with enterprise firmware asks for it"},
	{"/XMLDefault.cnf.xml", "a phone with enterprise firmware asks for it"},
}

// why tells the likely cause of a miss and the nearest name.
func (s *site) why(have *shelf, r lab.Request) string {
	name := strings.TrimPrefix(r.Path, "/")
	for _, h := range harmlessNames {
		if ok, _ := path.Match(h.pattern, r.Path); ok {
			return harmless + h.why
		}
	}
	if r.Path == "/" {
		return harmless + "a phone tries the URL of a DHCP option as it is before the names below it (d.6)"
	}
	if secondName(r.Path) && !have.seconds {
		return harmless + "the second name that a phone tries, after the one of its rule (d.6)"
	}
	for _, cause := range []func(*shelf, string) string{
		unexpanded, otherCase, colons, productName, ofUnknownPhone, deeper, ofKnownPhone, ofUnknownModel,
	} {
		if text := cause(have, name); text != "" {
			return text
		}
	}
	if near := gen.Nearest(name, have.names); near != "" {
		return fmt.Sprintf("the nearest name is %s", near)
	}
	return fmt.Sprintf("there is no such file in %s", have.source)
}

// secondName tells whether a path is /Cisco/$PN/$MA.cfg.
func secondName(p string) bool {
	rest, ok := strings.CutPrefix(p, "/Cisco/")
	product, file, _ := strings.Cut(rest, "/")
	_, isModel := schema.FindModel(product)
	mac, isMAC := strings.CutSuffix(file, ".cfg")
	_, err := rule.ParseMAC(mac)
	return ok && isModel && isMAC && err == nil
}

var sampleMacros = rule.Sample("CP-8861-3PCC").Macro

// unexpanded finds a macro that the phone left as it is.
func unexpanded(_ *shelf, name string) string {
	for _, t := range rule.Tokens(name) {
		if t.Kind != rule.MacroRef {
			continue
		}
		if _, known := sampleMacros(t.Name); known {
			return fmt.Sprintf("%s was not expanded: a phone expands it in a rule, other programs do not", show(t.Text))
		}
		if better := rule.SuggestMacro(t.Name); len(better) > 0 {
			return fmt.Sprintf("%s is no macro and stays as text; write %s", show(t.Text), better[0])
		}
		return fmt.Sprintf("%s is no macro and stays as text", show(t.Text))
	}
	return ""
}

func otherCase(shelf *shelf, name string) string {
	for _, have := range shelf.names {
		if !strings.EqualFold(have, name) {
			continue
		}
		mac, ok := macIn(name)
		switch {
		case ok && strings.Contains(name, mac.Upper()) && strings.Contains(have, mac.String()):
			return fmt.Sprintf("file names are lower case, use $MA instead of $MAU: %s", have)
		case ok && strings.Contains(name, mac.String()) && strings.Contains(have, mac.Upper()):
			return fmt.Sprintf("file names are upper case, use $MAU instead of $MA: %s", have)
		}
		return fmt.Sprintf("names tell upper and lower case apart: %s", have)
	}
	return ""
}

// colons finds $MAC where $MA was meant.
func colons(shelf *shelf, name string) string {
	mac, ok := macIn(name)
	if !ok || !strings.Contains(name, mac.Colons()) {
		return ""
	}
	meant := strings.ReplaceAll(name, mac.Colons(), mac.String())
	if _, ok := shelf.files[meant]; ok {
		return fmt.Sprintf("$MAC has colons, use $MA: %s", meant)
	}
	return ""
}

// productName finds $PN where $PSN was meant, and the other way round.
func productName(shelf *shelf, name string) string {
	if meant := strings.Replace(name, "CP-", "", 1); meant != name {
		if _, ok := shelf.files[meant]; ok {
			return fmt.Sprintf("the name has $PN, use $PSN: %s", meant)
		}
	}
	dir, base := path.Split(name)
	if _, ok := shelf.files[dir+"CP-"+base]; ok {
		return fmt.Sprintf("the name has $PSN, use $PN: %s", dir+"CP-"+base)
	}
	return ""
}

// deeper finds a file that stands in another folder than the one asked for.
func deeper(shelf *shelf, name string) string {
	for rest := name; ; {
		_, after, ok := strings.Cut(rest, "/")
		if !ok {
			return ""
		}
		if _, ok := shelf.files[after]; ok {
			return fmt.Sprintf("the file is /%s, without the folder before it", after)
		}
		rest = after
	}
}

// ofKnownPhone finds the file of the phone whose address the name holds.
func ofKnownPhone(shelf *shelf, name string) string {
	mac, ok := macIn(name)
	phone := shelf.own[mac]
	if !ok || phone == nil {
		return ""
	}
	text := fmt.Sprintf("that phone's file is %s", phone.file.name)
	if shelf.pattern != "" {
		text += fmt.Sprintf("; a rule that ends in /%s asks for it", shelf.pattern)
	}
	return text
}

func ofUnknownPhone(shelf *shelf, name string) string {
	if mac, ok := macIn(name); ok && len(shelf.phones) > 0 && shelf.own[mac] == nil {
		return fmt.Sprintf("there is no phone %s in %s", mac, shelf.source)
	}
	return ""
}

// ofUnknownModel knows what a new phone of a model asks for that no phone of
// the fleet has.
func ofUnknownModel(shelf *shelf, name string) string {
	m, ok := schema.FindModel(strings.TrimSuffix(name, ".xml"))
	if !ok || !strings.HasSuffix(name, ".xml") || len(shelf.files) == 0 {
		return ""
	}
	for _, product := range shelf.products() {
		if product == m.Product {
			return ""
		}
	}
	return fmt.Sprintf("a new %s asks for it, and no phone in %s is one", m.Name(), shelf.source)
}
