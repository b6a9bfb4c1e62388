package gen

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// Gzip compresses a profile. The same profile gives the same bytes: the header
// has neither name nor time.
func Gzip(profile []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is one of the package's
	}
	w.Write(profile) // into memory: does not fail
	w.Close()
	return out.Bytes()
}

// EncryptKey encrypts a profile, compressed or not, for [--key KEY]: what
// openssl enc -aes-256-cbc -k KEY writes with that salt (f.6). MD5 is the digest
// the newest guide gives, -md md5. A salt is used once: the caller draws it.
func EncryptKey(profile []byte, key string, salt [8]byte, digest Digest) []byte {
	block, iv := keyAndIV(digest, key, salt[:])
	padding := aes.BlockSize - len(profile)%aes.BlockSize
	out := make([]byte, 0, len(saltedMagic)+len(salt)+len(profile)+padding)
	out = append(append(out, saltedMagic...), salt[:]...)
	start := len(out)
	out = append(out, profile...)
	out = append(out, bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out[start:], out[start:])
	return out
}

// ContentRecordSize is the record size EncryptContent writes; RFC 8188's example
// and most peers use it.
const ContentRecordSize = 4096

// EncryptContent encrypts a profile with the content encoding aes128gcm of RFC
// 8188, for a phone whose IKM_HTTP_Encrypt_Content is ikm (f.7). The reply
// carries Content-Encoding: aes128gcm. A salt is used once: the caller draws it.
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
