package gen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"profilegen/rule"
)

// Keys are what the keys of a fleet's phones are made from: the content of a
// key file. A phone's key is a hash of a random secret and the phone's
// address, so a new phone needs no new line in the file, and the key of one
// phone tells nothing about another's. Who has the file has all keys.
//
// The first secret is in use. Those after it are older: phones that still have
// a key of one of them are led on (see [Batch]).
type Keys struct {
	secrets [][]byte              // the latest first
	given   map[rule.MAC][]string // older keys that were no hashes
}

const (
	keysVersion   = 1
	keySecretSize = 32
	mostSecrets   = 8 // that phones may have missed
)

// NewKeys draws the secret of a new key file from random.
func NewKeys(random io.Reader) (*Keys, error) {
	k := &Keys{}
	return k, k.Rotate(random)
}

// Rotate draws a new secret: the first of the two steps in which phones get
// new keys. The files of the batch then lead phones with the older key to the
// new one.
func (k *Keys) Rotate(random io.Reader) error {
	if len(k.secrets) >= mostSecrets {
		return fmt.Errorf("there are %d older keys already; forget those that no phone has any more", mostSecrets-1)
	}
	secret := make([]byte, keySecretSize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return fmt.Errorf("drawing a key: %w", err)
	}
	k.secrets = slices.Insert(k.secrets, 0, secret)
	return nil
}

// Finish forgets the older secrets: the second step. A phone that has not
// fetched its profile since Rotate is locked out then, until it gets its first
// file again.
func (k *Keys) Finish() { k.secrets, k.given = k.secrets[:1], nil }

// Remember keeps a key that a phone has from elsewhere, such as its row, and
// that is about to be replaced.
func (k *Keys) Remember(mac rule.MAC, key string) {
	if k.given == nil {
		k.given = map[rule.MAC][]string{}
	}
	if !slices.Contains(k.given[mac], key) {
		k.given[mac] = append(k.given[mac], key)
	}
}

// Older is how many older secrets and remembered keys there are.
func (k *Keys) Older() int { return len(k.secrets) - 1 + len(k.given) }

// keyFile is a key file as JSON.
type keyFile struct {
	Version int      `json:"version"`
	About   string   `json:"about"`
	Secrets []string `json:"secrets"`

	Given map[string][]string `json:"given,omitempty"` // by address
}

const aboutKeys = "profilegen makes the keys of the phones' files from these; the first one is in use. Keep it, and keep it secret."

// Bytes is the key file.
func (k *Keys) Bytes() []byte {
	f := keyFile{Version: keysVersion, About: aboutKeys}
	for _, s := range k.secrets {
		f.Secrets = append(f.Secrets, base64.RawURLEncoding.EncodeToString(s))
	}
	for mac, keys := range k.given {
		if f.Given == nil {
			f.Given = map[string][]string{}
		}
		f.Given[mac.String()] = keys
	}
	text, _ := json.MarshalIndent(f, "", "  ") // of strings and a number
	return append(text, '\n')
}

// ReadKeys reads a key file. An error shows nothing of what is in it.
func ReadKeys(data []byte) (*Keys, error) {
	var f keyFile
	if json.Unmarshal(data, &f) != nil {
		return nil, errors.New("it is no key file: no JSON as profilegen writes it")
	}
	switch {
	case f.Version != keysVersion:
		return nil, fmt.Errorf("version %d of the key file is not known; this program reads version %d", f.Version, keysVersion)
	case len(f.Secrets) == 0:
		return nil, errors.New("the key file holds no secret")
	case len(f.Secrets) > mostSecrets:
		return nil, fmt.Errorf("the key file holds more than %d secrets", mostSecrets)
	}
	k := &Keys{}
	for i, text := range f.Secrets {
		secret, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(secret) != keySecretSize {
			return nil, fmt.Errorf("secret %d of the key file is damaged", i+1)
		}
		k.secrets = append(k.secrets, secret)
	}
	for address, keys := range f.Given {
		mac, err := rule.ParseMAC(address)
		if err != nil {
			return nil, errors.New("a phone's address in the key file is damaged")
		}
		for _, key := range keys {
			k.Remember(mac, key)
		}
	}
	return k, nil
}

// Key is a phone's present key for --key: 64 hex digits.
func (k *Keys) Key(mac rule.MAC) string { return keyOf(k.secrets[0], mac) }

// IKM is a phone's present key material for RFC 8188: 16 bytes in base64url.
func (k *Keys) IKM(mac rule.MAC) string { return ikmOf(k.secrets[0], mac) }

// Keys are the keys for --key that a phone has or may have had, the present one
// first; IKMs are its key materials.
func (k *Keys) Keys(mac rule.MAC) []string { return k.all(mac, keyOf) }
func (k *Keys) IKMs(mac rule.MAC) []string { return k.all(mac, ikmOf) }

func (k *Keys) all(mac rule.MAC, made func([]byte, rule.MAC) string) (list []string) {
	for _, secret := range k.secrets {
		list = append(list, made(secret, mac))
	}
	return list
}

func keyOf(secret []byte, mac rule.MAC) string {
	sum := keyedHash(secret, "key of", mac[:])
	return hex.EncodeToString(sum[:])
}

func ikmOf(secret []byte, mac rule.MAC) string {
	sum := keyedHash(secret, "key material of", mac[:])
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// keyedHash is a hash of data that only who has the key can make. purpose
// keeps hashes for different ends apart.
func keyedHash(key []byte, purpose string, data []byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, "profilegen "+purpose+"\x00")
	h.Write(data)
	h.Sum(sum[:0])
	return sum
}

// checkKey tells whether phones take a text as the argument of --key. The
// error shows nothing of it.
func checkKey(key string) error {
	for i := range len(key) {
		switch c := key[i]; {
		case c < ' ' || c > '~':
			return errors.New("it has a character that is not printable ASCII")
		case strings.IndexByte(`"[]`, c) >= 0:
			return fmt.Errorf("it has a %c, which ends it in a rule", c)
		}
	}
	return nil
}
