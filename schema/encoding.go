package schema

import (
	"slices"
	"strconv"
	"strings"
)

// Encoding says in which form the phones' files are handed out. Keys are no
// part of it: a phone's is its value of KeyElement, or comes from a key file.
type Encoding struct {
	Gzip     bool   `json:"gzip,omitempty" jsonschema:"title=Compress,description=The files are compressed with gzip"`
	Encrypt  string `json:"encrypt,omitempty" jsonschema:"enum=key,enum=ikm,title=Encrypt,description=key: AES-256-CBC for [--key] in the rules; ikm: RFC 8188 with IKM_HTTP_Encrypt_Content (HTTP and HTTPS only)"`
	Digest   string `json:"digest,omitempty" jsonschema:"enum=md5,enum=sha256,title=Digest,description=How the phone makes its AES key of the text after --key: md5 (when not given) or sha256"`
	Secret   string `json:"secret,omitempty" jsonschema:"enum=SA,enum=SB,enum=SC,enum=SD,title=Secret,description=The macro that holds a phone's key: SA (when not given) for GPP_SA"`
	User     string `json:"user,omitempty" jsonschema:"title=User,description=Name that phones log in with where they fetch encrypted files (--uid); macros as in a profile rule,example=$MA"`
	Password string `json:"password,omitempty" jsonschema:"enum=SA,enum=SB,enum=SC,enum=SD,title=Password,description=The macro that holds the password of that log-in (--pwd): SB (when not given) for GPP_SB"`
	First    string `json:"first,omitempty" jsonschema:"title=First files,description=Where phones without a key fetch their first file which holds it in clear: a URL or none; without it where they fetch the others,example=https://prov.example.com/keys"`
}

// The ways of encryption.
const (
	EncryptKey = "key" // AES-256-CBC, for [--key] (f.6)
	EncryptIKM = "ikm" // RFC 8188, for IKM_HTTP_Encrypt_Content (f.7)
)

// EncryptNone is that of a phone whose file stays in clear among others.
const EncryptNone = "none"

// NoFirst is the First of a fleet whose phones have their keys.
const NoFirst = "none"

// The members' values, as the fleet file and the command line take them.
var (
	Encryptions      = []string{EncryptKey, EncryptIKM}
	PhoneEncryptions = []string{EncryptKey, EncryptIKM, EncryptNone} // of a single phone
	Digests          = []string{"md5", "sha256"}
	Secrets          = []string{"SA", "SB", "SC", "SD"}
)

// KeyElement is the parameter that holds a phone's key; "" when nothing is
// encrypted.
func (e *Encoding) KeyElement() string {
	switch {
	case e.Encrypt == "":
		return ""
	case e.Encrypt == EncryptIKM:
		return "IKM_HTTP_Encrypt_Content"
	case e.Secret == "":
		return "GPP_SA"
	}
	return "GPP_" + e.Secret
}

// PasswordElement is the parameter that holds the password of the log-in; ""
// when there is no log-in.
func (e *Encoding) PasswordElement() string {
	switch {
	case e.User == "" || e.Encrypt == "":
		return ""
	case e.Password == "":
		return "GPP_SB"
	}
	return "GPP_" + e.Password
}

func (r *jsonReader) encoding() *Encoding {
	e := &Encoding{}
	r.object("encoding", []member{
		{"gzip", func() { e.Gzip, _ = r.boolean() }},
		{"encrypt", func() { e.Encrypt = r.encryption(Encryptions) }},
		{"digest", func() { e.Digest = r.digest() }},
		{"secret", func() { e.Secret = r.oneOf("bad-secret", "is no macro for secrets", Secrets) }},
		{"user", func() { e.User, _ = r.text() }},
		{"password", func() { e.Password = r.oneOf("bad-secret", "is no macro for secrets", Secrets) }},
		{"first", func() { e.First, _ = r.text() }},
	})
	return e
}

func (r *jsonReader) encryption(known []string) string {
	return r.oneOf("bad-encryption", "is no way of encryption", known)
}

func (r *jsonReader) digest() string {
	return r.oneOf("bad-digest", "is no digest that phones know", Digests)
}

// oneOf reads one of a few texts.
func (r *jsonReader) oneOf(id, wrong string, known []string) string {
	start := r.next()
	text, ok := r.text()
	if ok && !slices.Contains(known, text) {
		last := len(known) - 1
		r.problem(start, id, strconv.Quote(text)+" "+wrong, strings.Join(known[:last], ", ")+" or "+known[last])
	}
	return text
}
