package gen

import (
	"bytes"
	"testing"
)

func TestEncodingRoundTrip(t *testing.T) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	tests := []struct {
		encoding encoding
		data     []byte
		text     string // "" for not looked at
	}{
		{encodingUTF8, []byte("Zoë"), "Zoë"},
		{encodingUTF16LE, []byte("Z\x00o\x00\xEB\x00"), "Zoë"},
		{encodingUTF16BE, []byte("\x00Z\xD8\x3D\xDE\x00"), "Z😀"},
		{encodingWindows1252, []byte("\x80 \x93Zo\xEB\x94"), "€ “Zoë”"},
		{encodingWindows1252, everyByte, ""},
	}
	for _, tt := range tests {
		text, err := tt.encoding.decode(nil, tt.data)
		if err != nil {
			t.Errorf("%s %q: %v", tt.encoding, tt.data, err)
			continue
		}
		if tt.text != "" && string(text) != tt.text {
			t.Errorf("%s %q: got %q, want %q", tt.encoding, tt.data, text, tt.text)
		}
		if back := tt.encoding.encode(nil, text); !bytes.Equal(back, tt.data) {
			t.Errorf("%s %q: written back as %q", tt.encoding, tt.data, back)
		}
	}
}

func TestBrokenUTF16(t *testing.T) {
	for _, data := range []string{"a\x00b", "a\x00\x3D\xD8", "a\x00\x3D\xD8b\x00", "a\x00\x00\xDEb\x00"} {
		text, err := encodingUTF16LE.decode(nil, []byte(data))
		if err == nil {
			t.Errorf("%q: got %q, want an error", data, text)
		}
		if string(text) != "a" {
			t.Errorf("%q: text before the error: got %q, want %q", data, text, "a")
		}
	}
}
