package lab

import (
	"bufio"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Ports are used again: what is still on its way to a transfer that has ended reaches another one, at any of its sockets.
func TestStrayDatagrams(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fetch Fetch
		stray []byte
		reply []byte
	}{
		{"a late last block, while fetching", Fetch{}, []byte("\x00\x03\x00\x08old"), []byte("\x00\x03\x00\x01new")},
		{"a late acknowledgement, while sending", Fetch{Method: http.MethodPut}, []byte{0, opACK, 0, 8}, []byte{0, opACK, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, stranger := newUDP(t), newUDP(t)
			ours := map[netip.AddrPort]bool{addrPort(server.LocalAddr()): true, addrPort(stranger.LocalAddr()): true}
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, client := server.read()
				ports := openPorts(t)
				if len(ports) < 3 {
					t.Errorf("%d open ports, want those of the client's relay and of the library's", len(ports))
				}
				for _, p := range ports {
					if a := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), p); !ours[a] {
						stranger.send(tt.stray, a)
					}
				}
				server.send(tt.reply, client)
				if b, _ := server.read(); b[1] == opDATA {
					server.send([]byte{0, opACK, 0, 1}, client)
				}
			}()
			tt.fetch.URL = &url.URL{Scheme: "tftp", Host: server.LocalAddr().String(), Path: "/f"}
			r, err := (&Client{Tries: 1, Wait: patience / 4}).Do(t.Context(), tt.fetch)
			if err != nil || tt.fetch.Method == "" && string(r.Body) != "new" {
				t.Errorf("got %q, %v", r.Body, err)
			}
			<-done
		})
	}
}

// openPorts are those of the UDP sockets of this process.
func openPorts(t *testing.T) (ports []uint16) {
	t.Helper()
	inodes := make(map[string]bool)
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil {
			inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		f, err := os.Open(table)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if fields := strings.Fields(lines.Text()); len(fields) > 9 && inodes[fields[9]] {
				_, port, _ := strings.Cut(fields[1], ":")
				p, err := strconv.ParseUint(port, 16, 16)
				if err != nil {
					t.Fatal(err)
				}
				ports = append(ports, uint16(p))
			}
		}
	}
	return ports
}
