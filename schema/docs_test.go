package schema

import (
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite generated files")

// docs/parameters.md is made of the catalog.
func TestParametersPageIsCurrent(t *testing.T) {
	const path = "../docs/parameters.md"
	want := parametersPage(Default())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("docs/parameters.md is stale; run go test ./schema -run ParametersPage -update\n%.2000s", diff)
	}
}

// parametersPage is the page: a table for each section of the phone's web page.
func parametersPage(c *Catalog) string {
	var b strings.Builder
	b.WriteString(`# Parameters

Generated from schema/parameters.tsv, defaults.tsv, ranges.tsv and aliases.tsv; do not edit.

What can be set on a Cisco IP Phone 7800 or 8800 with multiplatform firmware, in the order of the phone's web page.
*{n}* and *{u}* stand for a number; the range is in brackets behind the element. Defaults are those of firmware 11; where 10.4
or 12 differ, they are named. The tags of the sources are explained in [parameters-sources.md](parameters-sources.md).

Tabs:
`)
	tabs := ""
	for _, p := range c.Parameters() {
		if !strings.Contains(tabs, "\n"+p.Tab+"\n") {
			tabs += "\n" + p.Tab + "\n"
			b.WriteString("[" + p.Tab + "](#" + anchor(p.Tab) + ") · ")
		}
	}
	b.WriteString("[checks](#checks)\n")
	tab, section := "", ""
	for _, p := range c.Parameters() {
		if p.Tab != tab {
			tab, section = p.Tab, ""
			b.WriteString("\n## " + tab + "\n")
		}
		if p.Section != section {
			section = p.Section
			b.WriteString("\n### " + section + "\n\n| Label | Element | Value | Default | Phones | Since | Meaning | Source |\n|---|---|---|---|---|---|---|---|\n")
		}
		b.WriteString("| " + strings.Join([]string{
			cell(p.Label), "`" + p.Element + "`" + indexText(p), cell(valueForm(p)), defaultsText(p),
			p.Models, cell(p.Since), cell(p.Summary), cell(p.Source),
		}, " | ") + " |\n")
	}
	b.WriteString("\n## Checks\n\nWhat is looked at across values, besides each value's own form.\n\n| Check | What it finds |\n|---|---|\n")
	for _, check := range Checks() {
		b.WriteString("| " + check.ID + " | " + cell(check.Doc) + " |\n")
	}
	return b.String()
}

// anchor is the fragment that a heading gets.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

// cell escapes what would end a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func indexText(p *Parameter) string {
	from, to := p.Indices()
	if to == 0 {
		return ""
	}
	text := " (" + spanText("n", from, to)
	if from, to := p.Units(); to > 0 {
		text += ", " + spanText("u", from, to)
	}
	return text + ")"
}

func spanText(name string, from, to int) string {
	if from == to {
		return name + " " + strconv.Itoa(from)
	}
	return name + " " + strconv.Itoa(from) + " to " + strconv.Itoa(to)
}

func valueForm(p *Parameter) string {
	form := string(p.Kind)
	switch p.Kind {
	case KindBool:
		return "Yes / No"
	case KindEnum:
		return strings.Join(p.Values, " / ")
	case KindList:
		form += " separated by `" + strings.TrimPrefix(p.Unit, "sep ") + "`"
	}
	if bounds := p.Bounds(); bounds != "" {
		form += ", " + bounds
	} else if p.Unit != "" && p.Kind != KindList {
		form += ", " + p.Unit
	}
	return form
}

// defaultsText is the default of firmware 11, and of the others where they
// differ.
func defaultsText(p *Parameter) string {
	base := p.defaults[Firmware11]
	text := defaultText(base)
	for _, g := range []Generation{Firmware104, Firmware12} {
		if d := p.defaults[g]; d.text != base.text {
			text += ", " + g.String() + ": " + defaultText(d)
		}
	}
	return text
}

func defaultText(f factory) string {
	switch {
	case !f.known:
		return "unknown"
	case f.text == "":
		return "empty"
	}
	return "`" + cell(f.text) + "`"
}
