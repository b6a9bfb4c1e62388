package gen

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// cellError is why a cell is not what its column asks for.
type cellError struct {
	severity          rule.Severity
	id, summary, hint string
}

// identityColumn is a column that says which phone a row is, or how its file is
// encrypted.
type identityColumn struct {
	names  []string // the first is the one written
	text   func(*Device) string
	set    func(*Device, string) *cellError
	choice func(*Device) *Choice // what set sets, when it notes its column; nil for the others
}

func (c *identityColumn) name() string { return c.names[0] }

// setMAC reads a MAC address, and explains what spreadsheets make of one.
func setMAC(d *Device, text string) *cellError {
	mac, err := rule.ParseMAC(text)
	if err == nil {
		if mac[0]&1 != 0 || mac == (rule.MAC{}) {
			return &cellError{rule.Error, "mac", quote(text) + " is no phone's address", "it is printed on the phone's underside"}
		}
		d.MAC = mac
		return nil
	}
	e := &cellError{rule.Error, "mac", quote(text) + " is not a MAC address", "12 hex digits, with or without separators"}
	digits := isHex(text)
	switch {
	case isFloat(text):
		e.summary = quote(text) + " is what a spreadsheet made of a MAC address"
		e.hint = "format the column as text and enter the address again; with colons it stays as it is"
	case digits && (len(text) == 11 || isDigits(text) && 8 <= len(text) && len(text) < 11):
		e.summary = fmt.Sprintf("%s has %d digits, a MAC address has 12; spreadsheets drop leading zeros", quote(text), len(text))
		e.hint = fmt.Sprintf("is it %s? format the column as text", strings.Repeat("0", 12-len(text))+strings.ToLower(text))
	case digits:
		e.summary = fmt.Sprintf("%s has %d digits, a MAC address has 12", quote(text), len(text))
	}
	return e
}

func isHex(text string) bool {
	for i := range len(text) {
		if hexDigit[text[i]] == 0 {
			return false
		}
	}
	return text != ""
}

// quote shows a cell in a message, a long one in part.
func quote(text string) string {
	const longest = 40
	if len(text) <= longest {
		return strconv.Quote(text)
	}
	return strconv.Quote(text[:longest]) + "…"
}

// setModel reads a model as people write it.
func setModel(d *Device, text string) *cellError {
	product, known := findProduct(text)
	if d.Product = product; known {
		return nil
	}
	if product != "" {
		return &cellError{rule.Note, "model-unknown", fmt.Sprintf("%s is no model this program knows", product), "its lines and keys are not checked"}
	}
	hint := "models: " + modelNames(func(string) bool { return true })
	number := modelNumber(text)
	if near := modelNames(func(model string) bool { return schema.Distance(number, model, 1) == 1 }); near != "" {
		hint = "did you mean one of these: " + near + "?"
	}
	return &cellError{rule.Error, "model-unknown", quote(text) + " is no model of the 7800 and 8800 series", hint}
}

// findProduct is the product name of a model: of "8861", "8861-3PCC",
// "CP-8861-K9=", "Cisco IP Phone 8861". For a model that is not known it is what
// was written, when that is a product name, CP-nnnn-3PCC; otherwise empty.
func findProduct(text string) (product string, known bool) {
	if m, ok := schema.FindModel(text); ok {
		return m.Product, true
	}
	upper := strings.ToUpper(strings.Join(strings.Fields(text), " "))
	for _, word := range []string{"CISCO ", "UNIFIED ", "IP ", "PHONE "} {
		upper = strings.TrimPrefix(upper, word)
	}
	name := strings.TrimSuffix(strings.TrimSuffix(upper, "="), "-K9")
	name = strings.Replace(name, " ", "-", 1)
	if m, ok := schema.FindModel(name); ok {
		return m.Product, true
	}
	number, ok := strings.CutPrefix(name, "CP-")
	if ok {
		number, ok = strings.CutSuffix(number, "-3PCC")
	}
	if !ok || len(number) != 4 || strings.Trim(number, "0123456789") != "" {
		return "", false
	}
	return name, false
}

// modelNumber is what stands between CP- and -3PCC, when they do.
func modelNumber(text string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.ToUpper(text), "CP-"), "-3PCC")
}

// modelNames lists the models that are wanted.
func modelNames(wanted func(model string) bool) string {
	var names []string
	for _, m := range schema.Models() {
		if wanted(m.Name()) {
			names = append(names, m.Name())
		}
	}
	return strings.Join(names, ", ")
}

// setAddress reads an IP address into a field.
func setAddress(field func(*Device) *string) func(*Device, string) *cellError {
	return func(d *Device, text string) *cellError {
		if _, err := netip.ParseAddr(text); err != nil {
			return &cellError{rule.Error, "address", quote(text) + " is not an IP address", "such as 192.0.2.10"}
		}
		*field(d) = text
		return nil
	}
}

// setWord reads a text without blanks that a spreadsheet may have damaged.
func setWord(field func(*Device) *string) func(*Device, string) *cellError {
	return func(d *Device, text string) *cellError {
		damage := damageOf(text)
		switch {
		case damage == damageNumber || damage == damageError || damage == damageFormula || damage == damageDate:
			return damage.explain(rule.Error)
		case strings.ContainsAny(text, blanks) || CheckText(text) != nil:
			return &cellError{rule.Error, "text", quote(text) + " holds blanks or control characters", "write it in one word"}
		}
		*field(d) = text
		return nil
	}
}

// setChoice reads one of a few words.
func setChoice(field func(*Device) *Choice, words []string) func(*Device, string) *cellError {
	return func(d *Device, text string) *cellError { return field(d).set(text, words) }
}

func (c *Choice) set(text string, words []string) *cellError {
	for _, word := range words {
		if strings.EqualFold(strings.Replace(text, "-", "", 1), word) { // SHA-256
			c.Text = word
			return nil
		}
	}
	last := len(words) - 1
	hint := strings.Join(words[:last], ", ") + " or " + words[last] + "; leave it empty for what all phones have"
	return &cellError{rule.Error, "choice", quote(text) + " is none of its values", hint}
}
