package gen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"profilegen/rule"
	"profilegen/schema"
)

// identityColumns are the columns that say which phone a row is, and how its
// file is encrypted. They are also the source of the macros $MA, $PN, $SN, $IP,
// $EXTIP, $SWVER and $HWVER.
var identityColumns = []identityColumn{
	{
		names: []string{"mac", "mac_address", "macaddress", "ethernet_address"},
		text: func(d *Device) string {
			if d.MAC == (rule.MAC{}) {
				return ""
			}
			return d.MAC.Colons() // which no spreadsheet takes for a number
		},
		set: setMAC,
	},
	{
		names: []string{"model", "phone_model", "product", "product_name", "pn"},
		text:  func(d *Device) string { return d.Product },
		set:   setModel,
	},
	word(func(d *Device) *string { return &d.Serial }, "serial", "sn", "serial_number", "serial_no"),
	address(func(d *Device) *string { return &d.IP }, "ip", "ip_address", "ipaddress"),
	address(func(d *Device) *string { return &d.ExtIP }, "external_ip"),
	word(func(d *Device) *string { return &d.Software }, "firmware", "swver", "software", "firmware_version", "software_version"),
	word(func(d *Device) *string { return &d.Hardware }, "hardware", "hwver", "hardware_version"),
	encryptColumn,
	digestColumn,
}

var (
	encryptColumn = choice(func(d *Device) *Choice { return &d.Encrypt }, schema.PhoneEncryptions,
		"encrypt", "encryption", "encrypted", "encrypt_profile", "profile_encryption")
	digestColumn = choice(func(d *Device) *Choice { return &d.Digest }, schema.Digests,
		"digest", "hash", "key_digest")
)

func word(field func(*Device) *string, names ...string) identityColumn {
	return identityColumn{names: names, text: func(d *Device) string { return *field(d) }, set: setWord(field)}
}

func address(field func(*Device) *string, names ...string) identityColumn {
	return identityColumn{names: names, text: func(d *Device) string { return *field(d) }, set: setAddress(field)}
}

func choice(field func(*Device) *Choice, words []string, names ...string) identityColumn {
	return identityColumn{names: names, text: func(d *Device) string { return field(d).Text }, set: setChoice(field, words), choice: field}
}

// lineColumns are the short names of what differs from line to line. Without a
// number they are line 1's; user2, user_2, ext2_user and line2_user are line 2's.
// In a file with a column user as well, ext is what the line key shows.
var lineColumns = []struct{ element, names string }{
	{"User_ID_{n}_", "user user_id userid username user_name sip_user sip_username account ext extension"},
	{"Password_{n}_", "password pass passwd pwd secret"},
	{"Auth_ID_{n}_", "auth auth_id authid auth_user auth_name auth_username"},
	{"Display_Name_{n}_", "name display_name displayname display caller_id callerid"},
	{"Proxy_{n}_", "server proxy sip_server sip_proxy registrar"},
	{"Outbound_Proxy_{n}_", "outbound_proxy outbound sip_outbound_proxy"},
	{"Short_Name_{n}_", "label line_label key_label short_name"},
}

// extensionNames are the names among lineColumns that give way to user.
var extensionNames = []string{"ext", "extension"}

const extensionLabel = "Short_Name_{n}_"

// phoneColumns are short names of parameters of the whole phone.
var phoneColumns = []struct{ element, names string }{
	{"Station_Name", "station station_name phone_name"},
	{"Profile_Rule", "rule profile_rule"},
	{"GPP_SA", "key profile_key encryption_key aes_key"},
	{"IKM_HTTP_Encrypt_Content", "ikm key_material keying_material"},
}

// leftOut are the columns for people.
var leftOut = []string{"note", "notes", "comment", "comments", "remark", "remarks"}

