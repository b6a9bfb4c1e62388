package schema

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
)

// profileOf makes a profile of name, text, name, text …
func profileOf(pairs ...string) *Profile {
	p := &Profile{}
	for i := 0; i < len(pairs); i += 2 {
		p.Set(Value{Name: pairs[i], Text: pairs[i+1]})
	}
	return p
}

// found lists problems as "severity id element".
func found(problems Problems) []string {
	var list []string
	for _, p := range problems {
		list = append(list, severityName(p.Severity)+" "+p.ID+" "+p.Element)
	}
	slices.Sort(list)
	return list
}

func severityName(s rule.Severity) string { return [...]string{"note", "warning", "error"}[s] }

func TestEveryDefaultPasses(t *testing.T) {
	for e := range Default().Entries() {
		for _, g := range []Generation{Firmware104, Firmware11, Firmware12} {
			text, known := e.DefaultValue(g)
			if p := e.Check(text); known && p != nil && !(g == Firmware104 && p.Severity == rule.Note) {
				t.Errorf("%s: the default %q of firmware %v fails: %s", e.Name, text, g, p.Summary)
			}
		}
		if p := e.Check(""); p != nil {
			t.Errorf("%s: the empty value fails: %s", e.Name, p.Summary)
		}
		for _, v := range e.Values {
			if p := e.Check(v); p != nil {
				t.Errorf("%s: the allowed value %q fails: %s", e.Name, v, p.Summary)
			}
		}
	}
}

func TestFactoryPhoneHasNoProblems(t *testing.T) {
	for _, g := range []Generation{Firmware104, Firmware11, Firmware12} {
		p := &Profile{}
		for e := range Default().Entries() {
			if text, known := e.DefaultValue(g); known && e.aliasOf == "" {
				p.Set(Value{Name: e.Name, Text: text})
			}
		}
		for _, m := range Models() {
			for _, problem := range Default().Check(p, View{Phone: rule.Sample(m.Product), Generation: g, Transport: "tftp"}) {
				t.Errorf("factory %s, firmware %v: %s: %s (%s)", m.Name(), g, problem.Element, problem.Summary, problem.ID)
			}
		}
	}
}

// The dump of a factory phone: nothing in it is an error or a warning.
func TestFactorySample(t *testing.T) {
	p := readSample(t)
	for _, problem := range Default().Check(p, View{Phone: rule.Sample("CP-8861-3PCC")}) {
		if problem.Severity > rule.Note {
			t.Errorf("%s: %s (%s)", problem.Element, problem.Summary, problem.ID)
		}
	}
}

// readSample reads 8861-factory-cfg.xml from testdata or the folder that
// PROFILEGEN_SAMPLES names. Its form is one element a line.
func readSample(t *testing.T) *Profile {
	const name = "8861-factory-cfg.xml"
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if folder := os.Getenv("PROFILEGEN_SAMPLES"); err != nil && folder != "" {
		data, err = os.ReadFile(filepath.Join(folder, name))
	}
	if err != nil {
		t.Skipf("no %s: set PROFILEGEN_SAMPLES to the folder that has it", name)
	}
	p := &Profile{}
	unescape := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "<"), " ua=")
		if !ok || !strings.HasPrefix(line, "<") || strings.HasPrefix(line, "<!") {
			continue
		}
		_, text, _ := strings.Cut(rest, ">")
		text, _, _ = strings.Cut(text, "</")
		p.Set(Value{Name: name, Text: strings.TrimSpace(unescape.Replace(text)), UA: rest[1:3]})
	}
	if p.Len() < 1400 {
		t.Fatalf("%d values in the sample, want more than 1400", p.Len())
	}
	return p
}

