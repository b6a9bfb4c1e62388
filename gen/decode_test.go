package gen

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"profilegen/rule/vectors"
)

func TestDecodeVectors(t *testing.T) {
	vectors.Load(t, "resync.json").Run(t, func(t *testing.T, v vectors.Vector) {
		var in struct {
			Body    []byte `json:"body_base64"`
			Key     *string
			Headers map[string]string
			IKM     *string
		}
		v.Decode(t, &in)
		var expected []byte
		var expectedText string
		if word := v.Expected(t, &expectedText); word != "error" {
			var err error
			if expected, err = base64.StdEncoding.DecodeString(word); err != nil {
				t.Fatal(err)
			}
		}
		var with Decoding
		if in.Key != nil {
			with.Key, with.HasKey = *in.Key, true
		}
		if in.IKM != nil {
			with.IKM = *in.IKM
		}
		for name, value := range in.Headers {
			if strings.EqualFold(name, "Content-Encoding") {
				with.ContentEncoding = value
			}
		}
		got, err := Decode(in.Body, with)
		if expected == nil {
			if err == nil {
				t.Errorf("%s: got %q, want an error", v.Note, got)
			}
			return
		}
		if err != nil || !bytes.Equal(got, expected) {
			t.Errorf("%s: got %q and %v, want %q", v.Note, got, err, expected)
		}
	}, "decode")
}

// The two examples of RFC 8188, section 3.
func TestRFC8188Examples(t *testing.T) {
	tests := []struct{ name, ikm, body, keyID string }{
		{"3.1", "yqdlZ-tYemfogSmv7Ws5PQ", "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg", ""},
		{"3.2", "BO3ZVPxUlnLORbVGMpbT1Q", "uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA", "a1"},
	}
	for _, tt := range tests {
		body, err := base64.RawURLEncoding.DecodeString(tt.body)
		if err != nil {
			t.Fatal(err)
		}
		for _, ikm := range []string{tt.ikm, tt.ikm + "=="} {
			got, err := Decode(body, Decoding{ContentEncoding: "aes128gcm", IKM: ikm})
			if want := "I am the walrus"; err != nil || string(got) != want {
				t.Errorf("example %s: got %q and %v, want %q", tt.name, got, err, want)
			}
		}
	}
	// the first one, the other way
	salt := [16]byte{}
	body, _ := base64.RawURLEncoding.DecodeString(tests[0].body)
	copy(salt[:], body)
	if got, err := EncryptContent([]byte("I am the walrus"), tests[0].ikm, salt); err != nil || !bytes.Equal(got, body) {
		t.Errorf("example 3.1 encrypted: got %x and %v, want %x", got, err, body)
	}
}

const somePlain = "<flat-profile><GPP_A>12345678</GPP_A></flat-profile>\n"

func TestDecodeErrors(t *testing.T) {
	salt := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	sealed := EncryptKey([]byte(somePlain), "key", salt, MD5)
	content, err := EncryptContent(bytes.Repeat([]byte("<x>"), 3000), "AAECAwQFBgcICQoLDA0ODw", [16]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	packed := Gzip([]byte(somePlain))
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-5] ^= 1 // in the check sum
	keyed := Decoding{Key: "key", HasKey: true}
	ikm := Decoding{ContentEncoding: "aes128gcm", IKM: "AAECAwQFBgcICQoLDA0ODw"}
	tests := []struct {
		name string
		body []byte
		with Decoding
		step DecodeStep
		want string
	}{
		{"encrypted without --key", sealed, Decoding{}, StepKey, "the rule has no --key"},
		{"--key, plain body", []byte(somePlain), keyed, StepKey, "the body is not encrypted"},
		{"--key, empty body", nil, keyed, StepKey, "the body is not encrypted"},
		{"--key, compressed body", packed, keyed, StepKey, "the body is not encrypted"},
		{"magic alone", sealed[:8], keyed, StepKey, "cut off"},
		{"salt alone", sealed[:16], keyed, StepKey, "cut off"},
		{"half a block", sealed[:len(sealed)-7], keyed, StepKey, "cut off"},
		{"block missing", sealed[:len(sealed)-16], keyed, StepKey, "does not fit"},
		{"wrong key", sealed, Decoding{Key: "other", HasKey: true}, StepKey, "does not fit"},
		{"empty key", sealed, Decoding{HasKey: true}, StepKey, "does not fit"},
		{"other digest only", sealed, Decoding{Key: "key", HasKey: true, Digests: []Digest{SHA256}}, StepKey, "does not fit"},
		{"neither gzip nor XML inside", EncryptKey([]byte("hello"), "key", salt, SHA256), keyed, StepKey, "does not fit"},
		{"encrypted, then compressed", Gzip(sealed), Decoding{}, StepGzip, "encrypted first and then compressed"},
		{"cut gzip", packed[:len(packed)-9], Decoding{}, StepGzip, "cut off"},
		{"gzip header alone", packed[:10], Decoding{}, StepGzip, "cut off"},
		{"damaged gzip", damaged, Decoding{}, StepGzip, "check sum"},
		{"two members", append(bytes.Clone(packed), packed...), Decoding{}, StepGzip, "bytes follow"},
		{"bomb", Gzip(make([]byte, 5<<20)), Decoding{}, StepGzip, "more than 4194304"},
		{"no key material", content, Decoding{ContentEncoding: "aes128gcm"}, StepContent, "no key material"},
		{"key material is not base64url", content, Decoding{ContentEncoding: "aes128gcm", IKM: "a+b/"}, StepContent, "not base64url"},
		{"other key material", content, Decoding{ContentEncoding: "aes128gcm", IKM: "AAECAwQFBgcICQoLDA0OEA"}, StepContent, "does not fit"},
		{"header cut", content[:20], ikm, StepContent, "cut off"},
		{"no record", content[:21], ikm, StepContent, "does not fit"},
		{"last record missing", content[:21+ContentRecordSize], ikm, StepContent, "ends before its last record"},
		{"cut in a record", content[:len(content)-3], ikm, StepContent, "does not fit"},
		{"plain body", []byte(somePlain), ikm, StepContent, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(tt.body, tt.with)
			var de *DecodeError
			if !errors.As(err, &de) || de.Step != tt.step || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q and %v, want %s: %s", got, err, tt.step, tt.want)
			}
		})
	}
}

