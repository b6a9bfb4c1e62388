package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// happened makes entries as the server tells them; a text that begins with "says"
// is a message of the phone.
func happened(from int, phone string, paths ...string) string {
	var list []string
	for i, path := range paths {
		event := fmt.Sprintf(`"time": "2026-03-01T10:00:00Z", "phone": {"mac": %q}, "remote": "192.0.2.7:1024"`, phone)
		if text, ok := strings.CutPrefix(path, "says "); ok {
			list = append(list, fmt.Sprintf(`{"seq": %d, "level": "info", "event": {%s, "message": {"text": %q}}}`, from+i, event, text))
			continue
		}
		list = append(list, fmt.Sprintf(`{"seq": %d, "level": "good", "event": {%s, "path": %q, "outcome": "sent"}}`, from+i, event, path))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// paths are what a list shows, each with what the phone said of it.
func paths(list []labEntry) []string {
	var texts []string
	for _, e := range list {
		text := e.Event.Path
		if e.Event.Message != nil {
			text = e.Event.Message.Text
		}
		for _, s := range e.says {
			text += " | " + s.Event.Message.Text
		}
		texts = append(texts, text)
	}
	return texts
}

// A page that comes back is told again what it knows; another run of the server
// begins anew.
func TestLogBookTakesEachEventOnce(t *testing.T) {
	var k logBook
	for _, c := range []struct {
		run, text string
		added     int
		want      []string
	}{
		{"a", happened(1, "000e08a00001", "/1", "/2"), 2, []string{"/1", "/2"}},
		{"a", happened(2, "000e08a00001", "/2", "/3"), 1, []string{"/1", "/2", "/3"}},
		{"b", happened(1, "000e08a00001", "/4"), 1, []string{"/4"}},
	} {
		added, err := k.take(c.run, c.text)
		if err != nil || added != c.added || !slices.Equal(paths(k.entries), c.want) {
			t.Errorf("run %s: %d new, %v: got %q, want %q", c.run, added, err, paths(k.entries), c.want)
		}
	}
	if _, err := k.take("b", "<html>"); err == nil || len(k.entries) != 1 {
		t.Errorf("what is no list of events was taken: %v", err)
	}
}

// A phone that asks all the time does not push out the others.
func TestLogBookIsBoundedForEachPhone(t *testing.T) {
	var k logBook
	many := func(from, n int, phone string) {
		t.Helper()
		if _, err := k.take("a", happened(from, phone, strings.Split(strings.Repeat("/x ", n)+"/x", " ")[:n]...)); err != nil {
			t.Fatal(err)
		}
	}
	many(1, 5, "000e08a00001")
	many(6, 3000, "000e08a00002")
	count := func(phone string) (n int) {
		for _, e := range k.entries {
			if e.key() == phone {
				n++
			}
		}
		return n
	}
	if count("000e08a00001") != 5 || count("000e08a00002") != bookEach {
		t.Errorf("kept are %d of the quiet phone and %d of the other", count("000e08a00001"), count("000e08a00002"))
	}
	for i := range 10 {
		many(3006+i*200, 200, fmt.Sprintf("000e08b0000%d", i))
	}
	if len(k.entries) != bookLength || k.entries[len(k.entries)-1].Seq != 5005 {
		t.Errorf("kept are %d, the last is %d", len(k.entries), k.entries[len(k.entries)-1].Seq)
	}
}

// Messages stand at the transfer they speak of, also one that was sent before
// it, whichever of the two arrived first.
func TestMessagesStandAtTheirTransfer(t *testing.T) {
	const ask, ask2 = "says Requesting resync http://192.0.2.1/a.xml", "says Requesting resync http://192.0.2.1/b.xml"
	for _, c := range []struct {
		about string
		text  string
		want  []string
	}{
		{"announced", happened(1, "p", ask, "/a.xml"), []string{"/a.xml | " + ask[5:]}},
		{"announced, late", happened(1, "p", "/a.xml", ask), []string{"/a.xml | " + ask[5:]}},
		{"of another file", happened(1, "p", ask2, "/a.xml"), []string{"/a.xml", ask2[5:]}},
		{"nothing came", happened(1, "p", ask), []string{ask[5:]}},
		{"other words", happened(1, "p", "/a.xml", "says hello"), []string{"hello", "/a.xml"}},
		{"the server knows", `[{"seq": 1, "event": {"path": "/a.xml"}}, {"seq": 2, "event": {"path": "/b.xml"}},
			{"seq": 3, "about": 1, "level": "bad", "event": {"message": {"text": "Resync failed"}}}]`, []string{"/b.xml", "/a.xml | Resync failed"}},
		{"its transfer is forgotten", `[{"seq": 3, "about": 1, "event": {"message": {"text": "Resync failed"}}}]`, []string{"Resync failed"}},
	} {
		var k logBook
		if _, err := k.take("a", c.text); err != nil {
			t.Fatal(err)
		}
		if got := paths(joined(k.entries)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.about, got, c.want)
		}
	}
}

// A transfer that went well is trouble when the phone says so, and is found by
// its words.
func TestTroubleOfAMessageIsTheTransfers(t *testing.T) {
	var k logBook
	if _, err := k.take("a", `[{"seq": 1, "level": "good", "event": {"path": "/a.xml", "outcome": "sent"}},
		{"seq": 2, "level": "bad", "about": 1, "text": "Resync failed: corrupt file", "event": {"message": {"text": "Resync failed: corrupt file"}}}]`); err != nil {
		t.Fatal(err)
	}
	e := joined(k.entries)[0]
	if !e.isTrouble() || !e.matches("corrupt") || e.matches("nothing") {
		t.Errorf("trouble %v, found by its words %v, by others %v", e.isTrouble(), e.matches("corrupt"), e.matches("nothing"))
	}
}

func TestLabEntryInWords(t *testing.T) {
	one := 1
	for _, c := range []struct {
		event      labEvent
		result, by string
	}{
		{labEvent{Outcome: "sent", Status: 200, Bytes: 34603008, Took: 12.5, Protocol: "http", Remote: "192.0.2.7:1024"}, "sent 200, 34,603,008 bytes in 12.5 ms", "http 192.0.2.7"},
		{labEvent{Outcome: "not found", TFTPError: &one, Protocol: "tftp", Remote: "[2001:db8::7]:69"}, "not found, TFTP error 1", "tftp 2001:db8::7"},
		{labEvent{Outcome: "cut", Bytes: 512, Fault: "cut", Resent: 1}, "cut, 512 bytes in 0 ms, 1 block sent again, by the fault cut off", ""},
		{labEvent{Outcome: "loaded"}, "loaded", ""},
	} {
		e := labEntry{Event: c.event}
		if e.result() != c.result || e.by() != c.by {
			t.Errorf("got %q by %q, want %q by %q", e.result(), e.by(), c.result, c.by)
		}
	}
}

// What an order cannot carry is left out of it, and a way that does not know
// the act gives way to one that does.
func TestOrderFitsItsWay(t *testing.T) {
	o := labOrder{Act: "resync", By: "xml", Rule: "/$MA.xml", Address: "192.0.2.7", Extension: "1001"}
	if got := o.to([]string{"a"}); got.Rule == "" || got.Address == "" || got.Extension != "" {
		t.Errorf("one phone by XML: %+v", got)
	}
	if got := o.to([]string{"a", "b"}); got.Address != "" || len(got.Phones) != 2 {
		t.Errorf("two phones: %+v", got)
	}
	o.act("report")
	if o.By != "sip" || o.to([]string{"a"}).Rule != "" || o.to([]string{"a"}).Extension == "" {
		t.Errorf("a report is asked for by %+v", o.to([]string{"a"}))
	}
	o.act("reboot")
	if o.By != "sip" {
		t.Errorf("a reboot is asked for by %s, though SIP knows it", o.By)
	}
}

func TestPushInWords(t *testing.T) {
	for _, c := range []struct {
		push labPush
		want string
	}{
		{labPush{Total: 1}, "0 of 1 phone asked."},
		{labPush{Total: 12, Asked: 12, Took: 12}, "12 of 12 phones asked: 12 took it."},
		{labPush{Total: 12, Asked: 3, Took: 2, Left: 4, Stopped: true}, "3 of 12 phones asked: 2 took it, 1 did not; 4 could not be asked; stopped."},
	} {
		if got := c.push.progress(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A fault that is not in force any more can be switched on again, as it was.
func TestFaultsStayToBeSwitchedOn(t *testing.T) {
	var k faultBook
	k.take([]labFault{{ID: 1, Kind: "cut"}, {ID: 2, Kind: "delay", Times: 3}})
	k.take([]labFault{{ID: 2, Kind: "delay", Times: 1}})
	if len(k.on) != 1 || len(k.off) != 1 || k.off[0].ID != 1 {
		t.Fatalf("on %+v, off %+v", k.on, k.off)
	}
	k.take(nil)
	if len(k.off) != 2 || k.off[1].Times != 3 {
		t.Errorf("the one that is used up was for %d times, want 3", k.off[1].Times)
	}
	k.drop(1)
	if len(k.off) != 1 {
		t.Errorf("off %+v", k.off)
	}
}

func TestPhonesStayWhereTheyStand(t *testing.T) {
	before := []labPhone{{Key: "a"}, {Key: "b"}, {Key: "c"}}
	now := []labPhone{{Key: "c"}, {Key: "new"}, {Key: "a"}}
	var keys []string
	for _, p := range inOrder(before, now) {
		keys = append(keys, p.Key)
	}
	if !slices.Equal(keys, []string{"new", "a", "c"}) {
		t.Errorf("the order is %q", keys)
	}
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.Local)
	for _, c := range []struct {
		t    time.Time
		want string
	}{
		{now.Add(-time.Hour), "11:00:00"},
		{now.Add(-13 * time.Hour), "1 Mar 23:00"},
	} {
		if got := clock(c.t, now); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// What the server serves is the document to start from: nothing to undo, and no
// draft until something is changed.
func TestBeginWithTheServedFleet(t *testing.T) {
	from := NewEditor()
	if err := from.AddDevice("000e08a00001", "8861"); err != nil {
		t.Fatal(err)
	}
	from.Set(Layer{}, "Resync_Periodic", "7200")
	file, err := from.FleetFile()
	if err != nil {
		t.Fatal(err)
	}
	e := NewEditor()
	if err := e.BeginWith("served", file); err != nil {
		t.Fatal(err)
	}
	if e.UndoName() != "" || e.Value("Resync_Periodic").Text != "7200" {
		t.Errorf("undo is %q, the value %q", e.UndoName(), e.Value("Resync_Periodic").Text)
	}
	if dev, _ := e.Seen(); dev == nil || dev.MAC != "000e08a00001" {
		t.Errorf("the phone in view is %+v", dev)
	}
	if !e.Untouched() {
		t.Error("it counts as changed")
	}
	e.Set(Layer{}, "Resync_Periodic", "600")
	if e.Untouched() {
		t.Error("it counts as untouched after a change")
	}
	if err := e.BeginWith("served", []byte("<html>")); err == nil {
		t.Error("what is no fleet file was opened")
	}
}
