package resync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// bench is a phone on a table: its servers, and what it asked and told.
type bench struct {
	*Phone
	t        *testing.T
	site     Site
	start    time.Time
	requests []Request
	events   []Event
}

// phoneWith is a phone that holds values "Element value", not yet started, with
// no random times.
func phoneWith(t *testing.T, lines ...string) *bench {
	t.Helper()
	b := &bench{t: t, start: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	b.Phone = &Phone{Identity: rule.Sample("CP-8861-3PCC").Identity, Random: part(0)}
	b.Fetch = fetchFunc(func(ctx context.Context, r Request) Reply {
		b.requests = append(b.requests, r)
		return b.site.Fetch(ctx, r)
	})
	b.Log = func(e Event) { b.events = append(b.events, e) }
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		if b.Preset(schema.Value{Name: name, Text: value}) > 0 {
			t.Fatalf("no parameter %s", name)
		}
	}
	return b
}

// serve has a URL answer with a profile.
func (b *bench) serve(url, values string) {
	b.site.Answer(url, Reply{Status: 200, Body: []byte("<flat-profile>" + values + "</flat-profile>")})
}

// run plays from power-on for so many seconds. Inputs are at seconds.
func (b *bench) run(until int, inputs ...Input) {
	b.t.Helper()
	inputs = append([]Input{{At: b.start, Do: (*Phone).PowerOn}}, inputs...)
	if err := Simulate(context.Background(), b.Phone, inputs, b.at(until)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) at(second int) time.Time { return b.start.Add(seconds(second)) }

// story is what the servers see: "3600 get http://…", "3600 ok".
func (b *bench) story() []string {
	var list []string
	for _, e := range b.events {
		at := itoa(int(e.Time.Sub(b.start)/time.Second)) + " "
		switch e.Kind {
		case Requested:
			list = append(list, at+"get "+e.URL)
		case Succeeded, Failed:
			list = append(list, at+e.Kind.String())
		case Restarted:
			list = append(list, at+"restart "+e.Text)
		}
	}
	return list
}

func (b *bench) wantStory(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.story()); diff != "" {
		b.t.Errorf("story (-want +got):\n%s\ntrace:\n%s", diff, b.trace())
	}
}

func (b *bench) trace() string {
	var out []byte
	for _, e := range b.events {
		out = e.AppendLine(out)
	}
	return string(out)
}

const a = "http://10.0.0.1/a.xml"

func TestLogin(t *testing.T) {
	for _, c := range []struct {
		what, rule, quirk string
		replies           []int
		want              string // per request: - no log-in, + with it
	}{
		{"never unasked", "[--uid u --pwd p] " + a, "", []int{200}, "-"},
		{"asked once", "[--uid u --pwd p] " + a, "", []int{401, 200}, "-+"},
		{"two tries at most", "[--uid u --pwd p] " + a, "", []int{401}, "-++"},
		{"a proxy's", "[--uid u --pwd p] " + a, "", []int{407, 200}, "-+"},
		{"without --uid and --pwd", a, "", []int{401}, "-"},
		{"quirk: unasked", "[--uid u --pwd p] " + a, "login=unasked", []int{200}, "+"},
		{"quirk: one try", "[--uid u --pwd p] " + a, "login-tries=1", []int{401}, "-+"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := phoneWith(t, "Profile_Rule "+c.rule)
			if c.quirk != "" {
				if err := b.Quirks.Set(c.quirk); err != nil {
					t.Fatal(err)
				}
			}
			var replies []Reply
			for _, status := range c.replies {
				replies = append(replies, Reply{Status: status, Body: []byte(emptyProfile), Login: []string{`Digest realm="r"`}})
			}
			b.site.Answer(a, replies...)
			b.run(0)
			got := ""
			for _, r := range b.requests {
				if !r.Login {
					got += "-"
					continue
				}
				got += "+"
				if r.User != "u" || r.Password != "p" {
					t.Errorf("log-in %s:%s, want u:p", r.User, r.Password)
				}
				if c.quirk != "login=unasked" && !slices.Equal(r.Challenge, []string{`Digest realm="r"`}) {
					t.Errorf("challenge %q is not the server's", r.Challenge)
				}
				if r.Proxy != (c.replies[0] == 407) {
					t.Errorf("challenge of a proxy: %v", r.Proxy)
				}
			}
			if got != c.want {
				t.Errorf("requests %s, want %s (+ is with log-in)", got, c.want)
			}
		})
	}
}

