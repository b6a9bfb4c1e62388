package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// clients are programs written by others, each as a function that fetches name from 127.0.0.1:port into out.
var clients = []struct {
	name, program string
	args          func(port, name, out string) []string
	large         bool // can fetch more than 65,535 blocks in this setting
}{
	{"tftp-hpa", "tftp", func(port, name, out string) []string {
		return []string{"-m", "octet", "127.0.0.1", port, "-c", "get", name, out}
	}, true},
	{"atftp", "atftp", func(port, name, out string) []string {
		return []string{"-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true},
	{"atftp blksize 1428 and tsize", "atftp", func(port, name, out string) []string {
		return []string{"--option", "blksize 1428", "--option", "tsize 0", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true},
	{"atftp windowsize and timeout", "atftp", func(port, name, out string) []string {
		return []string{"--option", "windowsize 16", "--option", "timeout 1", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true},
	{"curl", "curl", func(port, name, out string) []string {
		return []string{"-s", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, true},
	{"curl blksize 8", "curl", func(port, name, out string) []string {
		return []string{"-s", "--tftp-blksize", "8", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, true},
	{"curl blksize 65464", "curl", func(port, name, out string) []string {
		return []string{"-s", "--tftp-blksize", "65464", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, true},
	{"curl no options", "curl", func(port, name, out string) []string {
		return []string{"-s", "--tftp-no-options", "tftp://127.0.0.1:" + port + "/" + name, "-o", out}
	}, true},
	{"busybox", "busybox", func(port, name, out string) []string {
		return []string{"tftp", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true},
	{"busybox blksize 1468", "busybox", func(port, name, out string) []string {
		return []string{"tftp", "-b", "1468", "-g", "-r", name, "-l", out, "127.0.0.1", port}
	}, true},
}

func TestForeignTFTPClients(t *testing.T) {
	files := make(map[string][]byte)
	for _, n := range []int{0, 1, 512, 1024, 1428, 20_000, 102_400} {
		files[fmt.Sprintf("f%d.bin", n)] = pattern(n)
	}
	large := pattern(34_000_000)
	files["large.bin"] = large
	s := start(t, &Server{Files: memory(files), TFTP: loopback})
	port := fmt.Sprint(s.TFTP[0].Port())
	dir := t.TempDir()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			bin := program(t, c.program)
			for name, want := range files {
				if name == "large.bin" && (!c.large || testing.Short()) {
					continue
				}
				out := filepath.Join(dir, strings.ReplaceAll(c.name, " ", "-")+name)
				text, err := exec.Command(bin, c.args(port, name, out)...).CombinedOutput()
				got, rerr := os.ReadFile(out)
				if len(want) == 0 && os.IsNotExist(rerr) {
					rerr = nil // curl makes no file for nothing
				}
				if err != nil || rerr != nil {
					t.Errorf("fetching %s: %v, %v: %s", name, err, rerr, text)
				}
				sameBytes(t, name, got, want)
				os.Remove(out)
			}
		})
	}
}