// aliases finds what a short name stands for, by the name as shortName writes it.
var aliases = sync.OnceValue(func() map[string]alias {
	table := map[string]alias{}
	for i := range identityColumns {
		for _, name := range identityColumns[i].names {
			table[name] = alias{identity: &identityColumns[i]}
		}
	}
	for _, c := range lineColumns {
		for name := range strings.FieldsSeq(c.names) {
			table[name] = alias{element: c.element, extension: slices.Contains(extensionNames, name)}
		}
	}
	for _, c := range phoneColumns {
		for name := range strings.FieldsSeq(c.names) {
			table[name] = alias{element: c.element}
		}
	}
	for _, name := range leftOut {
		table[name] = alias{leftOut: true}
	}
	return table
})

// alias is what a short name stands for.
type alias struct {
	identity  *identityColumn
	element   string // may hold {n}, for the number of the line
	extension bool   // gives way to a column user of the same line
	leftOut   bool
}

func (a alias) ofLine() bool { return strings.Contains(a.element, "{n}") }

// findAlias reads a short name with the number of its line, 1 when none is
// written.
func findAlias(header string) (a alias, line int, ok bool) {
	name := shortName(header)
	if a, ok = aliases()[name]; ok {
		return a, 1, true
	}
	word, line := lineBefore(name)
	if line == 0 {
		word, line = lineAfter(name)
	}
	if a, ok = aliases()[word]; !ok || line == 0 || !a.ofLine() {
		return alias{}, 0, false
	}
	return a, line, true
}

// lineBefore reads ext2_user and line_2_user; line 0 when it is not so.
func lineBefore(name string) (word string, line int) {
	for _, prefix := range []string{"ext", "extension", "line"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		number, word, ok := strings.Cut(strings.TrimPrefix(rest, "_"), "_")
		if line, err := strconv.Atoi(number); ok && err == nil && line > 0 {
			return word, line
		}
	}
	return "", 0
}

// lineAfter reads user2 and user_2; line 0 when it is not so.
func lineAfter(name string) (word string, line int) {
	word = strings.TrimRight(name, "0123456789")
	line, err := strconv.Atoi(name[len(word):])
	if err != nil || line < 0 {
		return "", 0
	}
	return strings.TrimSuffix(word, "_"), line
}

// shortName is a header in lower case, with "_" for blanks and punctuation.
func shortName(header string) string {
	words := strings.FieldsFunc(strings.ToLower(header), func(c rune) bool {
		return strings.ContainsRune(" \t\r\n_-./:\u00A0", c)
	})
	return strings.Join(words, "_")
}

// headerReader finds out what the columns are.
type headerReader struct {
	catalog  *schema.Catalog
	problems schema.Problems
	taken    map[string]string // header by what it sets
}

func readHeader(cells []placedText) (Columns, schema.Problems) {
	h := headerReader{catalog: schema.Default(), taken: map[string]string{}}
	for len(cells) > 1 && strings.Trim(cells[len(cells)-1].text, blanks) == "" { // trailing separators
		cells = cells[:len(cells)-1]
	}
	columns := make(Columns, len(cells))
	for i, cell := range cells {
		columns[i] = Column{Header: strings.Trim(strings.Map(plainBlank, cell.text), blanks), Origin: cell.origin}
	}
	users := linesWithUser(columns)
	for i := range columns {
		c := &columns[i]
		if c.Header != "" && c.Header[0] != '#' {
			h.find(c, users)
			h.claim(c)
		}
	}
	return columns, h.problems
}

// plainBlank makes a blank of every blank in a header, and drops what is not
// seen.
func plainBlank(c rune) rune {
	switch {
	case c == '\u00A0' || c == '\u202F' || c < ' ':
		return ' '
	case strings.ContainsRune(invisible, c):
		return -1
	}
	return c
}

// linesWithUser are the lines that have a column for the user besides ext.
func linesWithUser(columns Columns) map[int]bool {
	lines := map[int]bool{}
	for _, c := range columns {
		if a, line, ok := findAlias(c.Header); ok && a.element == lineColumns[0].element && !a.extension {
			lines[line] = true
		}
	}
	return lines
}