func TestRedirectTarget(t *testing.T) {
	base, err := rule.ParseURL("http://10.0.0.1:8080/dir/a.xml?x=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ location, want string }{
		{"https://h.example.com/b.xml", "https://h.example.com/b.xml"},
		{"http://h.example.com", "http://h.example.com/"},
		{"tftp://10.0.0.2/b.xml", "tftp://10.0.0.2/b.xml"},
		{"//10.0.0.2/b.xml", "http://10.0.0.2/b.xml"},
		{"/b.xml", "http://10.0.0.1:8080/b.xml"},
		{"b.xml", "http://10.0.0.1:8080/dir/b.xml"},
		{"?y=2", "http://10.0.0.1:8080/dir/a.xml?y=2"},
		{"b.xml?next=http://c/", "http://10.0.0.1:8080/dir/b.xml?next=http://c/"},
		{"", "error"},
		{"ftp://h/x", "error"},
		{"http://u:p@h/x", "error"},
		{"/with blank", "error"},
	} {
		got := "error"
		if u, err := resolve(base, c.location); err == nil {
			got = u.String()
		}
		if got != c.want {
			t.Errorf("Location %q leads to %s, want %s", c.location, got, c.want)
		}
	}
}

// The search through DHCP's servers: classes of its failures (d.6).
func TestDHCPFailures(t *testing.T) {
	for _, c := range []struct {
		what    string
		fnf     string
		refused bool // one candidate answers 500
		want    string
	}{
		{"all not found, FNF fails", "Yes", false, "fail"},
		{"all not found, FNF is no failure", "No", false, "ok"},
		{"one class C among them", "No", true, "fail"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := phoneWith(t, "Profile_Rule /x.xml", "Resync_Fails_On_FNF "+c.fnf)
			b.DHCP = map[int]string{66: "10.0.0.5"}
			if c.refused {
				b.site.Answer("http://10.0.0.5/x.xml", Reply{Status: 500})
			}
			b.run(0)
			if story := b.story(); len(story) != 7 || story[6] != "0 "+c.want {
				t.Errorf("story %q, want six requests and %s", story, c.want)
			}
		})
	}
}

// A damaged candidate is not the end of the search.
func TestDHCPDamagedCandidate(t *testing.T) {
	b := phoneWith(t, "Profile_Rule http:///x.xml")
	b.DHCP = map[int]string{66: "10.0.0.5; 10.0.0.6"}
	b.site.Answer("http://10.0.0.5/x.xml", Reply{Status: 200, Body: []byte("<flat-profile>")})
	b.serve("http://10.0.0.6/x.xml", "<GPP_A>1</GPP_A>")
	b.run(0)
	b.wantStory("0 get http://10.0.0.5/x.xml", "0 get http://10.0.0.5/Cisco/CP-8861-3PCC/000e08012345.cfg", "0 get http://10.0.0.6/x.xml", "0 ok")
}

// A restart for changed parameters waits for the call, and the retry clock
// starts over with its element (d.7).
func TestRestartDuringRetry(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Profile_Rule_B http://10.0.0.1/b.xml", "Forced_Resync_Delay 0", "Resync_Error_Retry_Delay 60,120")
	b.serve(a, "<Proxy_1_>sip.example.com</Proxy_1_>")
	b.site.Answer("http://10.0.0.1/b.xml", Reply{Status: 500})
	b.run(260,
		Input{b.at(0), func(p *Phone, now time.Time) { p.SetBusy(now, true) }},
		Input{b.at(30), func(p *Phone, now time.Time) { p.SetBusy(now, false) }})
	b.wantStory(
		"0 get "+a, "0 get http://10.0.0.1/b.xml", "0 fail",
		"30 restart Provisioning",
		"90 get "+a, "90 get http://10.0.0.1/b.xml", "90 fail",
		"210 get "+a, "210 get http://10.0.0.1/b.xml", "210 fail")
}

