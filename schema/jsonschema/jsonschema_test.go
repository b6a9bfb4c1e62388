package jsonschema

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	santhosh "github.com/santhosh-tekuri/jsonschema/v6"

	"profilegen/schema"
)

// compile makes a validator of what write writes.
func compile(t *testing.T, write func(io.Writer) error) *santhosh.Schema {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 2<<20 {
		t.Errorf("the schema has %d bytes, want 2 MB at most", b.Len())
	}
	doc, err := santhosh.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	c := santhosh.NewCompiler()
	c.DefaultDraft(santhosh.Draft2020)
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *santhosh.Schema, text string) error {
	t.Helper()
	doc, err := santhosh.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s.Validate(doc)
}

// places lists where a document is wrong, as JSON pointers.
func places(err error) map[string]bool {
	found := make(map[string]bool)
	var walk func(e *santhosh.ValidationError)
	walk = func(e *santhosh.ValidationError) {
		if len(e.Causes) == 0 {
			found["/"+strings.Join(e.InstanceLocation, "/")] = true
		}
		for _, c := range e.Causes {
			walk(c)
		}
	}
	walk(err.(*santhosh.ValidationError))
	return found
}

func TestSchemasAreDeterministic(t *testing.T) {
	for _, write := range []func(io.Writer) error{WriteFleet, WriteProfile} {
		var a, b bytes.Buffer
		if err := write(&a); err != nil {
			t.Fatal(err)
		}
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Error("written twice, it differs")
		}
	}
}

