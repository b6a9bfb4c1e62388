package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// canaries are values that must be seen nowhere: one for each secret parameter
// there is, and one for each place of a rule that holds a secret.
type canaries struct {
	base   *schema.Profile
	phone  string // a list of one phone with some of its own
	fields []string
}

const canary = "cAnary"

func newCanaries() *canaries {
	c := &canaries{base: &schema.Profile{}}
	next := func(of string) string {
		c.fields = append(c.fields, of)
		return fmt.Sprintf("%s-%03d-Xq7", canary, len(c.fields))
	}
	for e := range schema.Default().Entries() {
		if e.Secret() && e.N <= 1 && e.U <= 1 && e.Name != "Password_1_" && e.Name != "GPP_SA" {
			c.base.Set(schema.Value{Name: e.Name, Text: next(e.Name)})
		}
	}
	c.base.Set(schema.Value{Name: "Upgrade_Rule", Text: `[--uid u --pwd "` + next("Upgrade_Rule") + `"] http://192.0.2.1/a.loads`})
	c.base.Set(schema.Value{Name: "Report_Rule", Text: `[--key ` + next("key of Report_Rule") + `] http://192.0.2.1/$MA.xml`})
	c.base.Set(schema.Value{Name: "Profile_Rule_B", Text: `(Admin_Password = "` + next("assignment") + `")!`})
	c.phone = "mac,model,user,password,key\n000e08a00001,8861,101," + next("password") + "," + next("key") + "\n"
	return c
}

// check fails for each canary in a text.
func (c *canaries) check(t *testing.T, where, text string) {
	t.Helper()
	for _, found := range regexp.MustCompile(canary+`-(\d+)`).FindAllStringSubmatch(text, -1) {
		var n int
		fmt.Sscan(strings.TrimLeft(found[1], "0"), &n)
		field := "?"
		if 0 < n && n <= len(c.fields) {
			field = c.fields[n-1]
		}
		t.Errorf("%s shows the secret of %s", where, field)
	}
	if i := strings.Index(text, canary); i >= 0 && !t.Failed() {
		t.Errorf("%s shows a part of a secret: %s", where, text[i:min(len(text), i+40)])
	}
}

