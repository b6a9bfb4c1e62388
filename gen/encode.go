package gen

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"slices"
)

// Gzip compresses a profile. The same profile gives the same bytes: the header
// has neither name nor time.
func Gzip(profile []byte) []byte {
	var e encoder
	return e.gzip(profile)
}

// EncryptKey encrypts a profile, compressed or not, for [--key KEY]: what
// openssl enc -aes-256-cbc -k KEY writes with that salt (f.6). MD5 is the digest
// the newest guide gives, -md md5. Profiles that differ need salts that differ:
// SaltKey, or drawn ones.
func EncryptKey(profile []byte, key string, salt [8]byte, digest Digest) []byte {
	return appendKey(nil, profile, key, salt, digest)
}

func appendKey(dst, profile []byte, key string, salt [8]byte, digest Digest) []byte {
	block, iv := keyAndIV(digest, key, salt[:])
	padding := aes.BlockSize - len(profile)%aes.BlockSize
	dst = slices.Grow(dst, len(saltedMagic)+len(salt)+len(profile)+padding)
	dst = append(append(dst, saltedMagic...), salt[:]...)
	start := len(dst)
	dst = append(dst, profile...)
	for range padding {
		dst = append(dst, byte(padding))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(dst[start:], dst[start:])
	return dst
}

// SaltKey is a salt for EncryptKey: a hash of key and profile. The same profile
// under the same key then gives the same bytes, wherever it is made, and a file
// on a server need not change for nothing. Without the key nothing can be told
// from it, but whether two files are of the same profile. Of salts of 8 bytes two
// are the same by chance once in four thousand million files of one key.
func SaltKey(profile []byte, key string, digest Digest) [8]byte {
	sum := keyedHash([]byte(key), "salt for "+digest.String(), profile)
	return [8]byte(sum[:8])
}

// SaltContent is a salt for EncryptContent, made as SaltKey makes its own: a
// salt, and with it the nonces that RFC 8188 derives, comes twice for the same
// profile and key material only.
func SaltContent(profile []byte, ikm string) ([16]byte, error) {
	material, err := keyMaterial(ikm)
	if err != nil {
		return [16]byte{}, err
	}
	sum := keyedHash(material, "salt for aes128gcm", profile)
	return [16]byte(sum[:16]), nil
}

// ContentRecordSize is the record size EncryptContent writes; RFC 8188's example
// and most peers use it.
const ContentRecordSize = 4096

// EncryptContent encrypts a profile with the content encoding aes128gcm of RFC
// 8188, for a phone whose IKM_HTTP_Encrypt_Content is ikm (f.7). The reply
// carries Content-Encoding: aes128gcm. Profiles that differ need salts that differ:
// SaltContent, or drawn ones.
func EncryptContent(profile []byte, ikm string, salt [16]byte) ([]byte, error) {
	return encryptContent(profile, ikm, salt, ContentRecordSize, "")
}

// encryptContent is EncryptContent with all that a header may say.
func encryptContent(profile []byte, ikm string, salt [16]byte, recordSize int, keyID string) ([]byte, error) {
	material, err := keyMaterial(ikm)
	if err != nil {
		return nil, err
	}
	if len(keyID) > 255 {
		return nil, fmt.Errorf("a key's id of %d bytes; 255 at most", len(keyID))
	}
	aead, nonce := contentKey(material, salt[:])
	out := append([]byte(nil), salt[:]...)
	out = binary.BigEndian.AppendUint32(out, uint32(recordSize))
	out = append(append(out, byte(len(keyID))), keyID...)
	room := recordSize - contentTagSize - 1
	for number := uint64(0); ; number++ {
		size := min(len(profile), room)
		text := append(make([]byte, 0, recordSize), profile[:size]...)
		profile = profile[size:]
		last := len(profile) == 0
		if last {
			text = append(text, contentLastRecord)
		} else {
			text = append(text, contentRecord)
		}
		out = aead.Seal(out, recordNonce(nonce, number), text, nil)
		if last {
			return out, nil
		}
	}
}