// Power-on forgets the failures, a reboot keeps them (d.7).
func TestFailuresOverStarts(t *testing.T) {
	for _, c := range []struct {
		what  string
		do    func(*Phone, time.Time)
		quirk string
		want  string // the retry after the second failure
	}{
		{"power cut", (*Phone).PowerOn, "", "70 get " + a},
		{"reboot", (*Phone).UserReboot, "", "130 get " + a},
		{"reboot, quirk", (*Phone).UserReboot, "restart-failures=forgotten", "70 get " + a},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := phoneWith(t, "Profile_Rule "+a, "Resync_Error_Retry_Delay 60,120,240")
			if c.quirk != "" {
				if err := b.Quirks.Set(c.quirk); err != nil {
					t.Fatal(err)
				}
			}
			b.site.Answer(a, Reply{Status: 500})
			b.run(135, Input{b.at(10), c.do})
			if !slices.Contains(b.story(), c.want) {
				t.Errorf("story %q, want in it %q", b.story(), c.want)
			}
		})
	}
}

func TestNotifyAndWeb(t *testing.T) {
	for _, c := range []struct {
		what  string
		lines []string
		do    func(*Phone, time.Time)
		want  []string
	}{
		{"resync", nil, func(p *Phone, now time.Time) { p.Notify(now, "resync") }, []string{"100 get " + a, "100 ok"}},
		{"with parameters", nil, func(p *Phone, now time.Time) { p.Notify(now, "Resync;x=y") }, []string{"100 get " + a, "100 ok"}},
		{"check-sync", nil, func(p *Phone, now time.Time) { p.Notify(now, "check-sync") }, []string{"100 get " + a, "100 ok"}},
		{"switched off", []string{"Resync_From_SIP No"}, func(p *Phone, now time.Time) { p.Notify(now, "resync") }, nil},
		{"reboot_now", nil, func(p *Phone, now time.Time) { p.Notify(now, "reboot_now") }, []string{"100 restart SIP Triggered", "100 get " + a, "100 ok"}},
		{"restart_now", []string{"Resync_On_Reset No"}, func(p *Phone, now time.Time) { p.Notify(now, "restart_now") }, []string{"100 restart SIP Triggered"}},
		{"another event", nil, func(p *Phone, now time.Time) {
			if p.Notify(now, "message-summary") {
				p.Resync(now, Trigger{Cause: Keypad})
			}
		}, nil},
		{"web reboot in a call", nil, func(p *Phone, now time.Time) {
			p.SetBusy(now, true)
			p.Web(now, "/admin/reboot", "10.0.0.9")
			p.SetBusy(now, false)
		}, []string{"100 restart User Triggered", "100 get " + a, "100 ok"}},
		{"one-time rule without server", nil, func(p *Phone, now time.Time) { p.Web(now, "/admin/resync?http:///b.xml", "10.0.0.9") },
			[]string{"100 get http://10.0.0.9/b.xml", "100 fail"}},
		{"status page", nil, func(p *Phone, now time.Time) { p.Web(now, "/admin/status.xml", "10.0.0.9") }, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := phoneWith(t, append(c.lines, "Profile_Rule "+a)...)
			b.serve(a, "")
			b.run(99)
			b.events = nil
			if err := Simulate(context.Background(), b.Phone, []Input{{b.at(100), c.do}}, b.at(200)); err != nil {
				t.Fatal(err)
			}
			b.wantStory(c.want...)
		})
	}
}

// A resync that waits gives way to a request; a one-time one leaves the clocks
// alone (d.1, d.2).
func TestRequestTakesThePlace(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Resync_Periodic 600")
	b.serve(a, "")
	b.serve("http://10.0.0.1/b.xml", "")
	b.run(2000,
		Input{b.at(590), func(p *Phone, now time.Time) { p.SetBusy(now, true) }},
		Input{b.at(610), func(p *Phone, now time.Time) { p.Web(now, "/admin/resync?http://10.0.0.1/b.xml", "") }},
		Input{b.at(620), func(p *Phone, now time.Time) { p.SetBusy(now, false) }})
	b.wantStory("0 get "+a, "0 ok", "620 get http://10.0.0.1/b.xml", "620 ok")
}