func TestContentRecordAfterTheLast(t *testing.T) {
	const ikm = "AAECAwQFBgcICQoLDA0ODw"
	one, err := encryptContent([]byte("a"), ikm, [16]byte{}, 18, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(append(one, one[21:]...), Decoding{ContentEncoding: "aes128gcm", IKM: ikm}); err == nil || !strings.Contains(err.Error(), "something follows the last record") {
		t.Errorf("got %v", err)
	}
}

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		profile := append([]byte("<"), rapid.SliceOfN(rapid.Byte(), 0, 10000).Draw(t, "rest")...)
		body, want := profile, profile
		var with Decoding
		if rapid.Bool().Draw(t, "gzip") {
			body = Gzip(body)
		}
		salt := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "salt"))
		switch rapid.IntRange(0, 2).Draw(t, "encryption") {
		case 1:
			with.Key, with.HasKey = rapid.String().Draw(t, "key"), true
			body = EncryptKey(body, with.Key, [8]byte(salt[:8]), rapid.SampledFrom([]Digest{SHA256, MD5}).Draw(t, "digest"))
		case 2:
			with.IKM = base64.URLEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "ikm"))
			with.ContentEncoding = rapid.SampledFrom([]string{"aes128gcm", "gzip, AES128GCM "}).Draw(t, "header")
			recordSize := rapid.IntRange(18, 5000).Draw(t, "record size")
			var err error
			body, err = encryptContent(body, with.IKM, salt, recordSize, rapid.StringMatching(`[a-z]{0,9}`).Draw(t, "key id"))
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := Decode(body, with)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got %d bytes and %v, want the %d that went in", len(got), err, len(want))
		}
	})
}

// CBC has no integrity: of 10,000 wrong keys none may give a profile.
func TestWrongKeysGiveNoProfile(t *testing.T) {
	keys := 10000
	if testing.Short() {
		keys = 500
	}
	bodies := [][]byte{
		EncryptKey([]byte(somePlain), "right", [8]byte{1}, MD5),
		EncryptKey(Gzip([]byte(somePlain)), "right", [8]byte{2}, SHA256),
	}
	content, err := EncryptContent([]byte(somePlain), "yqdlZ-tYemfogSmv7Ws5PQ", [16]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	key := make([]byte, 4)
	for i := range keys {
		ikm := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(make([]byte, 12), uint32(i)))
		if text, err := Decode(content, Decoding{ContentEncoding: "aes128gcm", IKM: ikm}); err == nil {
			t.Fatalf("key material %q gives %q", ikm, text)
		}
		key[0], key[1] = byte(i), byte(i>>8)
		for _, body := range bodies {
			text, err := Decode(body, Decoding{Key: string(key), HasKey: true})
			if err != nil {
				continue
			}
			if d, _, err := (XMLReader{AsPhone: true}).Read("x", text); err == nil {
				t.Fatalf("key %q gives %q", key, d.Bytes())
			}
		}
	}
}

func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		missing(t, "openssl")
	}
	run := func(in []byte, args ...string) []byte {
		cmd := exec.Command(openssl, append([]string{"enc", "-aes-256-cbc"}, args...)...)
		cmd.Stdin = bytes.NewReader(in)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl enc %q: %v", args, err)
		}
		return out
	}
	const key = `Sécret "Phrase" 1234`
	for _, profile := range [][]byte{[]byte(somePlain), Gzip([]byte(somePlain)), []byte("<123456789abcde>")} {
		for digest, name := range map[Digest]string{MD5: "md5", SHA256: "sha256"} {
			sealed := run(profile, "-e", "-md", name, "-k", key)
			got, err := decryptKey(sealed, key, nil)
			if err != nil || !bytes.Equal(got, profile) {
				t.Errorf("what openssl encrypts with %s: got %q and %v", name, got, err)
			}
			ours := EncryptKey(profile, key, [8]byte{1, 2, 3}, digest)
			if back := run(ours, "-d", "-md", name, "-k", key); !bytes.Equal(back, profile) {
				t.Errorf("what we encrypt with %s: openssl gives %q", name, back)
			}
		}
	}
}

func TestGzipIsDeterministic(t *testing.T) {
	a, b := Gzip([]byte(somePlain)), Gzip([]byte(somePlain))
	if !bytes.Equal(a, b) {
		t.Error("the same profile gives different bytes")
	}
	if flags, time := a[3], a[4:8]; flags != 0 || !bytes.Equal(time, make([]byte, 4)) {
		t.Errorf("the header says flags %d, time %v; want none", flags, time)
	}
}
