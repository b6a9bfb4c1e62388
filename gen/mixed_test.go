package gen

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilegen/rule"
	"profilegen/schema"
)

// A fleet whose phones cannot all read the same.
const mixedPhones = `mac,model,firmware,encryption,Digest,user,password
000e08000001,8861,,None,,101,s3cret-101
000e08000002,8861,,key,MD5,102,s3cret-102
000e08000003,8861,,key,SHA-256,103,s3cret-103
000e08000004,8861,,ikm,,104,s3cret-104
000e08000005,8861,,,,105,s3cret-105
`

// mixed is how each of them gets its file, and what opens it.
func mixed(k *Keys, standard Decoding) map[rule.MAC]Decoding {
	mac := func(last byte) rule.MAC { return rule.MAC{0, 0x0E, 8, 0, 0, last} }
	byKey := func(last byte, digest Digest) Decoding {
		return Decoding{Key: k.Key(mac(last)), HasKey: true, Digests: []Digest{digest}}
	}
	return map[rule.MAC]Decoding{
		mac(1): {},
		mac(2): byKey(2, MD5),
		mac(3): byKey(3, SHA256),
		mac(4): {ContentEncoding: "aes128gcm", IKM: k.IKM(mac(4))},
		mac(5): standard,
	}
}

func TestMixedFleet(t *testing.T) {
	k := keysOf(t, 1)
	fifth := rule.MAC{0, 0x0E, 8, 0, 0, 5}
	const elsewhere = "https://keys.example.com/first"
	for _, tt := range []struct {
		title string
		e     schema.Encoding
		fifth Decoding // the phone of which the list says nothing
	}{
		{"the others in clear", schema.Encoding{}, Decoding{}},
		{"the others with a key, all compressed", schema.Encoding{Gzip: true, Encrypt: "key", Digest: "sha256"},
			Decoding{Key: k.Key(fifth), HasKey: true, Digests: []Digest{SHA256}}},
		{"the others by RFC 8188", schema.Encoding{Encrypt: "ikm"}, Decoding{ContentEncoding: "aes128gcm", IKM: k.IKM(fifth)}},
		{"first files elsewhere", schema.Encoding{First: elsewhere}, Decoding{}},
		{"no first files", schema.Encoding{First: "none"}, Decoding{}},
		{"no first files, the others with a key", schema.Encoding{Encrypt: "key", First: "none"},
			Decoding{Key: k.Key(fifth), HasKey: true, Digests: []Digest{MD5}}},
	} {
		t.Run(tt.title, func(t *testing.T) {
			out := newMemory()
			r, err := sealedBatch(t, mixedPhones, tt.e, k).Run(t.Context(), out)
			if err != nil || len(r.Problems) != 0 || r.Phones != 5 {
				t.Fatalf("error %v, %d phones, problems %v", err, r.Phones, r.Problems)
			}
			again := newMemory()
			again.files = out.files
			r, err = sealedBatch(t, mixedPhones, tt.e, k).Run(t.Context(), again)
			if err != nil || len(again.log) != 0 || r.Unchanged != r.Files {
				t.Errorf("a second run: %v, %d of %d unchanged, %q", err, r.Unchanged, r.Files, again.log)
			}
			checkMixed(t, sealedBatch(t, mixedPhones, tt.e, k), out.files, mixed(k, tt.fifth))
		})
	}
}

// checkMixed fetches the phones' files from a lookup, reads them as the phones
// do, and compares them with those of the folder and of an archive.
func checkMixed(t *testing.T, b *Batch, written map[string]string, open map[rule.MAC]Decoding) {
	t.Helper()
	lookup, _ := sameEverywhere(t, b, written, false)
	for mac, with := range open {
		own, ok := lookup.Of(mac)
		if !ok {
			t.Errorf("%s has no file", mac)
			continue
		}
		encrypted := with.HasKey || with.ContentEncoding != ""
		if own.Content != with.ContentEncoding {
			t.Errorf("%s: Content-Encoding %q, want %q", own.Name, own.Content, with.ContentEncoding)
		}
		clear, err := Decode([]byte(written[own.Name]), with)
		password := "s3cret-10" + mac.String()[11:]
		if err != nil || !bytes.Contains(clear, []byte(password)) {
			t.Errorf("%s is not opened: %v, %.40q", own.Name, err, clear)
		}
		if shown, err := own.Profile(); err != nil || !bytes.Equal(shown, clear) {
			t.Errorf("%s is shown otherwise than the phone reads it: %v", own.Name, err)
		}
		if marked := strings.Contains(own.Name, "3PCC-"); marked != encrypted || (len(own.Keys()) > 0) != encrypted {
			t.Errorf("%s has %d keys and is encrypted: %v", own.Name, len(own.Keys()), encrypted)
		}
		first, ok := lookup.First(mac)
		wantFirst := !encrypted || b.Encoding.First != schema.NoFirst
		if ok != wantFirst || ok && (first.Name != mac.String()+"/8861-3PCC.xml" || first.Role == FirstFile != encrypted) {
			t.Errorf("a new phone %s gets %+v, want one: %v", mac, first, wantFirst)
		}
		d, err := b.Fleet.Find(mac)
		if err != nil {
			t.Fatal(err)
		}
		renderer, err := b.NewRenderer()
		if err != nil {
			t.Fatal(err)
		}
		shown, err := renderer.Profile(d)
		if err != nil || !bytes.Equal(shown, clear) {
			t.Errorf("%s: the renderer's profile differs: %v", mac, err)
		}
		rule, err := b.Layers(d, "Profile_Rule")
		if err != nil || !strings.HasPrefix(rule[len(rule)-1].Text, ruleOf(with)) {
			t.Errorf("%s: the rule of its file is %v (%v), want %s…", mac, rule, err, ruleOf(with))
		}
	}
}

