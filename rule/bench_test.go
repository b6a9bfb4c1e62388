package rule_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"profilegen/rule"
)

// benchMessage is a log message as phones send it, with what they put in.
const benchMessage = "$PN $MAC -- Successful resync $SCHEME://$SERVIP:$PORT$PATH $ERR"

var benchMacros = map[string]string{
	"PN": "CP-8861-3PCC", "PSN": "8861-3PCC", "MA": "00562b043c0a", "MAU": "00562B043C0A", "MAC": "00:56:2b:04:3c:0a",
	"SN": "FCH1234ABCD", "SCHEME": "https", "SERVIP": "192.0.2.10", "PORT": "8443", "PATH": "/dms/CP-8861-3PCC/00562b043c0a.xml",
	"ERR": "", "SWVER": "sip88xx.12-0-3MPP0001-1", "HWVER": "2.0.1", "PRVTMR": "3700", "UPGTMR": "90000", "EXTIP": "", "CCERT": "Installed",
}

func benchLookup(name string) (string, bool) {
	value, ok := benchMacros[name]
	return value, ok
}

const benchCondition = `$PRVTMR ge 3600 and $UPGTMR ge 86400 and $SWVER lt sip88xx.13-0-1MPP-1 and "$CCERT" eq "Installed"`

func BenchmarkAppendExpand(b *testing.B) {
	var dst []byte
	for b.Loop() {
		dst = rule.AppendExpand(dst[:0], benchMessage, benchLookup)
	}
}

func BenchmarkTemplate(b *testing.B) {
	template := rule.Compile(benchMessage)
	var dst []byte
	for b.Loop() {
		dst = template.AppendTo(dst[:0], benchLookup)
	}
}

func BenchmarkCompiledCondition(b *testing.B) {
	condition := rule.CompileCondition(benchCondition)
	for b.Loop() {
		if holds, err := condition.Eval(benchLookup); !holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}

func BenchmarkParseCondition(b *testing.B) {
	text := rule.Expand(benchCondition, benchLookup)
	for b.Loop() {
		if c, err := rule.ParseCondition(text); err != nil || !c.Eval() {
			b.Fatal(c, err)
		}
	}
}

func BenchmarkParseProfileRule(b *testing.B) {
	const text = `(3700 ge 3600)? [--uid "a" --pwd "b"] https://h:8443/dms/00562b043c0a.xml?v=1 | https://h/x`
	for b.Loop() {
		r, err := rule.ParseProfileRule(text)
		if err != nil {
			b.Fatal(err)
		}
		if choice, err := r.Select(); err != nil || choice.Index != 0 {
			b.Fatal(choice, err)
		}
	}
}

// benchSwitch is benchLookup without a map.
func benchSwitch(name string) (string, bool) {
	switch name {
	case "PN":
		return "CP-8861-3PCC", true
	case "MAC":
		return "00:56:2b:04:3c:0a", true
	case "SCHEME":
		return "https", true
	case "SERVIP":
		return "192.0.2.10", true
	case "PORT":
		return "8443", true
	case "PATH":
		return "/dms/CP-8861-3PCC/00562b043c0a.xml", true
	case "ERR":
		return "", true
	}
	return "", false
}

// BenchmarkAgainstOSExpand runs ours and os.Expand in turn, both with the same
// source of values, and gives the median ratio of their times.
func BenchmarkAgainstOSExpand(b *testing.B) {
	for _, source := range []struct {
		name   string
		lookup rule.Lookup
	}{{"map", benchLookup}, {"switch", benchSwitch}} {
		b.Run(source.name, func(b *testing.B) { againstOSExpand(b, source.lookup) })
	}
}

func againstOSExpand(b *testing.B, lookup rule.Lookup) {
	theirLookup := func(name string) string {
		value, _ := lookup(name)
		return value
	}
	// Turns of some milliseconds: what os.Expand leaves to the garbage collector falls into its own.
	const rounds = 20_000
	template := rule.Compile(benchMessage)
	var text string
	var dst []byte
	var ours, compiled []float64
	for b.Loop() {
		start := time.Now()
		for range rounds {
			dst = rule.AppendExpand(dst[:0], benchMessage, lookup)
		}
		expanded := time.Now()
		for range rounds {
			dst = template.AppendTo(dst[:0], lookup)
		}
		appended := time.Now()
		for range rounds {
			text = os.Expand(benchMessage, theirLookup)
		}
		theirs := float64(time.Since(appended))
		ours = append(ours, float64(expanded.Sub(start))/theirs)
		compiled = append(compiled, float64(appended.Sub(expanded))/theirs)
	}
	if text != string(dst) {
		b.Fatalf("got %q, os.Expand %q", dst, text)
	}
	// Medians: not moved by the turns in which something else had the processor.
	slices.Sort(ours)
	slices.Sort(compiled)
	b.ReportMetric(ours[len(ours)/2], "x-of-os.Expand")
	b.ReportMetric(compiled[len(compiled)/2], "compiled-x-of-os.Expand")
}

func TestNoAllocations(t *testing.T) {
	dst := make([]byte, 0, 512)
	template := rule.Compile(benchMessage + " $(MA:2:4)$UNKNOWN")
	condition := rule.CompileCondition(benchCondition + ` and "$PN-$MA" ne "x$$" and $HWVER ge 2.0 and $PRVTMR gt -1`)
	for name, work := range map[string]func(){
		"AppendExpand":           func() { dst = rule.AppendExpand(dst[:0], benchMessage+" $(MA:2:4)$UNKNOWN", benchLookup) },
		"Template.AppendTo":      func() { dst = template.AppendTo(dst[:0], benchLookup) },
		"CompiledCondition.Eval": func() { condition.Eval(benchLookup) },
	} {
		if n := testing.AllocsPerRun(100, work); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	if holds, err := condition.Eval(benchLookup); !holds || err != nil {
		t.Errorf("the condition is %v, %v: its fast way is not measured", holds, err)
	}
}
