package rule_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
	"profilegen/rule/vectors"
)

// secrets is the Lookup of SA to SD; a name the vector leaves out is empty.
func secrets(values map[string]string) rule.Lookup {
	return func(name string) (string, bool) {
		return values[name], slices.Contains([]string{"SA", "SB", "SC", "SD"}, name)
	}
}

// expandAs expands the text of a parameter, as a rule when it is one.
func expandAs(parameter, text string, macros, secrets rule.Lookup) string {
	if strings.Contains(parameter, "_Rule") {
		return rule.ExpandRule(text, macros, secrets)
	}
	return rule.Expand(text, macros)
}

func TestMacroVectors(t *testing.T) {
	file := vectors.Load(t, "macros.json")
	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Param, Input, Context, Expected string
			Set, Secret                     map[string]string
		}
		v.Decode(t, &m)
		macros := file.Macros(t, m.Context, m.Set)
		if got := expandAs(m.Param, m.Input, macros, secrets(m.Secret)); got != m.Expected {
			t.Errorf("%q: got %q, want %q", m.Input, got, m.Expected)
		}
		if strings.Contains(m.Param, "_Rule") {
			return
		}
		if got := string(rule.Compile(m.Input).AppendTo(nil, macros)); got != m.Expected {
			t.Errorf("compiled %q: got %q, want %q", m.Input, got, m.Expected)
		}
	})
}

func TestConditionVectors(t *testing.T) {
	file := vectors.Load(t, "conditions.json")
	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Where, Expr string
			Set         map[string]string
		}
		v.Decode(t, &m)
		var want bool
		wantError := v.Expected(t, &want) == "error"
		macros := file.Macros(t, "doc", m.Set)

		c, err := rule.ParseCondition(rule.Expand(m.Expr, macros))
		if (err != nil) != wantError {
			t.Fatalf("%q: got error %v, want an error: %v", m.Expr, err, wantError)
		}
		if err == nil && c.Eval() != want {
			t.Errorf("%q: got %v, want %v", m.Expr, c.Eval(), want)
		}
		got, err := rule.CompileCondition(m.Expr).Eval(macros)
		if (err != nil) != wantError || got != want {
			t.Errorf("compiled %q: got %v and error %v, want %v, an error: %v", m.Expr, got, err, want, wantError)
		}
		if m.Where == "rule" {
			whole, err := rule.ParseProfileRule(rule.Expand("("+m.Expr+")? http://h/x", macros))
			if err == nil {
				var choice rule.Choice
				choice, err = whole.Select()
				if err == nil && (choice.Index == 0) != want {
					t.Errorf("(%s)?: taken %v, want %v", m.Expr, choice.Index == 0, want)
				}
			}
			if (err != nil) != wantError {
				t.Errorf("(%s)?: got error %v, want an error: %v", m.Expr, err, wantError)
			}
		}
	}, "condition")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct{ A, B string }
		v.Decode(t, &m)
		var want int
		wantError := v.Expected(t, &want) == "error"
		got, err := rule.CompareVersions(m.A, m.B)
		if (err != nil) != wantError || got != want {
			t.Errorf("%s against %s: got %d and error %v, want %d, an error: %v", m.A, m.B, got, err, want, wantError)
		}
		if back, _ := rule.CompareVersions(m.B, m.A); back != -got {
			t.Errorf("%s against %s is %d, but the other way round %d", m.A, m.B, got, back)
		}
	}, "version-compare")
}

// outURL is a URL as vectors write it.
type outURL struct {
	Scheme string `json:"scheme"`
	Server string `json:"server"`
	Port   int    `json:"port"`
	Path   string `json:"path"`
}

func urlOut(u *rule.URL) *outURL {
	if u == nil {
		return nil
	}
	return &outURL{u.Scheme, u.Host(), u.Port, u.Path}
}

// optionsOut are options as vectors write them: only those given.
func optionsOut(o *rule.Options) map[string]any {
	out := map[string]any{}
	if o == nil {
		return out
	}
	put := func(name string, given bool, value any) {
		if given {
			out[name] = value
		}
	}
	put("key", o.HasKey, o.Key)
	put("uid", o.HasUID, o.UID)
	put("pwd", o.HasPwd, o.Pwd)
	put("post", o.Post != "", o.Post)
	put("alias", o.Alias != "", o.Alias)
	put("srv", o.SRV, true)
	put("delta", o.Delta, true)
	put("status", o.Status, true)
	return out
}