func TestUpgrade(t *testing.T) {
	const load = "http://10.0.0.1/sip88xx.12-0-1MPP-1.loads"
	asked := func(b *bench) (list []string) {
		for _, e := range b.events {
			if e.Kind == UpgradeAsked || e.Kind == UpgradeSkipped {
				list = append(list, itoa(int(e.Time.Sub(b.start)/time.Second))+" "+e.Kind.String())
			}
		}
		return list
	}
	for _, c := range []struct {
		what     string
		lines    []string
		firmware func(context.Context, Request) (string, error)
		want     []string
	}{
		{"recorded once", nil, nil, []string{"0 upgrade"}},
		{"switched off", []string{"Upgrade_Enable No"}, nil, nil},
		{"running already", []string{"Upgrade_Rule http://10.0.0.1/sip88xx.11-0-1MPP-376.loads"}, nil, []string{"0 upgrade-skipped"}},
		{"too old", []string{"Downgrade_Rev_Limit 12-1-0"}, nil, []string{"0 upgrade-skipped"}},
		{"retries", []string{"Upgrade_Error_Retry_Delay 60,120"}, func(context.Context, Request) (string, error) { return "", errors.New("no such file") },
			[]string{"0 upgrade", "60 upgrade", "180 upgrade", "300 upgrade"}},
		{"no retry", []string{"Upgrade_Error_Retry_Delay 0"}, func(context.Context, Request) (string, error) { return "", errors.New("no such file") }, []string{"0 upgrade"}},
		{"installed", nil, func(context.Context, Request) (string, error) { return "sip88xx.12-0-1MPP-1", nil }, []string{"0 upgrade"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := phoneWith(t, append([]string{"Profile_Rule " + a, "Resync_Periodic 100", "Upgrade_Rule " + load}, c.lines...)...)
			b.serve(a, "")
			b.Firmware = c.firmware
			b.run(350)
			got := asked(b)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("firmware (-want +got):\n%s%s", diff, b.trace())
			}
			if c.what == "installed" && (b.Software != "sip88xx.12-0-1MPP-1" || b.Restarts()[0].Reason != ReasonUpgrade) {
				t.Errorf("software %s, restarts %v", b.Software, b.Restarts())
			}
		})
	}
}

// A retry that falls due in a call waits for its end, and time goes on.
func TestUpgradeRetryInCall(t *testing.T) {
	b := phoneWith(t, "Provision_Enable No", "Upgrade_Rule http://10.0.0.1/x.loads", "Upgrade_Error_Retry_Delay 60")
	var tries []int
	b.Firmware = func(context.Context, Request) (string, error) {
		tries = append(tries, int(b.now.Sub(b.start)/time.Second))
		return "", errors.New("no such file")
	}
	b.run(170, Input{b.at(30), func(p *Phone, now time.Time) { p.SetBusy(now, true) }},
		Input{b.at(100), func(p *Phone, now time.Time) { p.SetBusy(now, false) }})
	if diff := cmp.Diff([]int{0, 100, 160}, tries); diff != "" {
		t.Errorf("firmware is asked for at seconds (-want +got):\n%s", diff)
	}
}

