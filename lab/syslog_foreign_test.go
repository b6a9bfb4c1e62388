package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rsyslogConfig takes messages in by UDP and passes each on to us in four ways.
const rsyslogConfig = `module(load="imudp")
input(type="imudp" address="127.0.0.1" port="%d" ruleset="on")
ruleset(name="on") {
  action(type="omfwd" target="127.0.0.1" port="%[2]d" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
  action(type="omfwd" target="127.0.0.1" port="%[2]d" protocol="udp" template="RSYSLOG_SyslogProtocol23Format")
  action(type="omfwd" target="127.0.0.1" port="%[2]d" protocol="tcp" template="RSYSLOG_TraditionalForwardFormat")
  action(type="omfwd" target="127.0.0.1" port="%[2]d" protocol="tcp" tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
}
`

// A site's own rsyslog may stand between the phones and us. What a phone said stays as it was, and so does who said it.
func TestSyslogThroughRsyslog(t *testing.T) {
	rsyslogd := program(t, "rsyslogd")
	s := start(t, &Server{Syslog: loopback})
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	relay := addrPort(free.LocalAddr())
	free.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "rsyslog.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, rsyslogConfig, relay.Port(), s.Syslog[0].Port()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	relaying := exec.CommandContext(ctx, rsyslogd, "-n", "-f", config, "-i", filepath.Join(dir, "pid"))
	if err := relaying.Start(); err != nil {
		t.Fatal(err)
	}
	defer relaying.Wait()
	defer cancel()

	for name, phone := range map[string]struct{ identifier, text, mac, model string }{
		"identifier":       {"000e08012345", "Successful resync of http://192.0.2.10/a.xml", "000e08012345", ""},
		"name in the text": {"", "CP-8841-3PCC 00:56:2b:04:36:15 -- Successful resync of http://192.0.2.10/b.xml", "00562b043615", "CP-8841-3PCC"},
	} {
		sender, err := DialSyslog(t.Context(), relay.String())
		if err != nil {
			t.Fatal(err)
		}
		sender.Identifier = phone.identifier
		came := func() (list []Event) {
			for _, e := range s.all() {
				if e.Message != nil && strings.Contains(e.Message.Text, phone.text[len(phone.text)-40:]) {
					list = append(list, e)
				}
			}
			return list
		}
		again := time.NewTicker(200 * time.Millisecond) // until rsyslog has begun to listen, they are lost
		for deadline := time.Now().Add(patience); len(came()) < 4; <-again.C {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d of 4 ways led here: %v", name, len(came()), s.all())
			}
			_ = sender.Send(time.Now(), 6, phone.text)
		}
		again.Stop()
		sender.Close()
		for _, e := range came() {
			if e.Phone.MAC != phone.mac || e.Phone.Model != phone.model || e.Message.Facility != 16 || e.Message.Severity != 6 || !strings.HasSuffix(e.Message.Text, phone.text) {
				t.Errorf("%s: %+v of %+v", name, e.Message, e.Phone)
			}
		}
	}
}
