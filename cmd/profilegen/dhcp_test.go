package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// foreign finds a program of others that a test plays against. Where tests must be complete, it has to be there.
func foreign(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed, and CI is true", name)
		}
		t.Skipf("%s is not installed", name)
	}
}

// namespaces skips a test that makes network namespaces where that is not allowed.
func namespaces(t *testing.T) {
	t.Helper()
	foreign(t, "unshare", "ip", "mount")
	if out, err := exec.Command("unshare", "-nm", "true").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("network namespaces: %v: %s", err, out)
		}
		t.Skipf("network namespaces need root: %s", bytes.TrimSpace(out))
	}
}

// dhcpd is a DHCP server that options are printed for and that runs here.
type dhcpd struct {
	name    string
	program string
	cannot  int                       // an option that it is not printed for
	check   func(dir string) []string // its own check of a configuration
	serve   func(dir string) []string
	config  func(t *testing.T, printed string) string // the whole configuration around what was printed
}

const (
	serverAddress = "192.0.2.129"
	dnsmasqHead   = "port=0\nbind-interfaces\ninterface=server0\ndhcp-range=192.0.2.140,192.0.2.250,255.255.255.128,10m\ndhcp-authoritative\n"
	iscHead       = "authoritative;\nsubnet 192.0.2.128 netmask 255.255.255.128 { range 192.0.2.140 192.0.2.250; }\n"
)

var dhcpds = []dhcpd{
	{"dnsmasq", "dnsmasq", 0,
		func(dir string) []string { return []string{"--test", "-C", dir + "/config"} },
		func(dir string) []string {
			return []string{"-k", "-C", dir + "/config", "--dhcp-leasefile=" + dir + "/leases", "-u", "root", "--pid-file="}
		},
		func(_ *testing.T, printed string) string { return dnsmasqHead + printed }},
	{"isc", "dhcpd", 0,
		func(dir string) []string { return []string{"-t", "-cf", dir + "/config", "-lf", dir + "/leases"} },
		func(dir string) []string {
			return []string{"-4", "-f", "-cf", dir + "/config", "-lf", dir + "/leases", "-pf", dir + "/pid", "server0"}
		},
		func(_ *testing.T, printed string) string { return printed + iscHead }},
	{"kea", "kea-dhcp4", 159,
		func(dir string) []string { return []string{"-t", dir + "/config"} },
		func(dir string) []string { return []string{"-c", dir + "/config"} },
		mergeKea},
}

