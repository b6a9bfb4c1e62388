package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Message is a log message that a phone sent.
type Message struct {
	Facility int       `json:"facility"`
	Severity int       `json:"severity"` // 0 emergency … 7 debug
	Time     time.Time `json:"time,omitzero"`
	Host     string    `json:"host,omitempty"`
	App      string    `json:"app,omitempty"` // RFC 3164's tag
	Process  string    `json:"process,omitempty"`
	ID       string    `json:"id,omitempty"` // RFC 5424
	Text     string    `json:"text"`
}

// String is the message for a person, in one line.
func (m *Message) String() string {
	var b strings.Builder
	b.WriteString("<" + severities[m.Severity&7] + ">")
	for _, s := range []string{m.Host, m.App} {
		if s != "" {
			b.WriteString(" " + printable(s))
		}
	}
	b.WriteString(": " + printable(m.Text))
	return b.String()
}

var severities = [8]string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}

const (
	maxMessage         = 8 << 10
	syslogConnections  = 64
	syslogIdle         = 5 * time.Minute
	syslogBurst        = 1000 // messages of one address at once
	syslogPerSecond    = 200  // and then
	syslogFrameNumbers = 5    // digits of a length in octet counting
)

// ParseMessage reads a message of RFC 3164 or RFC 5424. It never fails: what has no known form is text. now gives
// RFC 3164's time stamp its year.
func ParseMessage(b []byte, now time.Time) Message {
	m := Message{Facility: 1, Severity: 5} // user, notice: RFC 3164, 4.3.3
	s := strings.TrimRight(string(b), "\r\n\x00")
	rest, ok := cutPriority(s, &m)
	if !ok {
		m.Text = cleanText(s)
		return m
	}
	if v1, ok := strings.CutPrefix(rest, "1 "); !ok || !parse5424(v1, &m) {
		parse3164(rest, now, &m)
	}
	m.rejoin()
	return m
}

// rejoin puts together what a relay, such as a site's own rsyslog, has taken apart. A phone that puts no identifier
// before its text begins it with "$PN $MAC" or "$PN $MA" (e.2), which a relay takes for a host's name and a tag:
// "CP-8841-3PCC 00: 56:2b:04:36:15 -- …", or the two in their fields of RFC 5424.
func (m *Message) rejoin() {
	text := m.Text
	switch {
	case m.Host == "" && m.App == "":
	case isHex(m.App) && len(m.App) == 2:
		text = m.Host + " " + m.App + ": " + m.Text
	default:
		text = m.Host + " " + m.App + " " + m.Text
	}
	model, rest, _ := strings.Cut(text, " ")
	if len(rest) > 4 && isHex(rest[:2]) && rest[2:4] == ": " { // the blank is the relay's
		rest = rest[:3] + rest[4:]
	}
	mac, _, _ := strings.Cut(rest, " ")
	if _, ok := parseMAC(strings.ReplaceAll(mac, ":", "")); ok && isWord(model) && model != strings.ToLower(model) {
		m.Host, m.App, m.Text = "", "", model+" "+rest
	}
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdefABCDEF") == "" }

func cutPriority(s string, m *Message) (rest string, ok bool) {
	digits, rest, ok := strings.Cut(strings.TrimPrefix(s, "<"), ">")
	if !ok || s[0] != '<' || len(digits) < 1 || len(digits) > 3 {
		return "", false
	}
	pri, err := strconv.ParseUint(digits, 10, 8)
	if err != nil || pri > 191 {
		return "", false
	}
	m.Facility, m.Severity = int(pri)/8, int(pri)%8
	return rest, true
}

// parse5424 reads what follows the version: TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG].
func parse5424(s string, m *Message) bool {
	var field [5]string
	for i := range field {
		var ok bool
		if field[i], s, ok = strings.Cut(s, " "); !ok {
			return false
		}
		if field[i] == "-" {
			field[i] = ""
		}
	}
	if field[0] != "" {
		t, err := time.Parse(time.RFC3339Nano, field[0])
		if err != nil {
			return false
		}
		m.Time = t
	}
	text, ok := skipStructured(s)
	if !ok {
		return false
	}
	m.Host, m.App, m.Process, m.ID = cleanText(field[1]), cleanText(field[2]), cleanText(field[3]), cleanText(field[4])
	m.Text = cleanText(strings.TrimPrefix(text, "\ufeff"))
	return true
}

// skipStructured passes over "-" or [id name="value" …]… and the blank after it.
func skipStructured(s string) (text string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return strings.TrimPrefix(rest, " "), rest == "" || rest[0] == ' '
	}
	for strings.HasPrefix(s, "[") {
		quoted := false
		i := 1
		for ; i < len(s) && (quoted || s[i] != ']'); i++ {
			switch {
			case s[i] == '\\' && quoted:
				i++
			case s[i] == '"':
				quoted = !quoted
			}
		}
		if i >= len(s) {
			return "", false
		}
		s, ok = s[i+1:], true
	}
	return strings.TrimPrefix(s, " "), ok && (s == "" || s[0] == ' ')
}