// ruleOf is how the rule begins by which such a phone stays with its file.
func ruleOf(with Decoding) string {
	if with.HasKey {
		return `[--key "$SA"] https://prov.example.com/`
	}
	return "https://prov.example.com/"
}

// sameEverywhere makes the files that a folder has as a server does, one by
// one, and as an archive, and compares them.
func sameEverywhere(t *testing.T, b *Batch, folder map[string]string, deflate bool) (*Lookup, []*zip.File) {
	t.Helper()
	var archive bytes.Buffer
	if _, err := b.Zip(t.Context(), &archive, deflate); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	zipped := map[string]string{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		zipped[f.Name] = string(text)
	}
	if diff := cmp.Diff(folder, zipped); diff != "" {
		t.Errorf("folder and archive differ (-folder +archive):\n%s", diff)
	}
	lookup, _, err := b.Lookup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]string{ManifestName: zipped[ManifestName]}
	for _, name := range lookup.Names() {
		f, _ := lookup.File(name)
		data, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		made[name] = string(data)
	}
	if diff := cmp.Diff(zipped, made); diff != "" {
		t.Errorf("batch and lookup differ (-batch +lookup):\n%s", diff)
	}
	return lookup, r.File
}

// A worker's memory is used for the next phones; what an encrypted file needed
// is not left for one in clear.
func TestMixedJobs(t *testing.T) {
	text := "mac,model,encrypt\n"
	const count = 6 * phonesInJob // more than there is memory for
	for i := range count {
		text += rule.MAC{0, 0x0E, 8, 1, 0, byte(i)}.String() + ",8861," + [...]string{"key", "none"}[i/phonesInJob%2] + "\n"
	}
	b := sealedBatch(t, text, schema.Encoding{}, keysOf(t, 1))
	b.Workers = 1
	out := newMemory()
	r, err := b.Run(t.Context(), out)
	if want := count + count/2 + 1; err != nil || r.Files != want || len(out.files) != want+1 {
		t.Errorf("%v, %d files, %d written, want %d and the manifest: each phone's, a first one for each that is encrypted, and the model's", err, r.Files, len(out.files), want)
	}
}

