//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// program is profilegen, built with the site that is tested.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "e2e-program")
	if err != nil {
		return "", err
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return "", err
	}
	// The site stands in the place of what the program embeds.
	replace := map[string]string{}
	embedded := filepath.Join(root, "dist", "embedded")
	old, _ := filepath.Glob(filepath.Join(embedded, "*"))
	for _, file := range old {
		replace[file] = ""
	}
	files, _ := filepath.Glob(filepath.Join(siteFolder, "*"))
	for _, file := range files {
		if file, err = filepath.Abs(file); err != nil {
			return "", err
		}
		replace[filepath.Join(embedded, filepath.Base(file))] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "profilegen")
	cmd := exec.Command("go", "build", "-overlay", list, "-o", file, "./cmd/profilegen")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, text)
	}
	return file, nil
})

// labServer is profilegen serve as a process of its own.
type labServer struct {
	*testing.T
	program, csv string
	http         string // "http://127.0.0.1:41234"
	link         string // that it printed for the lab's page
	printed      *transcript
	stop         func()
}

// transcript is what a program prints, to be read while it runs.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// startLab serves a copy of the sample fleet.
func startLab(t *testing.T, args ...string) *labServer {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples"))); err != nil {
		t.Fatal(err)
	}
	s := &labServer{T: t, program: file, csv: filepath.Join(dir, "phones.csv"), printed: &transcript{}}
	s.start(append([]string{"-csv", s.csv, "-http", ":0"}, args...)...)
	return s
}

// printedLink finds the lab's address in what the start prints.
var printedLink = regexp.MustCompile(`http://\S+/_/lab\S*`)