func TestReports(t *testing.T) {
	const url = "http://10.0.0.1/report.xml"
	put := func(b *bench) (list []string) {
		for _, r := range b.requests {
			if r.Method != "GET" {
				list = append(list, r.Method+" "+r.URL)
			}
		}
		return list
	}
	notify := func(p *Phone, now time.Time) { p.Notify(now, "report") }
	t.Run("delta and key", func(t *testing.T) {
		b := phoneWith(t, "Profile_Rule "+a, "Report_Rule [--delta --key secretkey] "+url+" [--status] http://10.0.0.1/status.xml", "HTTP_Report_Method PUT", "GPP_A before", "GPP_SA hidden")
		b.serve(a, "")
		b.run(10)
		b.requests = nil
		if err := Simulate(context.Background(), b.Phone, []Input{
			{b.at(20), func(p *Phone, now time.Time) { p.Set(now, "GPP_B", "after"); p.Set(now, "GPP_SB", "hidden") }}, {b.at(30), notify},
		}, b.at(40)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"PUT " + url, "PUT http://10.0.0.1/status.xml"}, put(b)); diff != "" {
			t.Fatalf("reports (-want +got):\n%s", diff)
		}
		clear, err := gen.Decode(b.requests[0].Body, gen.Decoding{Key: "secretkey", HasKey: true})
		if err != nil {
			t.Fatal(err)
		}
		values, err := readProfile("report", clear)
		if err != nil || len(values) != 1 || values[0].Name != "GPP_B" || values[0].Text != "after" {
			t.Errorf("the delta report holds %v (%v), want GPP_B alone", values, err)
		}
		if !strings.Contains(string(b.requests[1].Body), "CP-8861-3PCC") {
			t.Errorf("the status report is %s", b.requests[1].Body)
		}
	})
	t.Run("full, without secrets", func(t *testing.T) {
		b := phoneWith(t, "Report_Rule "+url, "GPP_SA hidden4ever", "GPP_A shown")
		b.run(10)
		body := string(b.requests[0].Body)
		if strings.Contains(body, "hidden4ever") || !strings.Contains(body, "<GPP_A") || !strings.Contains(body, "shown") {
			t.Errorf("the full report has a secret, or lacks GPP_A")
		}
	})
	t.Run("periodically and on change", func(t *testing.T) {
		b := phoneWith(t, "Provision_Enable No", "Report_Rule "+url, "Report_to_Server Periodically", "Periodic_Upload_To_Server 600")
		b.run(1300)
		if n := len(put(b)); n != 3 { // at start, 600, 1200
			t.Errorf("%d reports in 1300 s, want 3", n)
		}
		b = phoneWith(t, "Provision_Enable No", "Report_Rule "+url, "Report_to_Server On Local Change", "Upload_Delay_On_Local_Change 30")
		b.run(300, Input{b.at(100), func(p *Phone, now time.Time) { p.Set(now, "GPP_B", "1") }}, Input{b.at(110), func(p *Phone, now time.Time) { p.Set(now, "GPP_B", "2") }})
		if n := len(put(b)); n != 2 { // at start, 130
			t.Errorf("%d reports, want 2", n)
		}
	})
}

