package resync

import (
	"encoding/base64"
	"strings"
	"testing"

	"profilegen/gen"
)

// Each quirk changes the story told: want is in the trace with the quirk and
// not without it; after "!", the other way round.
func TestQuirksHaveEffect(t *testing.T) {
	ok := "file " + a + " <flat-profile></flat-profile>\n"
	rule := "set Profile_Rule " + a + "\n"
	body := func(values string) string {
		return rule + "file " + a + " <flat-profile>" + values + "</flat-profile>\n"
	}
	cases := []struct{ quirk, story, want string }{
		{"empty-tag=keeps", "set GPP_A old\n" + body("<GPP_A/>"), `!GPP_A = ""`},
		{"empty-tag-rw=empties", "set GPP_A old\n" + body(`<GPP_A ua="rw"/>`), `GPP_A = ""`},
		{"empty-number=empty", "set Resync_Periodic 60\n" + body("<Resync_Periodic></Resync_Periodic>"), `Resync_Periodic = ""`},
		{"empty-text=default", body("<Log_Request_Msg></Log_Request_Msg>"), `!Log_Request_Msg = ""`},
		{"missing-ua=default", body("<Resync_Periodic>3600</Resync_Periodic>"), "Resync_Periodic ua=na"},
		{"invalid-value=applied", body("<Resync_Random_Delay>many</Resync_Random_Delay>"), `Resync_Random_Delay = "many"`},
		{"boot-unit=1s", "random 1\n" + rule + ok, "00:00:02  resync begins"},
		{"after-upgrade=random", "random 1\nat +100s upgraded\n" + rule + ok, "00:02:20  resync begins"},
		{"after-change=resync", body("<Proxy_1_>x</Proxy_1_>"), "restart (Provisioning)  [d.7]\n00:00:00  the boot resync"},
		{"set-time-prvst=-1", "set Resync_At__HHmm_ 0100\nset Profile_Rule ($PRVST eq -1)? " + a + "\n" + ok, "01:00:00    Profile_Rule: GET"},
		{"set-time-first=no", "set Resync_On_Reset No\nset Resync_At__HHmm_ 0100\n" + rule + ok, "!resync begins"},
		{"set-time-spread=as-set", "random 1\nset Resync_At__HHmm_ 0100\nset Resync_At_Random_Delay 60\n" + rule + ok, "01:01:00  resync begins"},
		{"trigger-false=dropped", "set Resync_Trigger_1 1 eq 2\n" + rule + ok, "no resync for the start-up: Resync_Trigger_1 forbids it"},
		{"bad-trigger=true", "set Resync_Trigger_1 http://phone/admin/resync\n" + rule + ok, "resync succeeded"},
		{"trigger-keypad=passed", "set Resync_Trigger_1 1 eq 2\nat +10s keypad " + a + "\n" + ok, "00:00:10  resync begins: the keypad"},
		{"forced-zero=waits", "set Forced_Resync_Delay 0\nfrom +10s to +2h call\n" + rule + ok, "!01:00:00  resync begins"},
		{"zero-retry=at-once", "set Resync_Error_Retry_Delay 0\n" + rule + "status " + a + " 500 200\n", "00:00:01  resync succeeded"},
		{"one-time=clocks", "set Resync_Error_Retry_Delay 60\nat +10s web /admin/resync?http://10.0.0.1/none.xml\n" + rule + ok, "00:01:10  resync begins: the retry"},
		{"bare-url=ignored", "at +10s web /admin/resync\n" + rule + ok, "!00:00:10  resync begins"},
		{"check-sync=ignored", "at +10s notify check-sync\n" + rule + ok, "!00:00:10  resync begins"},
		{"rules-read=at-start", body("<Profile_Rule_B>http://10.0.0.1/b.xml</Profile_Rule_B>"), "00:00:00  resync succeeded"},
		{"bad-rule=skipped", "set Profile_Rule ($FOO eq 1)? " + a + "\n", "resync succeeded"},
		{"damaged=not-found", "set Resync_Fails_On_FNF No\n" + rule + "file " + a + " <flat-profile>\n", "resync succeeded"},
		{"other-2xx=A", rule + "status " + a + " 204\n", "not a profile"},
		{"redirects=1", rule + "redirect " + a + " " + a + "\n", "more than 1 redirect"},
		{"location=verbatim", rule + "redirect " + a + " http://10.0.0.1/$MA.xml\n", "GET http://10.0.0.1/$MA.xml"},
		{"login=unasked", "set Profile_Rule [--uid u --pwd pwd4] " + a + "\nlogin " + a + " u pwd4\n" + ok, "!status 401"},
		{"second-tail=no", "dhcp 66 tftp://10.0.0.5/\nset Profile_Rule /a.xml\n", "!/Cisco/"},
		{"dhcp-text=verbatim", "dhcp 66 http://10.0.0.5/$MA.xml\nset Profile_Rule /a.xml\n", "GET http://10.0.0.5/$MA.xml"},
		{"no-server=skipped", "set Profile_Rule /a.xml\n", "resync succeeded"},
		{"restart-after=success", "set Profile_Rule_B http://10.0.0.1/none.xml\n" + body("<Proxy_1_>x</Proxy_1_>"), "!restart (Provisioning)"},
		{"restart-failures=forgotten", "set Resync_Error_Retry_Delay 60,600\nat +10s user-reboot\n" + rule, "00:01:10  resync begins"},
	}
	covered := map[string]bool{
		"key-digest": true, "other-digest": true, "tftp-access": true, "accept-encoding": true, // below
		"login-tries": true, // TestLogin
	}
	trace := func(t *testing.T, story string) string {
		_, text := playThrough(t, read(t, "start 2026-03-02 00:00\nend 04:00\n"+randomOf(story)+story))
		return text
	}
	for _, c := range cases {
		name, _, _ := strings.Cut(c.quirk, "=")
		covered[name] = true
		t.Run(c.quirk, func(t *testing.T) {
			without, with := trace(t, c.story), trace(t, "quirk "+c.quirk+"\n"+c.story)
			want, gone := strings.CutPrefix(c.want, "!")
			if gone {
				with, without = without, with
			}
			if !strings.Contains(with, want) || strings.Contains(without, want) {
				t.Errorf("want %q with the quirk only (-with +without):\n%s", c.want, diff(with, without))
			}
		})
	}
	for _, k := range QuirkList() {
		if !covered[k.Name] {
			t.Errorf("no case shows what quirk %s does", k.Name)
		}
	}
}