// find decides what a column is: an element by its exact name, a short name, a
// label, in this order.
func (h *headerReader) find(c *Column, users map[int]bool) {
	if e, ok := h.catalog.Lookup(c.Header); ok {
		c.setEntry(e)
		return
	}
	if a, line, ok := findAlias(c.Header); ok {
		h.setAlias(c, a, line, users[line])
		return
	}
	switch entries := h.catalog.ByLabel(c.Header); len(entries) {
	case 0:
		h.unknown(c)
	case 1:
		c.setEntry(entries[0])
	default:
		var names []string
		for _, e := range entries {
			names = append(names, e.Name)
		}
		h.add(c, "csv-column-ambiguous", fmt.Sprintf("the column %s may be %s", quote(c.Header), strings.Join(names, " or ")), "name the column so")
	}
}

func (h *headerReader) setAlias(c *Column, a alias, line int, hasUser bool) {
	switch {
	case a.leftOut:
	case a.identity != nil:
		c.identity, c.Identity = a.identity, a.identity.name()
	default:
		element := a.element
		if a.extension && hasUser {
			element = extensionLabel
		}
		name := strings.Replace(element, "{n}", strconv.Itoa(line), 1)
		e, ok := h.catalog.Lookup(name)
		if !ok {
			h.add(c, "csv-column-unknown", fmt.Sprintf("the column %s is for line %d, which no phone has", quote(c.Header), line), "lines are 1 to 16")
			return
		}
		c.setEntry(e)
	}
}

func (c *Column) setEntry(e schema.Entry) {
	c.Element = e.Name
	c.secret = e.Secret()
	switch e.Kind {
	case schema.KindInt, schema.KindSeconds, schema.KindDelays, schema.KindPort, schema.KindTime:
		c.number = true
	case schema.KindString, schema.KindSecret, schema.KindMacros:
		c.number = strings.HasPrefix(e.Name, "User_ID_") || strings.HasPrefix(e.Name, "Auth_ID_")
		c.text = !c.number
	}
}

// claim lets a parameter be set by one column only.
func (h *headerReader) claim(c *Column) {
	what := c.Element + c.Identity
	if what == "" {
		return
	}
	other, twice := h.taken[what]
	if !twice {
		h.taken[what] = c.Header
		return
	}
	hint := "take one of them out, or begin its name with #"
	if what == "User_ID_1_" {
		hint += "; the name for authentication is auth, the text of the line key label"
	}
	h.add(c, "csv-column-twice", fmt.Sprintf("the columns %s and %s both are %s", quote(other), quote(c.Header), what), hint)
	c.Element, c.Identity, c.identity = "", "", nil
}

// unknown tells what the header probably means.
func (h *headerReader) unknown(c *Column) {
	hint := "begin its name with # to leave it out"
	const enough = 20 // searching takes its time; so many are no slips
	if len(h.problems) < enough {
		if near := h.near(c.Header); near != nil {
			hint = fmt.Sprintf("did you mean %s? %s", strings.Join(near, " or "), hint)
		}
	}
	h.add(c, "csv-column-unknown", fmt.Sprintf("the column %s is no parameter", quote(c.Header)), hint)
}

// near lists what a header may have been meant to be.
func (h *headerReader) near(header string) []string {
	const longest = 64 // no name has more letters
	if len(header) > longest {
		return nil
	}
	var near []string
	if short := nearAlias(header); short != "" {
		near = append(near, short)
	}
	for _, name := range h.catalog.Suggest(header) {
		if len(near) < 3 && !slices.Contains(near, name) {
			near = append(near, name)
		}
	}
	return near
}

func (h *headerReader) add(c *Column, id, summary, hint string) {
	h.problems = append(h.problems, schema.Problem{ID: id, Severity: rule.Error, Origin: c.Origin, Summary: summary, Hint: hint})
}

// nearAlias is the short name that was probably meant: the first in the order of
// the tables that differs in few letters.
func nearAlias(header string) string {
	name := shortName(header)
	best, bestDistance := "", 1+len(name)/4
	try := func(short string) {
		if d := schema.Distance(name, short, bestDistance); d <= bestDistance && d < len(short)/2 {
			best, bestDistance = short, d-1
		}
	}
	for _, c := range identityColumns {
		for _, short := range c.names {
			try(short)
		}
	}
	for _, c := range lineColumns {
		for short := range strings.FieldsSeq(c.names) {
			try(short)
		}
	}
	return best
}
