//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axe is the checker of accessibility; it is put into the page by the test's
// own hands, which the policy does not bind.
func axe(t *testing.T) string {
	text, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run npm ci --ignore-scripts in app/e2e", err)
	}
	return string(text)
}

// screens are the states of the page that are checked and pictured.
var screens = []struct {
	name string
	show func(p *page)
}{
	{"first", func(*page) {}},
	{"article", func(p *page) {
		p.click("Article example")
		p.see("the trigger can never be true")
		p.click("Why? The steps of Profile Rule")
		p.click("More about Resync Periodic")
	}},
	{"long", func(p *page) {
		p.typeInto(field("Profile_Rule"), "($PRVTMR ge 600 and $PRVST eq 0)? [--uid $MA --pwd x] https://provisioning.example.com:8443/very/long/path/that/goes/on/$MAU/$SN/$PN/and/on.xml | ($SWVER lt 12.0.1)? tftp://192.0.2.1/$MA.xml | http://[2001:db8::1]/$PSN.xml")
		p.typeInto(field("Log_Request_Msg"), strings.Repeat("$PN $MAC $SERVIP ", 12))
	}},
	{"general", func(p *page) { p.goTo("General Purpose") }},
	{"all", func(p *page) { p.goTo("All settings") }},
	{"firmware", func(p *page) { p.goTo("Firmware Upgrade") }},
	{"softkeys", func(p *page) {
		p.goTo("All settings")
		p.choose("chapter", "Phone/Programmable Softkeys")
		p.wait(`document.getElementById("i-Idle_Key_List-2")`)
		eval[any](p, `(() => { const e = document.getElementById("i-Idle_Key_List-2"); e.scrollIntoView({block: "center"}); e.focus(); })()`)
	}},
	{"columns", func(p *page) {
		p.goTo("Phones")
		p.upload("phones-file", "liste.csv", "Adresse;Typ;Nebenstelle;Kennwort;Bemerkung\n000E.0801.2345;8861;2001;geheim;ein langer Text der nicht in die Spalte passt und abgeschnitten wird\n")
		p.choose("column-0", "mac")
		p.wait(`document.querySelectorAll(".import .error").length === 4`)
	}},
	{"phones", func(p *page) {
		p.goTo("Phones")
		p.upload("phones-file", "phones.csv", fleetCSV(1000, "000E08:GG,8861,1,x", "000e08000001,8861,2,x"))
		p.click("Take 1000 phones")
		p.see("Page 1 of 10")
		p.wait(`!document.body.innerText.includes("Checking the phones")`)
	}},
	{"encrypted", func(p *page) {
		p.choose("encoding-encrypt", "key")
		p.click("Make keys")
		p.see("Save keys.json")
		p.wait(`!document.body.innerText.includes("Checking the phones")`)
		eval[any](p, `document.getElementById("encoding-gzip").scrollIntoView({block: "center"})`)
	}},
	{"phone", func(p *page) {
		p.click("000e08000001")
		p.see("What it gets")
	}},
	{"simulate", func(p *page) {
		p.goTo("Simulate")
		p.click("Power cut")
		p.click("Servers down, 10 min")
		p.click("Play")
		p.wait(`document.querySelectorAll(".events li").length > 3`)
	}},
	{"keep", func(p *page) {
		p.goTo("Keep and share")
		p.click("Copy a link")
		p.wait(`document.getElementById("share-link")`)
	}},
	{"finder", func(p *page) {
		p.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		p.wait(`document.getElementById("finder")?.open`)
		p.do(chromedp.KeyEvent("resync"))
		p.wait(`document.querySelectorAll("#finder-list [role=option]").length > 0`)
	}},
}

// wide finds what sticks out.
const wide = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
	!e.closest(".rail, .tabs, .table-box, pre, .lines")).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`

// Every screen is without violations, light, dark and narrow; and pictures of
// them are kept when a folder is named.
func TestLooks(t *testing.T) {
	h := newHost(t, siteFolder)
	script := axe(t)
	shots := os.Getenv("PROFILEGEN_SHOTS")
	for _, look := range []struct {
		name, theme string
		width       int64
	}{{"light", "light", 1440}, {"dark", "dark", 1440}, {"tablet", "light", 768}, {"narrow", "dark", 390}, {"narrow-light", "light", 390}, {"zoom", "light", 320}} {
		t.Run(look.name, func(t *testing.T) {
			p := newPage(t)
			p.open(h.url())
			eval[any](p, `profilegen.setTheme("`+look.theme+`")`)
			eval[any](p, script+"; 0")
			for _, s := range screens {
				s.show(p)
				p.do(chromedp.EmulateViewport(look.width, 900))
				eval[any](p, `Promise.all(document.getAnimations().map(a => a.finished)).then(() => 1)`)
				for _, violation := range eval[[]string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
					r.violations.flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.html.slice(0, 200) + " " + (n.any[0]?.message ?? ""))))`) {
					t.Errorf("%s: %s", s.name, violation)
				}
				if over := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s: the page is %d px too wide: %s", s.name, over, eval[string](p, wide))
				}
				if shots == "" {
					continue
				}
				png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(shots, look.name+"-"+s.name+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
