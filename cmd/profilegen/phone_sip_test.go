package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilegen/lab"
)

// phoneForNotify plays a phone with two accounts that resyncs when it is told
// to only.
func phoneForNotify(t *testing.T, args ...string) (out *output, host string) {
	t.Helper()
	server := files{"a.xml": someProfile, "report": ""}.serve(t)
	out, _ = playing(t, append([]string{"-trace", "-sip", ":0", "-rule", "http://" + server.HTTP[0].String() + "/a.xml",
		"-set", "Resync_On_Reset=No", "-set", "User_ID_1_=101", "-set", "Password_1_=hunter2", "-set", "Auth_ID_1_=auth101",
		"-set", "User_ID_2_=102", "-set", "Password_2_=hunter3", "-set", "Auth_Resync-Reboot_2_=No", "-set", "User_ID_3_=103"}, args...)...)
	host = out.await(t, `answers SIP NOTIFY at (127\.0\.0\.1:\d+)`)[1]
	out.await(t, `power on`)
	return out, host
}

// notify is a NOTIFY as a PBX writes it.
func notify(host, user, event string) string {
	return strings.ReplaceAll(fmt.Sprintf(`NOTIFY sip:%[1]s@%[2]s SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5098;branch=z9hG4bK-%[1]s;rport
From: <sip:pbx@127.0.0.1>;tag=1
To: <sip:%[1]s@%[2]s>
Call-ID: %[1]s-%[3]s@127.0.0.1
CSeq: 1 NOTIFY
Contact: <sip:pbx@127.0.0.1:5098>
Max-Forwards: 70
Event: %[3]s
Subscription-State: active
Content-Length: 0

`, user, host, event), "\n", "\r\n")
}

// sipsak sends a NOTIFY: challenged, then honoured; refused without or with
// wrong credentials; and the phone says why it does not do what it is told.
func TestPhoneNotifiedBySipsak(t *testing.T) {
	program := foreignProgram(t, "sipsak")
	for _, c := range []struct {
		what         string
		phone        []string
		user, event  string
		auth, passwd string
		answers      []string // status lines, in order
		told         string   // by the phone
		did          string   // by the phone; "": no resync
	}{
		{"resync", nil, "101", "resync", "auth101", "hunter2", []string{"200 OK"}, `answered 401 Unauthorized`, `resync succeeded`},
		{"check-sync", nil, "101", "check-sync;reboot=false", "auth101", "hunter2", []string{"200 OK"}, `Event: check-sync`, `resync succeeded`},
		{"reboot_now", nil, "101", "reboot_now", "auth101", "hunter2", []string{"200 OK"}, `Event: reboot_now`, `restart \(SIP Triggered\)`},
		{"report", []string{"-set", "Report_Rule=http://127.0.0.1:1/report"}, "101", "report", "auth101", "hunter2", []string{"200 OK"}, `Event: report`, `POST http://127.0.0.1:1/report \(full report\)`},
		{"no credentials", nil, "101", "resync", "", "", []string{"401 Unauthorized"}, `answered 401 Unauthorized`, ""},
		{"a wrong password", nil, "101", "resync", "auth101", "hunter3", []string{"401 Unauthorized"}, `answered 401 Unauthorized`, ""},
		{"a wrong user", nil, "101", "resync", "101", "hunter2", []string{"401 Unauthorized"}, `answered 401 Unauthorized`, ""},
		{"an account without a password", nil, "103", "resync", "103", "", []string{"401 Unauthorized"}, `answered 401 Unauthorized`, ""},
		{"Resync_From_SIP", []string{"-set", "Resync_From_SIP=No"}, "101", "resync", "auth101", "hunter2", []string{"403 Forbidden"}, `no resync for a SIP NOTIFY: Resync_From_SIP forbids it`, ""},
		{"Provision_Enable", []string{"-set", "Provision_Enable=No"}, "101", "resync", "auth101", "hunter2", []string{"403 Forbidden"}, `no resync for a SIP NOTIFY: Provision_Enable forbids it`, ""},
		{"an account that asks for no log-in", nil, "102", "resync", "", "", []string{"200 OK"}, `Event: resync`, `resync succeeded`},
		{"an unknown event", nil, "102", "message-summary", "", "", []string{"489 Bad Event", "Allow-Events: resync"}, `answered 489 Bad Event`, ""},
		{"an unknown account", nil, "199", "resync", "", "", []string{"404 Not Found"}, `answered 404 Not Found`, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			out, host := phoneForNotify(t, c.phone...)
			message := filepath.Join(t.TempDir(), "notify")
			if err := os.WriteFile(message, []byte(notify(host, c.user, c.event)), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"-vv", "-L", "-f", message, "-s", "sip:" + c.user + "@" + host}
			if c.auth != "" {
				args = append(args, "-u", c.auth, "-a", c.passwd)
			}
			// Its exit status is 0 for 200 only; the answers tell more.
			answers, _ := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
			for _, want := range c.answers {
				if !strings.Contains(string(answers), want) {
					t.Errorf("sipsak did not get %q:\n%s", want, answers)
				}
			}
			out.await(t, c.told)
			if c.did != "" {
				out.await(t, c.did)
			} else if strings.Contains(out.String(), "resync begins") {
				t.Errorf("the phone resyncs all the same:\n%s", out)
			}
			if strings.Contains(out.String(), "hunter") {
				t.Errorf("a password is printed:\n%s", out)
			}
		})
	}
}