// mergeKea does what the printed comment says: the object goes into the configuration.
func mergeKea(t *testing.T, printed string) string {
	t.Helper()
	_, object, _ := strings.Cut(printed, "\n{")
	var config map[string]map[string]any
	if err := json.Unmarshal([]byte("{"+object), &config); err != nil {
		t.Fatalf("%v in\n%s", err, printed)
	}
	main := config["Dhcp4"]
	main["interfaces-config"] = map[string]any{"interfaces": []string{"*"}}
	main["lease-database"] = map[string]any{"type": "memfile", "persist": false}
	main["subnet4"] = []any{map[string]any{"subnet": "192.0.2.128/25", "pools": []any{map[string]any{"pool": "192.0.2.140-192.0.2.250"}}}}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// configure writes what profilegen prints for the server into a folder.
func (d dhcpd) configure(t *testing.T, args ...string) (dir string) {
	t.Helper()
	status, out, errs := runHere(t.Context(), append([]string{"dhcp", "-for", d.name}, args...)...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	dir = t.TempDir()
	for name, text := range map[string]string{"config": d.config(t, out), "leases": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var dhcpOffers = []struct {
	name string
	args []string
	want map[int]string // what a phone has to get
}{
	{"tftp", []string{"-server", serverAddress}, map[int]string{66: serverAddress, 150: serverAddress, 159: "tftp://" + serverAddress, 160: "tftp://" + serverAddress}},
	{"url", []string{"-server", "http://" + serverAddress + ":8080/$PSN.xml"},
		map[int]string{66: "http://192.0.2.129:8080/$PSN.xml", 159: "http://192.0.2.129:8080/$PSN.xml", 160: "http://192.0.2.129:8080/$PSN.xml"}},
	{"name", []string{"-server", "files.example.com", "-protocol", "https", "-option", "160"}, map[int]string{160: "https://files.example.com"}},
	{"everyone", []string{"-server", serverAddress, "-everyone", "-option", "66", "-option", "150"}, map[int]string{66: serverAddress, 150: serverAddress}},
}

// The servers themselves find no fault with what is printed for them.
func TestDHCPConfigurations(t *testing.T) {
	for _, d := range dhcpds {
		t.Run(d.name, func(t *testing.T) {
			foreign(t, d.program)
			for _, o := range dhcpOffers {
				dir := d.configure(t, o.args...)
				cmd := exec.Command(d.program, d.check(dir)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					config, _ := os.ReadFile(dir + "/config")
					t.Errorf("%s: %v\n%s\n%s", o.name, err, out, config)
				}
			}
		})
	}
}

// inNamespaces has a server and a phone, each in a network namespace of its own, with one wire between them. udhcpc asks
// twice, as a phone and as something else; then dhclient asks as a phone, until its script writes into the pipe.
const inNamespaces = `set -e
dir=$1; shift
mount -t tmpfs none /run
ip netns add server
ip netns add phone
ip link add server0 netns server type veth peer name phone0 netns phone
ip -n server addr add 192.0.2.129/25 dev server0
ip -n server link set server0 up
ip -n phone link set phone0 up
ip netns exec server env KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR="$dir" "$@" >"$dir/log" 2>&1 &
server=$!
trap 'kill $server' EXIT
ask() {
  ip netns exec phone udhcpc -f -q -n -i phone0 -t 60 -T 1 -V "$1" -s "$dir/script" -O 66 -O 150 -O 159 -O 160 >>"$dir/client" 2>&1
}
export ANSWER="$dir/phone"; ask CP-8861-3PCC
export ANSWER="$dir/other"; ask MSFT
mkfifo "$dir/pipe"
ip netns exec phone dhclient -4 -1 -d -cf "$dir/dhclient.conf" -lf "$dir/dhclient.leases" -pf "$dir/dhclient.pid" -sf "$dir/bound" phone0 >>"$dir/client" 2>&1 &
client=$!
trap 'kill $server $client' EXIT
read reason <"$dir/pipe"
test "$reason" = BOUND
`

const (
	udhcpcScript   = "#!/bin/sh\ntest \"$1\" != bound || env >\"$ANSWER\"\n"
	dhclientScript = "#!/bin/sh\ncase $reason in BOUND|FAIL|TIMEOUT) env >\"${0%/*}/dhclient\"; echo \"$reason\" >\"${0%/*}/pipe\" ;; esac\n"
	dhclientConfig = `option o150 code 150 = array of ip-address;
option o159 code 159 = text;
option o160 code 160 = text;
send vendor-class-identifier "CP-8861-3PCC";
request subnet-mask, tftp-server-name, o150, o159, o160;
timeout 60;
initial-interval 1;
`
)

// A phone gets what the printed lines say, byte for byte, and other devices do not.
func TestDHCPOptions(t *testing.T) {
	namespaces(t)
	for _, d := range dhcpds {
		for _, o := range dhcpOffers {
			t.Run(d.name+"/"+o.name, func(t *testing.T) {
				t.Parallel()
				foreign(t, d.program, "udhcpc", "dhclient")
				dir := d.configure(t, o.args...)
				program, err := exec.LookPath(d.program)
				if err != nil {
					t.Fatal(err)
				}
				for name, text := range map[string]string{"run": inNamespaces, "script": udhcpcScript, "bound": dhclientScript, "dhclient.conf": dhclientConfig} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
						t.Fatal(err)
					}
				}
				cmd := exec.CommandContext(t.Context(), "unshare", append([]string{"-nm", "sh", dir + "/run", dir, program}, d.serve(dir)...)...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s\n%s\n%s", err, out, readText(t, dir+"/log"), readText(t, dir+"/client"))
				}
				phone, other, second := leaseOf(t, dir+"/phone"), leaseOf(t, dir+"/other"), dhclientLease(t, dir+"/dhclient")
				for _, code := range profileOptions {
					want := o.want[code]
					if code == d.cannot {
						want = ""
					}
					if got := phone[code]; got != want && !(code == 66 && got == "bad") { // udhcpc's word for what is no host name
						t.Errorf("option %d is %q for udhcpc as a phone, want %q", code, got, want)
					}
					if second[code] != want {
						t.Errorf("option %d is %q for dhclient as a phone, want %q", code, second[code], want)
					}
					if o.name != "everyone" {
						want = ""
					}
					if other[code] != want {
						t.Errorf("option %d is %q for another device, want %q", code, other[code], want)
					}
				}
			})
		}
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Log(err)
	}
	return string(data)
}

// leaseOf reads what udhcpc hands its script: 66 as text, what it has no name for as hex.
func leaseOf(t *testing.T, file string) map[int]string {
	t.Helper()
	got := map[int]string{}
	for line := range strings.Lines(readText(t, file)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if name == "tftp" {
			got[66] = value
		}
		var code int
		if n, _ := fmt.Sscanf(name, "opt%d", &code); n == 0 {
			continue
		}
		raw, err := hex.DecodeString(value)
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		got[code] = string(raw)
		if address, ok := netip.AddrFromSlice(raw); ok && code == 150 {
			got[code] = address.String()
		}
	}
	return got
}

// dhclientLease reads what dhclient hands its script: text, with a backslash before what means something to a shell.
func dhclientLease(t *testing.T, file string) map[int]string {
	t.Helper()
	got := map[int]string{}
	names := map[string]int{"new_tftp_server_name": 66, "new_o150": 150, "new_o159": 159, "new_o160": 160}
	for line := range strings.Lines(readText(t, file)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if code, ok := names[name]; ok {
			got[code] = strings.ReplaceAll(value, `\$`, "$")
		}
	}
	return got
}
