package gen

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"profilegen/rule"
	"profilegen/schema"
)

// randomOf is a source of keys that is not random.
func randomOf(seed byte) *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte{seed}, 1024)) }

func keysOf(t *testing.T, seeds ...byte) *Keys {
	t.Helper()
	k := &Keys{}
	for _, seed := range seeds {
		if err := k.Rotate(randomOf(seed)); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

const secretPhones = "mac,model,user,password\n000e08012345,8861,101,s3cret-101\n000e0801abcd,7841,102,s3cret-102\n"

func sealedBatch(t *testing.T, csv string, e schema.Encoding, k *Keys) *Batch {
	b := &Batch{Fleet: csvFleet(nil, csv), Encoding: e, Keys: k, Tool: "test"}
	b.Delivery = schema.Delivery{Scheme: "https", Server: "prov.example.com"}
	return b
}

// namesOf lists the files whose name begins so.
func (m *memory) namesOf(prefix string) (list []string) {
	for name := range m.files {
		if strings.HasPrefix(name, prefix) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func TestSealedBatch(t *testing.T) {
	const folder = "000e08012345/"
	for _, tt := range []struct {
		title  string
		form   schema.Encoding
		open   func(k *Keys, mac rule.MAC) Decoding
		inside []string // of the phone's own profile
	}{
		{"key", schema.Encoding{Encrypt: "key"},
			func(k *Keys, mac rule.MAC) Decoding {
				return Decoding{Key: k.Key(mac), HasKey: true, Digests: []Digest{MD5}}
			},
			[]string{`<Profile_Rule>[--key "$SA"] https://prov.example.com/$MA/$PSN-`, "<GPP_SA>"}},
		{"key, SHA-256, compressed, another macro", schema.Encoding{Encrypt: "key", Digest: "sha256", Gzip: true, Secret: "SC"},
			func(k *Keys, mac rule.MAC) Decoding {
				return Decoding{Key: k.Key(mac), HasKey: true, Digests: []Digest{SHA256}}
			},
			[]string{`<Profile_Rule>[--key "$SC"] https://prov.example.com/$MA/$PSN-`, "<GPP_SC>"}},
		{"RFC 8188, compressed", schema.Encoding{Encrypt: "ikm", Gzip: true},
			func(k *Keys, mac rule.MAC) Decoding {
				return Decoding{ContentEncoding: "aes128gcm", IKM: k.IKM(mac)}
			},
			[]string{`<Profile_Rule>https://prov.example.com/$MA/$PSN-`, "<IKM_HTTP_Encrypt_Content>"}},
	} {
		t.Run(tt.title, func(t *testing.T) {
			k := keysOf(t, 1)
			out := newMemory()
			r, err := sealedBatch(t, secretPhones, tt.form, k).Run(t.Context(), out)
			if err != nil || len(r.Problems) != 0 {
				t.Fatalf("error %v, problems %v", err, r.Problems)
			}
			names := out.namesOf(folder)
			if len(names) != 2 || names[1] != folder+"8861-3PCC.xml" {
				t.Fatalf("the phone has %q, want its first file and a marked one", names)
			}
			phone, _ := rule.ParseMAC("000e08012345")
			clear, err := Decode([]byte(out.files[names[0]]), tt.open(k, phone))
			if err != nil {
				t.Fatalf("%s: %v", names[0], err)
			}
			for _, part := range append(tt.inside, "<Password_1_>s3cret-101</Password_1_>", "<Resync_Periodic>3600</Resync_Periodic>") {
				if !bytes.Contains(clear, []byte(part)) {
					t.Errorf("%s has no %s:\n%s", names[0], part, clear)
				}
			}
			other, _ := rule.ParseMAC("000e0801abcd")
			if _, err := Decode([]byte(out.files[names[0]]), tt.open(k, other)); err == nil {
				t.Error("another phone's key opens the file")
			}
			for name, text := range out.files {
				if strings.Contains(text, "s3cret") {
					t.Errorf("%s shows a password", name)
				}
				key := k.Key(phone)
				if tt.form.Encrypt == "ikm" {
					key = k.IKM(phone)
				}
				if (name == names[1]) != strings.Contains(text, key) {
					t.Errorf("%s: the key in clear: %v", name, name != names[1])
				}
			}
			again := newMemory()
			again.files = out.files
			r, err = sealedBatch(t, secretPhones, tt.form, k).Run(t.Context(), again)
			if err != nil || len(again.log) != 0 || r.Unchanged != r.Files {
				t.Errorf("a second run: %v, %d of %d unchanged, %q", err, r.Unchanged, r.Files, again.log)
			}
		})
	}
}

func TestGzipOnly(t *testing.T) {
	out := newMemory()
	if _, err := sealedBatch(t, secretPhones, schema.Encoding{Gzip: true}, nil).Run(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	plain := newMemory()
	if _, err := sealedBatch(t, secretPhones, schema.Encoding{}, nil).Run(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	for name, text := range plain.files {
		if name == ManifestName {
			continue
		}
		got, err := Decode([]byte(out.files[name]), Decoding{})
		if err != nil || string(got) != text {
			t.Errorf("%s: %v, or other bytes than without gzip", name, err)
		}
		if own := strings.Contains(name, "/"); own != strings.HasPrefix(out.files[name], "\x1f\x8b") {
			t.Errorf("%s is compressed: %v", name, !own)
		}
	}
}

// A key that the list gives stays; a rotation leads phones from any older key
// to it.
func TestRotation(t *testing.T) {
	const list = "mac,model\n000e08012345,8861\n"
	form := schema.Encoding{Encrypt: "key"}
	run := func(k *Keys, out *memory, prune bool) *Result {
		t.Helper()
		b := sealedBatch(t, list, form, k)
		b.Prune = prune
		r, err := b.Run(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	out := newMemory()
	run(keysOf(t, 1), out, false)
	before := out.namesOf("000e08012345/")[0]
	old := out.files[before]
	phone, _ := rule.ParseMAC("000e08012345")

	run(keysOf(t, 1, 2), out, false)
	now := out.namesOf("000e08012345/")
	if len(now) != 3 {
		t.Fatalf("after a rotation there are %q, want the file, the one for the old key, and the first file", now)
	}
	oldKey, newKey := keysOf(t, 1).Key(phone), keysOf(t, 2).Key(phone)
	text, err := Decode([]byte(out.files[before]), Decoding{Key: oldKey, HasKey: true})
	if err != nil || out.files[before] == old || !strings.Contains(string(text), "<GPP_SA>"+newKey+"</GPP_SA>") {
		t.Fatalf("%s does not give a phone with the old key the new one: %v\n%s", before, err, text)
	}
	after := now[0]
	if after == before {
		after = now[1]
	}
	if !strings.Contains(string(text), `/$MA/`+strings.Replace(after[len("000e08012345/"):], "8861-3PCC", "$PSN", 1)+"<") {
		t.Errorf("it does not lead to %s:\n%s", after, text)
	}
	if i, j := slices.Index(out.log, "add "+after), slices.Index(out.log, "change "+before); i < 0 || j < i {
		t.Errorf("the new file has to be there before phones are led to it: %q", out.log)
	}

	k := keysOf(t, 1, 2)
	k.Finish()
	if r := run(k, out, true); r.Pruned != 1 {
		t.Errorf("%d files are taken away, want 1", r.Pruned)
	}
	if got := out.namesOf("000e08012345/"); slices.Contains(got, before) || len(got) != 2 {
		t.Errorf("in the end there are %q", got)
	}
}

// Keys that the list gives are changed in two steps, too, once the key file
// knows the old ones.
func TestRotationOfGivenKeys(t *testing.T) {
	const old, present = "0123456789abcdef", "fedcba9876543210"
	k := keysOf(t, 1)
	mac, _ := rule.ParseMAC("000e08012345")
	k.Remember(mac, old)
	k.Remember(mac, old)
	again, err := ReadKeys(k.Bytes())
	if err != nil || again.Older() != 1 {
		t.Fatalf("%v, %d older keys", err, again.Older())
	}
	out := newMemory()
	r, err := sealedBatch(t, "mac,model,key\n000e08012345,8861,"+present+"\n", schema.Encoding{Encrypt: "key"}, again).Run(t.Context(), out)
	if err != nil || len(r.Problems) > 0 {
		t.Fatal(err, r.Problems)
	}
	opened := map[string]string{}
	for _, name := range out.namesOf("000e08012345/8861-3PCC-") {
		for what, key := range map[string]string{"old": old, "present": present, "made": k.Key(mac)} {
			if text, err := Decode([]byte(out.files[name]), Decoding{Key: key, HasKey: true}); err == nil {
				opened[what] = string(text)
			}
		}
	}
	if len(opened) != 3 {
		t.Fatalf("%d of the old, the present and the key file's key open a file", len(opened))
	}
	for what, text := range opened {
		if !strings.Contains(text, "<GPP_SA>"+present+"</GPP_SA>") || strings.Contains(text, "<Station_Name>") {
			t.Errorf("the file for the %s key does not give the present one:\n%s", what, text)
		}
	}
}

// The rule has the log-in, and a phone learns its password with its key.
func TestSealedLogin(t *testing.T) {
	const list = "mac,model,GPP_SC\n000e08012345,8861,pass-word-1\n"
	out := newMemory()
	form := schema.Encoding{Encrypt: "key", User: "$MA", Password: "SC"}
	r, err := sealedBatch(t, list, form, keysOf(t, 1)).Run(t.Context(), out)
	if err != nil || len(r.Problems) > 0 {
		t.Fatal(err, r.Problems)
	}
	first := out.files["000e08012345/8861-3PCC.xml"]
	for _, want := range []string{`[--key "$SA" --uid "$MA" --pwd "$SC"] https://`, "<GPP_SC>pass-word-1</GPP_SC>"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first file has no %s:\n%s", want, first)
		}
	}
	for _, c := range []struct {
		form schema.Encoding
		csv  string
		want string
	}{
		{schema.Encoding{Encrypt: "key", User: "a b"}, "mac,model,GPP_SB\n000e08012345,8861,x\n", "login"},
		{schema.Encoding{Encrypt: "key", User: "a", Password: "SA"}, "mac,model,GPP_SA\n000e08012345,8861,xxxxxxxx\n", "login"},
		{schema.Encoding{Encrypt: "key", User: "a"}, "mac,model\n000e08012345,8861\n", "no-password"},
	} {
		r, err := sealedBatch(t, c.csv, c.form, keysOf(t, 1)).Run(t.Context(), newMemory())
		if !errors.Is(err, ErrProblems) || !slices.ContainsFunc(r.Problems, func(p schema.Problem) bool { return p.ID == c.want }) {
			t.Errorf("%+v: %v, %v; want %s", c.form, err, r.Problems, c.want)
		}
	}
}

func TestSealedProblems(t *testing.T) {
	key := schema.Encoding{Encrypt: "key"}
	tftp := schema.Delivery{Scheme: "tftp", Server: "192.0.2.1"}
	for _, tt := range []struct {
		title string
		csv   string
		batch Batch
		keys  bool
		want  string // id of the problem; "" for none
	}{
		{"no key", "mac,model\n000e08012345,8861\n", Batch{Encoding: key}, false, "no-key"},
		{"keys in the list", "mac,model,GPP_SA\n000e08012345,8861,0123456789abcdef\n", Batch{Encoding: key}, false, ""},
		{"a key that cannot stand in a rule", "mac,model,GPP_SA\n000e08012345,8861,\"a\"\"b\"\n", Batch{Encoding: key}, false, "bad-key"},
		{"key material that is no base64url", "mac,model,IKM_HTTP_Encrypt_Content\n000e08012345,8861,a+b\n", Batch{Encoding: schema.Encoding{Encrypt: "ikm"}, Delivery: schema.Delivery{Scheme: "https", Server: "h"}}, false, "bad-key"},
		{"a phone's own rule", "mac,model,Profile_Rule\n000e08012345,8861,/$MA/$PSN.xml\n", Batch{Encoding: key}, true, "rule-and-encryption"},
		{"one key for all", "mac,model,GPP_SA\n000e08012345,8861,\n", Batch{Fleet: &Fleet{Base: profileOf(value("GPP_SA", "0123456789abcdef"))}, Encoding: key}, false, "shared-key"},
		{"RFC 8188 over TFTP", "mac,model\n000e08012345,8861\n", Batch{Encoding: schema.Encoding{Encrypt: "ikm"}, Delivery: tftp}, true, "ikm-scheme first-in-clear proof"},
		{"RFC 8188, and it is not known how files are fetched", "mac,model\n000e08012345,8861\n", Batch{Encoding: schema.Encoding{Encrypt: "ikm"}}, true, "ikm-scheme"},
		{"keys over TFTP", "mac,model\n000e08012345,8861\n", Batch{Encoding: key, Delivery: tftp}, true, "first-in-clear"},
		{"keys over HTTPS", "mac,model\n000e08012345,8861\n", Batch{Encoding: schema.Encoding{Encrypt: "key", First: "https://h/keys"}, Delivery: tftp}, true, ""},
		{"phones have their keys", "mac,model\n000e08012345,8861\n", Batch{Encoding: schema.Encoding{Encrypt: "key", First: "none"}, Delivery: tftp}, true, ""},
		{"rules and keys are the user's", "mac,model,GPP_SA,Profile_Rule\n000e08012345,8861,0123456789abcdef,\"[--key $SA] /$MA.xml\"\n",
			Batch{Encoding: key, NoBootstrap: true, Name: "$MA.xml", Entry: "[--key $SA] /$MA.xml"}, false, ""},
		{"the user's rule has no key", "mac,model,GPP_SA\n000e08012345,8861,0123456789abcdef\n",
			Batch{Encoding: key, NoBootstrap: true, Name: "$MA.xml", Entry: "/$MA.xml"}, false, "proof"},
		{"the user's rule has another key", "mac,model,GPP_SA\n000e08012345,8861,0123456789abcdef\n",
			Batch{Encoding: key, NoBootstrap: true, Name: "$MA.xml", Entry: "[--key other] /$MA.xml"}, false, "proof"},
	} {
		t.Run(tt.title, func(t *testing.T) {
			b := tt.batch
			base := (*schema.Profile)(nil)
			if b.Fleet != nil {
				base = b.Fleet.Base
			}
			if b.Fleet = csvFleet(base, tt.csv); tt.keys {
				b.Keys = keysOf(t, 1)
			}
			r, err := b.Run(t.Context(), newMemory())
			if err != nil && !errors.Is(err, ErrProblems) {
				t.Fatal(err)
			}
			got := ""
			for _, p := range r.Problems {
				got += " " + p.ID
				if strings.Contains(fmt.Sprint(p), "0123456789abcdef") {
					t.Errorf("the key stands in %v", p)
				}
			}
			if got = strings.TrimSpace(got); got != tt.want {
				t.Errorf("problems %q, want %q: %v", got, tt.want, r.Problems)
			}
		})
	}
}

// What a server makes file by file is what a batch writes; a zip has it too.
func TestSealedLookup(t *testing.T) {
	k := keysOf(t, 1, 2)
	for _, form := range []schema.Encoding{{Encrypt: "key", Gzip: true}, {Encrypt: "ikm"}} {
		out := newMemory()
		if _, err := sealedBatch(t, secretPhones, form, k).Run(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		lookup, zipped := sameEverywhere(t, sealedBatch(t, secretPhones, form, k), out.files, true)
		for _, name := range lookup.Names() {
			f, _ := lookup.File(name)
			if sealed := f.Device != nil && strings.Contains(name, "3PCC-"); sealed != (f.Content != "") && form.Encrypt == "ikm" {
				t.Errorf("%s: Content-Encoding %q", name, f.Content)
			}
			clear, err := f.Profile()
			if err != nil || !bytes.HasPrefix(clear, []byte("<?xml")) {
				t.Errorf("%s in clear: %v, %.20q", name, err, clear)
			}
		}
		for _, f := range zipped {
			if secret := f.Mode().Perm() == 0o600; secret != strings.HasSuffix(f.Name, "/8861-3PCC.xml") && secret != strings.HasSuffix(f.Name, "/7841-3PCC.xml") {
				t.Errorf("%s has mode %v", f.Name, f.Mode())
			}
		}
		mac, _ := rule.ParseMAC("000e08012345")
		first, ok := lookup.First(mac)
		if !ok || first.Name != "000e08012345/8861-3PCC.xml" {
			t.Errorf("a phone without a key gets %v", first)
		}
		own, _ := lookup.Of(mac)
		if got := own.Keys(); len(got) != 3 || strings.Contains(own.Name, got[0]) {
			t.Errorf("%d keys, want the present one and two that may have been", len(got))
		}
	}
}

func TestKeys(t *testing.T) {
	k := keysOf(t, 1, 2)
	again, err := ReadKeys(k.Bytes())
	if err != nil || !bytes.Equal(again.Bytes(), k.Bytes()) || again.Older() != 1 {
		t.Fatalf("read back: %v", err)
	}
	a, b := rule.MAC{1}, rule.MAC{2}
	if k.Key(a) == k.Key(b) || k.Key(a) == keysOf(t, 1).Key(a) || len(k.Key(a)) != 64 || len(k.IKM(a)) != 22 {
		t.Errorf("keys %q and %q, key material %q", k.Key(a), k.Key(b), k.IKM(a))
	}
	if _, err := NewKeys(bytes.NewReader(nil)); err == nil {
		t.Error("a source that is empty gave a key")
	}
	for range mostSecrets - 2 {
		if err := k.Rotate(randomOf(3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Rotate(randomOf(3)); err == nil {
		t.Error("any number of older keys")
	}
	for _, text := range []string{"", "{}", `{"version":2}`, `{"version":1,"secrets":[]}`, `{"version":1,"secrets":["QUJD"]}`} {
		if _, err := ReadKeys([]byte(text)); err == nil || strings.Contains(err.Error(), "QUJD") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// discard is an output that keeps nothing.
type discard struct{ *memory }

func (discard) Write(name, data []byte, secret bool, state State) error { return nil }
func (d discard) NewWriter() (Writer, error)                            { return d, nil }

func BenchmarkSealedBatch(b *testing.B) {
	const phones = 1000
	var list strings.Builder
	list.WriteString("mac,model,user,password\n")
	for i := range phones {
		fmt.Fprintf(&list, "000e08%06x,8861,%d,secret-%d\n", i+1, 1000+i, i)
	}
	base := &schema.Profile{}
	for i := range 40 {
		base.Set(value(fmt.Sprintf("GPP_%c", 'A'+i%16), "some text"))
		base.Set(value(fmt.Sprintf("Dial_Plan_%d_", 1+i%16), "(*xx|[3469]11|0|00|[2-9]xxxxxx|1xxx[2-9]xxxxxxS0|xxxxxxxxxxxx.)"))
	}
	k := &Keys{}
	if err := k.Rotate(randomOf(1)); err != nil {
		b.Fatal(err)
	}
	for _, form := range []schema.Encoding{{}, {Gzip: true}, {Encrypt: "key"}, {Encrypt: "key", Gzip: true}, {Encrypt: "ikm"}} {
		b.Run(fmt.Sprintf("%s gzip=%v", form.Encrypt, form.Gzip), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				batch := &Batch{Fleet: csvFleet(base, list.String()), Encoding: form, Keys: k, Delivery: schema.Delivery{Scheme: "https", Server: "h"}}
				out := newMemory()
				out.staged = true
				if _, err := batch.Run(b.Context(), discard{out}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/phones, "µs/phone")
		})
	}
}
