package gen

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Decoding is what the phone knows when a profile's bytes arrive.
type Decoding struct {
	Key             string // of the rule's --key
	HasKey          bool   // a --key was given; it may be the empty text
	ContentEncoding string // the reply's header Content-Encoding
	IKM             string // the parameter IKM_HTTP_Encrypt_Content; "" when not set

	Digests []Digest // for --key, tried in this order; nil: SHA-256, then MD5 (f.6)
	MaxSize int      // of the decoded bytes; 0: 4 MB
}

// Digest is the hash the key and the initial vector are made with.
type Digest int

const (
	SHA256 Digest = iota // openssl enc since 1.1
	MD5                  // older openssl, or -md md5
)

func (d Digest) String() string { return [...]string{"SHA-256", "MD5"}[d] }

// DecodeError says at which step the bytes turned out damaged.
type DecodeError struct {
	Step   DecodeStep
	Reason string
	Hint   string // may be empty
}

// DecodeStep is a step of the way from the reply to the XML (f.7).
type DecodeStep string

const (
	StepContent DecodeStep = "aes128gcm" // RFC 8188
	StepKey     DecodeStep = "--key"
	StepGzip    DecodeStep = "gzip"
)

func (e *DecodeError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Step, e.Reason)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

var (
	gzipMagic   = []byte{0x1F, 0x8B}
	saltedMagic = []byte("Salted__")
)

// Decode makes a profile's XML of the bytes a server sent: decryption by RFC
// 8188 or by --key, then gzip (f.7). A body that needs neither comes back as it
// is; whether it is XML, ReadXML tells. An error is a *DecodeError.
func Decode(body []byte, with Decoding) ([]byte, error) {
	var err error
	switch {
	case isContentEncrypted(with.ContentEncoding):
		body, err = decryptContent(body, with.IKM)
	case with.HasKey:
		body, err = decryptKey(body, with.Key, with.Digests)
	case bytes.HasPrefix(body, saltedMagic):
		err = &DecodeError{StepKey, "the body is encrypted, and the rule has no --key", "add [--key …] to the rule"}
	}
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(body, gzipMagic) {
		return body, nil
	}
	if body, err = gunzip(body, with.MaxSize); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(body, saltedMagic) {
		return nil, &DecodeError{StepGzip, "the body was encrypted first and then compressed", "compress first, then encrypt"}
	}
	return body, nil
}

// isContentEncrypted tells whether aes128gcm was applied last, and so comes
// off first.
func isContentEncrypted(header string) bool {
	last := header[strings.LastIndexByte(header, ',')+1:]
	return strings.EqualFold(strings.TrimSpace(last), "aes128gcm")
}

// gunzip reads one gzip member with its check sum (f.5).
func gunzip(body []byte, maxSize int) ([]byte, error) {
	if maxSize == 0 {
		maxSize = 4 << 20
	}
	in := bytes.NewReader(body)
	r, ok := gunzippers.Get().(*gzip.Reader)
	if !ok {
		r = new(gzip.Reader)
	}
	defer gunzippers.Put(r)
	if err := r.Reset(in); err != nil {
		return nil, gzipError(err)
	}
	r.Multistream(false)
	out, err := io.ReadAll(io.LimitReader(r, int64(maxSize)+1))
	switch {
	case len(out) > maxSize:
		return nil, &DecodeError{StepGzip, fmt.Sprintf("the body unpacks to more than %d bytes", maxSize), ""}
	case err != nil:
		return nil, gzipError(err)
	case in.Len() > 0:
		return nil, &DecodeError{StepGzip, fmt.Sprintf("%d bytes follow the compressed profile", in.Len()), "the file may be two put together"}
	}
	return out, nil
}

// gunzippers are readers with their 40 KB of tables.
var gunzippers sync.Pool

func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &DecodeError{StepGzip, "the compressed profile is cut off", "send the whole file"}
	case errors.Is(err, gzip.ErrChecksum):
		return &DecodeError{StepGzip, "the check sum is wrong", "the file is damaged"}
	}
	return &DecodeError{StepGzip, "the compressed profile is damaged", ""}
}

// decryptKey undoes openssl enc -aes-256-cbc -k KEY, salted (f.6). CBC has no
// integrity: a wrong key passes the padding once in 256 times, so what comes
// out must look like gzip or XML too.
func decryptKey(body []byte, key string, digests []Digest) ([]byte, error) {
	const saltSize = 8
	if !bytes.HasPrefix(body, saltedMagic) {
		return nil, &DecodeError{StepKey, "the rule has a --key, and the body is not encrypted", "take --key out of the rule, or encrypt the file"}
	}
	body = body[len(saltedMagic):]
	if len(body) < saltSize+aes.BlockSize || (len(body)-saltSize)%aes.BlockSize != 0 {
		return nil, &DecodeError{StepKey, "the encrypted profile is cut off", "send the whole file"}
	}
	salt, sealed := body[:saltSize], body[saltSize:]
	if digests == nil {
		digests = []Digest{SHA256, MD5}
	}
	plain := make([]byte, len(sealed))
	for _, digest := range digests {
		block, iv := keyAndIV(digest, key, salt)
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
		if text, ok := unpad(plain); ok && looksLikeProfile(text) {
			return text, nil
		}
	}
	return nil, &DecodeError{StepKey, "the key does not fit, or the file is damaged", "encrypt with openssl enc -aes-256-cbc -md md5 -k KEY, without -pbkdf2"}
}