// randomOf fixes the random times unless the story does.
func randomOf(story string) string {
	if strings.Contains(story, "random ") {
		return ""
	}
	return "random 0\n"
}

func TestDigestQuirks(t *testing.T) {
	clear := []byte("<flat-profile><GPP_A>1</GPP_A></flat-profile>")
	for _, c := range []struct {
		digest gen.Digest
		quirks string
		want   string
	}{
		{gen.SHA256, "", "1"},
		{gen.MD5, "", "1"},
		{gen.MD5, "other-digest=no", ""},
		{gen.MD5, "other-digest=no key-digest=md5", "1"},
		{gen.SHA256, "other-digest=no key-digest=md5", ""},
		{gen.SHA256, "key-digest=md5", "1"},
	} {
		b := phoneWith(t, "Profile_Rule [--key k] "+a)
		for _, q := range strings.Fields(c.quirks) {
			if err := b.Quirks.Set(q); err != nil {
				t.Fatal(err)
			}
		}
		b.site.Answer(a, Reply{Status: 200, Body: gen.EncryptKey(clear, "k", [8]byte{}, c.digest)})
		b.run(0)
		if got := b.Value("GPP_A"); got != c.want {
			t.Errorf("%v with %q: GPP_A = %q, want %q", c.digest, c.quirks, got, c.want)
		}
	}
}

func TestAccessAndEncodingQuirks(t *testing.T) {
	if got := Classify(&Reply{Err: TFTPError(2)}, &Quirks{AccessIsNotFound: true}); got != ClassB {
		t.Errorf("TFTP error 2 is class %v, want B", got)
	}
	ikm := base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef"))
	body, err := gen.EncryptContent([]byte("<flat-profile><GPP_A>1</GPP_A></flat-profile>"), ikm, [16]byte{})
	if err != nil {
		t.Fatal(err)
	}
	for quirk, want := range map[bool]string{false: "aes128gcm", true: ""} {
		b := phoneWith(t, "Profile_Rule "+a, "IKM_HTTP_Encrypt_Content "+ikm)
		b.Quirks.NoAcceptEncoding = quirk
		b.site.Answer(a, Reply{Status: 200, Encoding: "aes128gcm", Body: body})
		b.run(0)
		if got := b.requests[0].AcceptEncoding; got != want || b.Value("GPP_A") != "1" {
			t.Errorf("Accept-Encoding %q, GPP_A %q; want %q, 1", got, b.Value("GPP_A"), want)
		}
	}
}
