package resync

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/rule/vectors"
	"profilegen/schema"
)

// emptyProfile is the body of a 200 that carries nothing.
const emptyProfile = "<flat-profile></flat-profile>"

// part draws a fixed part of every random time.
func part(random float64) func(max int) int {
	return func(max int) int { return int(float64(max) * random) }
}

func TestScheduleVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Value  string
			Count  int
			Random float64
		}
		v.Decode(t, &in)
		p := &Phone{Random: part(in.Random), Quirks: Quirks{}}
		list, err := rule.ParseDelays(in.Value)
		want := []int{}
		if v.Expected(t, &want) == "error" {
			if err == nil {
				t.Fatalf("%q was read as %v, want an error", in.Value, list)
			}
			if s := ReadSettings(func(string) string { return in.Value }, &p.Quirks); s.Periodic != nil || len(s.Notes) == 0 {
				t.Errorf("Resync_Periodic = %q counts as %v, want off with a note", in.Value, s.Periodic)
			}
			return
		}
		got := []int{}
		for k := range in.Count {
			d, on := list.At(k)
			if !on {
				break
			}
			got = append(got, int(p.delay(d)/time.Second))
		}
		if diff := gocmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("delays of %q (-want +got), error %v:\n%s", in.Value, err, diff)
		}
	}, "schedule")
}

func TestResyncAtVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			ResyncAt    string `json:"resync_at"`
			RandomDelay string `json:"random_delay"`
		}
		v.Decode(t, &in)
		w, on := ParseWindow(in.ResyncAt, in.RandomDelay, &Quirks{})
		var want [2]int
		if v.Expected(t, &want) == "off" {
			if on {
				t.Errorf("Resync_At %q is on, want off", in.ResyncAt)
			}
			return
		}
		if got := [2]int{w.First, w.First + w.Length}; !on || got != want {
			t.Errorf("window of %q + %q is %v (on: %v), want %v", in.ResyncAt, in.RandomDelay, got, on, want)
		}
	}, "resync-at")
}

func TestClassifyVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Proto string
			Code  int
		}
		v.Decode(t, &in)
		reply := Reply{Status: in.Code}
		if in.Proto == "tftp" {
			reply = Reply{Err: TFTPError(in.Code)}
		}
		if got, want := Classify(&reply, &Quirks{}).String(), v.Expected(t, nil); got != want {
			t.Errorf("%s %d is class %s, want %s", in.Proto, in.Code, got, want)
		}
	}, "classify")
}

// vectorReply is a reply as the vectors write it.
type vectorReply struct {
	Status    int
	TFTPError *int `json:"tftp_error"`
	Connect   string
	Location  string
	Body      string
}

func (r vectorReply) reply() Reply {
	switch {
	case r.Connect != "":
		return Reply{Err: errors.New(r.Connect)}
	case r.TFTPError != nil:
		return Reply{Err: TFTPError(*r.TFTPError)}
	}
	body := r.Body
	if r.Status == 200 && body == "" {
		body = emptyProfile
	}
	return Reply{Status: r.Status, Location: r.Location, Body: []byte(body)}
}

// vectorPhone is a phone of the vectors' context, with their defaults under the
// parameters. A name that is no parameter fails the test.
func vectorPhone(t *testing.T, f vectors.File, params map[string]string) *Phone {
	t.Helper()
	macros := f.Contexts["doc"]
	mac, err := rule.ParseMAC(macros["MA"])
	if err != nil {
		t.Fatal(err)
	}
	p := &Phone{
		Identity: rule.Identity{
			MAC: mac, Product: macros["PN"], Serial: macros["SN"], IP: macros["IP"], ExtIP: macros["EXTIP"],
			Software: macros["SWVER"], Hardware: macros["HWVER"], Cert: macros["CCERT"],
		},
		NeedsRestart: func(string) bool { return false },
	}
	for _, set := range []map[string]string{f.Defaults, {"User_ID_1_": macros["UID1"], "User_ID_2_": macros["UID2"]}, params} {
		for name, value := range set {
			if p.Preset(schema.Value{Name: name, Text: value}) > 0 {
				t.Fatalf("the catalog lacks %s", name)
			}
		}
	}
	return p
}

func TestFNFVectors(t *testing.T) {
	f := vectors.Load(t, "resync.json")
	f.Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			FailsOnFNF string `json:"resync_fails_on_fnf"`
			Reply      vectorReply
		}
		v.Decode(t, &in)
		url := "http://10.0.0.1/a.xml"
		if in.Reply.TFTPError != nil {
			url = "tftp://10.0.0.1/a.xml"
		}
		p := vectorPhone(t, f, map[string]string{"Resync_Fails_On_FNF": in.FailsOnFNF, "Profile_Rule": url, "Resync_Random_Delay": "0"})
		site := new(Site)
		site.Answer(url, in.Reply.reply())
		p.Fetch = site
		got := "no attempt"
		p.Log = func(e Event) {
			switch e.Kind {
			case Succeeded:
				got = "success"
			case Failed:
				got = "fail"
			}
		}
		p.PowerOn(time.Unix(0, 0))
		p.Tick(context.Background(), time.Unix(0, 0))
		if want := v.Expected(t, nil); got != want {
			t.Errorf("the rule is a %s, want %s", got, want)
		}
	}, "fnf")
}