// keyAndIV is OpenSSL's EVP_BytesToKey with one round.
func keyAndIV(digest Digest, key string, salt []byte) (block cipher.Block, iv []byte) {
	const keySize = 32
	var derived, last []byte
	for len(derived) < keySize+aes.BlockSize {
		text := append(append(last, key...), salt...)
		if digest == MD5 {
			sum := md5.Sum(text)
			last = sum[:]
		} else {
			sum := sha256.Sum256(text)
			last = sum[:]
		}
		derived = append(derived, last...)
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	return block, derived[keySize : keySize+aes.BlockSize]
}

// unpad takes off PKCS #7 padding.
func unpad(text []byte) (plain []byte, ok bool) {
	n := int(text[len(text)-1])
	if n == 0 || n > aes.BlockSize {
		return nil, false
	}
	for _, c := range text[len(text)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return text[:len(text)-n], true
}

// looksLikeProfile tells gzip, and "<" after white space or a byte-order mark,
// from what a wrong key gives.
func looksLikeProfile(text []byte) bool {
	rest := bytes.TrimLeft(bytes.TrimPrefix(text, markUTF8), blanks)
	return bytes.HasPrefix(text, gzipMagic) || len(rest) > 0 && rest[0] == '<'
}

// Of RFC 8188: the header is salt, record size, length of the key's id, id.
const (
	contentSaltSize   = 16
	contentHeaderSize = contentSaltSize + 4 + 1
	contentTagSize    = 16
	contentRecord     = 1 // delimiter of a record that others follow
	contentLastRecord = 2
)

// decryptContent undoes the content encoding aes128gcm of RFC 8188 (f.7).
func decryptContent(body []byte, ikm string) ([]byte, error) {
	fail := func(reason, hint string) ([]byte, error) { return nil, &DecodeError{StepContent, reason, hint} }
	material, err := keyMaterial(ikm)
	if err != nil {
		return nil, err
	}
	if len(body) < contentHeaderSize || len(body) < contentHeaderSize+int(body[contentHeaderSize-1]) {
		return fail("the header is cut off", "send the whole file")
	}
	salt := body[:contentSaltSize]
	recordSize := int64(binary.BigEndian.Uint32(body[contentSaltSize:]))
	if recordSize < contentTagSize+2 {
		return fail(fmt.Sprintf("a record size of %d is too small", recordSize), "at least 18")
	}
	records := body[contentHeaderSize+int(body[contentHeaderSize-1]):]
	aead, nonce := contentKey(material, salt)
	var out []byte
	for number := uint64(0); ; number++ {
		record := records[:min(int64(len(records)), recordSize)]
		records = records[len(record):]
		text, err := aead.Open(nil, recordNonce(nonce, number), record, nil)
		if err != nil {
			return fail("the key material does not fit, or the file is damaged", "compare IKM_HTTP_Encrypt_Content with the server's")
		}
		text = bytes.TrimRight(text, "\x00") // padding
		last := len(records) == 0
		switch {
		case last && !bytes.HasSuffix(text, []byte{contentLastRecord}):
			return fail("the file ends before its last record", "send the whole file")
		case !last && !bytes.HasSuffix(text, []byte{contentRecord}):
			return fail("something follows the last record", "")
		}
		out = append(out, text[:len(text)-1]...)
		if last {
			return out, nil
		}
	}
}

// keyMaterial reads IKM_HTTP_Encrypt_Content: base64url, padding optional (f.7).
func keyMaterial(ikm string) ([]byte, error) {
	if ikm == "" {
		return nil, &DecodeError{StepContent, "the phone has no key material", "set IKM_HTTP_Encrypt_Content by an earlier profile"}
	}
	material, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(ikm, "="))
	if err != nil || len(material) == 0 {
		return nil, &DecodeError{StepContent, "IKM_HTTP_Encrypt_Content is not base64url", "letters, digits, - and _"}
	}
	return material, nil
}

// contentKey makes cipher and nonce of the key material (RFC 8188, 2.2 and 2.3).
func contentKey(material, salt []byte) (aead cipher.AEAD, nonce []byte) {
	derive := func(info string, size int) []byte {
		key, err := hkdf.Key(sha256.New, material, salt, "Content-Encoding: "+info+"\x00", size)
		if err != nil {
			panic(err) // sizes are constant
		}
		return key
	}
	block, err := aes.NewCipher(derive("aes128gcm", 16))
	if err != nil {
		panic(err)
	}
	aead, err = cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead, derive("nonce", aead.NonceSize())
}

// recordNonce is the nonce of a record: the base, XOR its number.
func recordNonce(base []byte, number uint64) []byte {
	nonce := bytes.Clone(base)
	tail := nonce[len(nonce)-8:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^number)
	return nonce
}
