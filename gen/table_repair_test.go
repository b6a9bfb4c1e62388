package gen

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestOpenTableAs(t *testing.T) {
	const text = "MAC-Adresse,Nebenstelle,Raum\n000e08012345,2001,B12\n"
	table, _, err := OpenTable("phones.csv", strings.NewReader(text))
	if err == nil || table == nil || len(table.Columns()) != 3 {
		t.Fatalf("without a column of MAC addresses: table %v, error %v; want the columns and an error", table, err)
	}
	table, problems, err := OpenTableAs("phones.csv", strings.NewReader(text), map[int]string{0: "mac", 1: "user", 2: "#"})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var d Device
	if _, ok, err := table.Next(&d); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := d.MAC.String(); got != "000e08012345" {
		t.Errorf("MAC address %s", got)
	}
	if len(d.Values) != 1 || d.Values[0].Name != "User_ID_1_" || d.Values[0].Text != "2001" {
		t.Errorf("values %v", d.Values)
	}
}

func TestRepaired(t *testing.T) {
	const header = "mac,model,name,Resync_Periodic,serial,# note\n"
	for _, test := range []struct{ row, want string }{
		{"000E.0801.2345,8861,Ann,600,FCH1,x", "00:0e:08:01:23:45,8861,Ann,600,FCH1,x"},
		{" 000e08012345 , cp-8861-3pcc ,Ann ,\u00a0600, FCH1,  x ", "00:0e:08:01:23:45,cp-8861-3pcc,Ann,600,FCH1,\"  x \""},
		{"000e08:GG,9999,'=Ann,,FCH 1,x", "000e08:GG,9999,'=Ann,,FCH 1,x"},
		{`000e08012345,8861,"""""",600,,`, `00:0e:08:01:23:45,8861,"""""",600,,`},
		{"000e08012345,8861,Ann", "00:0e:08:01:23:45,8861,Ann,,,"},
		{"000e08012345,8861,Ann,600,,,more", "00:0e:08:01:23:45,8861,Ann,600,,,more"},
	} {
		table, problems, err := OpenTable("phones.csv", strings.NewReader(strings.Replace(header, "name", "Display_Name_1_", 1)+test.row+"\n"))
		if err != nil {
			t.Fatal(err, problems)
		}
		var d Device
		if _, _, err := table.Next(&d); errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(string(AppendCSVRecord(nil, table.Repaired(&d))), "\n"); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.row, got, test.want)
		}
	}
}