// parse3164 reads "Mmm dd hh:mm:ss HOST TAG: text". A phone puts its Syslog_Identifier where the host stands, or
// nothing (e.4), so the first word counts as host only if it is an address, a MAC, or looks like a host's name before
// a tag: "Resync failed: …" is text.
func parse3164(s string, now time.Time, m *Message) {
	const stamp = "Jan _2 15:04:05"
	if len(s) > len(stamp) && s[len(stamp)] == ' ' {
		if t, err := time.ParseInLocation(stamp, s[:len(stamp)], now.Location()); err == nil {
			m.Time = nearestYear(t, now)
			s = s[len(stamp)+1:]
			if host, rest, ok := strings.Cut(s, " "); ok && isHost(host, rest) {
				m.Host, s = host, rest
			}
		}
	}
	if tag, rest, ok := cutTag(s); ok {
		m.App, s = tag, rest
		if app, pid, ok := strings.Cut(tag, "["); ok {
			m.App, m.Process = app, strings.TrimSuffix(pid, "]")
		}
	}
	m.Text = cleanText(s)
}

func isHost(word, rest string) bool {
	if _, err := netip.ParseAddr(word); err == nil {
		return true
	}
	if _, ok := parseMAC(word); ok {
		return true
	}
	_, _, tagged := cutTag(rest)
	return tagged && isWord(word) && word == strings.ToLower(word)
}

// cutTag takes off "tag: " or "tag[123]: ".
func cutTag(s string) (tag, rest string, ok bool) {
	tag, rest, ok = strings.Cut(s, ":")
	if !ok || len(tag) > 48 || rest != "" && rest[0] != ' ' {
		return "", "", false
	}
	name, pid, _ := strings.Cut(strings.TrimSuffix(tag, "]"), "[")
	if !isWord(name) || pid != "" && !isWord(pid) {
		return "", "", false
	}
	return tag, strings.TrimPrefix(rest, " "), true
}

// nearestYear gives a time without year the one that brings it closest to now.
func nearestYear(t, now time.Time) time.Time {
	best := t.AddDate(now.Year()-t.Year(), 0, 0)
	for _, d := range []int{-1, 1} {
		if other := t.AddDate(now.Year()-t.Year()+d, 0, 0); other.Sub(now).Abs() < best.Sub(now).Abs() {
			best = other
		}
	}
	return best
}

// cleanText makes the text valid UTF-8 of bounded length.
func cleanText(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxMessage)], "\ufffd")
}

// syslogService receives messages over UDP and TCP on one address.
type syslogService struct {
	*running
	allowance *allowance
}

func (r *running) listenSyslog(ctx context.Context, addr string) error {
	l, pc, err := listenBoth(ctx, addr)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, l, pc)
	r.bound.Syslog = append(r.bound.Syslog, addrPort(l.Addr()))
	s := &syslogService{running: r, allowance: newAllowance(syslogBurst, syslogPerSecond)}
	r.services = append(r.services,
		func(ctx context.Context) error {
			return readDatagrams(ctx, pc.(*net.UDPConn), "syslog messages", s.message)
		},
		func(ctx context.Context) error { return s.serveTCP(ctx, l) })
	return nil
}

// listenBoth opens the same port for TCP and UDP. A port that the system picks for one may be taken for the other.
func listenBoth(ctx context.Context, addr string) (net.Listener, net.PacketConn, error) {
	for try := 0; ; try++ {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			return nil, nil, err
		}
		pc, err := new(net.ListenConfig).ListenPacket(ctx, "udp", l.Addr().String())
		if err == nil {
			return l, pc, nil
		}
		l.Close()
		if _, port, _ := net.SplitHostPort(addr); port != "0" || try == 10 {
			return nil, nil, err
		}
	}
}

// readDatagrams hands on what arrives until ctx ends. what names it in an error.
func readDatagrams(ctx context.Context, conn *net.UDPConn, what string, take func(b []byte, from netip.AddrPort)) error {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	buf := make([]byte, 65536)
	for failures := 0; ; {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if failures++; failures > 100 || errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("reading %s: %w", what, err)
			}
			continue
		}
		failures = 0
		take(buf[:n], unmap(from))
	}
}