func TestAliases(t *testing.T) {
	b := phoneWith(t, "Profile_Rule [--alias b] "+a, "GPP_B /config/sip/server = /flat-profile/Proxy_1_ ; user = /flat-profile/User_ID_1_ ;")
	b.NeedsRestart = func(string) bool { return false }
	b.site.Answer(a, Reply{Status: 200, Body: []byte(`<?xml version="1.0"?><config><sip><server>
  sip.example.com </server><user>101</user><other>x</other></sip><flat-profile><GPP_A>1</GPP_A></flat-profile></config>`)})
	b.run(0)
	for name, want := range map[string]string{"Proxy_1_": "sip.example.com", "User_ID_1_": "101", "GPP_A": "1"} {
		if got := b.Value(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, text := range []string{"", "x", "/a/b", "/a/b = Proxy_1_", "/a//b = /flat-profile/Proxy_1_", strings.Repeat("/a = /flat-profile/GPP_A;", 31)} {
		if list, err := ParseAliases(text); err == nil {
			t.Errorf("alias map %q is %v, want an error", text, list)
		}
	}
	b = phoneWith(t, "Profile_Rule [--alias b] "+a)
	b.run(0)
	b.wantStory("0 fail") // an empty map fails the rule before anything is asked
	for _, damaged := range []string{"", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a><a/>", "text<a/>"} {
		if values, err := (Aliases{{Path: []string{"a"}, Element: "GPP_A"}}).Read([]byte(damaged)); err == nil {
			t.Errorf("%q is read as %v, want an error", damaged, values)
		}
	}
}

// Ten thousand wrong keys change nothing.
func TestWrongKeys(t *testing.T) {
	body := gen.EncryptKey([]byte("<flat-profile><GPP_A>1</GPP_A></flat-profile>"), "the right key", [8]byte{1, 2, 3}, gen.SHA256)
	b := phoneWith(t, "Provision_Enable Yes")
	b.Log = nil
	b.site.Answer(a, Reply{Status: 200, Body: body})
	b.run(0)
	before := b.Changed()
	for i := range 10_000 {
		b.Resync(b.at(1+i), Trigger{Cause: WebURL, Rule: fmt.Sprintf("[--key wrong%d] %s", i, a)})
		b.Tick(context.Background(), b.at(1+i))
	}
	if diff := cmp.Diff(before, b.Changed()); diff != "" || len(b.requests) < 10_000 {
		t.Errorf("%d requests; wrong keys changed (-before +after):\n%s", len(b.requests), diff)
	}
	b.Resync(b.at(20_000), Trigger{Cause: WebURL, Rule: `[--key "the right key"] ` + a})
	b.Tick(context.Background(), b.at(20_000))
	if got := b.Value("GPP_A"); got != "1" {
		t.Errorf("with the right key GPP_A = %q, want 1", got)
	}
}

// No event tells a secret, whichever way it comes in.
func TestSecretsStayInside(t *testing.T) {
	canaries := []string{"canary-key", "canary-pwd", "canary-sa", "canary-password", "canary-old", "canary-once", "canary-web", "canary-admin"}
	b := phoneWith(t,
		"GPP_SA canary-sa", "Password_1_ canary-old",
		`Profile_Rule [--key $SA --uid user --pwd canary-pwd] `+a,
		`Profile_Rule_B (GPP_SB = "canary-key")! [--key "canary-key"] http://10.0.0.1/b.xml`,
		`Profile_Rule_C [--pwd canary-pwd http://10.0.0.1/c.xml`, // cannot be read
		"Resync_Error_Retry_Delay 60")
	b.site.Login(a, "user", "canary-pwd")
	b.site.Answer(a, Reply{Status: 200, Body: gen.EncryptKey([]byte(`<flat-profile><Password_1_>canary-password</Password_1_><GPP_SC>canary-key</GPP_SC></flat-profile>`), "canary-sa", [8]byte{}, gen.MD5)})
	b.site.Answer("http://10.0.0.1/b.xml", Reply{Status: 302, Location: "http://u:canary-key@10.0.0.1/x"})
	b.run(200,
		Input{b.at(10), func(p *Phone, now time.Time) {
			p.Web(now, "/admin/resync?[--uid+u+--pwd+canary-once]+"+a+"&xuser=admin&xpassword=canary-admin", "10.0.0.9")
		}},
		Input{b.at(20), func(p *Phone, now time.Time) { p.Set(now, "GPP_SD", "canary-web") }},
		Input{b.at(30), func(p *Phone, now time.Time) {
			p.Resync(now, Trigger{Cause: Keypad, Rule: `[--key canary-once`})
		}},
		Input{b.at(40), func(p *Phone, now time.Time) {
			p.Resync(now, Trigger{Cause: Keypad, Rule: "http://10.0.0.1/x?pw=canary-password"})
		}})
	if b.Value("Password_1_") != "canary-password" || b.Value("GPP_SB") != "canary-key" {
		t.Fatalf("the secrets did not come in:\n%s", b.trace())
	}
	for _, e := range b.events {
		line, object := string(e.AppendLine(nil)), string(e.AppendJSON(nil))
		for _, canary := range canaries {
			if strings.Contains(line+object, canary) {
				t.Errorf("%q is told: %s%s", canary, line, object)
			}
		}
	}
}

func TestEventsAsJSON(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Profile_Rule_B http://10.0.0.1/\"b\".xml", "Syslog_Server 10.0.0.7")
	b.serve(a, "<GPP_A>line\u2028end \"quoted\" \\ \u00e4</GPP_A>")
	b.run(0)
	kinds := map[string]bool{}
	for _, e := range b.events {
		var object map[string]any
		if err := json.Unmarshal(e.AppendJSON(nil), &object); err != nil {
			t.Fatalf("%v in %s", err, e.AppendJSON(nil))
		}
		kinds[object["event"].(string)] = true
		if at, err := time.Parse(time.RFC3339, object["time"].(string)); err != nil || !at.Equal(e.Time) {
			t.Errorf("time %v, want %v", object["time"], e.Time)
		}
		if e.Kind == Applied && e.URL == a {
			change := object["changes"].([]any)[0].(map[string]any)
			if want := "line\u2028end \"quoted\" \\ \u00e4"; change["new"] != want {
				t.Errorf("new value %q, want %q", change["new"], want)
			}
		}
		if e.Kind == MessageSent && !slices.Contains(e.Hosts, "10.0.0.7") {
			t.Errorf("message to %v, want 10.0.0.7", e.Hosts)
		}
	}
	for _, kind := range []string{"power-on", "clock", "due", "begin", "rule", "get", "reply", "applied", "message", "fail"} {
		if !kinds[kind] {
			t.Errorf("no event %q", kind)
		}
	}
}

func TestNotifyNeedsLogin(t *testing.T) {
	b := phoneWith(t, "Auth_Resync-Reboot_2_ No")
	if !b.NotifyNeedsLogin(1) || b.NotifyNeedsLogin(2) {
		t.Errorf("line 1 is challenged: %v, line 2: %v; want true, false", b.NotifyNeedsLogin(1), b.NotifyNeedsLogin(2))
	}
}

func TestSyslog(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 5, 9, 0, time.UTC)
	for _, c := range []struct{ identifier, message, want string }{
		{"", "hello", "<134>Mar  2 08:05:09 hello"},
		{"000e08012345", "hello", "<134>Mar  2 08:05:09 000e08012345 hello"},
		{"", "two\r\nlines", "<134>Mar  2 08:05:09 two  lines"},
	} {
		if got := Syslog(at, c.identifier, c.message); got != c.want {
			t.Errorf("syslog %q, want %q", got, c.want)
		}
	}
}

func TestSaveAndRestore(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Resync_On_Reset No")
	b.serve(a, `<GPP_A ua="rw">1</GPP_A>`)
	b.run(10, Input{b.at(5), func(p *Phone, now time.Time) { p.Notify(now, "resync") }})
	text, err := json.Marshal(b.Save())
	if err != nil {
		t.Fatal(err)
	}
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	again := phoneWith(t)
	again.serve(a, "")
	if unknown := again.Restore(s); unknown != 0 {
		t.Errorf("%d values are unknown", unknown)
	}
	if diff := cmp.Diff(b.Changed(), again.Changed()); diff != "" {
		t.Errorf("restored (-saved +restored):\n%s", diff)
	}
	again.run(3600)
	again.wantStory("3600 get "+a, "3600 ok") // it remembers that it has resynced before
}

func TestSetClock(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Resync_At__HHmm_ 1800", "Resync_On_Reset No")
	b.serve(a, "")
	b.run(7200, Input{b.at(100), func(p *Phone, now time.Time) {
		p.SetClock(now, time.Date(2026, 3, 5, 17, 0, 0, 0, time.UTC))
	}})
	b.wantStory("3700 get "+a, "3700 ok")
	if got := b.Status().Clock.Format("15:04"); got != "18:00" {
		t.Errorf("the phone's clock shows %s, want 18:00", got)
	}
}

// A slow server lets virtual time pass.
func TestSlowServer(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Profile_Rule_B http://10.0.0.1/b.xml")
	b.serve(a, "")
	b.serve("http://10.0.0.1/b.xml", "")
	b.site.Slow(a, 20*time.Second)
	b.run(4000)
	b.wantStory("0 get "+a, "20 get http://10.0.0.1/b.xml", "20 ok", "3620 get "+a, "3640 get http://10.0.0.1/b.xml", "3640 ok")
}

// Every quirk is set, printed and read back; no two have one name.
func TestQuirkTexts(t *testing.T) {
	names := map[string]bool{}
	for _, k := range QuirkList() {
		if names[k.Name] || k.Meaning == "" || k.Mark == "" {
			t.Errorf("quirk %q: a second of the name, or no meaning and mark", k.Name)
		}
		names[k.Name] = true
		values := k.Values
		if values == nil {
			values = []string{itoa(k.Default), "0", "7"}
		}
		for i, value := range values {
			var q Quirks
			if err := q.Set(k.Name + "=" + value); err != nil {
				t.Errorf("%s=%s: %v", k.Name, value, err)
			}
			if got, isDefault := k.Value(&q); got != value || isDefault != (i == 0) {
				t.Errorf("%s=%s is read as %s (default: %v)", k.Name, value, got, isDefault)
			}
			if (q == Quirks{}) != (i == 0) {
				t.Errorf("%s=%s: the default is not the zero value", k.Name, value)
			}
			var again Quirks
			for _, word := range strings.Fields(q.String()) {
				if err := again.Set(word); err != nil {
					t.Error(err)
				}
			}
			if again != q {
				t.Errorf("%s=%s prints as %q, which reads as something else", k.Name, value, q.String())
			}
		}
	}
	for _, bad := range []string{"", "boot-unit", "boot-unit=", "no-such=1", "redirects=-1", "redirects=many"} {
		if err := new(Quirks).Set(bad); err == nil {
			t.Errorf("quirk %q: no error", bad)
		}
	}
}

func TestRestrictedDomains(t *testing.T) {
	b := phoneWith(t, "Restricted_Access_Domains example.com, .example.net 10.0.0.5", "Resync_Error_Retry_Delay 0", "Resync_Fails_On_FNF No")
	for _, c := range []struct {
		host    string
		allowed bool
	}{
		{"example.com", true}, {"prov.Example.com", true}, {"example.net", true}, {"a.b.example.net", true}, {"10.0.0.5", true},
		{"notexample.com", false}, {"example.com.evil.org", false}, {"10.0.0.55", false},
	} {
		b.requests = nil
		b.run(0)
		b.Resync(b.at(0), Trigger{Cause: WebURL, Rule: "http://" + c.host + "/a.xml"})
		b.requests = nil
		b.Tick(context.Background(), b.at(0))
		if asked := len(b.requests) > 0; asked != c.allowed {
			t.Errorf("%s is asked: %v, want %v", c.host, asked, c.allowed)
		}
	}
}

// SERVIP is the address as the resolver gives it, then as the server answered.
func TestServerAddress(t *testing.T) {
	b := phoneWith(t, "Profile_Rule http://prov.example.com/a.xml", "Log_Request_Msg $SERVIP", "Log_Success_Msg $SERVIP")
	b.Resolve = func(host string) string { return map[string]string{"prov.example.com": "192.0.2.1"}[host] }
	b.site.Answer("http://prov.example.com/a.xml", Reply{Status: 200, Body: []byte(emptyProfile), Address: "192.0.2.2"})
	b.run(0)
	var got []string
	for _, e := range b.events {
		if e.Kind == MessageSent {
			got = append(got, e.Text)
		}
	}
	if diff := cmp.Diff([]string{"192.0.2.1", "192.0.2.2"}, got); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func TestStatus(t *testing.T) {
	b := phoneWith(t, "Profile_Rule "+a, "Resync_Trigger_1 1 eq 2")
	b.run(100, Input{b.at(50), func(p *Phone, now time.Time) { p.Notify(now, "resync") }},
		Input{b.at(60), (*Phone).UserReboot})
	s := b.Status()
	if !s.On || s.Waiting != "boot" || s.Held != "held by the triggers" || s.Failures != 1 || s.Err != errNotFound || len(s.Results) != 1 || len(s.Restarts) != 1 {
		t.Errorf("status %+v", s)
	}
	text, err := b.StatusXML()
	if err != nil || !strings.Contains(string(text), "file not found") || !strings.Contains(string(text), "User Triggered") {
		t.Errorf("status.xml %s (%v)", text, err)
	}
	if c := b.Config(); c.Text("Profile_Rule") != a || c.Text("Resync_Trigger_1") != "1 eq 2" {
		t.Error("the configuration lacks the phone's own values")
	}
	if v, ok := b.Config().Get("GPP_SA"); ok {
		t.Errorf("the configuration shows a secret parameter: %v", v)
	}
}
