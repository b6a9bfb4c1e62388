package gen

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"

	"profilegen/schema"
)

// form is how phones' files are encoded. A batch may have one of each way.
type form struct {
	gzip    bool
	encrypt string // schema.EncryptKey, schema.EncryptIKM, or ""
	digest  Digest
	element string // the parameter that holds a phone's key
	login   string // the parameter that holds its password on the server; "" when it does not log in
	options string // of the rule for an encrypted file: `[--key "$SA"] `
}

func newForm(e *schema.Encoding) form {
	f := form{gzip: e.Gzip, encrypt: e.Encrypt, element: e.KeyElement(), login: e.PasswordElement()}
	var options []string
	macroOf := func(element string) string { return `"$` + element[len("GPP_"):] + `"` }
	if f.encrypt == schema.EncryptKey {
		options = append(options, "--key "+macroOf(f.element))
	}
	if f.login != "" {
		options = append(options, `--uid "`+e.User+`" --pwd `+macroOf(f.login))
	}
	if options != nil {
		f.options = "[" + strings.Join(options, " ") + "] "
	}
	return f
}

// The ways of encryption in a batch.
const (
	wayClear = iota
	wayMD5
	waySHA256
	wayIKM
	ways
)

// newForms are the forms of a batch, one of each way.
func newForms(e schema.Encoding) []form {
	list := make([]form, ways)
	for way, encrypt := range [ways]string{wayMD5: schema.EncryptKey, waySHA256: schema.EncryptKey, wayIKM: schema.EncryptIKM} {
		e.Encrypt = encrypt
		list[way] = newForm(&e)
	}
	list[wayMD5].digest, list[waySHA256].digest = MD5, SHA256
	return list
}

// wayOf is how a phone's file is encrypted: as its row says, and as the batch
// where that says nothing.
func (r *run) wayOf(d *Device) int {
	if d.Encrypt.Text == "" && d.Digest.Text == "" {
		return r.way
	}
	return wayOf(cmp.Or(d.Encrypt.Text, r.Encoding.Encrypt), cmp.Or(d.Digest.Text, r.Encoding.Digest))
}

func wayOf(encrypt, digest string) int {
	switch encrypt {
	case schema.EncryptKey:
		if digest == "sha256" {
			return waySHA256
		}
		return wayMD5
	case schema.EncryptIKM:
		return wayIKM
	}
	return wayClear
}

// plain tells whether files are written as they are rendered.
func (f *form) plain() bool { return !f.gzip && f.encrypt == "" }

// content is the Content-Encoding that a server has to send with an encrypted
// file; "" for none.
func (f *form) content() string {
	if f.encrypt == schema.EncryptIKM {
		return contentEncoding
	}
	return ""
}

// contentEncoding is the name of the encoding of RFC 8188.
const contentEncoding = "aes128gcm"

// checkKey tells whether a text can be a phone's key.
func (f *form) checkKey(key string) error {
	if f.encrypt == schema.EncryptIKM {
		_, err := keyMaterial(key)
		return err
	}
	return checkKey(key)
}

// decoding is what a phone with that key knows when such a file comes.
func (f *form) decoding(key string) Decoding {
	if f.encrypt == schema.EncryptIKM {
		return Decoding{ContentEncoding: contentEncoding, IKM: key}
	}
	return Decoding{Key: key, HasKey: true, Digests: []Digest{f.digest}}
}

// encoder encodes one profile after the other, with memory of its own.
type encoder struct {
	packer *gzip.Writer
	packed bytes.Buffer
	sealed []byte
}

// gzip compresses; the bytes are good until the next call.
func (e *encoder) gzip(profile []byte) []byte {
	e.packed.Reset()
	if e.packer == nil {
		var err error
		if e.packer, err = gzip.NewWriterLevel(&e.packed, gzip.BestCompression); err != nil {
			panic(err) // the level is one of the package's
		}
	} else {
		e.packer.Reset(&e.packed)
	}
	e.packer.Write(profile) // into memory: does not fail
	e.packer.Close()
	return e.packed.Bytes()
}

// seal encrypts with a phone's key; the bytes are good until the next call.
func (e *encoder) seal(f *form, profile []byte, key string) ([]byte, error) {
	if f.encrypt == schema.EncryptKey {
		e.sealed = appendKey(e.sealed[:0], profile, key, SaltKey(profile, key, f.digest), f.digest)
		return e.sealed, nil
	}
	salt, err := SaltContent(profile, key)
	if err != nil {
		return nil, err
	}
	return EncryptContent(profile, key, salt)
}

// encode makes a phone's own file of its profile. The bytes are good until the
// next call.
func (e *encoder) encode(f *form, profile []byte, key string) (data []byte, err error) {
	data = profile
	if f.gzip {
		data = e.gzip(data)
	}
	if f.encrypt != "" {
		data, err = e.seal(f, data, key)
	}
	return data, err
}

// readBack reads a file as a phone with that key would; the error says that it
// would get another profile.
func (f *form) readBack(data, profile []byte, key string) error {
	with := Decoding{}
	if f.encrypt != "" {
		with = f.decoding(key)
	}
	back, err := Decode(data, with)
	if err != nil {
		return fmt.Errorf("a phone could not read what was encoded: %w", err)
	}
	if !bytes.Equal(back, profile) {
		return errOtherwise
	}
	return nil
}

var errOtherwise = errors.New("what was encoded reads back otherwise")
