//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestEditPreviewExport(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	before := p.xml()
	p.typeInto(field("Resync_Periodic"), "7200")
	p.seeLine(`<Resync_Periodic ua="na">7200</Resync_Periodic>`)
	p.see("every 2 h")
	if got := changed(before, p.xml()); len(got) != 1 {
		t.Errorf("lines changed: %q, want one", got)
	}
	p.see("1 setting differs from the defaults")
	file := string(p.download("Download XML", "8861-3PCC.xml"))
	if want := strings.Join(p.xml(), "\n") + "\n"; file != want {
		t.Errorf("the file is not what was shown:\n%s\nwant:\n%s", file, want)
	}
	p.click("reset to 3600: Resync Periodic")
	p.seeLine(`<Resync_Periodic ua="na">3600</Resync_Periodic>`)
	if got := p.value(field("Resync_Periodic")); got != "3600" {
		t.Errorf("after the reset the box holds %q", got)
	}
	p.typeInto(field("Resync_Periodic"), "")
	p.seeLine(`<Resync_Periodic ua="na"></Resync_Periodic>`)
}

// Errors wait until the typing is over, and then name the way out.
func TestErrorsAfterTyping(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	eval[any](p, `document.getElementById("f-Resync_At__HHmm_").focus()`)
	p.do(chromedp.KeyEvent("25"))
	p.seeLine(`<Resync_At__HHmm_ ua="na">25</Resync_At__HHmm_>`)
	if eval[bool](p, `document.body.innerText.includes("Error:")`) {
		t.Error("an error is shown while the value is typed")
	}
	eval[any](p, `document.activeElement.blur()`)
	p.see("Error: Resync At (HHmm)")
	p.wait(`document.getElementById("f-Resync_At__HHmm_").getAttribute("aria-invalid") === "true"`)
	p.wait(`document.querySelector(".line.faulty")?.dataset.element === "Resync_At__HHmm_"`)
	p.typeInto(field("Resync_At__HHmm_"), "0215")
	p.wait(`!document.querySelector(".line.faulty")`)
}

func TestUndoRedo(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.typeInto(field("Forced_Resync_Delay"), "60")
	p.click("Provision Enable")
	p.seeLine(`<Provision_Enable ua="na">No</Provision_Enable>`)
	p.click("Undo: change Provision Enable")
	p.seeLine(`<Provision_Enable ua="na">Yes</Provision_Enable>`)
	p.click("Undo: change Forced Resync Delay")
	p.seeLine(`<Forced_Resync_Delay ua="na">14400</Forced_Resync_Delay>`)
	p.wait(`document.getElementById("f-Forced_Resync_Delay").value === "14400"`)
	p.click("Redo: change Forced Resync Delay")
	p.seeLine(`<Forced_Resync_Delay ua="na">60</Forced_Resync_Delay>`)
	p.wait(`document.getElementById("f-Forced_Resync_Delay").value === "60"`)
}

func TestArticleFindings(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.click("Article example")
	p.see("the trigger can never be true")
	before := eval[int](p, `document.querySelectorAll(".field-message.error, .field-message.warning").length`)
	if before < 6 {
		t.Errorf("%d fields with findings, want at least 6", before)
	}
	p.click("Clear Resync_Trigger_1")
	p.seeLine(`<Resync_Trigger_1 ua="na"></Resync_Trigger_1>`)
	p.wait(`!document.body.innerText.includes("the trigger can never be true")`)
	p.click("Undo")
	p.see("the trigger can never be true")
}

const imported = `<?xml version="1.0"?>
<!-- kept -->
<flat-profile>
   <Resync_Periodic ua="na">3600</Resync_Periodic>
   <Resync_Random_Delay>2</Resync_Random_Delay>
   <Vendor_Thing a='1'>kept &amp; whole</Vendor_Thing>
</flat-profile>
`

func TestImportChangesOneLine(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.upload("welcome-file", "lobby.xml", imported)
	p.see("Opened lobby.xml")
	p.typeInto(field("Resync_Random_Delay"), "5")
	p.seeLine("   <Resync_Random_Delay>5</Resync_Random_Delay>")
	file := string(p.download("Download XML", "8861-3PCC.xml"))
	if want := strings.Replace(imported, "<Resync_Random_Delay>2<", "<Resync_Random_Delay>5<", 1); file != want {
		t.Errorf("the file is\n%s\nwant one line changed:\n%s", file, want)
	}
	p.click("Changes")
	p.see("1 value differs from lobby.xml")
}