// The values of the article that this project starts from.
func TestArticle(t *testing.T) {
	data, err := os.ReadFile("testdata/article/profile.json")
	if err != nil {
		t.Fatal(err)
	}
	p, problems, err := ReadProfile("profile.json", data)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	problems = Default().Check(p, View{})
	want := []string{
		"error trigger-never-true Resync_Trigger_1",
		"error url-in-condition Resync_Trigger_1",
		"note message-leftover Log_Failure_Msg",
		"note message-leftover Log_Request_Msg",
		"note message-leftover Log_Success_Msg",
		"note random-delay-unit Resync_Random_Delay",
		"note resync-at-window Resync_At__HHmm_",
		"warning double-colon Log_Request_Msg",
		"warning phone-is-server Profile_Rule",
		"warning phone-is-server Resync_Trigger_1",
		"warning resync-at-hides-periodic Resync_Periodic",
		"warning same-file-for-all Profile_Rule",
	}
	if diff := cmp.Diff(want, found(problems)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	for _, problem := range problems {
		if problem.Hint == "" || problem.Source == "" || problem.Origin.Row == 0 {
			t.Errorf("%s of %s: hint %q, source %q, row %d", problem.ID, problem.Element, problem.Hint, problem.Source, problem.Origin.Row)
		}
	}
}

func TestChecksAcrossValues(t *testing.T) {
	view := View{}
	phone := rule.Sample("CP-8861-3PCC")
	seen := make(map[string]bool)
	for _, tt := range []struct {
		what  string
		view  View
		pairs []string
		want  []string
	}{
		{"nothing", view, nil, nil},
		{"a good bootstrap", view, []string{"Profile_Rule", "http://192.0.2.1/$MA.xml", "Resync_Periodic", "86400+600"}, nil},
		{"a rule for a model", view, []string{"Profile_Rule", "tftp://192.0.2.1/$PSN.xml"}, nil},
		{"a good trigger", view, []string{"Resync_Trigger_1", "$UPGTMR gt 300 and $PRVTMR ge 600"}, nil},

		{"provisioning off", view, []string{"Provision_Enable", "No"}, []string{"warning provision-off Provision_Enable"}},
		{"time and period", view, []string{"Resync_At__HHmm_", "0300", "Resync_Periodic", "7200"},
			[]string{"note resync-at-window Resync_At__HHmm_", "warning resync-at-hides-periodic Resync_Periodic"}},
		{"a bad time hides nothing", view, []string{"Resync_At__HHmm_", "3pm", "Resync_Periodic", "7200"},
			[]string{"error not-a-time Resync_At__HHmm_"}},
		{"period off besides a time", view, []string{"Resync_At__HHmm_", "0300", "Resync_Periodic", "0"},
			[]string{"note resync-at-window Resync_At__HHmm_"}},
		{"spread below 600", view, []string{"Resync_At_Random_Delay", "60"}, []string{"warning doubtful-range Resync_At_Random_Delay"}},
		{"random delay", view, []string{"Resync_Random_Delay", "3"}, []string{"note random-delay-unit Resync_Random_Delay"}},
		{"random delay in seconds", view, []string{"Resync_Random_Delay", "600"}, []string{"warning random-delay-unit Resync_Random_Delay"}},
		{"retry off", view, []string{"Resync_Error_Retry_Delay", "0"}, []string{"warning error-retry-off Resync_Error_Retry_Delay"}},
		{"retry slow", view, []string{"Resync_Error_Retry_Delay", "7200"}, []string{"note error-retry-slow Resync_Error_Retry_Delay"}},
		{"retry list", View{Generation: Firmware12}, []string{"Resync_Error_Retry_Delay", "60,120,86400"}, nil},
		{"very often", view, []string{"Resync_Periodic", "5"}, []string{"warning resync-often Resync_Periodic"}},
		{"never", view, []string{"Resync_Periodic", "0", "Resync_On_Reset", "No"}, []string{"warning resync-never Resync_On_Reset"}},
		{"no waiting", view, []string{"Forced_Resync_Delay", "0"}, []string{"note forced-delay-zero Forced_Resync_Delay"}},
		{"missing files", view, []string{"Resync_Fails_On_FNF", "No"}, []string{"note missing-file-hidden Resync_Fails_On_FNF"}},

		{"one trigger is false, one changes", view, []string{"Resync_Trigger_1", "1 eq 2", "Resync_Trigger_2", "$PRVTMR ge 600"}, []string{"error never-true Resync_Trigger_1"}},
		{"a constant trigger", view, []string{"Resync_Trigger_1", "1 eq 2"}, []string{"error never-true Resync_Trigger_1", "error trigger-never-true Resync_Trigger_1"}},
		{"a trigger from a register", view, []string{"GPP_A", "$PRVTMR ge 600", "Resync_Trigger_1", "1 eq $B"}, []string{"error missing-right Resync_Trigger_1"}},
		{"a trigger for another model", View{Phone: phone}, []string{"Resync_Trigger_1", `"$PN" eq "CP-7811-3PCC"`},
			[]string{"error trigger-never-true Resync_Trigger_1"}},
		{"the same for no certain model", view, []string{"Resync_Trigger_1", `"$PN" eq "CP-7811-3PCC"`}, nil},

		{"one file for all", view, []string{"Profile_Rule", "http://192.0.2.1/phone.xml"}, []string{"warning same-file-for-all Profile_Rule"}},
		{"one file, then an own one", view, []string{"Profile_Rule", "http://192.0.2.1/phone.xml", "Profile_Rule_B", "http://192.0.2.1/$MA.xml"}, nil},
		{"the phone's own name", View{Phone: phone}, []string{"Profile_Rule", "http://192.0.2.1/000E08012345.xml"}, nil},
		{"activation code", view, []string{"Profile_Rule", "gds://"}, []string{"note gds Profile_Rule"}},
		{"a comment", view, []string{"Profile_Rule", "# later"}, []string{"note commented-out Profile_Rule"}},
		{"repeated", view, []string{"Profile_Rule", "/$MA.xml", "Profile_Rule_C", "/$MA.xml"}, []string{"warning repeated-rule Profile_Rule_C"}},
		{"phone and server", view, []string{"Connection_Type", "Static IP", "Static_IP", "192.0.2.9", "NetMask", "255.255.255.0", "Gateway", "192.0.2.1", "Profile_Rule", "http://192.0.2.9/$MA.xml"},
			[]string{"warning phone-is-server Profile_Rule"}},
		{"phone and server, seen by the phone", View{Phone: phone}, []string{"Profile_Rule", "http://192.168.1.100/$MA.xml"},
			[]string{"warning phone-is-server Profile_Rule"}},
		{"http with 443", view, []string{"Profile_Rule", "http://192.0.2.1:443/$MA.xml"}, []string{"warning port-of-other-scheme Profile_Rule"}},
		{"https with 80", view, []string{"Profile_Rule", "https://192.0.2.1:80/$MA.xml"}, []string{"warning port-of-other-scheme Profile_Rule"}},
		{"http with 8080", view, []string{"Profile_Rule", "http://192.0.2.1:8080/$MA.xml"}, nil},
		{"web page", view, []string{"Enable_Protocol", "Https"}, []string{"warning web-port-of-other-scheme Enable_Protocol"}},
		{"web page of firmware 12", View{Generation: Firmware12}, []string{"Enable_Protocol", "Https"}, nil},

		{"key", view, []string{"Profile_Rule", "[--key 0123456789abcdef] http://192.0.2.1/$MA.cfg"}, []string{"note key-in-rule Profile_Rule"}},
		{"key over tftp", View{Transport: "tftp"}, []string{"Profile_Rule", "[--key 0123456789abcdef] http://192.0.2.1/$MA.cfg"}, []string{"note key-in-rule Profile_Rule", "warning key-in-clear Profile_Rule"}},
		{"key of a secret", View{Transport: "tftp"}, []string{"Profile_Rule", "[--key $SA] http://192.0.2.1/$MA.cfg"}, nil},
		{"password over tftp", View{Transport: "tftp"}, []string{"Password_1_", "Secret1!"}, []string{"warning secret-in-clear Password_1_"}},
		{"password over https", View{Transport: "https"}, []string{"Password_1_", "Secret1!"}, nil},
		{"short password", View{Generation: Firmware12}, []string{"Admin_Password", "Ab1!"}, []string{"warning weak-password Admin_Password"}},
		{"plain password", view, []string{"Admin_Password", "abcdefgh"}, []string{"warning weak-password Admin_Password"}},
		{"good password", View{Generation: Firmware12}, []string{"Admin_Password", "Abcdef12"}, nil},

		{"misprint", view, []string{"Log_Request_Msg", "$PN $MAC -- Requesting resync $SCHEME:://$SERVIP:$PORT$PATH"},
			[]string{"warning double-colon Log_Request_Msg"}},
		{"stray percent", view, []string{"Log_Request_Msg", "$PN $MAC -- Requesting % $SCHEME://$SERVIP"},
			[]string{"warning message-leftover Log_Request_Msg"}},
		{"word of 10.4", view, []string{"Log_Failure_Msg", "$PN $MAC %s failed: $ERR"}, []string{"note message-leftover Log_Failure_Msg"}},
		{"word of 10.4 there", View{Generation: Firmware104}, []string{"Log_Failure_Msg", "$PN $MAC %s failed: $ERR"}, nil},

		{"admin pages", view, []string{"Enable_Web_Admin_Access", "No"}, []string{"note web-admin-off Enable_Web_Admin_Access"}},
		{"static without address", view, []string{"Connection_Type", "Static IP"}, []string{"warning static-ip-incomplete Connection_Type"}},
		{"address without static", view, []string{"Static_IP", "192.0.2.9"}, []string{"note static-ip-unused Static_IP"}},
		{"ports crossed", view, []string{"RTP_Port_Min", "17000"}, []string{"warning port-range RTP_Port_Min"}},
		{"few ports", view, []string{"RTP_Port_Max", "16386"}, []string{"warning port-range RTP_Port_Max"}},
		{"vlan", view, []string{"VLAN_ID", "20"}, []string{"note vlan-off VLAN_ID"}},
		{"vlan on", view, []string{"VLAN_ID", "20", "Enable_VLAN", "Yes"}, nil},
		{"vlan option", view, []string{"DHCP_VLAN_Option", "150"}, []string{"error vlan-option DHCP_VLAN_Option"}},
		{"reports", view, []string{"Report_To_Server", "Periodically"}, []string{"warning report-without-rule Report_To_Server"}},
		{"upgrade", view, []string{"Upgrade_Enable", "No", "Upgrade_Rule", "http://192.0.2.1/sip88xx.11-3-2MPP0001-609.loads"},
			[]string{"note upgrade-off Upgrade_Rule"}},

		{"a macro that is none", view, []string{"Profile_Rule", "http://192.0.2.1/$MAconfig.xml"},
			[]string{"warning same-file-for-all Profile_Rule", "warning unknown-macro Profile_Rule"}},
		{"an alternative that is never reached", view, []string{"Profile_Rule", "http://192.0.2.1/$MA.xml | http://192.0.2.2/$MA.xml"},
			[]string{"warning unreachable-alternative Profile_Rule"}},
		{"a delay list that is none", view, []string{"Resync_Periodic", "2h"}, []string{"error delay-form Resync_Periodic"}},
		{"a login over tftp", view, []string{"Profile_Rule", "[--uid a --pwd b] http://192.0.2.1/$MA.xml"}, []string{"note password-in-rule Profile_Rule", "warning password-in-clear Profile_Rule"}},

		{"words in common", view, []string{"NTP_Server", "192.0.2.1"}, []string{"warning unknown-element NTP_Server"}},
		{"unknown", view, []string{"Frobnicate_The_Xyzzy", "1"}, []string{"warning unknown-element Frobnicate_The_Xyzzy"}},
		{"near miss", view, []string{"Resync_Perodic", "3600"}, []string{"error unknown-element Resync_Perodic"}},
		{"a number too high", view, []string{"Proxy_17_", "x"}, []string{"error number-out-of-range Proxy_17_"}},
		{"a unit too many", view, []string{"Unit_4_Key_1_", "x"}, []string{"error number-out-of-range Unit_4_Key_1_"}},
		{"case", view, []string{"resync_periodic", "3600"}, []string{"error element-case resync_periodic"}},
		{"guide spelling", view, []string{"Cfwd_No_Answer_Dest", "100"}, []string{"warning guide-spelling Cfwd_No_Answer_Dest"}},
		{"other product", view, []string{"Log_Resync_Request_Msg", "x"}, []string{"error unknown-element Log_Resync_Request_Msg"}},
		{"too many lines", View{Phone: rule.Sample("CP-7821-3PCC")}, []string{"User_ID_3_", "1003"}, []string{"warning not-on-model User_ID_3_"}},
		{"enough lines", View{Phone: rule.Sample("CP-7821-3PCC")}, []string{"User_ID_2_", "1002"}, nil},
		{"a line of newer firmware", View{Phone: phone}, []string{"User_ID_11_", "1011"}, []string{"note newer-line User_ID_11_"}},
		{"the same in 10.4", View{Phone: phone, Generation: Firmware104}, []string{"User_ID_11_", "1011"}, []string{"warning newer-line User_ID_11_"}},
		{"an eleventh key", View{Phone: phone}, []string{"Extended_Function_11_", "fnc=sd;ext=1"}, []string{"warning not-on-model Extended_Function_11_"}},
		{"a key that is none", View{Phone: rule.Sample("CP-7811-3PCC")}, []string{"Extended_Function_1_", "fnc=sd;ext=100;nme=A"}, []string{"warning not-on-model Extended_Function_1_"}},
		{"other series", View{Phone: rule.Sample("CP-7841-3PCC")}, []string{"Bandwidth_Allowance", "1 Mbps"}, []string{"warning not-on-model Bandwidth_Allowance"}},
		{"no module", View{Phone: rule.Sample("CP-8841-3PCC")}, []string{"Unit_1_Key_1_", "fnc=sd;ext=100;nme=A"}, []string{"warning not-on-model Unit_1_Key_1_"}},
		{"newer", view, []string{"Office_Hours_Enabled", "True"}, []string{"note newer-element Office_Hours_Enabled"}},
		{"removed", view, []string{"ssid_1_", "office"}, []string{"note removed-element ssid_1_"}},
		{"blank", view, []string{"Station_Name", "Reception "}, []string{"error outer-blanks Station_Name"}},
		{"line end", view, []string{"GPP_A", "a\nb"}, []string{"error line-end GPP_A"}},
		{"control character", view, []string{"GPP_A", "a\x00b"}, []string{"error control-character GPP_A"}},
		{"not ASCII", view, []string{"Display_Name_1_", "Zoë"}, []string{"warning non-ascii Display_Name_1_"}},
	} {
		p := profileOf(tt.pairs...)
		problems := Default().Check(p, tt.view)
		if diff := cmp.Diff(tt.want, found(problems)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
		for _, problem := range problems {
			seen[problem.ID] = true
			if problem.Summary == "" || problem.Source == "" || problem.Hint == "" && !ofRule(problem) {
				t.Errorf("%s: summary %q, hint %q, source %q", tt.what, problem.Summary, problem.Hint, problem.Source)
			}
			if strings.HasSuffix(problem.Summary, ".") {
				t.Errorf("%s: full stop at the end of %q", tt.what, problem.Summary)
			}
			if problem.Fix != nil {
				q := p.Clone()
				problem.Fix.Apply(q)
				after := Default().Check(q, tt.view)
				if slices.ContainsFunc(after, func(a Problem) bool {
					return a.ID == problem.ID && a.Element == problem.Element && a.Severity == problem.Severity && a.Offset == problem.Offset
				}) {
					t.Errorf("%s: %q does not mend %s", tt.what, problem.Fix.Title, problem.ID)
				}
			}
		}
		// A device that brings the values itself gets the same problems.
		device := Default().NewChecker(&Profile{}, tt.view).CheckDevice(p.Values(), tt.view.Phone)
		if diff := cmp.Diff(found(problems), found(device)); diff != "" {
			t.Errorf("%s, as a device's own values (-profile +device):\n%s", tt.what, diff)
		}
	}
	for _, c := range Checks() {
		if !seen[c.ID] {
			t.Errorf("no case above finds %s", c.ID)
		}
	}
}

// ofRule tells whether package rule found a problem; it gives no hint where the
// summary says all.
func ofRule(problem Problem) bool {
	e, ok := Default().Lookup(problem.Element)
	_, isRule := e.Place()
	return ok && isRule && !slices.ContainsFunc(Checks(), func(c CheckInfo) bool { return c.ID == problem.ID })
}

func TestEveryCheckIsDescribed(t *testing.T) {
	ids := make(map[string]bool)
	for _, c := range Checks() {
		if c.Doc == "" || ids[c.ID] {
			t.Errorf("%s: no description, or twice", c.ID)
		}
		ids[c.ID] = true
	}
	for _, c := range checks {
		for _, name := range c.reads {
			if _, ok := Default().Lookup(name); !ok {
				t.Errorf("%s reads %s, which is no element", c.id, name)
			}
		}
	}
	if len(checks) > 64 {
		t.Errorf("%d checks, more than the bits of a mask", len(checks))
	}
}

func TestSecretsAreNotTold(t *testing.T) {
	const secret = "hunter2"
	for e := range Default().Entries() {
		if !e.Secret() {
			continue
		}
		for _, text := range []string{secret, " " + secret, secret + "\n", secret + "é", strings.Repeat(secret, 100), "”" + secret} {
			p := profileOf(e.Name, text)
			for _, problem := range Default().Check(p, View{Transport: "tftp", Generation: Firmware12}) {
				notTold(t, problem, secret)
			}
		}
	}
	for _, p := range []*Profile{
		profileOf("Password_1", secret),
		profileOf("PASSWORD_1_", secret),
		profileOf("Profile_Rule", " [--key "+secret+"] http://192.0.2.1:443/a.cfg", "Profile_Rule_B", " [--key "+secret+"] http://192.0.2.1:443/a.cfg"),
		profileOf("Profile_Rule", "[--uid a --pwd "+secret+"] http://192.0.2.1/$ma.cfg"),
	} {
		problems := Default().Check(p, View{Transport: "tftp"})
		if len(problems) == 0 {
			t.Errorf("nothing is found in %+v", p.Values())
		}
		for _, problem := range problems {
			notTold(t, problem, secret)
		}
	}
}

// notTold fails when a problem shows a secret, as text or as data.
func notTold(t *testing.T, problem Problem, secret string) {
	t.Helper()
	told, err := json.Marshal(problem)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(told), secret) {
		t.Errorf("%s: %s", problem.Element, told)
	}
}

func TestProblemAsJSON(t *testing.T) {
	problems := Default().Check(profileOf("Provision_Enable", "No"), View{})
	got, err := json.Marshal(problems[0].Fix)
	if want := `{"title":"set Provision_Enable to Yes","set":[{"name":"Provision_Enable","value":"Yes"}]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

func TestCheckDevice(t *testing.T) {
	base := profileOf("Profile_Rule", "http://192.0.2.1/$MA.xml", "Resync_Periodic", "7200", "Resync_Random_Delay", "5")
	phone := rule.Sample("CP-8861-3PCC")
	k := Default().NewChecker(base, View{Phone: phone})
	if got := found(k.Problems()); !slices.Equal(got, []string{"note random-delay-unit Resync_Random_Delay"}) {
		t.Errorf("base: %q", got)
	}
	for _, tt := range []struct {
		what  string
		ip    string
		pairs []string
		want  []string
	}{
		{"nothing own", "192.0.2.7", nil, nil},
		{"an account", "192.0.2.7", []string{"User_ID_1_", "1001", "Password_1_", "x"}, nil},
		{"against the base", "192.0.2.7", []string{"Resync_At__HHmm_", "0300"},
			[]string{"note resync-at-window Resync_At__HHmm_", "warning resync-at-hides-periodic Resync_Periodic"}},
		{"the server's address", "192.0.2.1", nil, []string{"warning phone-is-server Profile_Rule"}},
		{"a bad value", "192.0.2.7", []string{"SIP_Port_1_", "70000"}, []string{"error out-of-range SIP_Port_1_"}},
	} {
		p := *phone
		p.IP = tt.ip
		if diff := cmp.Diff(tt.want, found(k.CheckDevice(profileOf(tt.pairs...).Values(), &p))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

func TestCheckDeviceByManyAtOnce(t *testing.T) {
	k := Default().NewChecker(profileOf("Profile_Rule", "http://192.0.2.1/$MA.xml", "Resync_Periodic", "60"), View{})
	bad := profileOf("Proxy_1_", "sip example", "Resync_At__HHmm_", "0300").Values()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if got := len(k.CheckDevice(bad, nil)); got != 3 {
					t.Errorf("%d problems, want 3", got)
				}
				if got := k.CheckDevice(deviceValues(), nil); got != nil {
					t.Errorf("problems %q, want none", found(got))
				}
			}
		})
	}
	group.Wait()
}

// deviceValues are the values that a row of a table typically brings.
func deviceValues() []Value {
	return profileOf(
		"Display_Name_1_", "Reception", "User_ID_1_", "1001", "Password_1_", "fV8-kq2Lm9", "Auth_ID_1_", "1001",
		"Proxy_1_", "sip.example.com", "Outbound_Proxy_1_", "sbc.example.com:5060", "SIP_Port_1_", "5060", "Register_Expires_1_", "3600",
		"Display_Name_2_", "Reception", "User_ID_2_", "1002", "Password_2_", "fV8-kq2Lm9", "Auth_ID_2_", "1002",
		"Proxy_2_", "sip.example.com", "Outbound_Proxy_2_", "192.0.2.20", "SIP_Port_2_", "5061", "Register_Expires_2_", "1800",
		"Station_Name", "Reception", "Station_Display_Name", "1001", "Voice_Mail_Number", "*97", "Short_Name_1_", "1001",
		"Short_Name_2_", "1002", "Line_Enable_3_", "No", "Time_Zone", "GMT+01:00", "SIP_Transport_1_", "TLS", "Admin_Password", "Tq7!mmWx2",
	).Values()
}

func TestCheckDeviceDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the memory of a check is not kept under the race detector")
	}
	phone := rule.Sample("CP-8861-3PCC")
	k := Default().NewChecker(profileOf("Profile_Rule", "http://192.0.2.1/$MA.xml"), View{Phone: phone})
	values := deviceValues()
	if problems := k.CheckDevice(values, phone); problems != nil {
		t.Fatalf("problems: %q", found(problems))
	}
	if n := testing.AllocsPerRun(100, func() { k.CheckDevice(values, phone) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkCheckDevice(b *testing.B) {
	phone := rule.Sample("CP-8861-3PCC")
	k := Default().NewChecker(profileOf("Profile_Rule", "http://192.0.2.1/$MA.xml"), View{Phone: phone})
	values := deviceValues()
	b.ReportAllocs()
	for b.Loop() {
		if problems := k.CheckDevice(values, phone); problems != nil {
			b.Fatal(found(problems))
		}
	}
}

func BenchmarkCheckProfile(b *testing.B) {
	p := &Profile{}
	for e := range Default().Entries() {
		if text, known := e.DefaultValue(Firmware11); known && e.aliasOf == "" {
			p.Set(Value{Name: e.Name, Text: text})
		}
	}
	for b.Loop() {
		Default().Check(p, View{})
	}
}