func TestGateVectors(t *testing.T) {
	f := vectors.Load(t, "resync.json")
	causes := map[string]Cause{
		"power-on": Boot, "user-reboot": Boot, "sip-reboot": Boot, "web-reboot": Boot, "reboot-sip": Boot, "reboot-web": Boot,
		"reboot-user": Boot, "reboot-upgrade": AfterUpgrade, "upgraded": AfterUpgrade,
		"periodic": Periodic, "retry": Retry, "at": SetTime, "notify": SIPNotify, "web-url": WebURL,
		"keypad": Keypad, "xml": XMLCommand, "xml-command": XMLCommand,
	}
	f.Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Cause, Line string
			Params, Set map[string]string
		}
		v.Decode(t, &in)
		p := vectorPhone(t, f, in.Params)
		s := p.current()
		got := "blocked"
		if cause, ok := causes[in.Cause]; ok {
			verdict := Gate(s, cause, f.Macros(t, "doc", in.Set), in.Line == "active", 0, &p.Quirks)
			got = map[Verdict]string{Passed: "run", Dropped: "blocked", HeldByRule: "held", HeldByCall: "held"}[verdict]
		} else if in.Cause != "reboot-provisioning" {
			t.Fatalf("cause %q is not known to the test", in.Cause)
		} else if _, resyncs := provisioning.resyncs(s, &p.Quirks); resyncs {
			got = "run"
		}
		if want := v.Expected(t, nil); got != want {
			t.Errorf("a resync for %s is %s, want %s", in.Cause, got, want)
		}
	}, "gate")
}

func TestSequenceVectors(t *testing.T) {
	f := vectors.Load(t, "resync.json")
	f.Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Params      map[string]string
			Answers     map[string][]vectorReply
			Random      float64
			Events      []vectorEvent
			Until       int
			NeedsReboot []string `json:"needs_reboot"`
			DHCP        map[int]string
			Clock       string
		}
		v.Decode(t, &in)
		p := vectorPhone(t, f, in.Params)
		p.Random, p.DHCP = part(in.Random), in.DHCP
		p.NeedsRestart = func(element string) bool { return slices.Contains(in.NeedsReboot, element) }
		site := new(Site)
		for url, list := range in.Answers {
			var replies []Reply
			for _, r := range list {
				replies = append(replies, r.reply())
			}
			site.Answer(url, replies...)
		}
		p.Fetch = site

		start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		if in.Clock != "" {
			clock, err := time.Parse("15:04:05", in.Clock)
			if err != nil {
				t.Fatal(err)
			}
			start = time.Date(2026, 3, 2, clock.Hour(), clock.Minute(), clock.Second(), 0, time.UTC)
		}
		got := [][]any{}
		var trace []byte
		p.Log = func(e Event) {
			trace = e.AppendLine(trace)
			at := int(e.Time.Sub(start) / time.Second)
			switch e.Kind {
			case Requested:
				got = append(got, []any{at, "get", e.URL})
			case Succeeded, Failed:
				got = append(got, []any{at, e.Kind.String()})
			case Restarted:
				got = append(got, []any{at, "reboot", e.Text})
			}
		}
		var inputs []Input
		for _, e := range in.Events {
			inputs = append(inputs, Input{At: start.Add(time.Duration(e.At) * time.Second), Do: e.do(t)})
		}
		if err := Simulate(context.Background(), p, inputs, start.Add(time.Duration(in.Until)*time.Second)); err != nil {
			t.Fatal(err)
		}
		var want [][]any
		v.Expected(t, &want)
		for _, line := range want {
			line[0] = int(line[0].(float64))
		}
		if diff := gocmp.Diff(append([][]any{}, want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s\ntrace:\n%s", v.Note, diff, trace)
		}
	}, "sequence")
}

// vectorEvent is an event of a sequence.
type vectorEvent struct {
	At                      int
	Do, Event, Target, Rule string
	Params                  map[string]string
}

func (e vectorEvent) do(t *testing.T) func(p *Phone, now time.Time) {
	switch e.Do {
	case "power-on":
		return (*Phone).PowerOn
	case "user-reboot":
		return (*Phone).UserReboot
	case "upgraded":
		return func(p *Phone, now time.Time) { p.Upgraded(now, "") }
	case "call-begin", "call-end":
		return func(p *Phone, now time.Time) { p.SetBusy(now, e.Do == "call-begin") }
	case "set":
		return func(p *Phone, now time.Time) {
			for name, value := range e.Params {
				p.Set(now, name, value)
			}
		}
	case "notify":
		return func(p *Phone, now time.Time) { p.Notify(now, e.Event) }
	case "web":
		return func(p *Phone, now time.Time) { p.Web(now, e.Target, "") }
	case "keypad":
		return func(p *Phone, now time.Time) { p.Resync(now, Trigger{Cause: Keypad, Rule: cmp.Or(e.Rule, e.Target)}) }
	}
	t.Fatalf("event %q is not known to the test", e.Do)
	return nil
}

