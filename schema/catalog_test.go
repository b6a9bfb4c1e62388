package schema

import (
	"strings"
	"testing"

	"profilegen/rule"
)

func TestEveryElementIsFound(t *testing.T) {
	c := Default()
	if got := len(c.Parameters()); got != 861 {
		t.Errorf("%d records, want 861", got)
	}
	names := make(map[string]bool)
	for e := range c.Entries() {
		if names[e.Name] {
			t.Errorf("%s stands twice", e.Name)
		}
		names[e.Name] = true
		got, ok := c.Lookup(e.Name)
		if !ok || got != e {
			t.Errorf("Lookup(%q) = %q, n %d, u %d; want n %d, u %d of %q", e.Name, got.Name, got.N, got.U, e.N, e.U, e.Element)
		}
	}
	if len(names) != 3344 {
		t.Errorf("%d elements, want 3344", len(names))
	}
}

func TestLookupIsExact(t *testing.T) {
	for _, name := range []string{
		"", "_", "1", "Proxy", "Proxy_", "Proxy_1", "Proxy_0_", "Proxy_01_", "Proxy_17_", "Proxy__", "Proxy_1__",
		"proxy_1_", "Proxy_{n}_", "Proxy_1 _", "Speed_Dial_1_Name", "Speed_Dial_10_Name", "PSK_1_", "PSK_17",
		"Unit_0_Key_1_", "Unit_4_Key_1_", "Unit_1_Key_37_", "Unit_1_Key_01_", "Unit_1_Key_1", "Proxy_18446744073709551617_",
	} {
		if e, ok := Default().Lookup(name); ok {
			t.Errorf("Lookup(%q) = %s, want nothing", name, e.Name)
		}
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	names := []string{"Resync_Periodic", "Proxy_16_", "Unit_3_Key_36_", "G722.2_Enable_1_", "No_Such_1_Thing_2_"}
	if n := testing.AllocsPerRun(100, func() {
		for _, name := range names {
			Default().Lookup(name)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestRecords(t *testing.T) {
	for _, p := range Default().Parameters() {
		if p.Source == "" || p.Summary == "" || p.Label == "" || p.Since == "" || p.Tab == "" || p.Section == "" {
			t.Errorf("%s: source, summary, label, since, tab or section is empty", p.Element)
		}
		for _, g := range []Generation{Firmware104, Firmware11, Firmware12} {
			if p.DefaultSource(g) == "" {
				t.Errorf("%s: the default of firmware %v has no source", p.Element, g)
			}
		}
		if p.Kind == KindEnum && len(p.Values) == 0 {
			t.Errorf("%s: an enum without values", p.Element)
		}
	}
}

func TestDefaultValue(t *testing.T) {
	for _, tt := range []struct {
		name       string
		generation Generation
		want       string
		known      bool
	}{
		{"Resync_Periodic", Firmware11, "3600", true},
		{"Resync_Error_Retry_Delay", Firmware104, "3600", true},
		{"Resync_Error_Retry_Delay", Firmware11, "3600", true},
		{"Resync_Error_Retry_Delay", Firmware12, "60,120,240,480,960,1920,3840,7680,15360,30720,61440,86400", true},
		{"DHCP_Option_To_Use", Firmware104, "160,159,66,150", true},
		{"DHCP_Option_To_Use", Firmware11, "66,160,159,150,60,43,125", true},
		{"DHCP_Option_To_Use", Firmware12, "66,160,159,150,60,43,125", true},
		{"Enable_Protocol", Firmware11, "Http", true},
		{"Enable_Protocol", Firmware12, "Https", true},
		{"Log_Request_Msg", Firmware104, "$PN $MAC Requesting %s $SCHEME://$SERVIP:$PORT$PATH", true},
		{"GPP_A", Firmware11, "", true},
		{"SIP_Port_1_", Firmware11, "5060", true},
		{"SIP_Port_16_", Firmware12, "5075", true},
		{"Extension_7_", Firmware104, "7", true},
		{"Phone-wifi-on", Firmware11, "", false},
		{"Debug_Server", Firmware12, "", false},
	} {
		e, ok := Default().Lookup(tt.name)
		if !ok {
			t.Errorf("no %s", tt.name)
			continue
		}
		if got, known := e.DefaultValue(tt.generation); got != tt.want || known != tt.known {
			t.Errorf("%s on %v: %q, known %v; want %q, %v", tt.name, tt.generation, got, known, tt.want, tt.known)
		}
	}
}

func TestBrokenTablesAreRefused(t *testing.T) {
	const head = "h\n"
	record := func(cells ...string) string {
		row := make([]string, 16)
		copy(row, cells)
		return head + strings.Join(row, "\t") + "\n"
	}
	good := record("A", "", "A", "t", "s", "string")
	for _, tt := range []struct{ what, parameters, defaults, ranges, aliases, want string }{
		{"too few columns", head + "A\tB\n", head, head, head, "parameters.tsv: line 2: want 16 columns"},
		{"bad index", record("A_{n}_", "x"), head, head, head, "parameters.tsv: line 2: A_{n}_"},
		{"index without place", record("A_", "1-2"), head, head, head, "without {n}"},
		{"bad minimum", record("A", "", "", "", "", "int", "", "", "low"), head, head, head, "invalid syntax"},
		{"default of nothing", good, head + "B\t11\t\tx\n", head, head, "defaults.tsv: line 2: B: no such element"},
		{"unknown generation", good, head + "A\t9\t\tx\n", head, head, `no generation "9"`},
		{"range of nothing", good, head, head + "B\t1\t2\tm\ts\n", head, "ranges.tsv: line 2"},
		{"alias to nothing", good, head, head, head + "B\tC\tw\ts\n", `leads to "C"`},
	} {
		_, err := read(tables{tt.parameters, tt.defaults, tt.ranges, tt.aliases, head})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.what, err, tt.want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := read(tables{parametersTSV, defaultsTSV, rangesTSV, aliasesTSV, variantsTSV}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	c := Default()
	for b.Loop() {
		c.Lookup("Unit_3_Key_36_")
		c.Lookup("Proxy_1_")
		c.Lookup("Resync_Periodic")
	}
}

// rule masks assignments to secret parameters by their names; it has to know
// all of the catalog's.
func TestRuleKnowsSecretParameters(t *testing.T) {
	for e := range Default().Entries() {
		if text := `(` + e.Name + ` = "value")!`; e.Secret() && !rule.HoldsSecret(text) {
			t.Errorf("%s: the value assigned to a secret parameter would be shown", text)
		}
	}
	for _, text := range []string{`(GPP_A = "value")!`, `(Resync_Periodic = "60")! http://h/$MA.xml`, "/$PSN.xml"} {
		if rule.HoldsSecret(text) {
			t.Errorf("%s holds no secret", text)
		}
	}
}
