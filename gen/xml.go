package gen

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"profilegen/schema"
)

// A profile in our one form is XMLHead, an element a line, and XMLFoot: the
// form of the phone's own cfg.xml. It is ASCII; other characters are written
// as decimal references, for the guides allow ASCII only (f.1).
const (
	XMLHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<flat-profile>\n"
	XMLFoot = "</flat-profile>\n"
)

// AppendXML appends p as a new document in our one form: ASCII, one element a
// line, in p's order. The error names a value or name XML cannot hold.
func AppendXML(dst []byte, p *schema.Profile) ([]byte, error) {
	dst = append(dst, XMLHead...)
	for _, v := range p.Values() {
		var err error
		if dst, err = AppendElement(dst, v); err != nil {
			return dst, err
		}
	}
	return append(dst, XMLFoot...), nil
}

// AppendElement appends the line of one value. An empty one is written
// <X></X>, which all readings of the guide take as the empty value, and <X/>
// only when it was read so (f.3).
func AppendElement(dst []byte, v schema.Value) ([]byte, error) {
	if err := checkElement(v); err != nil {
		return dst, err
	}
	if v.Empty && v.Text == "" {
		dst = AppendOpen(dst, v)
		return append(dst[:len(dst)-len(">")], "/>\n"...), nil
	}
	dst = AppendOpen(dst, v)
	dst = AppendText(dst, v.Text)
	return AppendClose(dst, v.Name), nil
}

// AppendOpen appends the start tag of v, with its attributes. Name and right
// must be sound: CheckName, CheckUA.
func AppendOpen(dst []byte, v schema.Value) []byte {
	dst = append(dst, '<')
	dst = append(dst, v.Name...)
	if v.UA != "" {
		dst = append(dst, ` ua="`...)
		dst = append(dst, v.UA...)
		dst = append(dst, '"')
	}
	if v.Preserve {
		dst = append(dst, ` preserve-value="y"`...)
	}
	return append(dst, '>')
}

// AppendClose appends the end tag and the end of the line.
func AppendClose(dst []byte, name string) []byte {
	dst = append(dst, "</"...)
	dst = append(dst, name...)
	return append(dst, ">\n"...)
}

// AppendText appends a value, escaped. What CheckText refuses comes out as
// well-formed XML too, but would not be read back as it was.
func AppendText(dst []byte, text string) []byte {
	start := 0
	for i := 0; i < len(text); {
		class := textClass[text[i]]
		if class == plainByte {
			i++
			continue
		}
		dst = append(dst, text[start:i]...)
		size := 1
		switch class {
		case markupByte:
			dst = append(dst, markup[text[i]]...)
		case spaceByte:
			dst = appendReference(dst, rune(text[i]))
		case controlByte:
			dst = appendReference(dst, utf8.RuneError)
		default:
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			if !isXMLChar(r) {
				r = utf8.RuneError
			}
			dst = appendReference(dst, r)
		}
		i += size
		start = i
	}
	return append(dst, text[start:]...)
}

func appendReference(dst []byte, r rune) []byte {
	dst = append(dst, "&#"...)
	dst = strconv.AppendInt(dst, int64(r), 10)
	return append(dst, ';')
}

// CheckText tells whether a phone would read text from a profile as it is
// here: the phone drops outer blanks and makes line ends blanks (f.1), and XML
// has no control characters. The error never shows the text.
func CheckText(text string) error {
	if text == "" {
		return nil
	}
	for i := 0; i < len(text); {
		switch textClass[text[i]] {
		case plainByte, markupByte:
			i++
		case spaceByte, controlByte:
			return fmt.Errorf("%s at character %d cannot stand in a profile's value", characterName(text[i]), utf8.RuneCountInString(text[:i])+1)
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				return fmt.Errorf("byte 0x%02X at character %d is not UTF-8", text[i], utf8.RuneCountInString(text[:i])+1)
			}
			if !isXMLChar(r) {
				return fmt.Errorf("character U+%04X at character %d cannot stand in XML", r, utf8.RuneCountInString(text[:i])+1)
			}
			i += size
		}
	}
	if text[0] == ' ' {
		return errors.New("the value begins with a blank, which the phone would drop")
	}
	if text[len(text)-1] == ' ' {
		return errors.New("the value ends with a blank, which the phone would drop")
	}
	return nil
}

// CheckName tells whether name can be an element of a profile: letters,
// digits, "_", "-" and "." after a letter or "_".
func CheckName(name string) error {
	for i := 0; i < len(name); i++ {
		class := nameClass[name[i]]
		if class == notInName || i == 0 && class != startsName {
			return fmt.Errorf("%q cannot be the name of an element: letters, digits, _ - . after a letter", name)
		}
	}
	if name == "" {
		return errors.New("an element needs a name")
	}
	return nil
}

// CheckUA tells whether ua is an access right (f.2), or none.
func CheckUA(ua string) error {
	switch ua {
	case "", "na", "ro", "rw":
		return nil
	}
	return fmt.Errorf("ua %q is no access right: na, ro or rw", ua)
}

func checkElement(v schema.Value) error {
	if err := CheckName(v.Name); err != nil {
		return err
	}
	return checkValue(v)
}

// checkValue checks all of v but its name.
func checkValue(v schema.Value) error {
	if err := CheckUA(v.UA); err != nil {
		return fmt.Errorf("%s: %w", v.Name, err)
	}
	if err := CheckText(v.Text); err != nil {
		return fmt.Errorf("%s: %w", v.Name, err)
	}
	return nil
}

// byteClass tells what a byte of a value needs to be written.
type byteClass uint8

const (
	plainByte   byteClass = iota
	markupByte            // & < >
	spaceByte             // TAB LF CR: in XML, but not what the phone would keep
	controlByte           // never in XML
	highByte              // part of a character beyond ASCII
)

var textClass = func() (t [256]byteClass) {
	for c := range t {
		switch {
		case c == '\t' || c == '\n' || c == '\r':
			t[c] = spaceByte
		case c < ' ':
			t[c] = controlByte
		case c == '&' || c == '<' || c == '>':
			t[c] = markupByte
		case c >= utf8.RuneSelf:
			t[c] = highByte
		}
	}
	return t
}()

var markup = [256]string{'&': "&amp;", '<': "&lt;", '>': "&gt;"}

type nameByte uint8

const (
	notInName nameByte = iota
	startsName
	insideName
)

var nameClass = func() (t [256]nameByte) {
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = startsName, startsName
	}
	t['_'] = startsName
	for _, c := range "0123456789-." {
		t[c] = insideName
	}
	return t
}()

// isXMLChar is Char of XML 1.0, section 2.2.
func isXMLChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

func characterName(c byte) string {
	switch c {
	case '\t':
		return "a tab"
	case '\n', '\r':
		return "a line end"
	case 0:
		return "a NUL character"
	}
	return fmt.Sprintf("control character 0x%02X", c)
}
