//go:build linux

// Command servers measures what "profilegen serve" hands out in a second, in
// turn with the servers that people would use instead, on the same files.
//
//	go run . -program ../../.build/profilegen
//
// It prints ratios, since those hold on any machine: a line for each goal with
// the median of the rounds and the range. Phones and servers share this
// machine's processors, so a slow server costs its phones nothing and a fast
// one is held back by them: the ratios are those of the whole.
//
// Everything happens in namespaces of its own: port 69 is free there, nobody
// else's traffic is measured, and no server outlives the benchmark. That needs
// root.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"profilegen/bench/goal"
)

func main() {
	var b bench
	flag.StringVar(&b.program, "program", "profilegen", "`FILE` of the program to measure")
	flag.IntVar(&b.phones, "n", 1000, "`NUMBER` of phones in the fleet")
	flag.IntVar(&b.rounds, "rounds", 7, "`NUMBER` of rounds")
	flag.DurationVar(&b.each, "each", time.Second, "`TIME` that each server is measured for in a round, in whole seconds")
	flag.StringVar(&b.only, "only", "", "measure only `PART`: tftp, http, burst or loss")
	flag.BoolVar(&b.verbose, "v", false, "print what each server did in each round")
	inside := flag.Bool("inside", false, "already in a namespace of its own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := enterNamespace
	if *inside {
		run = b.run
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// enterNamespace runs this program again where the network is its own.
func enterNamespace(ctx context.Context) error {
	if os.Geteuid() != 0 {
		fmt.Println("servers: skipped: a network of its own needs root")
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, append(os.Args[1:], "-inside")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		os.Exit(exit.ExitCode()) // it has said why
	}
	return err
}

type bench struct {
	program string
	phones  int
	rounds  int
	each    time.Duration
	only    string
	verbose bool

	fleet   *fleet
	machine *machine
	goals   []*goal.Goal
}

func (b *bench) run(ctx context.Context) error {
	if out, err := exec.CommandContext(ctx, "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("bringing up the loopback interface: %w\n%s", err, out)
	}
	dir, err := os.MkdirTemp("", "profilegen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.machine = newMachine(dir)
	defer b.machine.close()
	program, err := filepath.Abs(b.program)
	if err != nil {
		return err
	}
	if b.fleet, err = makeFleet(ctx, program, dir, b.phones); err != nil {
		return err
	}
	fmt.Printf("%d profiles of %d bytes, a file of %d; %d rounds, each server %v in each; median of the ratios of each round\n\n",
		b.phones, b.fleet.size(), len(b.fleet.large.content), b.rounds, b.each)

	running, err := startServers(ctx, program, dir, b.fleet)
	defer running.stop()
	if err != nil {
		return err
	}
	parts := []struct {
		name    string
		measure func(context.Context, *servers) error
	}{{"tftp", b.measureTFTP}, {"http", b.measureHTTP}, {"burst", b.measureBurst}, {"loss", b.measureLoss}}
	for round := range b.rounds + 1 { // round 0 is for warming up
		for _, p := range parts {
			if b.only != "" && b.only != p.name {
				continue
			}
			if b.verbose {
				fmt.Printf("round %d, %s\n", round, p.name)
			}
			if err := p.measure(ctx, running); err != nil {
				return err
			}
		}
		if round == 0 {
			b.goals, b.machine.measured, b.machine.disturbed = nil, 0, 0
		}
	}
	for _, g := range b.goals {
		g.Print()
	}
	if m := b.machine; m.disturbed > 0 {
		fmt.Printf("\nin %d of %d measurements others took more than a tenth of the processors: measure again on a quiet machine\n", m.disturbed, m.measured)
	}
	return nil
}