// fleetCSV is a list of n phones.
func fleetCSV(n int, extra ...string) string {
	var b strings.Builder
	b.WriteString("mac,model,user,password\n")
	for i := range n {
		fmt.Fprintf(&b, "000e08%06x,%s,%d,secret%d\n", i+1, []string{"8861", "8851", "7841", "7811"}[i%4], 2000+i, i)
	}
	for _, line := range extra {
		b.WriteString(line + "\n")
	}
	return b.String()
}

func TestThousandPhonesWithFaults(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.goTo("Phones")
	p.upload("phones-file", "phones.csv", fleetCSV(1000, "000E08:GG,8861,1,x", "000e08000001,8861,2,x", "000e08ffffff,9999,3,x"))
	p.see("1000 phones in phones.csv")
	p.see("line 1002")
	p.see("line 1003")
	p.see("line 1004")
	if got := p.value("column-2"); got != "user" {
		t.Errorf("the column user is read as %q", got)
	}
	corrected := string(p.download("Save a corrected CSV", "corrected.csv"))
	if lines := strings.Split(strings.TrimSpace(corrected), "\n"); len(lines) != 1004 ||
		lines[1] != "00:0e:08:00:00:01,8861,2000,secret0," || !strings.Contains(lines[1001], "000E08:GG,8861,1,x,") {
		t.Errorf("the corrected file has %d lines: %.300s", len(lines), corrected)
	}
	p.click("Take 1000 phones")
	p.see("Page 1 of 10, 1000 phones")
	if rows := eval[int](p, `document.querySelectorAll("table.phones tbody tr").length`); rows != 100 {
		t.Errorf("%d rows on the page, want 100", rows)
	}
	p.typeInto("phones-search", "2999")
	p.wait(`document.querySelectorAll("table.phones tbody tr").length === 1`)
	p.click("000e080003e8")
	p.see("What it gets")
	p.see("this phone")
	if strings.Contains(p.state(), "secret999") {
		t.Error("a password is shown in clear")
	}
}

// The user says what the columns of a list are.
func TestColumnsByHand(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.goTo("Phones")
	p.upload("phones-file", "liste.csv", "Adresse;Typ;Nebenstelle;Kennwort;Pause\n000E.0801.2345;8861;2001;"+canary+";7200\n")
	p.see("no column named mac")
	choose := func(column, as string) {
		t.Helper()
		p.choose(column, as)
		if as != "?" {
			p.wait(`document.getElementById(` + quote(column) + `).value === ` + quote(as) + ` && !document.body.innerText.includes("Reading liste.csv")`)
		}
	}
	choose("column-0", "mac")
	p.see("The column \"Typ\" is no parameter")
	choose("column-1", "model")
	choose("column-2", "user")
	choose("column-3", "password")
	p.wait(`!document.body.innerText.includes(` + quote(canary) + `)`)
	choose("column-4", "#")
	p.wait(`!document.querySelector(".import .error")`)
	choose("column-4", "?")
	p.wait(`document.getElementById("finder")?.open`)
	p.do(chromedp.KeyEvent("Resync_Periodic"))
	p.wait(`document.querySelector("#found-0")?.innerText.includes("Resync Periodic")`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.wait(`document.getElementById("column-4").value === "Resync_Periodic"`)
	p.click("Take 1 phone")
	p.click("000e08012345")
	p.see("Resync Periodic")
	p.see("7200")
}

// The archive holds the file that is shown for a phone, and the page stays
// usable while it is made.
func TestArchive(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.goTo("Phones")
	p.upload("phones-file", "phones.csv", fleetCSV(300))
	p.see("All phones would get a file")
	data := p.download("Download all as zip", "profiles.zip")
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		b.ReadFrom(r)
		r.Close()
		files[f.Name] = b.String()
	}
	if len(files) != 300+4+1 {
		t.Errorf("%d files, want 300 phones, 4 bootstraps, a manifest", len(files))
	}
	p.click("see from 000e08000001")
	p.goTo("Configuration Profile")
	p.seeLine(`<User_ID_1_>2000</User_ID_1_>`)
	p.click("Show passwords")
	p.seeLine(`<Password_1_>secret0</Password_1_>`)
	if got, want := files["000e08000001/8861-3PCC.xml"], strings.Join(p.xml(), "\n")+"\n"; got != want {
		t.Errorf("the archive has\n%s\nthe page shows\n%s", got, want)
	}
}

