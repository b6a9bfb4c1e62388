package gen

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"profilegen/schema"
)

// docs/csv.md tells what the tables of short names say.
func TestCSVPage(t *testing.T) {
	const page = "../docs/csv.md"
	want := csvPage(t)
	if *update {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is stale; make docs writes it anew", page)
	}
}

func csvPage(t *testing.T) []byte {
	var b bytes.Buffer
	b.WriteString(`# The list of phones

*The tables of this page are generated from the program.*

One row is one phone; the first row names the columns. A column is

- an element of the profile: ` + "`Proxy_1_`" + `, ` + "`Resync_Periodic`" + ` (all of them: [parameters.md](parameters.md)),
- the label on the phone's web page: ` + "`Resync At (HHmm)`" + `, ` + "`Proxy 2`" + `,
- a short name from the tables below, in any case, with blanks, hyphens or underscores,
- left out: names that begin with ` + "`#`" + `, an empty name, and ` + code(leftOut) + `.

A column that is none of these is an error, and the program says what was probably meant.

## Which phone it is

| column | also | sets | macro |
| --- | --- | --- | --- |
`)
	macros := []string{"`$MA` `$MAU` `$MAC`", "`$PN` `$PSN`", "`$SN`", "`$IP`", "`$EXTIP`", "`$SWVER`", "`$HWVER`"}
	sets := []string{"the MAC address, in any notation; needed", "the model: 8861, CP-8861, CP-8861-3PCC …", "the serial number",
		"the phone's address, where it is fixed", "its address as seen from outside", "its software version", "its hardware version"}
	choices := []string{
		"how its file is encrypted: `key`, `ikm`, or `none` for a file in clear, as `-encrypt` has it",
		"how the phone makes its AES key, as `-digest` has it: `md5` or `sha256`; for `key` only",
	}
	if got, want := len(identityColumns), len(sets)+len(choices); got != want {
		t.Fatalf("there are %d columns of the phone itself; the page knows %d", got, want)
	}
	for i, c := range identityColumns[:len(sets)] {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.name(), code(c.names[1:]), sets[i], macros[i])
	}
	b.WriteString(`
## How its file is encrypted

For fleets whose phones cannot all read the same: older firmware knows no RFC 8188, and a phone in the lab may want its
file in clear. A cell that is empty, or a list without these columns, leaves it to ` + "`-encrypt` and `-digest`" + `, or to
` + "`encoding`" + ` in a fleet file; there a phone has the same words as its members ` + "`encrypt` and `digest`" + `.

| column | also | says |
| --- | --- | --- |
`)
	for i, c := range identityColumns[len(sets):] {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.name(), code(c.names[1:]), choices[i])
	}
	b.WriteString(`
## Lines

Without a number a short name is for line 1. ` + "`user2`, `user_2`, `ext2_user` and `line2_user`" + ` are for line 2.

| column | also | sets | label |
| --- | --- | --- | --- |
`)
	for _, c := range lineColumns {
		names := strings.Fields(c.names)
		e, ok := schema.Default().Lookup(strings.Replace(c.element, "{n}", "1", 1))
		if !ok {
			t.Fatalf("%s is not in the catalog", c.element)
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", names[0], code(names[1:]), strings.Replace(c.element, "{n}", "n", 1), e.Label)
	}
	b.WriteString("\nIn a list with a column `user` as well, " + code(extensionNames) + " of that line is what the line key shows (`Short_Name_n_`).\n" + `
## The whole phone

| column | also | sets |
| --- | --- | --- |
`)
	for _, c := range phoneColumns {
		names := strings.Fields(c.names)
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", names[0], code(names[1:]), c.element)
	}
	fmt.Fprintf(&b, `
## Cells

- An empty cell sets nothing: the phone gets the value of its model's or of the base profile.
- Two quote characters as the value (written %s in the file) set the empty text.
- A value that begins like a formula (`+"`=`, `+`, `-`, `@`"+`) is damage unless an apostrophe stands before it; the apostrophe is taken off.
- A cell has at most %d KB, a row at most %d columns.

## The file

UTF-8, UTF-16 with a byte-order mark, or Windows-1252; cells separated by comma, semicolon or tab (an Excel line
`+"`sep=;`"+` is read); lines ending in any way; quoted cells with line ends in them; blank lines and commas at the end of rows.
What spreadsheets do to such lists is found and explained: `+"`1.23E+11`"+` for a MAC address, lost leading zeros, `+"`.0`"+` behind numbers,
typographic quotes, hard blanks, `+"`#REF!`"+`, dates in the place of extensions.
`, "`\"\"\"\"\"\"`", MaxCell>>10, MaxColumns)
	return b.Bytes()
}

// code lists words as code.
func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}
