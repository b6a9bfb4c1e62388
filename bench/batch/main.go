// Command batch measures what a large batch costs, against yardsticks that run
// in turn with it: a C loop that does nothing but write the files, and Jinja2.
//
//	go run . -program ../../.build/profilegen
//
// It prints ratios, since those hold on any machine: a line for each goal with
// the median of the rounds and the range. The ext4 it writes to is a fresh one
// on a loop device in memory, for on a used one the time depends on what was
// deleted there before; that needs root.
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
	"strconv"
	"syscall"

	"profilegen/bench/goal"
)

func main() {
	var b bench
	flag.StringVar(&b.program, "program", "profilegen", "`FILE` of the program to measure")
	flag.IntVar(&b.phones, "n", 100000, "`NUMBER` of phones")
	flag.IntVar(&b.rounds, "rounds", 5, "`NUMBER` of rounds")
	render := flag.String("render", "", "only render the fleet in `FOLDER`, and say how long it took")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := b.run
	if *render != "" {
		run = func(context.Context) error { return printRendering(*render) }
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type bench struct {
	program string
	phones  int
	rounds  int

	dir   string // work folder, in memory where that can be had
	size  int    // mean of the profiles
	most  float64
	goals []*goal.Goal
}

// place is a file system to write to.
type place struct {
	name  string
	dir   string
	fresh func() error // makes it empty

	flat, folders, again, archive *goal.Goal
}

func (b *bench) run(ctx context.Context) error {
	program, err := filepath.Abs(b.program)
	if err != nil {
		return err
	}
	b.program = program
	if b.dir, err = os.MkdirTemp(memoryFolder(), "profilegen-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := writeFleet(b.dir, b.phones); err != nil {
		return err
	}
	if out, err := exec.CommandContext(ctx, "cc", "-O2", "-o", b.dir+"/bare", "yardstick/bare.c").CombinedOutput(); err != nil {
		return fmt.Errorf("compiling the C loop: %w\n%s", err, out)
	}
	if err := b.learnSize(ctx); err != nil {
		return err
	}
	fmt.Printf("%d phones, profiles of %d bytes, %d rounds; median of the ratios of each round\n\n", b.phones, b.size, b.rounds)

	places, unmount := b.places()
	defer unmount()
	rendering := b.goal(goal.Goal{Text: "rendering alone", Least: 12, Of: "times as fast as Jinja2"})
	for range b.rounds {
		for _, p := range places {
			if err := b.measure(ctx, p); err != nil {
				return err
			}
		}
		if err := b.measureRendering(ctx, rendering); err != nil {
			return err
		}
	}
	for _, g := range b.goals {
		g.Print()
	}
	memory := goal.Goal{Text: "memory at most", Most: 32, Of: "MiB"}
	memory.Add(b.most)
	memory.Print()
	return nil
}

func (b *bench) goal(g goal.Goal) *goal.Goal {
	b.goals = append(b.goals, &g)
	return &g
}

// memoryFolder is a folder that is kept in memory, or the usual one.
func memoryFolder() string {
	const shared = "/dev/shm"
	if info, err := os.Stat(shared); err == nil && info.IsDir() {
		return shared
	}
	fmt.Println("there is no /dev/shm: \"tmpfs\" is the folder for temporary files")
	return os.TempDir()
}

func (b *bench) places() (list []*place, unmount func()) {
	memory := &place{name: "tmpfs", dir: b.dir + "/memory"}
	memory.fresh = func() error { return errors.Join(os.RemoveAll(memory.dir), os.Mkdir(memory.dir, 0o755)) }
	list = append(list, memory)
	disk, err := newExt4(b.dir, b.phones)
	if err != nil {
		fmt.Printf("ext4: skipped: %v\n\n", err)
	} else {
		list = append(list, &place{name: "ext4", dir: disk.dir, fresh: disk.fresh})
	}
	for _, p := range list {
		p.flat = b.goal(goal.Goal{Text: "files -name '$MA.xml', " + p.name, Most: 1.15, Of: "of the C loop's time"})
		p.folders = b.goal(goal.Goal{Text: "files, a folder for each phone, " + p.name, Most: 1.15, Of: "of the C loop's time"})
		p.again = b.goal(goal.Goal{Text: "again, nothing changed, " + p.name, Of: "of the C loop's time"})
		p.archive = b.goal(goal.Goal{Text: "one stored archive, " + p.name, Of: "times as fast as files"})
		if p.name == "ext4" { // in memory files cost too little for that
			p.again.Most, p.archive.Least = 0.4, 8
		}
	}
	return list, func() {
		if disk != nil {
			disk.unmount()
		}
	}
}

// measure runs all cases on one file system.
func (b *bench) measure(ctx context.Context, p *place) error {
	out := filepath.Join(p.dir, "dist")
	flat, err := b.bare(ctx, p, out, "flat")
	if err != nil {
		return err
	}
	ours, err := b.ours(ctx, p.fresh, "-out", out, "-name", "$MA.xml")
	if err != nil {
		return err
	}
	p.flat.Add(ours.seconds / flat.seconds)
	again, err := b.ours(ctx, nil, "-out", out, "-name", "$MA.xml")
	if err != nil {
		return err
	}
	p.again.Add(again.seconds / flat.seconds)

	folders, err := b.bare(ctx, p, out, "folder")
	if err != nil {
		return err
	}
	if ours, err = b.ours(ctx, p.fresh, "-out", out); err != nil {
		return err
	}
	p.folders.Add(ours.seconds / folders.seconds)
	archive, err := b.ours(ctx, p.fresh, "-zip", out+".zip")
	if err != nil {
		return err
	}
	p.archive.Add(ours.seconds / archive.seconds)
	return nil
}

func (b *bench) bare(ctx context.Context, p *place, out, layout string) (sample, error) {
	if err := p.fresh(); err != nil {
		return sample{}, err
	}
	return timed(ctx, b.dir+"/bare", out, strconv.Itoa(b.phones), strconv.Itoa(b.size), layout)
}

// ours runs the program. fresh, when not nil, is called before.
func (b *bench) ours(ctx context.Context, fresh func() error, args ...string) (sample, error) {
	if fresh != nil {
		if err := fresh(); err != nil {
			return sample{}, err
		}
	}
	s, err := timed(ctx, b.program, append([]string{"-csv", b.dir + "/phones.csv", "-base", b.dir + "/base.xml", "-quiet"}, args...)...)
	b.most = max(b.most, s.memory)
	return s, err
}

// learnSize makes the batch once, to have the C loop write as much.
func (b *bench) learnSize(ctx context.Context) error {
	out := b.dir + "/first"
	if _, err := b.ours(ctx, nil, "-out", out); err != nil {
		return err
	}
	defer os.RemoveAll(out)
	total, count := 0, 0
	for i := 0; i < b.phones; i += max(1, b.phones/1000) {
		info, err := os.Stat(filepath.Join(out, address(i), "8861-3PCC.xml"))
		if err != nil {
			return err
		}
		total += int(info.Size())
		count++
	}
	b.size = total / count
	return nil
}
