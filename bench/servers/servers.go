//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// server is one of those compared; a port that is 0 is not served.
type server struct {
	name       string
	tftp, http int
	cmd        *exec.Cmd
	output     bytes.Buffer
	ended      chan struct{}
}

// servers are all that run, each on ports of its own.
type servers struct {
	folder, fleet                    *server // ours: of the finished files, and of the CSV
	dnsmasq, atftpd, tftpdHPA, nginx *server
	list                             []*server
}

// startServers starts all as they are packaged, each with its log in a file, but
// without limits that the number of phones would meet.
func startServers(ctx context.Context, program, dir string, f *fleet) (*servers, error) {
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, f.dir), 0o644); err != nil {
		return &servers{}, err
	}
	s := &servers{
		folder:   &server{name: "profilegen serve -dir", tftp: 6901, http: 8001},
		fleet:    &server{name: "profilegen serve -csv", tftp: 6902, http: 8002},
		dnsmasq:  &server{name: "dnsmasq", tftp: 69},
		atftpd:   &server{name: "atftpd", tftp: 6904},
		tftpdHPA: &server{name: "tftpd-hpa", tftp: 6905},
		nginx:    &server{name: "nginx", http: 8003},
	}
	ports := func(s *server) []string {
		return []string{"-tftp", fmt.Sprint(":", s.tftp), "-http", fmt.Sprint(":", s.http), "-https", "off", "-syslog", "off"}
	}
	for _, c := range []struct {
		*server
		args []string
	}{
		{s.folder, append([]string{program, "serve", "-dir", f.dir}, ports(s.folder)...)},
		{s.fleet, append([]string{program, "serve", "-csv", f.csv, "-name", profileName}, ports(s.fleet)...)},
		{s.dnsmasq, []string{"dnsmasq", "-k", "-C", "/dev/null", "-p", "0", "-a", "127.0.0.1", "-z", "-u", "root",
			"--enable-tftp", "--tftp-root=" + f.dir, "--tftp-max=2000", "--log-facility=" + filepath.Join(dir, "dnsmasq.log"), "--pid-file"}},
		{s.atftpd, []string{atftpdProgram(), "--daemon", "--no-fork", "--user", "root", "--group", "root", "--port", fmt.Sprint(s.atftpd.tftp),
			"--bind-address", "127.0.0.1", "--maxthread", "2000", "--verbose=5", "--logfile", filepath.Join(dir, "atftpd.log"), f.dir}},
		{s.tftpdHPA, []string{"in.tftpd", "-L", "-4", "-u", "root", "-a", fmt.Sprint(":", s.tftpdHPA.tftp), "-s", f.dir}},
		{s.nginx, []string{"nginx", "-c", config}},
	} {
		if err := c.server.start(ctx, dir, c.args); err != nil {
			return s, err
		}
		s.list = append(s.list, c.server)
	}
	for _, one := range s.list {
		if err := one.check(ctx, f); err != nil {
			return s, fmt.Errorf("%s: %w\n%s", one.name, err, one.said())
		}
	}
	return s, nil
}

const nginxConfig = `daemon off; user root; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log warn;
events { worker_connections 4096; }
http {
	access_log %[1]s/nginx-access.log; sendfile on; tcp_nopush on; keepalive_requests 1000000; types { text/xml xml; }
	server { listen 127.0.0.1:8003 reuseport; root %[2]s; }
}
`

// atftpdProgram is where atftpd is: it cannot be installed beside tftpd-hpa.
func atftpdProgram() string {
	if unpacked := filepath.Join(os.Getenv("PROFILEGEN_TOOLS"), "usr/sbin/atftpd"); os.Getenv("PROFILEGEN_TOOLS") != "" {
		return unpacked
	}
	return "atftpd"
}

func (s *server) start(ctx context.Context, dir string, args []string) error {
	log, err := os.Create(filepath.Join(dir, s.name+".out"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	s.cmd.Stdout, s.cmd.Stderr = log, &s.output
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 10 * time.Second
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait()
	}()
	return nil
}

// said is what a server has written, once it has ended.
func (s *server) said() string {
	select {
	case <-s.ended:
		return s.output.String()
	case <-time.After(time.Second):
		return ""
	}
}

// stop ends all servers and waits for them.
func (s *servers) stop() {
	for _, one := range s.list {
		_ = one.cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, one := range s.list {
		<-one.ended
	}
}

// check waits until a server hands out a file, and compares it.
func (s *server) check(ctx context.Context, f *fleet) error {
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = s.checkOnce(ctx, f); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return errors.New("it ended")
		default:
		}
	}
	return err
}

func (s *server) checkOnce(ctx context.Context, f *fleet) error {
	if s.tftp > 0 {
		r, err := (&load{port: s.tftp, files: f.profiles, atOnce: 1, transfers: 10, patience: 500 * time.Millisecond}).run(ctx)
		if err != nil || r.failed > 0 {
			return errors.Join(err, fmt.Errorf("%d of 10 files came over TFTP as they should", len(r.took)))
		}
	}
	if s.http == 0 {
		return nil
	}
	for _, want := range f.profiles[:10] {
		res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/%s", s.http, want.name))
		if err != nil {
			return err
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !bytes.Equal(got, want.content) {
			return fmt.Errorf("%s came over HTTP as %d bytes (%s, %v), not as it is", want.name, len(got), res.Status, err)
		}
	}
	return nil
}
