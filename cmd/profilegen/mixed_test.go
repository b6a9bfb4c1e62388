package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Phones of one list that read differently encrypted files: each comes from
// the factory default to its own and stays with it, by each protocol, out of
// the fleet and out of a folder.
func TestPhonesFetchMixedFiles(t *testing.T) {
	const list = `mac,model,encrypt,digest,user,password
000e08a00001,8861,none,,101,Kx7-mnpQ-1
000e08a00002,8861,key,md5,102,Kx7-mnpQ-2
000e08a00003,8861,key,sha256,103,Kx7-mnpQ-3
000e08a00004,8861,ikm,,104,Kx7-mnpQ-4
`
	dir := t.TempDir()
	csv, keys, dist := filepath.Join(dir, "phones.csv"), newKeyFile(t), filepath.Join(dir, "dist")
	if err := os.WriteFile(csv, []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, out := programOf(t, "-csv", csv, "-out", dist, "-key-file", keys); status != 0 {
		t.Fatal(out)
	}
	for _, source := range [][]string{{"-csv", csv, "-key-file", keys}, {"-dir", dist}} {
		s := serve(t, source...)
		for _, server := range []string{s.tftp, s.http} {
			for _, n := range []string{"1", "2", "3", "4"} {
				if n == "4" && strings.HasPrefix(server, "tftp") {
					continue // RFC 8188 needs a header
				}
				t.Run("phone "+n+" by "+server[:4]+" out of "+source[0], func(t *testing.T) {
					state := filepath.Join(t.TempDir(), "phone.json")
					resync := func() (int, string) {
						return once(t, "-mac", "000e08a0000"+n, "-model", "8861", "-dhcp66", server, "-save", state, "-syslog", "127.0.0.1:9")
					}
					for range 3 { // bootstrap, first file, its own
						if status, out := resync(); status != 0 {
							t.Fatal(out)
						}
					}
					held, err := os.ReadFile(state)
					if err != nil || !bytes.Contains(held, []byte("Kx7-mnpQ-"+n)) {
						t.Fatalf("the phone does not have its profile: %v", err)
					}
					status, out := resync()
					wants(t, "the next resync", status, out, 0, `0 values changed`)
				})
			}
		}
	}
}