// sipp plays the PBX: it insists on the challenge before the answer.
func TestPhoneNotifiedBySipp(t *testing.T) {
	program := foreignProgram(t, "sipp")
	out, host := phoneForNotify(t)
	folder := files{"notify.xml": `<?xml version="1.0" encoding="us-ascii"?>
<scenario name="a PBX tells a phone to resync">
  <send retrans="500"><![CDATA[

    NOTIFY sip:101@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:pbx@[local_ip]>;tag=[call_number]
    To: <sip:101@[remote_ip]>
    Call-ID: [call_id]
    CSeq: 1 NOTIFY
    Max-Forwards: 70
    Event: resync
    Content-Length: 0

  ]]></send>
  <recv response="401" auth="true" />
  <send retrans="500"><![CDATA[

    NOTIFY sip:101@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:pbx@[local_ip]>;tag=[call_number]
    To: <sip:101@[remote_ip]>
    Call-ID: [call_id]
    CSeq: 2 NOTIFY
    Max-Forwards: 70
    Event: resync
    [authentication username=auth101 password=hunter2]
    Content-Length: 0

  ]]></send>
  <recv response="200" />
</scenario>
`}.folder(t)
	for _, transport := range []string{"u1", "t1"} {
		command := exec.CommandContext(t.Context(), program, "-sf", "notify.xml", "-i", "127.0.0.1", "-m", "1", "-t", transport,
			"-timeout", "60s", "-timeout_error", "-nostdin", host)
		command.Dir = folder
		if said, err := command.CombinedOutput(); err != nil {
			t.Errorf("sipp by %s: %v\n%s\n%s", transport, err, said, out)
		}
	}
	out.await(t, `(?s)answered 401.*resync succeeded.*answered 401.*resync succeeded`)
}

// Datagrams that are no SIP leave the phone as it was.
func TestPhoneGetsJunkBySIP(t *testing.T) {
	out, host := phoneForNotify(t)
	junk, err := net.Dial("udp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer junk.Close()
	good := notify(host, "102", "resync")
	for _, text := range []string{
		"x", "\r\n\r\n", "NOTIFY", "NOTIFY sip: SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", strings.Repeat("A", 60000),
		"NOTIFY sip:102@" + host + " SIP/2.0\r\n\r\n",
		"NOTIFY sip:102@" + host + " SIP/2.0\r\nEvent: resync\r\nContent-Length: 99999\r\n\r\n",
		strings.Replace(good, "Via:", "Vai:", 1), strings.Replace(good, "CSeq: 1", "CSeq: x", 1), strings.Replace(good, "Call-ID", "X", 1),
		strings.Replace(good, "From", "X", 1), strings.Replace(good, "To:", "X:", 1), strings.Replace(good, "Event: resync", "X: y", 1),
		strings.Replace(good, "sip:102@", "sip:\x00\xff@", 1), strings.Replace(good, "NOTIFY", "INVITE", 2), strings.Replace(good, "NOTIFY", "ACK", 2),
		strings.Replace(good, "Max-Forwards", "Authorization: Digest username=\r\nX", 1),
	} {
		if _, err := junk.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := junk.Write([]byte(strings.ReplaceAll(good, "z9hG4bK-102", "z9hG4bK-good"))); err != nil {
		t.Fatal(err)
	}
	junk.SetReadDeadline(time.Now().Add(patience))
	buffer := make([]byte, 65536)
	for {
		n, err := junk.Read(buffer)
		if err != nil {
			t.Fatalf("no answer to a good NOTIFY after junk: %v\n%s", err, out)
		}
		if answer := string(buffer[:n]); strings.Contains(answer, "z9hG4bK-good") {
			if !strings.HasPrefix(answer, "SIP/2.0 200 OK") {
				t.Errorf("a good NOTIFY after junk is answered %q", answer)
			}
			break
		}
	}
	out.await(t, `resync succeeded`)
}

// A NOTIFY brings an XML object, too, where the phone takes objects.
func TestPhoneTakesXMLObjectsBySIP(t *testing.T) {
	server := files{"b.xml": someProfile}.serve(t)
	object := lab.ExecuteXML("Resync:http://" + server.HTTP[0].String() + "/b.xml")
	for _, c := range []struct {
		enable, object, want, told string
	}{
		{"No", object, "SIP/2.0 403 Forbidden", `answered 403`},
		{"Yes", object, "SIP/2.0 200 OK", `(?s)begins: an XML command.*resync succeeded`},
		{"Yes", "<no>", "SIP/2.0 400 Bad Request", `answered 400`},
	} {
		out, host := phoneForNotify(t, "-set", "CISCO_XML_EXE_Enable="+c.enable)
		pbx, err := net.Dial("udp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer pbx.Close()
		body := fmt.Sprintf("Content-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", len(c.object), c.object)
		fmt.Fprint(pbx, strings.Replace(notify(host, "102", "XML-Service"), "Content-Length: 0\r\n\r\n", body, 1))
		pbx.SetReadDeadline(time.Now().Add(patience))
		answer := make([]byte, 2000)
		n, err := pbx.Read(answer)
		if line, _, _ := strings.Cut(string(answer[:n]), "\r\n"); err != nil || line != c.want {
			t.Errorf("%s, %s: answered %q, %v, want %s", c.enable, c.object, line, err, c.want)
		}
		out.await(t, c.told)
	}
}
