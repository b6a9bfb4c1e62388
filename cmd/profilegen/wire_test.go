package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// wire is a network of a test's own: a server, which has 192.0.2.1, and phones, which have 192.0.2.2 and up, each in a
// namespace. It is gone when the test has ended, however that ends.
type wire struct {
	t      *testing.T
	server namespace
	phones []namespace
}

const wireServer = "192.0.2.1"

// namespace is named by a process that lives in it.
type namespace int

func newWire(t *testing.T, phones int) *wire {
	t.Helper()
	namespaces(t)
	foreign(t, "nsenter", "nft")
	w := &wire{t: t, server: newNamespace(t)}
	w.ip(w.server, "link set lo up", "link add wire0 type bridge", "address add "+wireServer+"/24 dev wire0", "link set wire0 up")
	for i := range phones {
		n := newNamespace(t)
		w.phones = append(w.phones, n)
		w.ip(w.server, fmt.Sprintf("link add port%d type veth peer name wire0 netns %d", i, n), fmt.Sprintf("link set port%d master wire0 up", i))
		w.ip(n, "link set lo up", fmt.Sprintf("address add 192.0.2.%d/24 dev wire0", i+2), "link set wire0 up")
	}
	return w
}

func (w *wire) ip(n namespace, commands ...string) {
	w.t.Helper()
	w.do(n, strings.Join(commands, "\n"), "ip", "-batch", "-")
}

// newNamespace has cat live in a namespace until the test ends.
func newNamespace(t *testing.T) namespace {
	t.Helper()
	cat := exec.Command("unshare", "-n", "cat")
	in, err := cat.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cat.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cat.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cat.Wait() })
	fmt.Fprintln(in, "there")
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // before that it is still unshare
		t.Fatal(err)
	}
	return namespace(cat.Process.Pid)
}

// command is a program that runs in the namespace, as the process that is started.
func (n namespace) command(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", strconv.Itoa(int(n)), "-n", "--", name}, args...)...)
}

// do runs a program with that input, and holds that nothing goes wrong.
func (w *wire) do(n namespace, input, name string, args ...string) {
	w.t.Helper()
	command := n.command(name, args...)
	command.Stdin = strings.NewReader(input)
	if out, err := command.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v: %s\n%s", strings.Join(command.Args, " "), err, out, input)
	}
}

// lose has the wire lose so many of a hundred packets, each way.
func (w *wire) lose(percent int) {
	w.t.Helper()
	rules := fmt.Sprintf("table ip loss {\n chain in {\n  type filter hook input priority 0;\n"+
		"  iifname wire0 numgen random mod 100 < %d drop\n }\n}\n", percent)
	for _, n := range append(w.phones, w.server) {
		w.do(n, rules, "nft", "-f", "-")
	}
}

// serve runs profilegen serve until the test ends, and returns when it answers.
func (w *wire) serve(args ...string) (process *exec.Cmd, out *output) {
	w.t.Helper()
	process = w.server.command("profilegen", append([]string{"serve", "-listen", wireServer}, args...)...)
	out = running(w.t, process)
	out.await(w.t, "Ctrl-C ends it")
	return process, out
}
