package gen

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// MinPassword is the shortest password that Password makes: what firmware 12
// wants of one.
const MinPassword = 8

// DefaultPassword is long enough for any end: 16 characters, some 85 bits.
const DefaultPassword = 16

// passwordKeys are the characters of passwords by the key of the phone they
// are on. What looks alike is left out: 0 and O, 1, l and I. So is all that
// means something in XML, in a rule or in a spreadsheet.
var passwordKeys = [...]string{"abcABC2", "defDEF3", "ghiGH4", "jkJKL5", "mnMN6", "pqrsPQRS7", "tuvTUV8", "wxyzWXYZ9"}

// Password makes a password of so many letters and digits from a source of
// random bytes such as crypto/rand's. It begins with a letter, holds small
// letters, capitals and digits, and no two characters in a row are on one key
// of the phone, so that it can be typed without waiting in between.
func Password(random io.Reader, length int) (string, error) {
	if length < MinPassword {
		return "", fmt.Errorf("a password of %d characters is too short; at least %d", length, MinPassword)
	}
	for range 1000 { // one draw in a few is good
		text, err := drawPassword(random, length)
		if err != nil {
			return "", fmt.Errorf("drawing a password: %w", err)
		}
		if strings.ContainsAny(text, "23456789") && strings.ToLower(text) != text && strings.ToUpper(text) != text {
			return text, nil
		}
	}
	return "", errors.New("drawing a password: the source of random bytes repeats itself")
}

// drawPassword draws each character among all those that may stand there.
func drawPassword(random io.Reader, length int) (string, error) {
	text := make([]byte, 0, length)
	var from []byte
	last := -1 // the key of the character before
	for len(text) < length {
		from = from[:0]
		for key, characters := range passwordKeys {
			if len(text) == 0 {
				characters = characters[:len(characters)-1] // no digit
			}
			if key != last {
				from = append(from, characters...)
			}
		}
		i, err := drawBelow(random, len(from))
		if err != nil {
			return "", err
		}
		text = append(text, from[i])
		for key, characters := range passwordKeys {
			if strings.IndexByte(characters, from[i]) >= 0 {
				last = key
			}
		}
	}
	return string(text), nil
}

// drawBelow draws a number below n, each as likely as the others.
func drawBelow(random io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if i := int(b[0]); i < 256/n*n {
			return i % n, nil
		}
	}
}