func TestReload(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.typeInto(field("Resync_Periodic"), "5400")
	p.goTo("General Purpose")
	p.typeInto(field("GPP_SA"), canary)
	p.waitSaved(`"omitted":["GPP_SA"]`)
	p.do(chromedp.Reload())
	p.wait(`document.documentElement.dataset.ready === "yes"`)
	p.seeLine(`<Resync_Periodic ua="na">5400</Resync_Periodic>`)
	p.see("Enter again: GPP SA")
}

// draft is what the browser keeps.
const draft = `(async () => JSON.parse(await profilegen.load())[0])()`

// waitSaved waits until the draft holds a text.
func (p *page) waitSaved(text string) {
	p.Helper()
	for start := time.Now(); time.Since(start) < patience; {
		if strings.Contains(eval[string](p, draft), text) {
			return
		}
	}
	p.Fatalf("the draft never held %q", text)
}

// A browser that is killed one second after an edit has kept it.
func TestKilledBrowser(t *testing.T) {
	h := newHost(t, siteFolder)
	dir := t.TempDir()
	for i := range 5 {
		ctx, cancel := startBrowser(context.Background(), dir)
		p := watch(t, ctx)
		p.open(h.url())
		if i > 0 {
			p.seeLine(fmt.Sprintf(`<Forced_Resync_Delay ua="na">%d</Forced_Resync_Delay>`, 1000+i-1))
		}
		p.typeInto(field("Forced_Resync_Delay"), fmt.Sprint(1000+i))
		p.do(chromedp.Sleep(time.Second)) // the promise is about this second
		process := chromedp.FromContext(p.ctx).Browser.Process()
		if process == nil {
			t.Fatal("the browser has no process")
		}
		process.Kill()
		cancel()
		for _, lock := range []string{"SingletonLock", "SingletonCookie", "SingletonSocket"} {
			os.Remove(filepath.Join(dir, lock))
		}
	}
}

const canary = "CANARYx7Q2"

// No secret leaves by a link or stays in the browser's storage.
func TestNoSecretInLinkOrStorage(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.typeInto(field("Profile_Rule"), "[--key "+canary+" --uid u --pwd "+canary+"] https://prov.example.com/$MA.xml")
	p.goTo("General Purpose")
	p.typeInto(field("GPP_SA"), canary)
	p.goTo("Keep and share")
	p.click("Copy a link")
	p.see("Secrets are left out of:")
	link := eval[string](p, `document.getElementById("share-link").innerText`)
	p.waitSaved("prov.example.com")
	for what, text := range map[string]string{
		"link":    link,
		"draft":   eval[string](p, draft),
		"storage": eval[string](p, `JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})`),
		"address": eval[string](p, `location.href`),
		"page":    eval[string](p, `document.body.innerText`),
	} {
		if strings.Contains(text, canary) {
			t.Errorf("the %s holds a secret: %.200s", what, text)
		}
	}

	other := newPage(t)
	other.open(link)
	other.see("Opened the settings of the link")
	if text := other.value(field("Profile_Rule")); !strings.Contains(text, "https://prov.example.com/$MA.xml") || strings.Contains(text, canary) {
		t.Errorf("the link opens with the rule %q", text)
	}
	if text := eval[string](other, `document.body.innerText + document.body.innerHTML`); strings.Contains(text, canary) {
		t.Error("the page opened by the link holds a secret")
	}
	if hash := eval[string](other, `location.hash`); hash != "" {
		t.Errorf("the address still has %q", hash)
	}
}

func TestOffline(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.wait(`navigator.serviceWorker.controller || navigator.serviceWorker.getRegistration().then(r => r?.active)`)
	eval[any](p, `navigator.serviceWorker.ready.then(() => 1)`)
	p.expectTrouble()
	h.Server.CloseClientConnections()
	h.Server.Config.SetKeepAlivesEnabled(false)
	h.Server.Listener.Close()
	for _, path := range []string{"", "?from=mail", "index.html", "#page"} {
		p.open(h.url() + path)
		p.see("Configuration Profile")
	}
}

