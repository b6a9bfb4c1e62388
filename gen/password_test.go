package gen

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"profilegen/rule"
)

func TestPassword(t *testing.T) {
	key := func(c byte) int { // of the phone
		for i, characters := range passwordKeys {
			if strings.IndexByte(characters, c) >= 0 {
				return i
			}
		}
		t.Fatalf("%q is on no key", c)
		return 0
	}
	seen := map[string]bool{}
	for i := range 2000 {
		length := MinPassword + i%20
		text, err := Password(rand.Reader, length)
		if err != nil || len(text) != length || seen[text] {
			t.Fatalf("got %q and %v, want a new password of %d characters", text, err, length)
		}
		seen[text] = true
		for i := range len(text) {
			if i > 0 && key(text[i]) == key(text[i-1]) {
				t.Fatalf("%q: %c and %c are on one key", text, text[i-1], text[i])
			}
		}
		if strings.ContainsAny(text, "0O1lIo") || strings.ContainsAny(text[:1], "23456789") {
			t.Errorf("%q holds what looks like something else, or begins with a digit", text)
		}
		if !strings.ContainsAny(text, "23456789") || strings.ToUpper(text) == text || strings.ToLower(text) == text {
			t.Errorf("%q lacks digits, capitals or small letters", text)
		}
		if got := string(AppendText(nil, text)); got != text {
			t.Errorf("%q is %q in XML", text, got)
		}
		r, err := rule.ParseProfileRule(`[--key ` + text + ` --pwd "` + text + `"] http://h/x`)
		if err != nil || r.Alternatives[0].Options.Key != text || r.Alternatives[0].Options.Pwd != text {
			t.Errorf("%q does not come through a rule: %v", text, err)
		}
	}
}

func TestPasswordOfABadSource(t *testing.T) {
	for what, source := range map[string]*bytes.Reader{
		"empty": bytes.NewReader(nil), "short": bytes.NewReader(make([]byte, 10)), "always the same": bytes.NewReader(make([]byte, 1<<20)),
	} {
		if text, err := Password(source, 16); err == nil {
			t.Errorf("a source that is %s gives %q", what, text)
		}
	}
	if _, err := Password(rand.Reader, MinPassword-1); err == nil {
		t.Error("a password that is too short")
	}
}
