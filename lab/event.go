package lab

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcome says how a transfer ended.
type Outcome string

const (
	Sent     Outcome = "sent"      // all of it, and over TFTP acknowledged
	Stored   Outcome = "stored"    // an upload
	NotFound Outcome = "not found" // the file is not there
	Refused  Outcome = "refused"   // by a rule of the server: network, login, method, limit
	Failed   Outcome = "failed"    // the file could not be produced, or the client gave up
	Cut      Outcome = "cut"       // ended in the middle, by a fault, a limit or the end of the server
	Received Outcome = "received"  // a syslog message
	Seen     Outcome = "seen"      // a DHCP request, which another server answers
	Alarm    Outcome = "alarm"     // something that a person should look at
)

// Event is one transfer at its end, one log message or one DHCP request. It holds no secret: no query, no login, no Segment.
type Event struct {
	Time      time.Time      `json:"time"` // when it began
	Protocol  string         `json:"protocol"`
	Method    string         `json:"method,omitempty"`
	Remote    netip.AddrPort `json:"remote"`
	Phone     Phone          `json:"phone,omitzero"`
	Path      string         `json:"path,omitempty"`
	Outcome   Outcome        `json:"outcome"`
	Status    int            `json:"status,omitempty"`     // HTTP
	TFTPError *int           `json:"tftp_error,omitempty"` // the code answered; nil: none
	Bytes     int64          `json:"bytes"`                // of the file's content
	Options   string         `json:"options,omitempty"`    // TFTP options in force, as in "blksize=1428 tsize=4096"
	Resent    int            `json:"resent,omitempty"`     // TFTP datagrams sent again
	Took      time.Duration  `json:"-"`                    // in JSON: took_ms
	Reason    string         `json:"reason,omitempty"`     // why not
	Note      string         `json:"note,omitempty"`       // File.Note
	Fault     FaultKind      `json:"fault,omitempty"`      // the trouble on purpose that was applied
	Message   *Message       `json:"message,omitempty"`    // syslog
	DHCP      *DHCPRequest   `json:"dhcp,omitempty"`
}

// MarshalJSON writes the duration as milliseconds.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	return json.Marshal(struct {
		plain
		TookMS float64 `json:"took_ms"`
	}{plain(e), float64(e.Took.Microseconds()) / 1000})
}

// String is the event as a line for a person. Whatever comes from the network is quoted, so that an event is always
// one line and nothing in it can steer a terminal.
func (e Event) String() string {
	var b strings.Builder
	b.WriteString(e.Time.Format("15:04:05.000 "))
	b.WriteString(e.Protocol)
	b.WriteByte(' ')
	b.WriteString(e.Remote.Addr().String())
	if e.Phone.MAC != "" {
		b.WriteString(" " + e.Phone.MAC)
	}
	if e.Phone.Model != "" {
		b.WriteString(" " + e.Phone.Model)
	}
	if e.Phone.Firmware != "" {
		b.WriteString("/" + e.Phone.Firmware)
	}
	if e.Message != nil {
		fmt.Fprintf(&b, " %s", e.Message)
		return b.String()
	}
	if e.DHCP != nil {
		fmt.Fprintf(&b, " %s", e.DHCP)
		return b.String()
	}
	if e.Method != "" {
		b.WriteString(" " + e.Method)
	}
	if e.Path != "" {
		b.WriteString(" " + shortQuote(e.Path))
	}
	b.WriteString(": " + string(e.Outcome))
	b.WriteString(e.details())
	return b.String()
}

// details is the part of the line after the outcome.
func (e Event) details() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, strconv.Itoa(e.Status))
	}
	if e.TFTPError != nil {
		parts = append(parts, fmt.Sprintf("tftp error %d", *e.TFTPError))
	}
	if e.Outcome != NotFound && e.Outcome != Alarm {
		parts = append(parts, fmt.Sprintf("%s bytes in %s", thousands(e.Bytes), e.Took.Round(100*time.Microsecond)))
	}
	if e.Options != "" {
		parts = append(parts, e.Options)
	}
	if e.Resent > 0 {
		parts = append(parts, fmt.Sprintf("%d sent again", e.Resent))
	}
	if e.Fault != "" {
		parts = append(parts, "fault "+string(e.Fault))
	}
	if e.Note != "" {
		parts = append(parts, printable(e.Note))
	}
	if e.Reason != "" {
		parts = append(parts, printable(e.Reason))
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, ", ")
}

// shortQuote quotes at most 200 characters of s.
func shortQuote(s string) string {
	if utf8.RuneCountInString(s) > 200 {
		s = string([]rune(s)[:200]) + "…"
	}
	return strconv.Quote(s)
}

// printable is s as it is when every character of it is, and quoted otherwise.
func printable(s string) string {
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
