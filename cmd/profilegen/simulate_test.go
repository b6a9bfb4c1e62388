package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"profilegen/resync"
)

// Every shipped scenario goes as it says, through the command line.
func TestShippedScenarios(t *testing.T) {
	files, err := filepath.Glob("../../examples/scenarios/*.scenario")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			out, errs, status := runProgram("simulate", "-scenario", file)
			if status != 0 || errs != "" {
				t.Errorf("status %d\n%s\n%s", status, errs, out)
			}
			if !strings.HasSuffix(out, " met\n") {
				t.Errorf("the end does not tell of expectations met:\n%s", out)
			}
		})
	}
}

// A shipped scenario that is made to expect something else fails.
func TestScenarioStatus(t *testing.T) {
	const file = "../../examples/scenarios/first-boot.scenario"
	out, errs, status := runProgram("simulate", "-scenario", file, "-event", "expect value GPP_A gone", "-quiet")
	if status != 1 || !strings.Contains(errs, "1 expectation of ") || !strings.Contains(errs, `GPP_A is "", want "gone"`) || strings.Contains(out, "met") {
		t.Errorf("status %d, want 1\n%s\n%s", status, errs, out)
	}
}

func runProgram(args ...string) (out, errs string, status int) {
	var o, e bytes.Buffer
	p := &program{stdin: bytes.NewReader(nil), stdout: &o, stderr: &e}
	status = run(context.Background(), p, args)
	return o.String(), e.String(), status
}

// Wrong use says what is wrong, and where the help is.
func TestSimulateUsage(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "there is nothing to play"},
		{"base.xml", `"base.xml" is not an option; profiles are named by -profile`},
		{"-phone 000E08A00001", "-phone needs -csv or -fleet"},
		{"-csv phones.csv", "-phone has to say which phone"},
		{"-csv phones.csv -phone 000E08A00001 -profile base.xml", "give one of them"},
		{"-csv phones.csv -phone 000E08A00001 -mac 000E08A00001", "-phone picks one"},
		{"-profile base.xml -files a -server down", "give one of them"},
		{"-phones 1000 -scenario a.scenario", "are about one phone"},
		{"-phones 1000 -server down", "are about one phone"},
		{"-phones 12.5", "a whole number such as 100000, 100,000 or 1e5"},
		{"-phones 0", "one phone at least"},
		{"-delay 90", "-phones has to say how many phones"},
		{"-phones 5 -running -stagger 3s", "-running plans without a power cut"},
		{"-phones 5 -power-cut 25:00", "a time of day such as 18:00, or 0"},
		{"-phones 5 -down 2h-1h", "such as 1h-90m"},
		{"-phones 5 -step 0s", "-step is a second at least"},
		{"-for 3weeks", "write 90s, 1h30m, 48h or 2d"},
		{"-for 0s", "a second at least"},
		{"-start tomorrow", `"tomorrow" is no date and time`},
		{"-seed x", "a number of 0 or more"},
		{"-set Resync_Periodic", "write -set Resync_Periodic=600"},
		{"-mac 000E08A00001 -set A=b -dhcp x", "there is no parameter"},
		{"-set Resync_Periodic=60 -dhcp x", "write -dhcp 66=192.0.2.10"},
		{"-set Resync_Periodic=60 -server teapot", "is not same, down or a status"},
	} {
		out, errs, status := runProgram(append([]string{"simulate"}, strings.Fields(c.args)...)...)
		want := 2
		if strings.Contains(c.want, "there is no parameter") {
			want = 1 // the use is right, the name is not
		}
		if status != want || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("simulate %s: status %d, want %d\n%s%swant %s", c.args, status, want, errs, out, c.want)
		}
	}
}

func TestParseCount(t *testing.T) {
	for text, want := range map[string]int{"100000": 100000, "100,000": 100000, "100_000": 100000, "100'000": 100000, "1e5": 100000, "1.5e3": 1500, "0": 0} {
		if got, err := parseCount(text); err != nil || got != want {
			t.Errorf("%q: %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "x", "-1", "1.5", "1e99", "NaN", "Inf", "0x10p-9"} {
		if got, err := parseCount(text); err == nil {
			t.Errorf("%q: %d, want an error", text, got)
		}
	}
}

// Two chapters that differ in anything but their moments are both told.
func TestTraceCountsOnlyWhatIsAlike(t *testing.T) {
	var b bytes.Buffer
	tr := traceTeller{w: &b}
	for _, size := range []int{10, 10, 10, 20, 10} {
		tr.tell(resync.Event{Kind: resync.FellDue, Cause: resync.Periodic})
		tr.tell(resync.Event{Kind: resync.Replied, Class: resync.ClassA, Size: size})
	}
	tr.flush()
	tr.tellAgain()
	if got := strings.Count(b.String(), "received"); got != 3 {
		t.Errorf("told %d times, want 3: 10 bytes, 20 bytes, 10 bytes again\n%s", got, &b)
	}
	if !strings.Contains(b.String(), "2 more times just like this") {
		t.Errorf("the two that were left out are not counted:\n%s", &b)
	}
}
