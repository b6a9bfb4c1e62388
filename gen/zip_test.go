package gen

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The archive holds what a folder would, says another reader of the format.
func TestZip(t *testing.T) {
	for _, deflate := range []bool{false, true} {
		b := &Batch{Fleet: csvFleet(profileOf(value("Text_Logo", strings.Repeat("x", 300))), phones), Tool: "test"}
		folder := newMemory()
		mustRun(t, b, folder)
		var first, second bytes.Buffer
		if r, err := b.Zip(t.Context(), &first, deflate); err != nil || r.Files != 5 || r.Phones != 3 {
			t.Fatalf("%v, %+v", err, r)
		}
		files, methods := unzip(t, first.Bytes())
		if diff := cmp.Diff(folder.files, files); diff != "" {
			t.Errorf("deflate %v: folder and archive differ:\n%s", deflate, diff)
		}
		want := zip.Store
		if deflate {
			want = zip.Deflate
		}
		if methods["000e08000001/8861-3PCC.xml"] != want || methods[ManifestName] != want {
			t.Errorf("deflate %v: methods %v, want %d", deflate, methods, want)
		}
		b.Workers = 5
		if _, err := b.Zip(t.Context(), &second, deflate); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("deflate %v: a second archive differs (%v)", deflate, err)
		}
	}
}

func unzip(t *testing.T, data []byte) (files map[string]string, methods map[string]uint16) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files, methods = map[string]string{}, map[string]uint16{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r) // compares the checksum too
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if year := f.Modified.Year(); year != 1980 {
			t.Errorf("%s is of %d", f.Name, year)
		}
		wantMode := "-rw-r--r--"
		if strings.Contains(string(text), "<Password") {
			wantMode = "-rw-------"
		}
		if f.Mode().String() != wantMode {
			t.Errorf("%s has mode %s, want %s", f.Name, f.Mode(), wantMode)
		}
		files[f.Name], methods[f.Name] = string(text), f.Method
	}
	return files, methods
}

func TestZipOfMoreFilesThanTheOldFormatCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("66,000 phones")
	}
	var text strings.Builder
	text.WriteString("mac,model\n")
	const count = 66000
	for i := range count {
		fmt.Fprintf(&text, "000e08%06x,8861\n", i)
	}
	var out bytes.Buffer
	if _, err := (&Batch{Fleet: csvFleet(nil, text.String())}).Zip(t.Context(), &out, false); err != nil {
		t.Fatal(err)
	}
	files, _ := unzip(t, out.Bytes())
	if len(files) != count+2 {
		t.Errorf("%d files, want %d", len(files), count+2)
	}
}

// Files behind the first 4 GiB of an archive have their place in a field of
// its own; only the directory is looked at here.
func TestZipBeyond4GiB(t *testing.T) {
	e := zipEntry{packed: 3}
	line := e.appendDirectory(nil, []byte("x"), 3, false, 5<<30)
	if got := line[42:46]; !bytes.Equal(got, []byte{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("offset % x", got)
	}
	if got := line[46:]; !bytes.Equal(got, []byte{'x', 1, 0, 8, 0, 0, 0, 0, 0x40, 1, 0, 0, 0}) {
		t.Errorf("name and extra field % x", got)
	}
}