func TestRuleVectors(t *testing.T) {
	file := vectors.Load(t, "rules.json")
	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Param, Rule, Context string
			Set, Secret          map[string]string
		}
		v.Decode(t, &m)
		type result struct {
			Alternative int            `json:"alternative"`
			Assign      [][]string     `json:"assign"`
			Options     map[string]any `json:"options"`
			URL         *outURL        `json:"url"`
		}
		var want result
		word := v.Expected(t, &want)

		text := rule.ExpandRule(m.Rule, file.Macros(t, m.Context, m.Set), secrets(m.Secret))
		parse := rule.ParseProfileRule
		if m.Param == "Upgrade_Rule" {
			parse = rule.ParseUpgradeRule
		}
		parsed, err := parse(text)
		var choice rule.Choice
		if err == nil {
			choice, err = parsed.Select()
		}
		switch {
		case err != nil || word == "error":
			if err == nil || word != "error" {
				t.Errorf("%q: got error %v, want %s %+v", m.Rule, err, word, want)
			}
			return
		case choice.Index < 0 || word == "skip":
			if choice.Index >= 0 || word != "skip" {
				t.Errorf("%q: got alternative %d, want %s %+v", m.Rule, choice.Index, word, want)
			}
			return
		}
		got := result{choice.Index, [][]string{}, optionsOut(choice.Options), urlOut(choice.URL)}
		for _, a := range choice.Assignments {
			got.Assign = append(got.Assign, []string{a.Name, a.Value})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", m.Rule, diff)
		}
	}, "rule")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct{ Where, URL string }
		v.Decode(t, &m)
		var want outURL
		word := v.Expected(t, &want)
		u, err := rule.ParseURL(m.URL)
		if m.Where == "upgrade" && err == nil { // in its place, the server is needed
			_, err = rule.ParseUpgradeRule(m.URL)
		}
		if (err != nil) != (word == "error") {
			t.Fatalf("%q: got error %v, want %s %+v", m.URL, err, word, want)
		}
		if err == nil && *urlOut(u) != want {
			t.Errorf("%q: got %+v, want %+v", m.URL, *urlOut(u), want)
		}
	}, "url")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct{ Where, Text string }
		v.Decode(t, &m)
		var want map[string]any
		word := v.Expected(t, &want)
		places := map[string]rule.Place{"profile": rule.PlaceProfileRule, "upgrade": rule.PlaceUpgradeRule, "report": rule.PlaceReportRule}
		o, err := rule.ParseOptions(m.Text, places[m.Where])
		if (err != nil) != (word == "error") {
			t.Fatalf("%q: got error %v, want %s %v", m.Text, err, word, want)
		}
		if err == nil {
			if diff := cmp.Diff(want, optionsOut(o)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", m.Text, diff)
			}
		}
	}, "options")
}

func TestDHCPVectors(t *testing.T) {
	file := vectors.Load(t, "rules.json")
	// request is what the factory rule, or another, leads to.
	request := func(t *testing.T, text string, macros rule.Lookup) *rule.URL {
		parsed, err := rule.ParseProfileRule(rule.Expand(text, macros))
		if err != nil {
			t.Fatal(err)
		}
		choice, err := parsed.Select()
		if err != nil || choice.URL == nil {
			t.Fatalf("%q leads nowhere: %v", text, err)
		}
		return choice.URL
	}
	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Entry, Context string
			ProfileRule    string `json:"profile_rule"`
			Expected       []string
		}
		v.Decode(t, &m)
		macros := file.Macros(t, m.Context, nil)
		got := []string{}
		for _, u := range rule.Candidates(m.Entry, request(t, m.ProfileRule, macros), macros) {
			got = append(got, u.String())
		}
		if diff := cmp.Diff(m.Expected, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", m.Entry, diff)
		}
	}, "dhcp-candidates")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			ToUse       string `json:"dhcp_option_to_use"`
			Offered     map[string]string
			Context     string
			ProfileRule string `json:"profile_rule"`
			Expected    []string
		}
		v.Decode(t, &m)
		got := []string{}
		if u := request(t, m.ProfileRule, file.Macros(t, m.Context, nil)); u.Server == "" {
			offered := map[int]string{}
			for code, value := range m.Offered {
				n, err := strconv.Atoi(code)
				if err != nil {
					t.Fatal(err)
				}
				offered[n] = value
			}
			for _, o := range rule.DHCPOrder(m.ToUse, offered) {
				got = append(got, strconv.Itoa(o.Code)+":"+o.Value)
			}
		}
		if diff := cmp.Diff(m.Expected, got); diff != "" {
			t.Errorf("%q, offered %v (-want +got):\n%s", m.ToUse, slices.Sorted(maps.Keys(m.Offered)), diff)
		}
	}, "dhcp-order")
}