func TestFleetSchema(t *testing.T) {
	s := compile(t, WriteFleet)
	for _, text := range []string{
		`{"version":1}`,
		`{"$schema":"x","version":1,"name":"$MA/$PSN.xml","entry":"/$PSN.xml",
		  "delivery":{"scheme":"http","server":"192.0.2.1","port":8080,"path":"/phones"},
		  "base":{"Resync_Periodic":"7200+600","Admin_Password":{"value":"Tq7!mmWx2","ua":"na","preserve":true},"Proxy_16_":"sip.example.com"},
		  "models":{"8861":{"Back_Light_Timer":"5m"},"CP-7811-3PCC":{}},
		  "devices":[{"mac":"000e08012345","model":"8861","serial":"x","ip":"192.0.2.7","firmware":"f","hardware":"2.0.1","encrypt":"key","digest":"sha256","values":{"User_ID_1_":"1001","Unit_3_Key_36_":"fnc=sd;ext=1"}},
		             {"mac":"00:0E:08:01:23:46","encrypt":"none"},{"mac":"000e.0801.2347","ip":"2001:db8::7"}]}`,
	} {
		if err := validate(t, s, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if _, problems, err := schema.ReadFleet("", []byte(text)); err != nil || len(problems) > 0 {
			t.Errorf("%s: read with %v, %v", text, problems, err)
		}
	}
	for _, tt := range []struct{ text, place string }{
		{`{}`, "/"},
		{`{"version":2}`, "/version"},
		{`{"version":1,"devcies":[]}`, "/"},
		{`{"version":1,"delivery":{"scheme":"ftp"}}`, "/delivery/scheme"},
		{`{"version":1,"delivery":{"port":70000}}`, "/delivery/port"},
		{`{"version":1,"base":{"Resync_Perodic":"1"}}`, "/base"},
		{`{"version":1,"base":{"Proxy_17_":"x"}}`, "/base"},
		{`{"version":1,"base":{"Resync_Periodic":3600}}`, "/base/Resync_Periodic"},
		{`{"version":1,"base":{"Resync_Periodic":"soon"}}`, "/base/Resync_Periodic"},
		{`{"version":1,"base":{"Provision_Enable":"yes"}}`, "/base/Provision_Enable"},
		{`{"version":1,"base":{"Provision_Enable":{"value":"No","ua":"all"}}}`, "/base/Provision_Enable/ua"},
		{`{"version":1,"base":{"Provision_Enable":{"ua":"na"}}}`, "/base/Provision_Enable"},
		{`{"version":1,"models":{"9861":{}}}`, "/models"},
		{`{"version":1,"models":{"8861":{"Ring1":5}}}`, "/models/8861/Ring1"},
		{`{"version":1,"devices":[{"mac":"000e08012345"},{"model":"8861"}]}`, "/devices/1"},
		{`{"version":1,"devices":[{"mac":"000e0801234"}]}`, "/devices/0/mac"},
		{`{"version":1,"devices":[{"mac":"000e08012345","ip":"192.0.2"}]}`, "/devices/0/ip"},
		{`{"version":1,"devices":[{"mac":"000e08012345","model":"SPA504"}]}`, "/devices/0/model"},
		{`{"version":1,"devices":[{"mac":"000e08012345","encrypt":"aes"}]}`, "/devices/0/encrypt"},
		{`{"version":1,"devices":[{"mac":"000e08012345","digest":"sha1"}]}`, "/devices/0/digest"},
		{`{"version":1,"devices":[{"mac":"000e08012345","values":{"SIP_Port_1_":"70000"}}]}`, "/devices/0/values/SIP_Port_1_"},
	} {
		err := validate(t, s, tt.text)
		if err == nil {
			t.Errorf("%s is accepted", tt.text)
		} else if found := places(err); !found[tt.place] {
			t.Errorf("%s: told at %v, want %s", tt.text, found, tt.place)
		}
	}
}

func TestProfileSchema(t *testing.T) {
	s := compile(t, WriteProfile)
	article, err := os.ReadFile("../testdata/article/profile.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, s, string(article)); err != nil {
		t.Errorf("the article's profile: %v", err)
	}
	for _, tt := range []struct{ name, text string }{
		{"Resync_At__HHmm_", "18:00"},
		{"Forced_Resync_Delay", "65536"},
		{"Forced_Resync_Delay", "4h"},
		{"SIP_T1", "x"},
		{"Working_Hours_Start", "7:00"},
		{"Static_IP", "host"},
		{"Proxy_1_", "sip example"},
		{"ACS_URL", "http://a b"},
		{"Call_Return_Code", "*69a"},
		{"SIP_TOS_DiffServ_Value_1_", "0x168"},
		{"Cadence_1", "2/4"},
		{"Cadence_1", strings.Repeat("60(2/4);", 20)},
		{"Dial_Tone", "350"},
		{"Idle_LED", "c=b"},
		{"Dial_Plan_1_", "xx"},
		{"DHCP_Option_To_Use", "66;160"},
		{"User_ID_1_", strings.Repeat("x", 64)},
		{"Extended_Function_1_", "fnc=" + strings.Repeat("x", 511)},
		{"Time_Zone", "GMT+1:00"},
	} {
		for _, form := range []string{`{%q:%q}`, `{%q:{"value":%q}}`} {
			text := strings.Replace(strings.Replace(form, "%q", strconv.Quote(tt.name), 1), "%q", strconv.Quote(tt.text), 1)
			if err := validate(t, s, text); err == nil {
				t.Errorf("%s is accepted", text)
			}
		}
	}
}

func TestSchemaTakesEveryDefault(t *testing.T) {
	s := compile(t, WriteProfile)
	for _, g := range []schema.Generation{schema.Firmware104, schema.Firmware11, schema.Firmware12} {
		p := &schema.Profile{}
		for e := range schema.Default().Entries() {
			if text, known := e.DefaultValue(g); known {
				p.Set(schema.Value{Name: e.Name, Text: text, UA: e.UA[:min(2, len(e.UA))]})
			}
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, string(text)); err != nil {
			t.Errorf("defaults of firmware %v: %v", g, err)
		}
	}
}

func TestIntRange(t *testing.T) {
	for _, tt := range []struct{ low, high int }{
		{0, 0}, {0, 1}, {0, 9}, {0, 10}, {1, 16}, {0, 255}, {32, 255}, {96, 127}, {600, 65535}, {0, 65535}, {128, 254}, {99, 101}, {1000, 1999}, {7, 4095}, {15, 1440},
	} {
		r := regexp.MustCompile("^(" + intRange(tt.low, tt.high) + ")$")
		for n := 0; n < 70000; n++ {
			if n > 2000 && n < tt.low-10 || n > tt.high+10 && n%7 != 0 {
				continue
			}
			if got, want := r.MatchString(strconv.Itoa(n)), n >= tt.low && n <= tt.high; got != want {
				t.Fatalf("%d to %d: %d is %v, pattern %s", tt.low, tt.high, n, got, r)
			}
		}
	}
}

func BenchmarkWriteFleet(b *testing.B) {
	for b.Loop() {
		if err := WriteFleet(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
