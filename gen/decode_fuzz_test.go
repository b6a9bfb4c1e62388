package gen

import (
	"bytes"
	"testing"

	"profilegen/rule"
)

func FuzzDecode(f *testing.F) {
	const ikm = "AAECAwQFBgcICQoLDA0ODw"
	profile := []byte("<flat-profile><GPP_A>1</GPP_A></flat-profile>")
	content, err := EncryptContent(profile, ikm, [16]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(profile, "", "", "", false)
	f.Add(Gzip(profile), "", "", "", false)
	f.Add(EncryptKey(profile, "key", [8]byte{1}, MD5), "key", "", "", true)
	f.Add(EncryptKey(Gzip(profile), "", [8]byte{1}, SHA256), "", "", "", true)
	f.Add(content, "", "aes128gcm", ikm, false)
	f.Fuzz(func(t *testing.T, body []byte, key, header, ikm string, hasKey bool) {
		before := bytes.Clone(body)
		out, err := Decode(body, Decoding{Key: key, HasKey: hasKey, ContentEncoding: header, IKM: ikm, MaxSize: 1 << 16})
		if err != nil && out != nil {
			t.Errorf("an error, and %d bytes", len(out))
		}
		if !bytes.Equal(body, before) {
			t.Error("the body was changed")
		}
		if err == nil && (bytes.HasPrefix(out, gzipMagic) && !bytes.HasPrefix(body, gzipMagic) || bytes.HasPrefix(out, saltedMagic) && header == "") {
			t.Errorf("half decoded: %q", out)
		}
	})
}

// Whatever stands in a key file, reading it does not panic, and what was read
// is written and read again the same.
func FuzzReadKeys(f *testing.F) {
	k := &Keys{}
	if err := k.Rotate(randomOf(1)); err != nil {
		f.Fatal(err)
	}
	k.Remember(rule.MAC{1}, "old")
	f.Add(k.Bytes())
	f.Add([]byte(`{"version":1,"secrets":["QUJD"],"given":{"x":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := ReadKeys(data)
		if err != nil {
			return
		}
		again, err := ReadKeys(k.Bytes())
		if err != nil || !bytes.Equal(again.Bytes(), k.Bytes()) {
			t.Errorf("written and read again: %v\n%s", err, k.Bytes())
		}
	})
}