func (s *syslogService) serveTCP(ctx context.Context, l net.Listener) error {
	conns := make(chan struct{}, syslogConnections)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("accepting a syslog connection: %w", err)
		}
		if err != nil { // as when there is no descriptor left
			_ = sleep(ctx, 50*time.Millisecond)
			continue
		}
		select {
		case conns <- struct{}{}:
			wg.Go(func() {
				defer func() { <-conns }()
				s.serveConn(ctx, c)
			})
		default:
			c.Close()
		}
	}
}

// serveConn reads the messages of a connection: octet counting or one a line (RFC 6587).
func (s *syslogService) serveConn(ctx context.Context, c net.Conn) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	remote := addrPort(c.RemoteAddr())
	in := bufio.NewReaderSize(c, maxMessage)
	for {
		_ = c.SetReadDeadline(time.Now().Add(syslogIdle))
		frame, err := readFrame(in)
		if len(frame) > 0 {
			s.message(frame, remote)
		}
		if err != nil {
			return
		}
	}
}

var errFrame = errors.New("neither a length nor a line")

// readFrame reads one message; a longer one than maxMessage is cut.
func readFrame(in *bufio.Reader) ([]byte, error) {
	first, err := in.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0] < '1' || first[0] > '9' {
		return readLine(in)
	}
	n := 0
	for i := 0; ; i++ {
		c, err := in.ReadByte()
		if err != nil {
			return nil, err
		}
		if c == ' ' {
			break
		}
		if c < '0' || c > '9' || i == syslogFrameNumbers {
			return nil, errFrame // the borders between messages are lost
		}
		n = n*10 + int(c-'0')
	}
	frame := make([]byte, min(n, maxMessage))
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	_, err = in.Discard(n - len(frame))
	return frame, err
}

func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	line = append([]byte(nil), line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return line, err
}

// message makes an event of a message, unless its sender floods us.
func (s *syslogService) message(b []byte, remote netip.AddrPort) {
	now := time.Now()
	e := Event{Time: now, Protocol: "syslog", Remote: remote, Outcome: Received, Bytes: int64(len(b))}
	e.Phone = s.neighbors.at(remote.Addr())
	if !s.running.allowed(remote.Addr()) {
		return
	}
	if ok, first := s.allowance.take(remote.Addr(), now); !ok {
		if first {
			e.Outcome, e.Reason = Alarm, "so many messages come from this address that some are dropped"
			s.log(e)
		}
		return
	}
	m := ParseMessage(b, now)
	if p, ok := m.phone(); ok {
		e.Phone = p
	}
	e.Message = &m
	s.log(e)
}

// phone is who a phone's message says it is from: by the identifier, or by the "$PN $MAC" with which the texts begin
// (e.2).
func (m *Message) phone() (p Phone, ok bool) {
	model, rest, _ := strings.Cut(m.Text, " ")
	mac, _, _ := strings.Cut(rest, " ")
	if strings.Count(mac, ":") == 5 { // $MAC
		mac = strings.ReplaceAll(mac, ":", "")
	}
	if p.MAC, ok = parseMAC(mac); ok && isWord(model) {
		p.Model = model
		return p, true
	}
	p.MAC, ok = parseMAC(m.Host)
	return p, ok
}

// Syslog sends log messages as a phone does (e.4): RFC 3164 over UDP, with the identifier, if any, after the time.
type Syslog struct {
	Facility   int    // 0 to 23
	Identifier string // Syslog_Identifier's value: a MAC address or serial number; "": none

	conn net.Conn
}

// DialSyslog prepares sending to host:port. Facility 16 (local0) is what a phone uses.
func DialSyslog(ctx context.Context, addr string) (*Syslog, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", addr)
	if err != nil {
		return nil, err
	}
	return &Syslog{Facility: 16, conn: conn}, nil
}

// Send sends one message. As with UDP in general, no error does not mean that anybody heard it.
func (s *Syslog) Send(at time.Time, severity int, text string) error {
	if strings.ContainsAny(text+s.Identifier, "\r\n\x00") {
		return errors.New("a log message has one line")
	}
	line := fmt.Appendf(nil, "<%d>%s ", s.Facility*8+severity, at.Format(time.Stamp))
	if s.Identifier != "" {
		line = append(line, s.Identifier+" "...)
	}
	_, err := s.conn.Write(append(line, text...))
	return err
}

// Close ends sending.
func (s *Syslog) Close() error { return s.conn.Close() }
