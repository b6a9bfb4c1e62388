package gen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding is how a file's text is written as bytes. Inside, text is UTF-8.
type encoding int

const (
	encodingUTF8 encoding = iota
	encodingUTF16LE
	encodingUTF16BE
	encodingWindows1252 // also read for ISO-8859-1, of which it is an extension
)

func (e encoding) String() string {
	return [...]string{"UTF-8", "UTF-16", "UTF-16", "Windows-1252"}[e]
}

var (
	markUTF8    = []byte("\xEF\xBB\xBF")
	markUTF16LE = []byte("\xFF\xFE")
	markUTF16BE = []byte("\xFE\xFF")
)

// detectEncoding looks at the first bytes of a file: its byte-order mark, or a
// UTF-16 character of ASCII without one. ok is false when they say nothing.
func detectEncoding(data []byte) (e encoding, mark []byte, ok bool) {
	switch {
	case bytes.HasPrefix(data, markUTF8):
		return encodingUTF8, markUTF8, true
	case bytes.HasPrefix(data, markUTF16LE):
		return encodingUTF16LE, markUTF16LE, true
	case bytes.HasPrefix(data, markUTF16BE):
		return encodingUTF16BE, markUTF16BE, true
	case len(data) >= 4 && data[0] != 0 && data[1] == 0 && data[2] != 0 && data[3] == 0:
		return encodingUTF16LE, nil, true
	case len(data) >= 4 && data[0] == 0 && data[1] != 0 && data[2] == 0 && data[3] != 0:
		return encodingUTF16BE, nil, true
	}
	return encodingUTF8, nil, false
}

var errUTF16 = errors.New("the text is not whole UTF-16")

// decode appends the text of data, which has no byte-order mark. On an error
// dst holds the text before it. UTF-8 is passed on as it is, sound or not.
func (e encoding) decode(dst, data []byte) ([]byte, error) {
	switch e {
	case encodingUTF16LE:
		return decodeUTF16(dst, data, binary.LittleEndian)
	case encodingUTF16BE:
		return decodeUTF16(dst, data, binary.BigEndian)
	case encodingWindows1252:
		return decodeWindows1252(dst, data), nil
	}
	return append(dst, data...), nil
}

func decodeUTF16(dst, data []byte, order binary.ByteOrder) ([]byte, error) {
	for len(data) >= 2 {
		r := rune(order.Uint16(data))
		data = data[2:]
		if utf16.IsSurrogate(r) {
			if len(data) < 2 {
				return dst, errUTF16
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(data))); r == utf8.RuneError {
				return dst, errUTF16
			}
			data = data[2:]
		}
		dst = utf8.AppendRune(dst, r)
	}
	if len(data) > 0 {
		return dst, errUTF16
	}
	return dst, nil
}

// isHighSurrogate tells whether data, of UTF-16, begins with the first half of a
// character.
func (e encoding) isHighSurrogate(data []byte) bool {
	high := data[0]
	if e == encodingUTF16LE {
		high = data[1]
	}
	return high&0xFC == 0xD8
}

// encode appends text, which decode gave, as bytes. A character the encoding
// has not cannot come up: what we put into a text is ASCII.
func (e encoding) encode(dst, text []byte) []byte {
	switch e {
	case encodingUTF16LE:
		return encodeUTF16(dst, text, binary.LittleEndian)
	case encodingUTF16BE:
		return encodeUTF16(dst, text, binary.BigEndian)
	case encodingWindows1252:
		for _, r := range string(text) {
			dst = append(dst, windows1252Byte(r))
		}
		return dst
	}
	return append(dst, text...)
}

func encodeUTF16(dst, text []byte, order binary.AppendByteOrder) []byte {
	for _, r := range string(text) {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			dst = order.AppendUint16(dst, uint16(high))
			r = low
		}
		dst = order.AppendUint16(dst, uint16(r))
	}
	return dst
}

func decodeWindows1252(dst, data []byte) []byte {
	for _, c := range data {
		r := rune(c)
		if 0x80 <= c && c <= 0x9F {
			r = windows1252[c-0x80]
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func windows1252Byte(r rune) byte {
	for i, high := range windows1252 {
		if r == high {
			return byte(0x80 + i)
		}
	}
	return byte(r)
}

// windows1252 is what Windows puts in the place of the control characters 0x80
// to 0x9F of ISO 8859-1; the five it leaves free stay what they are.
var windows1252 = [32]rune{
	0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
	0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
}
