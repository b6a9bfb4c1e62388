package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"profilegen/bench/goal"
	"profilegen/gen"
)

// measureRendering compares reading the CSV and making all profiles, without
// writing them, with Jinja2 doing so. Both tell the time themselves, so that
// it does not count how long Python takes to start. Ours is a process of its
// own, too: a process begins with the memory figure of the one that starts it.
func (b *bench) measureRendering(ctx context.Context, g *goal.Goal) error {
	theirs, size, err := rendering(ctx, "python3", "yardstick/jinja.py", b.dir+"/phones.csv", b.dir+"/phone.j2")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ours, rendered, err := rendering(ctx, self, "-render", b.dir)
	if err != nil {
		return err
	}
	g.Add(theirs / ours)
	if rendered < size || rendered > size+size/10 { // ours has a rule more, and escapes quotes otherwise
		return fmt.Errorf("%d bytes were rendered here, %d by Jinja2: that is not the same work", rendered, size)
	}
	return nil
}

// rendering runs a command that prints how long it rendered, and how much.
func rendering(ctx context.Context, name string, args ...string) (seconds float64, size int, err error) {
	waitForQuiet()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	if _, err := fmt.Sscan(string(out), &seconds, &size); err != nil {
		return 0, 0, fmt.Errorf("%s printed %q: %w", name, out, err)
	}
	return seconds, size, nil
}

// printRendering renders the fleet in a folder.
func printRendering(dir string) error {
	start := time.Now()
	size, err := render(dir)
	fmt.Println(time.Since(start).Seconds(), size)
	return err
}

// render makes all profiles with two workers, as a batch does, and gives their
// size.
func render(dir string) (size int, err error) {
	text, err := os.ReadFile(dir + "/base.xml")
	if err != nil {
		return 0, err
	}
	document, _, err := gen.ReadXML("base.xml", text)
	if err != nil {
		return 0, err
	}
	fleet := &gen.Fleet{Base: document.Profile(), Devices: gen.CSV("phones.csv", func() (io.ReadCloser, error) {
		return os.Open(dir + "/phones.csv")
	})}
	reader, _, err := fleet.Devices()
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	list := &line{reader: reader}
	var sizes [2]int
	var errs [2]error
	var group sync.WaitGroup
	for i := range sizes {
		group.Go(func() { sizes[i], errs[i] = list.renderAll(&gen.Batch{Fleet: fleet}) })
	}
	group.Wait()
	return sizes[0] + sizes[1], errors.Join(errs[:]...)
}

// line is where the workers get their phones, a few at a time.
type line struct {
	mu     sync.Mutex
	reader gen.DeviceReader
}

func (l *line) next(phones []gen.Device) (count int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for count < len(phones) {
		problems, ok, err := l.reader.Next(&phones[count])
		if err != nil {
			return count, err
		}
		if !ok {
			return count, fmt.Errorf("a phone cannot be read: %v", problems)
		}
		count++
	}
	return count, nil
}

func (l *line) renderAll(b *gen.Batch) (size int, err error) {
	renderer, err := b.NewRenderer()
	if err != nil {
		return 0, err
	}
	phones := make([]gen.Device, 512)
	for {
		count, err := l.next(phones)
		for i := range count {
			data, err := renderer.Profile(&phones[i])
			if err != nil {
				return size, err
			}
			size += len(data)
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}