func TestProfileVectors(t *testing.T) {
	type held struct{ Value, UA string }
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Before map[string]held
			Body   string
		}
		v.Decode(t, &in)
		var want struct {
			Result     string
			Values, UA map[string]string
		}
		v.Expected(t, &want)

		p := new(Phone)
		for name, h := range in.Before {
			p.Preset(schema.Value{Name: name, Text: h.Value, UA: h.UA})
		}
		before := p.Changed()
		values, err := readProfile("body", []byte(in.Body))
		if want.Result == "corrupt" {
			if err == nil {
				t.Errorf("%q was read as a profile, want damaged", in.Body)
			}
			if !reflect.DeepEqual(before, p.Changed()) {
				t.Errorf("a damaged profile changed %v to %v", before, p.Changed())
			}
			return
		}
		if err != nil {
			t.Fatalf("%q is damaged: %v", in.Body, err)
		}
		p.Apply(values)
		for name, value := range want.Values {
			if got := p.Value(name); got != value {
				t.Errorf("%s = %q, want %q", name, got, value)
			}
		}
		for name := range in.Before {
			if got := p.Access(name); got != want.UA[name] {
				t.Errorf("ua of %s = %q, want %q", name, got, want.UA[name])
			}
		}
		for name, ua := range want.UA {
			if got := p.Access(name); got != ua {
				t.Errorf("ua of %s = %q, want %q", name, got, ua)
			}
		}
	}, "profile")
}

func TestDecodeVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Body    string `json:"body_base64"`
			Key     *string
			Headers map[string]string
			IKM     string
		}
		v.Decode(t, &in)
		body, err := base64.StdEncoding.DecodeString(in.Body)
		if err != nil {
			t.Fatal(err)
		}
		with := gen.Decoding{ContentEncoding: in.Headers["Content-Encoding"], IKM: in.IKM, Digests: new(Quirks).digests()}
		if in.Key != nil {
			with.Key, with.HasKey = *in.Key, true
		}
		got, err := gen.Decode(body, with)
		expected := v.Expected(t, nil)
		if expected == "error" {
			if err == nil {
				t.Errorf("decoded to %q, want an error", got)
			}
			return
		}
		want, _ := base64.StdEncoding.DecodeString(expected)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("decoded to %q, error %v, want %q", got, err, want)
		}
	}, "decode")
}

func TestLogVectors(t *testing.T) {
	f := vectors.Load(t, "resync.json")
	f.Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Template, Operation, Context string
			Set                          map[string]string
			Expected                     *string
		}
		v.Decode(t, &in)
		got, sent := rule.ExpandMessage(in.Template, in.Operation, f.Macros(t, in.Context, in.Set))
		switch {
		case in.Expected == nil && sent:
			t.Errorf("%q is sent, want nothing", got)
		case in.Expected != nil && (!sent || got != *in.Expected):
			t.Errorf("message %q (sent: %v), want %q", got, sent, *in.Expected)
		}
	}, "log")
}

func TestUserAgentVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct{ PN, SWVER, MA string }
		v.Decode(t, &in)
		mac, err := rule.ParseMAC(in.MA)
		if err != nil {
			t.Fatal(err)
		}
		p := &Phone{Identity: rule.Identity{MAC: mac, Product: in.PN, Software: in.SWVER}}
		if got, want := p.userAgent(), v.Expected(t, nil); got != want {
			t.Errorf("User-Agent %q, want %q", got, want)
		}
	}, "user-agent")
}

func TestReportVectors(t *testing.T) {
	type request struct {
		Method, URL, Content string
		Key                  *string
	}
	f := vectors.Load(t, "resync.json")
	f.Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Rule    string `json:"report_rule"`
			Method  string `json:"http_report_method"`
			Context string
			Set     map[string]string
		}
		v.Decode(t, &in)
		want := []request{}
		v.Expected(t, &want)
		got := []request{}
		macros := f.Macros(t, in.Context, in.Set)
		secret := func(name string) bool { return len(name) == 2 && name[0] == 'S' && 'A' <= name[1] && name[1] <= 'D' }
		entries, err := rule.ParseReportRule(rule.ExpandRule(in.Rule,
			func(name string) (string, bool) {
				if secret(name) {
					return "", false
				}
				return macros(name)
			}, macros))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			r := request{Method: e.Method(in.Method), URL: e.URL.String(), Content: e.Content()}
			if e.Options != nil && e.Options.HasKey {
				r.Key = &e.Options.Key
			}
			got = append(got, r)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}, "report")
}

func TestWebActionVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Target   string
			Expected struct {
				Action string
				Rule   *string
			}
		}
		v.Decode(t, &in)
		action := rule.ParseAction(in.Target)
		name := action.Name
		if name == "" {
			name = "none"
		}
		want := ""
		if in.Expected.Rule != nil {
			want = *in.Expected.Rule
		}
		if name != in.Expected.Action || action.Rule != want {
			got, _ := json.Marshal(action)
			t.Errorf("%s: %s, want %s with rule %q", in.Target, got, in.Expected.Action, want)
		}
	}, "web-action")
}