func TestResyncVectors(t *testing.T) {
	file := vectors.Load(t, "resync.json")
	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Value  string
			Count  int
			Random float64
		}
		v.Decode(t, &m)
		var want []int
		word := v.Expected(t, &want)
		delays, err := rule.ParseDelays(m.Value)
		if (err != nil) != (word == "error") {
			t.Fatalf("%q: got error %v, want %s %v", m.Value, err, word, want)
		}
		var got []int
		for k := range m.Count {
			delay, ok := delays.At(k)
			if !ok {
				break
			}
			got = append(got, delay.Seconds+int(math.Floor(float64(delay.Random)*m.Random)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", m.Value, got, want)
		}
	}, "schedule")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			ReportRule string `json:"report_rule"`
			Method     string `json:"http_report_method"`
			Context    string
			Set        map[string]string
			Secret     map[string]string
		}
		v.Decode(t, &m)
		type request struct {
			Method, URL, Content string
			Key                  *string
		}
		var want []request
		word := v.Expected(t, &want)
		reports, err := rule.ParseReportRule(rule.ExpandRule(m.ReportRule, file.Macros(t, m.Context, m.Set), secrets(m.Secret)))
		if (err != nil) != (word == "error") {
			t.Fatalf("%q: got error %v, want %s %v", m.ReportRule, err, word, want)
		}
		got := []request{}
		for _, r := range reports {
			entry := request{Method: r.Method(m.Method), URL: r.URL.String(), Content: r.Content()}
			if r.Options != nil && r.Options.HasKey {
				entry.Key = &r.Options.Key
			}
			got = append(got, entry)
		}
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Errorf("%q (-want +got):\n%s", m.ReportRule, diff)
		}
	}, "report")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Template, Operation, Context string
			Set                          map[string]string
			Expected                     *string
		}
		v.Decode(t, &m)
		got, ok := rule.ExpandMessage(m.Template, m.Operation, file.Macros(t, m.Context, m.Set))
		switch {
		case ok != (m.Expected != nil):
			t.Errorf("%q: sent: %v", m.Template, ok)
		case ok && got != *m.Expected:
			t.Errorf("%q: got %q, want %q", m.Template, got, *m.Expected)
		}
	}, "log")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct{ PN, SWVER, MA, Expected string }
		v.Decode(t, &m)
		mac, err := rule.ParseMAC(m.MA)
		if err != nil {
			t.Fatal(err)
		}
		phone := rule.Phone{Identity: rule.Identity{MAC: mac, Product: m.PN, Software: m.SWVER}}
		if got := phone.UserAgent(); got != m.Expected {
			t.Errorf("%s with %s: got %q, want %q", m.PN, m.SWVER, got, m.Expected)
		}
	}, "user-agent")

	file.Run(t, func(t *testing.T, v vectors.Vector) {
		var m struct {
			Target   string
			Expected struct {
				Action string
				Rule   *string
			}
		}
		v.Decode(t, &m)
		got := rule.ParseAction(m.Target)
		name, text := m.Expected.Action, ""
		if name == "none" {
			name = ""
		}
		if m.Expected.Rule != nil {
			text = *m.Expected.Rule
		}
		if got.Name != name || got.Rule != text {
			t.Errorf("%q: got action %q with rule %q, want %q with %q", m.Target, got.Name, got.Rule, name, text)
		}
	}, "web-action")
}

func TestSampleIsTheVectorsPhone(t *testing.T) {
	file := vectors.Load(t, "macros.json")
	if _, ok := file.Contexts["doc"]; !ok {
		t.Skip("no context doc")
	}
	phone := rule.Sample("CP-8851-3PCC")
	for name, want := range file.Contexts["doc"] {
		if got, ok := phone.Macro(name); !ok || got != want {
			t.Errorf("$%s: got %q, want %q", name, got, want)
		}
	}
}