// A new version announces itself, takes over when it is asked to, and the
// draft is still there.
func TestUpdate(t *testing.T) {
	newer := filepath.Join(t.TempDir(), "newer")
	if err := os.CopyFS(newer, os.DirFS(siteFolder)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"version.json", "sw.js", "index.html"} {
		path := filepath.Join(newer, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		old := version(t, siteFolder)
		if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte("newerversion")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	eval[any](p, `navigator.serviceWorker.ready.then(() => 1)`)
	p.typeInto(field("Resync_Periodic"), "4321")
	p.waitSaved("4321")
	h.serve(newer)
	eval[any](p, `window.dispatchEvent(new Event("focus"))`)
	p.see("There is a new version of the builder.")
	if got := eval[string](p, `profilegen.version`); got == "newerversion" {
		t.Error("the new version took over without being asked")
	}
	p.click("Reload")
	p.wait(`window.profilegen?.version === "newerversion" && document.documentElement.dataset.ready === "yes"`)
	p.seeLine(`<Resync_Periodic ua="na">4321</Resync_Periodic>`)
}

func version(t *testing.T, folder string) string {
	text, err := os.ReadFile(filepath.Join(folder, "version.json"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), `"`)[3]
}

func TestPortable(t *testing.T) {
	p := newPage(t)
	path, err := filepath.Abs(filepath.Join(siteFolder, "portable.html"))
	if err != nil {
		t.Fatal(err)
	}
	p.open("file://" + path)
	p.typeInto(field("Resync_Periodic"), "7200")
	p.seeLine(`<Resync_Periodic ua="na">7200</Resync_Periodic>`)
	file := string(p.download("Download XML", "8861-3PCC.xml"))
	if !strings.Contains(file, ">7200<") {
		t.Errorf("the file is %s", file)
	}
	p.goTo("Simulate")
	p.see("after power-on")
}

// A program that has ended says so, and hands out the draft.
func TestCrashBanner(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.typeInto(field("Resync_Periodic"), "2718")
	p.waitSaved("2718")
	eval[any](p, `profilegen.fail("A test has ended it.")`)
	p.see("The builder has stopped.")
	eval[any](p, `(() => { window.copied = ""; navigator.clipboard.writeText = async (text) => { copied = text; }; })()`)
	p.click("Copy my draft")
	p.wait(`copied.includes("2718")`)
	draft := eval[string](p, `copied`)
	p.click("Reload")
	p.wait(`document.documentElement.dataset.ready === "yes"`)
	p.goTo("Keep and share")
	p.upload("keep-file", "draft.txt", draft)
	p.see("Opened draft.txt")
	p.seeLine(`<Resync_Periodic ua="na">2718</Resync_Periodic>`)
}

// probe would change the title if it ran.
const probe = `"><img src=x onerror="document.title='XSSED'"><script>document.title='XSSED'</script>%s%d`

func TestNothingRuns(t *testing.T) {
	escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(probe)
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	title := eval[string](p, `document.title`)
	p.upload("welcome-file", "x<img src=x onerror=alert(1)>.xml", "<flat-profile><GPP_A>"+escaped+"</GPP_A><Resync_Periodic>"+escaped+"</Resync_Periodic><Profile_Rule>"+escaped+"</Profile_Rule><Unknown_Thing>"+escaped+"</Unknown_Thing><!-- "+`<script>document.title="XSSED"</script>`+" --></flat-profile>")
	p.see("Opened x<img")
	for _, screen := range []string{"General Purpose", "All settings", "Configuration Profile", "Keep and share"} {
		p.goTo(screen)
	}
	p.goTo("Phones")
	p.upload("phones-file", "y.csv", "mac,model,user,serial,<script>document.title='XSSED'</script>\n000e08000001,8861,\""+strings.ReplaceAll(probe, `"`, `""`)+"\",x,y\n")
	p.see("phone in y.csv")
	p.click("Take 1 phone")
	p.click("000e08000001")
	p.see("What it gets")
	p.goTo("Keep and share")
	p.upload("keep-file", "fleet.json", `{"version":1,"name":`+strings.ReplaceAll(quote(probe), "$", "$$")+`,"devices":[{"mac":"000e08000002","model":`+quote(probe)+`}]}`)
	p.see("Opened fleet.json")
	p.goTo("Phones")
	p.see("000e08000002")
	if got := eval[string](p, `document.title`); got != title {
		t.Errorf("the title became %q", got)
	}
	if n := eval[int](p, `document.querySelectorAll("main img, main script, aside img, aside script").length`); n != 0 {
		t.Errorf("%d elements came from data", n)
	}
	text := eval[string](p, `document.body.innerText`)
	if strings.Contains(text, "%!") {
		t.Error("a text of the user was taken for a format")
	}
}

func TestKeyboard(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.wait(`document.getElementById("finder")?.open`)
	p.do(chromedp.KeyEvent("sip port"))
	p.wait(`document.querySelectorAll("#finder-list [role=option]").length > 0`)
	p.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.Enter))
	p.wait(`document.activeElement?.id.startsWith("f-") && document.querySelector("h1").innerText === "All settings"`)
	p.typeInto(field("SIP_Port_1_"), "99999")
	p.see("Error: SIP Port 1")
	p.goTo("Configuration Profile")
	p.do(chromedp.KeyEvent(kb.ArrowDown, chromedp.KeyModifiers(chromedp.ModifierAlt)))
	p.wait(`document.activeElement?.id === "f-SIP_Port_1_"`)
	eval[any](p, `document.activeElement.blur()`)
	p.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.see("Undone: change SIP Port 1")
}