func (s *labServer) start(args ...string) {
	s.Helper()
	all := append([]string{"serve", "-https", "off", "-tftp", ":0", "-syslog", ":0"}, args...)
	cmd := exec.Command(s.program, all...)
	cmd.Stdout = s.printed
	errors, err := cmd.StderrPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	s.stop = sync.OnceFunc(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	s.Cleanup(s.stop)
	var start strings.Builder
	lines := bufio.NewScanner(errors)
	for lines.Scan() {
		start.WriteString(lines.Text() + "\n")
		if link := printedLink.FindString(lines.Text()); link != "" {
			s.link = link
			s.http = link[:strings.Index(link, "/_/")]
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C ends it") {
			go io.Copy(s.printed, errors)
			if s.link == "" {
				s.Fatalf("the start prints no link:\n%s", &start)
			}
			return
		}
	}
	s.Fatalf("serve ended:\n%s", &start)
}

// phone is a virtual phone that makes one resync; it gives what it printed.
func (s *labServer) phone(args ...string) (text string, ok bool) {
	s.Helper()
	out, err := exec.Command(s.program, append([]string{"phone", "-rule", s.http + "/$MA/$PSN.xml", "-once"}, args...)...).CombinedOutput()
	return string(out), err == nil
}

// fetch asks as a phone of the fleet.
func (s *labServer) fetch(path, mac string) {
	s.Helper()
	r, err := http.NewRequest(http.MethodGet, s.http+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("User-Agent", "Cisco-CP-8861-3PCC/11.3.2 ("+mac+")")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	answer.Body.Close()
}

// openLab opens the lab's page and waits until it hears the server. Reports of
// the policy are collected, besides what the console says.
func (p *page) openLab(s *labServer) {
	p.Helper()
	p.open(s.link)
	p.wait(`document.querySelector(".link-state.live")`)
	eval[any](p, `(() => { window.violations = []; addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI)); })()`)
	p.Cleanup(func() {
		for _, v := range eval[[]string](p, `window.violations ?? []`) {
			p.Errorf("the policy was violated: %s", v)
		}
	})
}

// tab opens a tab of the lab's page.
func (p *page) tab(name string) {
	p.Helper()
	p.wait(`document.getElementById("lab-` + name + `")`)
	eval[any](p, `document.getElementById("lab-`+name+`").click()`)
	p.wait(`document.getElementById("lab-` + name + `").getAttribute("aria-selected") === "true"`)
}

const frontDeskMAC = "000e08a00001"

// A server's builder opens with the fleet that it serves, as long as the
// browser keeps no draft; then it offers it.
func TestServedFleetOpens(t *testing.T) {
	s, p := startLab(t), newPage(t)
	p.open(s.http + "/")
	p.wait(`location.pathname === "/_/"`)
	p.see("000e08a00001")
	p.goTo("Phones")
	p.see("000e08a0000c")
	p.open(s.http + "/_/") // nothing was changed: the same again, passwords and all
	p.see("000e08a00001")
	if text := p.state(); strings.Contains(text, "This is the draft") || strings.Contains(text, "Enter again") {
		t.Errorf("what was only looked at became a draft:\n%s", text)
	}
	p.typeInto(field("Profile_Rule"), "/mine/$MA.xml")
	p.waitSaved("/mine/$MA.xml")
	p.open(s.http + "/_/")
	p.see("This is the draft that this browser kept. The server serves")
	if got := p.value(field("Profile_Rule")); got != "/mine/$MA.xml" {
		t.Errorf("the draft was replaced by itself: Profile_Rule is %q", got)
	}
	p.click("Open the served fleet")
	p.see("Opened what the server serves")
	p.wait(`document.getElementById("` + field("Profile_Rule") + `").value !== "/mine/$MA.xml"`)
	p.click("Undo: open the served fleet")
	p.wait(`document.getElementById("` + field("Profile_Rule") + `").value === "/mine/$MA.xml"`)
	p.open(s.http + "/_/")
	p.click("Keep my draft")
	p.open(s.http + "/_/")
	p.see("Provision Enable")
	if strings.Contains(p.state(), "This is the draft that this browser kept") {
		t.Error("it asks again")
	}
}

// What a phone does is on the page as it happens: the event, the steps it has
// taken, the message that speaks of the transfer, the report.
func TestLabShowsAPhone(t *testing.T) {
	s, p := startLab(t), newPage(t)
	p.openLab(s)
	if hash := eval[string](p, "location.pathname + location.hash"); hash != "/_/#lab" {
		t.Errorf("the link leads to %s", hash)
	}
	p.see("profilegen phone -mac " + frontDeskMAC + " -model 8861 -rule '" + s.http + "/$MA/$PSN.xml' -once")
	p.tab("phones")
	p.wait(`document.querySelectorAll(".phones > li").length === 12`)
	p.tab("happens")
	syslog := eval[string](p, `[...document.querySelectorAll("dt")].find(e => e.innerText === "Syslog Server").nextElementSibling.querySelector("code").innerText`)
	if text, ok := s.phone("-mac", frontDeskMAC, "-set", "Syslog_Server="+syslog); !ok {
		t.Fatalf("the phone has no profile:\n%s", text)
	}
	p.wait(`document.querySelector(".happened > .good .result")?.innerText.includes("sent 200")`)
	p.see("Front Desk")
	p.wait(`[...document.querySelectorAll(".happened .says")].some(e => e.innerText.includes("the phone says: "))`)
	p.click("Front Desk")
	p.wait(`document.querySelectorAll(".ladder-large .yes").length >= 3`)
	p.see("What happened to it")
	s.report(frontDeskMAC, "/"+frontDeskMAC+"/8861-3PCC.xml")
	p.see("Its report: 1 value differs from what it was sent")
	p.wait(`[...document.querySelectorAll("td")].map(e => e.innerText).join(" ").includes("Resync_Random_Delay 2 77")`)
	p.wait(`document.querySelectorAll(".ladder-large .yes").length >= 4`)

	const hostile = `/<img src=x onerror="document.title='run'">.xml`
	s.fetch(strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", " ", "%20").Replace(hostile), frontDeskMAC)
	p.see(hostile)
	if title := eval[string](p, "document.title"); title == "run" {
		t.Error("a hostile name ran")
	}
	s.fetch("/000E08A00001/8861-3PCC.xml", frontDeskMAC)
	p.see("file names are lower case, use $MA instead of $MAU")

	p.tab("happens")
	p.typeInto("lab-filter", "a00002")
	p.see("Nothing of what happened matches")
	p.typeInto("lab-filter", "")
	eval[any](p, `document.getElementById("lab-trouble").click()`)
	p.wait(`document.querySelectorAll(".happened > .bad").length === 2 && document.querySelectorAll(".happened > li").length === 2`)
}

// A fault that is set on the page makes a phone fail, can be switched off and
// on again, and goes when it is used up.
func TestLabFaults(t *testing.T) {
	s, p := startLab(t), newPage(t)
	p.openLab(s)
	p.tab("faults")
	p.choose("fault-kind", "server-error")
	p.typeInto("fault-path", "*.xml")
	p.click("Switch on")
	p.wait(`document.querySelector(".faults [role=switch]")?.getAttribute("aria-checked") === "true"`)
	if text, ok := s.phone("-mac", frontDeskMAC); ok {
		t.Errorf("the phone got a file all the same:\n%s", text)
	}
	p.tab("happens")
	p.wait(`document.querySelector(".happened > .bad .result")?.innerText.includes("by the fault server error")`)
	p.tab("faults")
	eval[any](p, `document.querySelector(".faults [role=switch]").click()`)
	p.wait(`document.querySelector(".faults [role=switch]")?.getAttribute("aria-checked") === "false"`)
	if text, ok := s.phone("-mac", frontDeskMAC); !ok {
		t.Errorf("the fault is still in force:\n%s", text)
	}
	eval[any](p, `document.querySelector(".faults [role=switch]").click()`)
	p.wait(`document.querySelector(".faults [role=switch]")?.getAttribute("aria-checked") === "true"`)
	if _, ok := s.phone("-mac", frontDeskMAC); ok {
		t.Error("the fault is not in force again")
	}
	p.typeInto("fault-delay", "soon")
	p.click("Switch on")
	p.see(`Delay "soon" is no time`)
}

// The page's button makes a phone resync, with the log-in of its profile.
func TestLabPush(t *testing.T) {
	s, p := startLab(t), newPage(t)
	web := freePort(t)
	phone := exec.Command(s.program, "phone", "-mac", frontDeskMAC, "-rule", s.http+"/$MA/$PSN.xml", "-listen", web,
		"-set", "Resync_Random_Delay=0", "-set", "Resync_On_Reset=No", "-set", "Admin_Password=CANARY")
	if err := phone.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { phone.Process.Kill(); phone.Wait() })
	waitFor(t, web)
	p.openLab(s)
	p.tab("phones")
	p.click("Front Desk")
	p.wait(`document.querySelector(".act details")`)
	eval[any](p, `document.querySelector(".act details").open = true`)
	p.typeInto("lab-address", web)
	p.typeInto("lab-password", "wrong")
	p.click("Resync")
	p.see("it does not take this login")
	p.typeInto("lab-password", "CANARY")
	p.click("Resync")
	p.see("the phone answered 200 OK (login: Basic)")
	p.wait(`[...document.querySelectorAll(".happened .good .result")].some(e => e.innerText.includes("sent 200"))`)
	p.wait(`document.querySelectorAll(".ladder-large .yes").length >= 3`)
	if text := eval[string](p, `document.documentElement.outerHTML`); strings.Contains(text, "CANARY") {
		t.Error("the password stands on the page")
	}

	// Many phones, one after the other, until it is stopped.
	p.click("‹ All phones")
	p.click("Choose all shown")
	p.wait(`document.querySelector(".act details")`)
	eval[any](p, `document.querySelector(".act details").open = true`)
	p.typeInto("lab-every", "3600000")
	p.click("Resync 12 phones")
	p.see("1 of 1 phone asked")
}

func waitFor(t *testing.T, address string) {
	t.Helper()
	for start := time.Now(); time.Since(start) < patience; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nobody listens on %s", address)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// What a DHCP server has to say, and the events as a file.
func TestLabDHCPAndExport(t *testing.T) {
	s, p := startLab(t), newPage(t)
	p.openLab(s)
	p.tab("dhcp")
	p.see("dhcp-vendorclass=set:cisco-mpp,-3PCC")
	p.see("Phones cannot reach this server yet")
	p.typeInto("dhcp-server", "192.0.2.10")
	p.see("dhcp-option=tag:cisco-mpp,150,192.0.2.10")
	p.click("Windows Server")
	p.see("Set-DhcpServerv4OptionValue")
	want, err := exec.Command(s.program, "dhcp", "-server", "192.0.2.10", "-for", "windows").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := eval[string](p, `document.getElementById("dhcp-text").textContent`); got != string(want) {
		t.Errorf("the page prints\n%s\nthe command\n%s", got, want)
	}
	p.typeInto("dhcp-server", "192.0.2.10 x")
	p.see("cannot stand there")

	s.fetch("/8861-3PCC.xml", frontDeskMAC)
	events := p.fileFrom(func() { eval[any](p, `document.querySelector("a[download]").click()`) }, "events.jsonl")
	var e struct {
		Text  string `json:"text"`
		Event struct {
			Path string `json:"path"`
		} `json:"event"`
	}
	if err := json.Unmarshal(events, &e); err != nil || e.Event.Path != "/8861-3PCC.xml" {
		t.Errorf("the file has %s: %v", events, err)
	}
}

// What is edited here is served at once, and the files again when they are
// wanted.
func TestLabServesTheDraft(t *testing.T) {
	s, p := startLab(t), newPage(t)
	p.openLab(s)
	p.goTo("Configuration Profile")
	p.typeInto(field("Resync_Periodic"), "7200")
	p.goTo("Lab")
	p.click("Serve my draft")
	p.see("Serves the draft that was sent from the builder, in place of " + s.csv)
	text, ok := s.phone("-mac", frontDeskMAC, "-trace")
	if !ok || !strings.Contains(text, "7200") {
		t.Errorf("the phone does not get the draft:\n%s", text)
	}
	p.click("Serve the files again")
	p.see("Serves " + s.csv)
	if text, _ := s.phone("-mac", frontDeskMAC, "-trace"); strings.Contains(text, "7200") {
		t.Errorf("the phone still gets the draft:\n%s", text)
	}
	p.goTo("Configuration Profile")
	p.typeInto(field("Resync_Periodic"), "often")
	p.goTo("Lab")
	p.click("Serve my draft")
	p.see("The draft is not served: the draft has errors: Resync_Periodic")
}

// A page whose server goes away and comes back goes on by itself.
func TestLabComesBack(t *testing.T) {
	s, p := startLab(t), newPage(t)
	p.openLab(s)
	s.fetch("/8861-3PCC.xml", frontDeskMAC)
	p.see("sent 200")
	p.expectTrouble() // the browser tells of the lost connection
	s.stop()
	p.see("the server does not answer; trying again")
	s.start("-csv", s.csv, "-http", strings.TrimPrefix(s.http, "http://127.0.0.1"))
	p.wait(`document.querySelector(".link-state.live")`)
	s.fetch("/7811-3PCC.xml", "000e08a0000a")
	p.see("/7811-3PCC.xml")
	if strings.Contains(eval[string](p, `document.querySelector(".happened").innerText`), "/8861-3PCC.xml") {
		t.Error("events of the former run stand among those of the new one")
	}
}

// From another machine the link with the token lets a browser in; without it
// the page says what to do.
func TestLabByToken(t *testing.T) {
	address := otherAddress(t)
	s := startLab(t, "-listen", address)
	if !strings.Contains(s.link, "?token=") {
		t.Fatalf("the link is %s", s.link)
	}
	stranger := newPage(t)
	stranger.expectTrouble() // 403
	stranger.do(chromedp.Navigate(s.http + "/_/"))
	stranger.see("with the token that the server printed")
	p := newPage(t)
	p.openLab(s)
	if at := eval[string](p, "location.href"); strings.Contains(at, "token") || !strings.HasSuffix(at, "/_/#lab") {
		t.Errorf("the link leads to %s", at)
	}
	s.fetch("/8861-3PCC.xml", frontDeskMAC)
	p.see("Front Desk")
}

// otherAddress is an address of this machine that is not loopback.
func otherAddress(t *testing.T) string {
	t.Helper()
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}

// On a host of static files the page says what the lab is and how to start it.
func TestLabElsewhere(t *testing.T) {
	h, p := newHost(t, siteFolder), newPage(t)
	p.open(h.url() + "#lab")
	p.see("profilegen serve -csv phones.csv -listen 192.0.2.10")
}

// many lets thirty phones do all that phones do.
func (s *labServer) many() {
	s.Helper()
	rows := []string{"mac,model,Station_Name,Syslog_Server,Report_Rule"}
	syslog := s.syslog()
	for i := range 30 {
		report := ""
		if i%2 == 0 {
			report = s.http + "/reports/$MA.xml"
		}
		rows = append(rows, fmt.Sprintf("000e08b000%02x,%s,Desk %d,%s,%s", i, []string{"8861", "7841", "8851"}[i%3], i+1, syslog, report))
	}
	if err := os.WriteFile(s.csv, []byte(strings.Join(rows, "\n")), 0o600); err != nil {
		s.Fatal(err)
	}
	s.waitPrinted("30 phones")
	for i := range 24 {
		mac := fmt.Sprintf("000e08b000%02x", i)
		model := []string{"8861", "7841", "8851"}[i%3]
		switch {
		case i%7 == 3:
			s.fetch("/"+strings.ToUpper(mac)+".xml", mac)
		case i%5 == 4:
			s.fetch("/Cisco/"+mac+".cfg", mac)
		default:
			s.phone("-mac", mac, "-model", model, "-set", "Syslog_Server="+syslog)
		}
	}
	s.fetch("/very/long/path/"+strings.Repeat("that-goes-on-", 12)+".xml", frontDeskMAC)
}

// waitPrinted waits until the server has printed a text.
func (s *labServer) waitPrinted(text string) {
	s.Helper()
	for start := time.Now(); !strings.Contains(s.printed.String(), text); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > patience {
			s.Fatalf("the server does not print %q:\n%s", text, s.printed)
		}
	}
}

// report sends the configuration of a phone, which has a value of its own.
func (s *labServer) report(mac, file string) {
	s.Helper()
	answer, err := http.Get(s.http + file)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	profile, err := io.ReadAll(answer.Body)
	if err != nil {
		s.Fatal(err)
	}
	has := regexp.MustCompile(`(<Resync_Random_Delay[^>]*>)\d+<`).ReplaceAll(profile, []byte("${1}77<"))
	r, err := http.NewRequest(http.MethodPut, s.http+"/reports/"+mac+".xml", bytes.NewReader(has))
	if err != nil {
		s.Fatal(err)
	}
	if answer, err = http.DefaultClient.Do(r); err != nil || answer.StatusCode/100 != 2 {
		s.Fatalf("the report was not taken: %v, %v", err, answer)
	}
	answer.Body.Close()
}

// syslog is where the server takes log messages.
func (s *labServer) syslog() string {
	s.Helper()
	answer, err := http.Get(s.http + "/_/summary")
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	var summary struct {
		Syslog string `json:"syslog"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&summary); err != nil {
		s.Fatal(err)
	}
	return summary.Syslog
}

// labScreens are the states of the lab's page that are checked and pictured.
var labScreens = []struct {
	name string
	show func(s *labServer, p *page)
}{
	{"lab-empty", func(_ *labServer, p *page) { p.see("Nothing has asked yet") }},
	{"lab-phones-silent", func(_ *labServer, p *page) {
		p.tab("phones")
		p.see("Nothing was heard of it yet")
	}},
	{"lab-happens", func(s *labServer, p *page) {
		p.tab("happens")
		s.many()
		p.wait(`document.querySelectorAll(".happened > li").length > 24`)
	}},
	{"lab-phones", func(_ *labServer, p *page) {
		p.tab("phones")
		p.wait(`document.querySelectorAll(".phones .yes").length > 30`)
		for _, name := range []string{"Desk 1", "Desk 2", "Desk 24"} {
			p.click("Choose " + name)
		}
		p.see("Resync 3 phones")
	}},
	{"lab-phone", func(s *labServer, p *page) {
		s.report("000e08b00000", "/000e08b00000/8861-3PCC.xml")
		p.click("Desk 1")
		p.see("Its report: 1 value differs from what it was sent")
		p.see("What happened to it")
		eval[any](p, `document.querySelector(".act details").open = true`)
	}},
	{"lab-pushed", func(_ *labServer, p *page) {
		p.click("‹ All phones")
		p.click("Choose all shown")
		eval[any](p, `document.querySelector(".act details").open = true`)
		p.typeInto("lab-every", "1")
		p.wait(`[...document.querySelectorAll("button.primary")].some(e => e.innerText.startsWith("Resync 3"))`)
		eval[any](p, `document.querySelector(".act .primary").click()`)
		p.wait(`document.querySelectorAll(".answers li").length > 10`)
	}},
	{"lab-faults", func(s *labServer, p *page) {
		p.tab("faults")
		p.choose("fault-kind", "cut")
		p.typeInto("fault-path", "*.xml")
		p.click("Switch on")
		p.choose("fault-kind", "delay")
		p.typeInto("fault-delay", "2s")
		p.typeInto("fault-mac", frontDeskMAC)
		p.click("Switch on")
		p.wait(`document.querySelectorAll(".faults > li").length === 2`)
		eval[any](p, `document.querySelector(".faults [role=switch]").click()`)
		p.wait(`document.querySelector(".faults [aria-checked=false]")`)
		p.typeInto("fault-delay", "soon")
		p.click("Switch on")
		p.see("is no time")
	}},
	{"lab-dhcp", func(_ *labServer, p *page) {
		p.tab("dhcp")
		p.see("dhcp-vendorclass")
	}},
	{"lab-broken", func(s *labServer, p *page) {
		if err := os.WriteFile(s.csv, []byte("mac,model\nnonsense,1"), 0o600); err != nil {
			s.Fatal(err)
		}
		p.tab("happens")
		p.see("what was served before still is")
		p.see("phones.csv:2:1: mac: ")
	}},
}

// The lab's page is without violations, light, dark and narrow; and pictures
// of it are kept when a folder is named.
func TestLabLooks(t *testing.T) {
	script, shots := axe(t), os.Getenv("PROFILEGEN_SHOTS")
	for _, look := range []struct {
		name, theme string
		width       int64
	}{{"light", "light", 1440}, {"dark", "dark", 1440}, {"tablet", "light", 768}, {"narrow", "dark", 390}, {"narrow-light", "light", 390}, {"zoom", "light", 320}} {
		t.Run(look.name, func(t *testing.T) {
			s, p := startLab(t), newPage(t)
			p.openLab(s)
			eval[any](p, `profilegen.setTheme("`+look.theme+`")`)
			eval[any](p, script+"; 0")
			for _, screen := range labScreens {
				screen.show(s, p)
				p.do(chromedp.EmulateViewport(look.width, 900))
				p.check(screen.name)
				if shots != "" {
					p.picture(filepath.Join(shots, look.name+"-"+screen.name+".png"))
				}
			}
		})
	}
	t.Run("elsewhere", func(t *testing.T) {
		h, p := newHost(t, siteFolder), newPage(t)
		p.open(h.url())
		p.goTo("Lab")
		eval[any](p, script+"; 0")
		p.check("elsewhere")
		if shots != "" {
			p.picture(filepath.Join(shots, "light-lab-elsewhere.png"))
		}
	})
}

// check holds what is shown against the rules of accessibility.
func (p *page) check(name string) {
	p.Helper()
	eval[any](p, `Promise.all(document.getAnimations().map(a => a.finished)).then(() => 1)`)
	for _, violation := range eval[[]string](p, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
		r.violations.flatMap(v => v.nodes.slice(0, 3).map(n => v.id + ": " + n.html.slice(0, 200) + " " + (n.any[0]?.message ?? ""))))`) {
		p.Errorf("%s: %s", name, violation)
	}
	if over := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		p.Errorf("%s: the page is %d px too wide: %s", name, over, eval[string](p, wide))
	}
}

func (p *page) picture(file string) {
	p.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(file, png, 0o644)
	}
	if err != nil {
		p.Fatal(err)
	}
}
