package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// foreignProgram finds a program that phones are tested against: in the PATH, in
// /usr/sbin, or in the folder PROFILEGEN_TOOLS, into which packages that
// exclude each other are unpacked. Where tests must be complete it has to be
// there.
func foreignProgram(t *testing.T, name string) string {
	t.Helper()
	tools := os.Getenv("PROFILEGEN_TOOLS")
	for _, candidate := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join(tools, "usr/sbin", name)} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and CI is true", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// asRoot skips a test of a server that has to give up being root, or that has
// one port only.
func asRoot(t *testing.T, why string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can run it: " + why)
	}
}

// running starts a program and ends it with the test.
func running(t *testing.T, command *exec.Cmd) *output {
	t.Helper()
	told := newOutput()
	command.Stdout, command.Stderr = told, told
	command.WaitDelay = time.Second // a child of it may hold the pipe
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		stubborn := time.AfterFunc(patience, func() { command.Process.Kill() })
		command.Wait()
		stubborn.Stop()
		if t.Failed() && told.String() != "" {
			t.Logf("%s said:\n%s", filepath.Base(command.Path), told)
		}
	})
	return told
}

// folder makes a folder of files.
func (f files) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range f {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// nginx serves a folder by a configuration of its locations, in which $here
// stands for its address. It gets its socket from us, so that it listens
// before it has started.
func nginx(t *testing.T, folder, locations string) (host string) {
	t.Helper()
	program := foreignProgram(t, "nginx")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	host = listener.Addr().String()
	listener.Close() // the file is another handle of the same socket
	defer socket.Close()
	own := t.TempDir()
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	config := user + `daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
		events {}
		http {
			access_log off; geo $dollar { default "$"; }
			client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
			server { listen ` + host + `; root ` + folder + `; ` + strings.ReplaceAll(locations, "$here", host) + ` }
		}`
	name := filepath.Join(own, "nginx.conf")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-p", own, "-c", name, "-e", "stderr")
	command.Env = append(os.Environ(), "NGINX=3;") // the listening sockets, as at an exchange of its program
	command.ExtraFiles = []*os.File{socket}
	running(t, command)
	return host
}

const someProfile = `<flat-profile><GPP_A>fetched</GPP_A></flat-profile>`

// What a foreign HTTP server answers, and what the phone makes of it: verdict,
// trace, exit status.
func TestPhoneAgainstNginx(t *testing.T) {
	dying := dyingServer(t)
	folder := files{
		"good.xml":       someProfile,
		"basic/a.xml":    someProfile,
		"large/slow.xml": `<flat-profile><GPP_A>` + strings.Repeat("x", 1<<20) + `</GPP_A></flat-profile>`,
		"000e08012345":   someProfile,
		"passwords":      "alice:{PLAIN}hunter2\n",
	}.folder(t)
	host := nginx(t, folder, `
		location /basic/ { auth_basic files; auth_basic_user_file `+folder+`/passwords; }
		location = /moved.xml { return 302 http://$here/good.xml; }
		location = /moved-by-macro.xml { return 301 /${dollar}MA; }
		location = /loop.xml { return 302 /loop.xml; }
		location = /busy.xml { return 503; }
		location = /empty.xml { return 204; }
		location = /cut.xml { proxy_pass http://`+dying+`; proxy_buffering off; }
		location /large/ { limit_rate 1k; }`)
	for _, c := range []struct {
		what, rule string
		args       []string
		status     int
		want       []string
	}{
		{"200", "http://H/good.xml", nil, 0, []string{`GET http://H/good.xml  \[d.4\]`, `received \d+ bytes  \[d.5\]`, `resync succeeded`, `GPP_A: "" → "fetched"`}},
		{"401, and the right log-in", "[--uid alice --pwd hunter2]http://H/basic/a.xml", nil, 0,
			[]string{`status 401  \[d.5\]\n.*GET http://H/basic/a.xml .*\n.*received`, `GPP_A: "" → "fetched"`}},
		{"401, and a wrong password", "[--uid alice --pwd hunter3]http://H/basic/a.xml", nil, 1,
			[]string{`status 401`, `the server does not accept --uid and --pwd`, `resync failed: Profile_Rule: http_get failed`, `the retry is due at`}},
		{"401, and no log-in", "http://H/basic/a.xml", nil, 1, []string{`the server wants a log-in and the rule has no --uid and --pwd`}},
		{"302", "http://H/moved.xml", nil, 0, []string{`status 302.*\n.*redirected to http://H/good.xml  \[d.5\]\n`, `GPP_A: "" → "fetched"`}},
		{"301, relative and with a macro", "http://H/moved-by-macro.xml", nil, 0, []string{`redirected to http://H/000e08012345  \[d.5\]`, `GPP_A: "" → "fetched"`}},
		{"302 in a circle", "http://H/loop.xml", nil, 1, []string{`more than 5 redirects  \[d.5\]`, `resync failed: Profile_Rule: http_get failed: more than 5 redirects`}},
		{"404", "http://H/none.xml", nil, 1, []string{`file not found: status 404 \(class B\)  \[d.5\]`, `resync failed: Profile_Rule: file not found`}},
		{"404, which is no failure", "http://H/none.xml", []string{"-set", "Resync_Fails_On_FNF=No"}, 0, []string{`Resync_Fails_On_FNF: No: a file that is not there is no failure  \[d.4\]`}},
		{"503", "http://H/busy.xml", nil, 1, []string{`status 503 \(class C\)  \[d.5\]`, `resync failed: Profile_Rule: http_get failed`}},
		{"503, whatever Resync_Fails_On_FNF", "http://H/busy.xml", []string{"-set", "Resync_Fails_On_FNF=No"}, 1, []string{`status 503 \(class C\)`}},
		{"204", "http://H/empty.xml", nil, 1, []string{`status 204 \(class C\)`}},
		{"204 for a phone that takes it", "http://H/empty.xml", []string{"-quirk", "other-2xx=A"}, 1, []string{`not a profile: .*nothing of it is applied  \[f.1\]`, `corrupt file`}},
		{"a body that is cut off", "http://H/cut.xml", nil, 1, []string{`the reply broke off after 14 bytes: unexpected EOF \(class C\)`, `resync failed: Profile_Rule: http_get failed`}},
		{"a body that takes too long", "http://H/large/slow.xml", []string{"-timeout", "300ms"}, 1, []string{`not received within 300ms \(-timeout\) \(class C\)`}},
		{"a first rule that is well, and a second that is not", "http://H/good.xml", []string{"-set", "Profile_Rule_B=http://H/none.xml"}, 1,
			[]string{`GPP_A = "fetched"`, `resync failed: Profile_Rule_B: file not found`, `GPP_A: "" → "fetched"`}},
	} {
		here := func(text string) string { return strings.ReplaceAll(text, "http://H", "http://"+host) }
		args := []string{"-trace", "-rule", here(c.rule)}
		for _, a := range c.args {
			args = append(args, here(a))
		}
		want := make([]string, len(c.want))
		for i := range want {
			want[i] = here(c.want[i])
		}
		status, out := once(t, args...)
		wants(t, c.what, status, out, c.status, want...)
		if strings.Contains(out, "hunter") {
			t.Errorf("%s: a password is printed:\n%s", c.what, out)
		}
		if c.status == 1 && !strings.Contains(c.rule, "good") && strings.Contains(out, "→ \"fetched\"") {
			t.Errorf("%s: something was changed:\n%s", c.what, out)
		}
	}
}

// dyingServer promises a thousand bytes and goes after fourteen.
func dyingServer(t *testing.T) (host string) {
	return answering(t, func(c net.Conn) {
		c.Read(make([]byte, 4096))
		fmt.Fprint(c, "HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n<flat-profile>")
		c.Close()
	})
}

// TFTP servers that phones are served by today.
func TestPhoneAgainstTFTPServers(t *testing.T) {
	long := strings.Repeat("x", 2000)
	content := files{
		"8861-3PCC.xml":  `<flat-profile><GPP_A>` + long + `</GPP_A><GPP_B>fetched</GPP_B></flat-profile>`,
		"even-block.xml": `<flat-profile><GPP_B>` + strings.Repeat("x", 1024-len(`<flat-profile><GPP_B></GPP_B></flat-profile>`)) + `</GPP_B></flat-profile>`,
	}
	for name, start := range map[string]func(t *testing.T, folder string) (host string){
		"tftpd-hpa": func(t *testing.T, folder string) string {
			program := foreignProgram(t, "in.tftpd")
			asRoot(t, "in.tftpd takes the rights of another user")
			return inetd(t, program, "-s", "-u", "root", folder)
		},
		"atftpd": func(t *testing.T, folder string) string {
			program := foreignProgram(t, "atftpd")
			asRoot(t, "atftpd takes the rights of another user")
			return inetd(t, program, "--user", "root.root", "--logfile", "-", folder)
		},
		"dnsmasq": func(t *testing.T, folder string) string {
			program := foreignProgram(t, "dnsmasq")
			asRoot(t, "dnsmasq listens at port 69 alone")
			const host = "127.69.0.1"
			told := running(t, exec.Command(program, "--no-daemon", "--conf-file=/dev/null", "--port=0", "--pid-file=",
				"--listen-address="+host, "--bind-interfaces", "--enable-tftp", "--tftp-root="+folder, "--user=root"))
			told.await(t, "TFTP root is ")
			return host
		},
	} {
		t.Run(name, func(t *testing.T) {
			host := start(t, content.folder(t))
			for _, c := range []struct {
				what   string
				args   []string
				status int
				want   []string
			}{
				{"a file", []string{"-rule", "tftp://" + host + "/$PSN.xml"}, 0, []string{`GET tftp://` + host + `/8861-3PCC.xml`, `received 2,066 bytes`, `resync succeeded`, `GPP_B: "" → "fetched"`}},
				{"a file in large blocks", []string{"-blksize", "1428", "-rule", "tftp://" + host + "/$PSN.xml"}, 0, []string{`received 2,066 bytes`, `GPP_B: "" → "fetched"`}},
				{"a file that ends with a block", []string{"-rule", "tftp://" + host + "/even-block.xml"}, 0, []string{`received 1,024 bytes`, `resync succeeded`}},
				{"by DHCP's option 66", []string{"-dhcp66", host}, 0, []string{`GPP_B: "" → "fetched"`}},
				{"no such file", []string{"-rule", "tftp://" + host + "/none.xml"}, 1, []string{`file not found: TFTP error 1 \(.*\) \(class B\)  \[d.5\]`, `resync failed: Profile_Rule: file not found`}},
				{"no such file, which is no failure", []string{"-rule", "tftp://" + host + "/none.xml", "-set", "Resync_Fails_On_FNF=No"}, 0, []string{`resync succeeded`}},
			} {
				if strings.Contains(host, ":") && c.what == "by DHCP's option 66" {
					c.args = []string{"-dhcp66", "tftp://" + host} // another port than 69
				}
				status, out := once(t, append(c.args, "-trace")...)
				wants(t, c.what, status, out, c.status, c.want...)
			}
		})
	}
}

// inetd starts a server with its socket as standard input, as inetd does, so
// that it listens before it has started.
func inetd(t *testing.T, program string, args ...string) (host string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := conn.(*net.UDPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	host = conn.LocalAddr().String()
	conn.Close() // the file is another handle of the same socket
	defer socket.Close()
	command := exec.Command(program, args...)
	command.Stdin = socket
	running(t, command)
	return host
}

// openssl runs openssl on an input.
func openssl(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	command := exec.Command(foreignProgram(t, "openssl"), args...)
	command.Stdin = bytes.NewReader(input)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("openssl %q: %v", args, err)
	}
	return out
}

// Files that openssl has encrypted are read, by both of its digests, and so
// are those that were compressed before. A wrong key fails and changes nothing.
func TestPhoneReadsWhatOpensslWrites(t *testing.T) {
	var compressed bytes.Buffer
	gz := gzip.NewWriter(&compressed)
	gz.Write([]byte(someProfile))
	gz.Close()
	enc := func(input []byte, digest string) string {
		return string(openssl(t, input, "enc", "-aes-256-cbc", "-salt", "-md", digest, "-k", "sesame open"))
	}
	content := files{
		"md5.xml":         enc([]byte(someProfile), "md5"),
		"sha256.xml":      enc([]byte(someProfile), "sha256"),
		"gzip-md5.xml":    enc(compressed.Bytes(), "md5"),
		"gzip-sha256.xml": enc(compressed.Bytes(), "sha256"),
		"gzip.xml":        compressed.String(),
	}
	server := "http://" + content.serve(t).HTTP[0].String() + "/"
	for name := range content {
		option := `[--key "sesame open"]`
		if name == "gzip.xml" {
			option = ""
		}
		status, out := once(t, "-trace", "-rule", option+server+name)
		wants(t, name, status, out, 0, `GPP_A: "" → "fetched"`)
		if strings.Contains(out, "sesame") {
			t.Errorf("%s: the key is printed:\n%s", name, out)
		}
		if option == "" {
			continue
		}
		status, out = once(t, "-trace", "-rule", `[--key "sesame shut"]`+server+name)
		wants(t, name+" with a wrong key", status, out, 1, `nothing of it is applied`, `resync failed: Profile_Rule: corrupt file`)
		if strings.Contains(out, "→ \"") {
			t.Errorf("%s with a wrong key changed something:\n%s", name, out)
		}
	}
	status, out := once(t, "-trace", "-quirk", "other-digest=no", "-rule", `[--key "sesame open"]`+server+"md5.xml")
	wants(t, "md5 for a phone that knows SHA-256 alone", status, out, 1, `corrupt file`)
}

// The chain of the public PBXs, in one trace: a file for all phones of a model
// names the common one and the phone's own.
func TestPhoneFollowsThePBXChain(t *testing.T) {
	content := files{
		"common.xml":       `<flat-profile><Resync_Periodic>43200</Resync_Periodic><GPP_A>of all</GPP_A><GPP_B>of all</GPP_B></flat-profile>`,
		"000e08012345.xml": `<flat-profile><GPP_A>of this phone</GPP_A><User_ID_1_>101</User_ID_1_><Password_1_>hunter2</Password_1_></flat-profile>`,
	}
	folder := content.folder(t)
	host := nginx(t, folder, "")
	first := `<flat-profile>
		<Profile_Rule_B>http://` + host + `/common.xml</Profile_Rule_B>
		<Profile_Rule_C>http://` + host + `/$MA.xml</Profile_Rule_C>
	</flat-profile>`
	if err := os.WriteFile(filepath.Join(folder, "8861-3PCC.xml"), []byte(first), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out := once(t, "-trace", "-dhcp160", "http://"+host+"/$PSN.xml")
	h := regexp.QuoteMeta(host)
	wants(t, "the chain", status, out, 0,
		`(?s)Profile_Rule: fetches /8861-3PCC.xml from the server that DHCP names.*`+
			`Profile_Rule: GET http://`+h+`/8861-3PCC.xml.*`+
			`applied: Profile_Rule_B = "http://`+h+`/common.xml", Profile_Rule_C = "http://`+h+`/\$MA.xml".*`+
			`Profile_Rule_B: GET http://`+h+`/common.xml.*applied: .*GPP_A = "of all".*`+
			`Profile_Rule_C: GET http://`+h+`/000e08012345.xml.*applied: GPP_A = "of this phone", User_ID_1_ = "101".*Password_1_ \(secret\).*`+
			`resync succeeded`,
		`GPP_A: "" → "of this phone"`, `GPP_B: "" → "of all"`, `Resync_Periodic: "3600" → "43200"`, `Password_1_: \*\*\* → \*\*\*`)
}