// Two tabs do not overwrite each other without a word.
func TestTwoTabs(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.typeInto(field("Resync_Periodic"), "1111")
	p.waitSaved("1111")
	ctx, cancel := chromedp.NewContext(p.ctx)
	t.Cleanup(cancel)
	other := watch(t, ctx)
	other.open(h.url())
	other.typeInto(field("Resync_Periodic"), "2222")
	other.waitSaved("2222")
	p.typeInto(field("Forced_Resync_Delay"), "3333")
	p.see("The builder is open in another tab")
}

// The command line makes the same archive, byte for byte, encrypted too.
func TestArchiveIsTheCommandLines(t *testing.T) {
	program := filepath.Join(t.TempDir(), "profilegen")
	if text, err := exec.Command("go", "build", "-o", program, "profilegen/cmd/profilegen").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Run("plain", func(t *testing.T) { sameArchive(t, program, func(*page) {}) })
	t.Run("encrypted", func(t *testing.T) {
		sameArchive(t, program, func(p *page) {
			p.click("Compress")
			p.choose("encoding-encrypt", "key")
			p.see("The phones need keys.")
			p.click("Make keys")
			p.see("Each phone has a key made from the key file")
			p.click("Make new keys")
			p.see("1 older key leads to the new one")
		})
	})
}

func sameArchive(t *testing.T, program string, encode func(p *page)) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.typeInto(field("Resync_Periodic"), "1800")
	p.goTo("Phones")
	p.typeInto("delivery-server", "prov.example.com")
	p.choose("delivery-scheme", "https")
	p.upload("phones-file", "phones.csv", fleetCSV(40))
	p.see("All phones would get a file")
	encode(p)
	p.see("All phones would get a file")
	archive := p.download("Download all as zip", "profiles.zip")
	p.goTo("Keep and share")
	dir := t.TempDir()
	save := func(button, name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), p.download(button, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("Save fleet.json", "fleet.json")
	p.goTo("Configuration Profile")
	p.click("Command line")
	p.wait(`document.querySelectorAll(".command pre").length === 2`)
	command := eval[string](p, `document.querySelectorAll(".command pre")[1].innerText`)
	if strings.Contains(command, "keys.json") {
		save("Save keys.json", "keys.json")
	}
	cmd := exec.Command(program, strings.Fields(command)[1:]...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, text)
	}
	same, err := os.ReadFile(filepath.Join(dir, "profiles.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(archive, same) {
		t.Errorf("%s made %d bytes, the page %d", command, len(same), len(archive))
	}
}

// The story plays with the file beside the form; the load plan follows its
// sliders.
func TestSimulate(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url())
	p.click("HTTPS per MAC")
	p.goTo("Simulate")
	p.see("after power-on")
	p.click("Servers down, 10 min")
	p.wait(`document.getElementById("sim-events").value.includes("server-down")`)
	p.click("Play")
	p.wait(`[...document.querySelectorAll(".events li")].some(e => e.innerText.includes("https://prov.example.com/000e08012345.xml"))`)
	p.wait(`document.querySelector(".load-chart path.load-requests")`)
	before := eval[string](p, `document.querySelector(".load-chart").outerHTML`)
	eval[any](p, `(() => { const s = document.getElementById("load-phones"); s.value = 5000; s.dispatchEvent(new Event("input", {bubbles: true})); })()`)
	p.wait(`document.querySelector(".load-chart").outerHTML !== ` + quote(before))
	p.wait(`/5.?000 phones/.test(document.querySelector(".figures").innerText)`)
}