// What a list says of its phones stands in a fleet file too, and in a list that
// is written from it; the files are the same from all of them.
func TestMixedFleetFile(t *testing.T) {
	k := keysOf(t, 1)
	e := schema.Encoding{Encrypt: "key"}
	files := func(b *Batch) map[string]string {
		t.Helper()
		out := newMemory()
		if _, err := b.Run(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		return out.files
	}
	listed := sealedBatch(t, mixedPhones, e, k)
	want := files(listed)

	file, problems, err := listed.Fleet.File()
	if err != nil || len(problems) != 0 {
		t.Fatal(err, problems)
	}
	var saved bytes.Buffer
	if err := file.Write(&saved); err != nil {
		t.Fatal(err)
	}
	opened, problems, err := schema.ReadFleet("fleet.json", saved.Bytes())
	if err != nil || len(problems) != 0 {
		t.Fatal(err, problems)
	}
	b := sealedBatch(t, "", e, k)
	if b.Fleet, problems = NewFleet(opened); len(problems) != 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(want, files(b)); diff != "" {
		t.Errorf("files from the list and from the fleet file differ (-list +fleet.json):\n%s\n%s", diff, saved.Bytes())
	}

	var devices []*Device
	if _, err := b.Fleet.Each(func(d *Device) {
		one := *d
		one.Values = slices.Clone(d.Values)
		devices = append(devices, &one)
	}); err != nil {
		t.Fatal(err)
	}
	columns := CSVColumns(slices.Values(devices))
	text := AppendCSVHeader(nil, columns)
	for _, d := range devices {
		text = AppendCSVDevice(text, columns, d)
	}
	if diff := cmp.Diff(want, files(sealedBatch(t, string(text), e, k))); diff != "" {
		t.Errorf("files from the list and from one written anew differ (-list +written):\n%s\n%s", diff, text)
	}
}

func TestMixedProblems(t *testing.T) {
	key := schema.Encoding{Encrypt: "key"}
	tftp := schema.Delivery{Scheme: "tftp", Server: "192.0.2.1"}
	for _, tt := range []struct {
		title string
		csv   string
		batch Batch
		want  string
	}{
		{"no way of encryption", "mac,model,encrypt\n000e08012345,8861,aes\n", Batch{},
			`phones.csv:2:19: encrypt: "aes" is none of its values (key, ikm or none; leave it empty for what all phones have)`},
		{"no digest", "mac,model,encrypt,digest\n000e08012345,8861,key,sha1\n", Batch{},
			`phones.csv:2:23: digest: "sha1" is none of its values (md5 or sha256; leave it empty for what all phones have)`},
		{"a digest of a file in clear", "mac,model,encrypt,digest\n000e08012345,8861,none,md5\n", Batch{Encoding: key},
			"phones.csv:2:24: digest: the phone's file is not encrypted with a key for --key, of which a digest is made"},
		{"a digest for RFC 8188", "mac,model,digest\n000e08012345,8861,md5\n", Batch{Encoding: schema.Encoding{Encrypt: "ikm"}, Delivery: schema.Delivery{Scheme: "https", Server: "h"}},
			"phones.csv:2:19: digest: the phone's file is not encrypted with a key for --key, of which a digest is made"},
		{"RFC 8188 over TFTP", "mac,model,encrypt\n000e08012345,8861,ikm\n", Batch{Delivery: tftp},
			"phones.csv:2:19: encrypt: a file encrypted by RFC 8188 cannot be fetched by TFTP, which has no header Content-Encoding"},
		{"one phone without a key", "mac,model,encrypt\n000e08012345,8861,\n000e08012346,8861,key\n", Batch{},
			"phones.csv:3:1: the phone has no key to encrypt its file with (a key file makes one for each phone: -key-file keys.json on the command line; or add a column GPP_SA)"},
		{"two of them", "mac,model,encrypt\n000e08012345,8861,key\n000e08012346,8861,none\n000e08012347,8861,key\n", Batch{},
			"phones.csv:2:1: the phone has no key to encrypt its file with; nor has the one of row 4"},
		{"another one with another key", "mac,model,encrypt\n000e08012345,8861,key\n000e08012346,8861,ikm\n000e08012347,8861,ikm\n", Batch{},
			"phones.csv:2:1: the phone has no key to encrypt its file with (a key file makes one for each phone: -key-file keys.json on the command line; or add a column GPP_SA)\n" +
				"phones.csv:3:1: the phone has no key to encrypt its file with; nor has the one of row 4 (a key file makes one for each phone: -key-file keys.json on the command line; or add a column IKM_HTTP_Encrypt_Content)"},
		{"twelve of them", "mac\n" + manyPhones(12), Batch{Encoding: key, Fleet: &Fleet{Model: "CP-8861-3PCC"}},
			"phones.csv:2:1: the phone has no key to encrypt its file with; nor have those of rows 3, 4, 5, 6, 7, 8, 9, 10 and 3 more"},
	} {
		t.Run(tt.title, func(t *testing.T) {
			b := tt.batch
			b.Fleet = csvFleet(nil, tt.csv)
			if tt.batch.Fleet != nil {
				b.Fleet.Model = tt.batch.Fleet.Model
			}
			if strings.Contains(tt.title, "8188") {
				b.Keys = keysOf(t, 1)
			}
			r, err := b.Run(t.Context(), newMemory())
			if err == nil {
				t.Error("files were written")
			}
			got := ""
			for _, p := range r.Problems {
				if p.Severity == rule.Error {
					got += p.Origin.String() + ": " + p.Summary + " (" + p.Hint + ")\n"
				}
			}
			if !strings.HasPrefix(got, tt.want) || strings.Count(got, "\n") != 1+strings.Count(tt.want, "\n") {
				t.Errorf("got\n%s\nwant %s", got, tt.want)
			}
		})
	}
}

func manyPhones(count int) string {
	var b strings.Builder
	for i := range count {
		b.WriteString(rule.MAC{0, 0x0E, 8, 1, 0, byte(i)}.String() + "\n")
	}
	return b.String()
}
