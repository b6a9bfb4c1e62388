package gen

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"profilegen/rule"
	"profilegen/schema"
)

func lookupFleet(rows string) *Fleet {
	base := &schema.Profile{}
	base.Set(schema.Value{Name: "Proxy_1_", Text: "sip.example.com"})
	text := "mac,model,user,Station_Name\n" + rows
	return &Fleet{Base: base, Devices: CSV("phones.csv", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	})}
}

// What is made when it is asked for has the bytes of the archive.
func TestLookupGivesTheBatchsBytes(t *testing.T) {
	for _, name := range []string{"", "$MA.xml", "cfg/$PN/$MAU.cfg"} {
		b := &Batch{Name: name, Fleet: lookupFleet(
			"000e08a00001,8861,101,Front & Desk\n000e08a00002,7841,102,\n000e08a00003,8861,103,Kitchen\n")}
		l, result, err := b.Lookup(context.Background())
		if err != nil {
			t.Fatal(err, result.Problems)
		}
		var archive bytes.Buffer
		if _, err := b.Zip(context.Background(), &archive, false); err != nil {
			t.Fatal(err)
		}
		want, _ := unzip(t, archive.Bytes())
		if len(l.Names()) != len(want)-1 { // without the manifest
			t.Errorf("%q: got files %v, want %d", name, l.Names(), len(want)-1)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for _, n := range l.Names() {
					f, _ := l.File(n)
					if got, err := f.Bytes(); err != nil || string(got) != want[n] {
						t.Errorf("%s: got %v\n%s\nwant\n%s", n, err, got, want[n])
					}
				}
			})
		}
		all.Wait()
	}
}

func TestLookupFindsPhones(t *testing.T) {
	b := &Batch{Fleet: lookupFleet("000e08a00001,8861,101,\n000e08a00002,7841,102,\n")}
	l, result, err := b.Lookup(context.Background())
	if err != nil {
		t.Fatal(err, result.Problems)
	}
	if f, ok := l.Of(rule.MAC{0, 0x0e, 8, 0xa0, 0, 2}); !ok || f.Name != "000e08a00002/7841-3PCC.xml" || f.Device.Origin.Row != 3 {
		t.Errorf("got %+v, %v; want the file of the phone in row 3", f, ok)
	}
	if f, ok := l.File("8861-3PCC.xml"); !ok || f.Device != nil || f.Product != "CP-8861-3PCC" {
		t.Errorf("got %+v, %v; want the bootstrap of the 8861", f, ok)
	}
	if _, ok := l.Of(rule.MAC{1}); ok {
		t.Error("found a phone that is not in the list")
	}
}

func TestLookupOfBrokenFleet(t *testing.T) {
	fleet := lookupFleet("000e08a00001,8861,101,\n000e08a0000,8861,102,\n")
	_, result, err := (&Batch{Fleet: fleet}).Lookup(context.Background())
	if err == nil || len(result.Problems) == 0 {
		t.Errorf("got %v, %v; want the problem of row 3", err, result.Problems)
	}
	l, result, err := (&Batch{Fleet: fleet, KeepGoing: true}).Lookup(context.Background())
	if err != nil || result.Phones != 1 || len(l.Names()) != 2 {
		t.Errorf("keep going: got %v, %d phones, files %v; want the good phone and its bootstrap", err, result.Phones, l.Names())
	}
}

func TestNearest(t *testing.T) {
	names := []string{"000e08a00001/8861-3PCC.xml", "000e08a00002/8861-3PCC.xml", "8861-3PCC.xml", "7841-3PCC.xml"}
	for _, c := range []struct{ asked, want string }{
		{"000E08A00001/8861-3PCC.xml", "000e08a00001/8861-3PCC.xml"},
		{"CP-8861-3PCC.xml", "8861-3PCC.xml"},
		{"8861-3PCC.cfg", "8861-3PCC.xml"},
		{"favicon.ico", ""},
		{"x.xml", ""},
	} {
		if got := Nearest(c.asked, names); got != c.want {
			t.Errorf("%q: got %q, want %q", c.asked, got, c.want)
		}
	}
}
