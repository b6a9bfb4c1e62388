package lab

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)

func TestParseMessage(t *testing.T) {
	may1 := time.Date(2025, 5, 1, 18, 3, 12, 0, time.UTC)
	for _, tt := range []struct {
		name, text string
		want       Message
	}{
		{"a phone, with its MAC", "<134>May  1 18:03:12 000e08012345 Successful resync http://192.0.2.1:8080/000e08012345.xml",
			Message{Facility: 16, Severity: 6, Time: may1, Host: "000e08012345", Text: "Successful resync http://192.0.2.1:8080/000e08012345.xml"}},
		{"a phone, without identifier", "<134>May  1 18:03:12 Resync failed: corrupt file",
			Message{Facility: 16, Severity: 6, Time: may1, Text: "Resync failed: corrupt file"}},
		{"host and tag", "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
			Message{Facility: 4, Severity: 2, Time: time.Date(2025, 10, 11, 22, 14, 15, 0, time.UTC), Host: "mymachine", App: "su", Text: "'su root' failed"}},
		{"process", "<30>May  1 18:03:12 192.0.2.9 sshd[123]: hello",
			Message{Facility: 3, Severity: 6, Time: may1, Host: "192.0.2.9", App: "sshd", Process: "123", Text: "hello"}},
		{"last December in January's server", "<30>Dec 31 23:59:59 192.0.2.9 x: late",
			Message{Facility: 3, Severity: 6, Time: time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC), Host: "192.0.2.9", App: "x", Text: "late"}},
		{"no time", "<13>just text", Message{Facility: 1, Severity: 5, Text: "just text"}},
		{"no priority", "just text", Message{Facility: 1, Severity: 5, Text: "just text"}},
		{"priority too large", "<192>text", Message{Facility: 1, Severity: 5, Text: "<192>text"}},
		{"priority of letters", "<a>text", Message{Facility: 1, Severity: 5, Text: "<a>text"}},
		{"nothing", "", Message{Facility: 1, Severity: 5}},
		{"line end and NUL at the end", "<13>x\r\n\x00", Message{Facility: 1, Severity: 5, Text: "x"}},
		{"no UTF-8", "<13>\xff\xfex", Message{Facility: 1, Severity: 5, Text: "\ufffdx"}},
		{"RFC 5424, its example 1", "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
			Message{Facility: 4, Severity: 2, Time: time.Date(2003, 10, 11, 22, 14, 15, 3e6, time.UTC), Host: "mymachine.example.com", App: "su", ID: "ID47", Text: "'su root' failed for lonvick on /dev/pts/8"}},
		{"RFC 5424, its example 3", `<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Appl\]ication" eventID="1011"][x a="]"] An application event`,
			Message{Facility: 20, Severity: 5, Time: time.Date(2003, 10, 11, 22, 14, 15, 3e6, time.UTC), Host: "mymachine.example.com", App: "evntslog", ID: "ID47", Text: "An application event"}},
		{"RFC 5424, structured data only", `<165>1 - - - - - [a b="c"]`, Message{Facility: 20, Severity: 5}},
		{"nearly RFC 5424", "<165>1 2003-10-11 x", Message{Facility: 20, Severity: 5, Text: "1 2003-10-11 x"}},
		{"RFC 5424, data without end", "<165>1 - - - - - [a text", Message{Facility: 20, Severity: 5, Text: "1 - - - - - [a text"}},
	} {
		now := noon
		if strings.Contains(tt.name, "December") {
			now = time.Date(2026, 1, 1, 0, 0, 5, 0, time.UTC)
		}
		got := ParseMessage([]byte(tt.text), now)
		if !got.Time.Equal(tt.want.Time) {
			t.Errorf("%s: time %s, want %s", tt.name, got.Time, tt.want.Time)
		}
		got.Time = tt.want.Time
		if got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

func TestMessagePhone(t *testing.T) {
	for text, want := range map[string]Phone{
		"<134>May  1 18:03:12 CP-8841-3PCC 00:0E:08:01:23:45 -- Resync failed: corrupt file": {MAC: "000e08012345", Model: "CP-8841-3PCC"},
		"<134>May  1 18:03:12 000e08012345 CP-8841-3PCC 000E08012345 -- Requesting resync x": {MAC: "000e08012345", Model: "CP-8841-3PCC"},
		"<134>May  1 18:03:12 000E08012345 something else":                                   {MAC: "000e08012345"},
		"<134>May  1 18:03:12 CP-8841-3PCC 00: 0E:08:01:23:45 -- Resync failed":              {MAC: "000e08012345", Model: "CP-8841-3PCC"}, // through rsyslog
		"<134>1 2025-05-01T18:03:12Z CP-8841-3PCC 00 - - - 0E:08:01:23:45 -- Resync failed":  {MAC: "000e08012345", Model: "CP-8841-3PCC"},
		"<134>1 2025-05-01T18:03:12Z CP-8841-3PCC 000E08012345 - - - -- Resync failed":       {MAC: "000e08012345", Model: "CP-8841-3PCC"},
		"<134>1 2025-05-01T18:03:12Z gateway 00 - - - 0E:08:01:23:45 said":                   {},
		"<134>May  1 18:03:12 something else":                                                {},
		"<134>May  1 18:03:12 a 00:0E:08:01:23: b":                                           {},
	} {
		m := ParseMessage([]byte(text), noon)
		if got, _ := m.phone(); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte("<34>1 2003-10-11T22:14:15.003Z m su - ID47 [a b=\"\\\"]\"] text"))
	f.Add([]byte("<134>May  1 18:03:12 000e08012345 tag[1]: text"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := ParseMessage(b, noon)
		if m.Facility < 0 || m.Facility > 23 || m.Severity < 0 || m.Severity > 7 || len(m.Text) > 3*maxMessage {
			t.Fatalf("%q gives %+v", b, m)
		}
		if line := m.String(); strings.ContainsAny(line, "\r\n\x00\x1b") {
			t.Fatalf("%q is not one clean line: %q", b, line)
		}
	})
}

func TestReadFrame(t *testing.T) {
	long := strings.Repeat("x", maxMessage+10)
	in := "5 <1>ab<13>one\n<13>two\r\n3 a\nb" + fmt.Sprintf("%d %s", len(long), long) + "<13>" + long + "\n4 last<13>no end"
	want := []string{"<1>ab", "<13>one\n", "<13>two\r\n", "a\nb", long[:maxMessage], ("<13>" + long)[:maxMessage], "last", "<13>no end"}
	r := bufio.NewReaderSize(strings.NewReader(in), maxMessage)
	var got []string
	for {
		frame, err := readFrame(r)
		if len(frame) > 0 {
			got = append(got, string(frame))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %.40q\nwant %.40q", got, want)
	}
	for _, bad := range []string{"123456 x", "12x", "9999 short"} {
		if _, err := readFrame(bufio.NewReaderSize(strings.NewReader(bad), maxMessage)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestSyslogReceiver(t *testing.T) {
	s := start(t, &Server{Syslog: loopback})
	at := s.Syslog[0].String()
	port := fmt.Sprint(s.Syslog[0].Port())
	got := func(text string) Event {
		return s.await(text, func(e Event) bool { return e.Message != nil && e.Message.Text == text })
	}

	sender, err := DialSyslog(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	sender.Identifier = "000e08012345"
	if err := sender.Send(time.Now(), 6, "Successful resync"); err != nil {
		t.Fatal(err)
	}
	if e := got("Successful resync"); e.Phone.MAC != "000e08012345" || e.Message.Facility != 16 || e.Message.Severity != 6 || time.Since(e.Message.Time).Abs() > time.Hour {
		t.Errorf("the phone's message: %+v of %+v", e.Message, e.Phone)
	}
	if err := sender.Send(time.Now(), 6, "two\nlines"); err == nil {
		t.Errorf("a message of two lines was sent")
	}

	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "<13>a line\n12 <13>counted!")
	got("a line")
	got("counted!")
	c.Close()

	logger := program(t, "logger")
	for name, args := range map[string][]string{
		"udp 3164":           {"-d", "--rfc3164"},
		"udp 5424":           {"-d", "--rfc5424"},
		"tcp lines":          {"-T", "--rfc3164"},
		"tcp octet counting": {"-T", "--octet-count", "--rfc5424"},
		"tcp counted 3164":   {"-T", "--octet-count", "--rfc3164"},
	} {
		args = append(args, "-n", "127.0.0.1", "-P", port, "-t", "phone", "-p", "local0.warning", "by logger, "+name)
		if out, err := exec.Command(logger, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		if e := got("by logger, " + name); e.Message.App != "phone" || e.Message.Facility != 16 || e.Message.Severity != 4 || e.Message.Host == "" {
			t.Errorf("%s: %+v", name, e.Message)
		}
	}
}

func TestSyslogFlood(t *testing.T) {
	s := start(t, &Server{Syslog: loopback})
	c, err := net.Dial("tcp", s.Syslog[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const sent = 20_000
	if _, err := c.Write(bytes.Repeat([]byte("<13>flood\n"), sent)); err != nil {
		t.Fatal(err)
	}
	s.await("an alarm", func(e Event) bool { return e.Outcome == Alarm })
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(s.all()); n < syslogBurst || n > sent/2 {
		t.Errorf("%d events of %d messages", n, sent)
	}
}