// No secret is seen in what the program says, in any event, page or manifest,
// nor in what it leaves when it crashes.
func TestCanary(t *testing.T) {
	c := newCanaries()
	if len(c.fields) < 30 {
		t.Fatalf("only %d secrets", len(c.fields))
	}
	dir := t.TempDir()
	t.Chdir(dir)
	xml, err := gen.AppendXML(nil, c.base)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"phones.csv": c.phone, "base.xml": string(xml), "broken.xml": string(xml[:len(xml)-20]),
		"broken.csv": strings.ReplaceAll(c.phone, canary, canary+"“"), "two.csv": c.phone + strings.SplitAfter(c.phone, "\n")[1],
		"bad.json": `{"version":1,"base":{"GPP_SA":["` + canary + `-001"],"Admin_Password":"` + canary + `-002"},"devices":[{"mac":"` + canary + `-003"}]}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commands := [][]string{
		{"-csv", "phones.csv", "-out", "plain"},
		{"-csv", "phones.csv", "-out", "plain", "-plan"},
		{"-csv", "phones.csv", "-out", "sealed", "-encrypt", "key", "-server", "http://192.0.2.1"},
		{"-csv", "phones.csv", "-out", "content", "-encrypt", "ikm", "-server", "tftp://192.0.2.1"},
		{"-csv", "phones.csv", "-out", "other", "-encrypt", "key", "-key-macro", "SB"},
		{"-csv", "two.csv", "-out", "other"},
		{"-csv", "broken.csv", "-out", "other"},
		{"lint", "phones.csv", "base.xml"},
		{"lint", "-transport", "http", "-firmware", "12", "base.xml"},
		{"lint", "-json", "phones.csv", "base.xml", "broken.xml", "broken.csv"},
		{"lint", "-sarif", "phones.csv", "base.xml", "broken.xml"},
		{"explain", "-csv", "phones.csv", "-phone", "000e08a00001"},
		{"explain", "-csv", "phones.csv", "-phone", "000e08a00001", "Password_1_"},
		{"explain", "-csv", "phones.csv", "-phone", "000e08a00001", "Report_Rule"},
		{"explain", "-csv", "phones.csv", "-phone", "000e08a00001", "Upgrade_Rule"},
		{"explain", "-csv", "phones.csv", "-phone", "000e08a00001", "Profile_Rule_B"},
		{"simulate", "-csv", "phones.csv", "-phone", "000e08a00001", "-for", "2h"},
		{"simulate", "-csv", "phones.csv", "-phone", "000e08a00001", "-for", "2h", "-json"},
		{"import", "broken.xml"},
		{"import", "-csv", "broken.csv", "-out", "fleet.json"},
		{"decrypt", "-key", canary + "-001", "-insist", "base.xml"},
	}
	for _, args := range commands {
		status, out := programOf(t, args...)
		if status == 2 || out == "" {
			t.Errorf("profilegen %q does nothing: %s", args, out)
		}
		c.check(t, fmt.Sprintf("profilegen %q", args), out)
	}
	for _, dist := range []string{"plain", "sealed"} {
		text, err := os.ReadFile(filepath.Join(dist, gen.ManifestName))
		if err != nil {
			t.Fatal(err)
		}
		c.check(t, "the manifest of "+dist, string(text))
	}
	profile, err := os.ReadFile("plain/000e08a00001/8861-3PCC.xml")
	if err != nil || bytes.Count(profile, []byte(canary)) != len(c.fields) {
		t.Errorf("%v, the profile holds %d of %d secrets: the test tests nothing", err, bytes.Count(profile, []byte(canary)), len(c.fields))
	}
	c.checkServed(t, string(profile))
}

// checkServed looks at what servers and phones say of it.
func (c *canaries) checkServed(t *testing.T, profile string) {
	for _, flags := range [][]string{
		{"-csv", "phones.csv", "-json"}, {"-csv", "phones.csv", "-encrypt", "key"}, {"-dir", "plain"},
	} {
		s := serve(t, append(flags, "-reports", "reports")...)
		for _, server := range []string{s.http, s.tftp} {
			for _, printed := range []string{"-trace", "-json"} {
				for range 3 {
					_, out := once(t, "-mac", "000e08a00001", "-model", "8861", "-dhcp66", server, "-save", "state"+server[:4], "-syslog", s.syslog, printed)
					c.check(t, "profilegen phone", out)
				}
			}
		}
		report, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.http+"/report.xml",
			strings.NewReader(strings.ReplaceAll(profile, canary, canary+"-001-other")))
		if err != nil {
			t.Fatal(err)
		}
		report.Header.Set("User-Agent", frontDesk)
		answer, err := http.DefaultClient.Do(report)
		if err != nil || answer.StatusCode/100 != 2 {
			t.Fatalf("the report: %v, %v", err, answer)
		}
		answer.Body.Close()
		for _, page := range []string{"events.jsonl", "fleet", "phones", "phones/000e08a00001", "metrics", "lab", "faults"} {
			c.check(t, "the page "+page, s.admin(t, page))
		}
		c.check(t, fmt.Sprintf("profilegen serve %q", flags), s.printed(t)+s.err.String())
	}
	c.checkCrash(t)
}

// checkCrash has a server die while it holds the secrets.
func (c *canaries) checkCrash(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "profilegen", "serve", "-csv", "phones.csv", "-http", "127.0.0.1:0", "-tftp", "127.0.0.1:0", "-https", "off", "-syslog", "off")
	cmd.Env = append(os.Environ(), "GOTRACEBACK=all")
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(out.String(), "answers") { // the context ends the wait
		select {
		case <-t.Context().Done():
			t.Fatalf("the server does not start:\n%s", out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(out.String(), "goroutine ") {
		t.Fatalf("%v; the server did not crash:\n%s", err, out.String())
	}
	c.check(t, "a crash", out.String())
}

// A key that is wrong somewhere is in no message of the packages below.
func TestCanaryInErrors(t *testing.T) {
	c := &canaries{fields: []string{"the key"}}
	const key = canary + `-001"]|`
	for _, text := range []string{
		fmt.Sprint(gen.ReadKeys([]byte(`{"version":1,"secrets":["` + key + `"]}`))),
		fmt.Sprint(gen.Decode(gen.EncryptKey([]byte("<x/>"), "other", [8]byte{}, gen.MD5), gen.Decoding{Key: key, HasKey: true})),
		fmt.Sprint(gen.Decode([]byte("x"), gen.Decoding{ContentEncoding: "aes128gcm", IKM: key})),
		fmt.Sprint(gen.EncryptContent(nil, key, [16]byte{})),
		fmt.Sprint(gen.SaltContent(nil, key)),
	} {
		c.check(t, "an error", text)
	}
	_, err := rule.ParseProfileRule(`[--key "` + canary + `-001" --foo] /x`)
	c.check(t, "an error of a rule", fmt.Sprint(err))
}
