package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"profilegen/gen"
)

// measureRendering compares reading the CSV and making all profiles, without
// writing them, with Jinja2 doing so. Both times are taken inside the program,
// so that it does not count how long Python takes to start.
func (b *bench) measureRendering(ctx context.Context, g *goal) error {
	waitForQuiet()
	out, err := exec.CommandContext(ctx, "python3", "yardstick/jinja.py", b.dir+"/phones.csv", b.dir+"/phone.j2").CombinedOutput()
	if err != nil {
		return fmt.Errorf("jinja.py: %w\n%s", err, out)
	}
	var seconds float64
	var size int
	if _, err := fmt.Sscan(string(out), &seconds, &size); err != nil {
		return fmt.Errorf("jinja.py printed %q: %w", out, err)
	}
	waitForQuiet()
	start := time.Now()
	rendered, err := b.render()
	if err != nil {
		return err
	}
	g.add(seconds / time.Since(start).Seconds())
	// Ours has a rule more, and escapes quotes otherwise.
	if rendered < size || rendered > size+size/10 {
		return fmt.Errorf("%d bytes were rendered here, %d by Jinja2: that is not the same work", rendered, size)
	}
	return nil
}

// render makes all profiles and gives their size.
func (b *bench) render() (size int, err error) {
	text, err := os.ReadFile(b.dir + "/base.xml")
	if err != nil {
		return 0, err
	}
	document, _, err := gen.ReadXML("base.xml", text)
	if err != nil {
		return 0, err
	}
	fleet := &gen.Fleet{Base: document.Profile(), Devices: gen.CSV("phones.csv", func() (io.ReadCloser, error) {
		return os.Open(b.dir + "/phones.csv")
	})}
	renderer, err := (&gen.Batch{Fleet: fleet}).NewRenderer()
	if err != nil {
		return 0, err
	}
	var failed error
	_, err = fleet.Each(func(d *gen.Device) {
		data, err := renderer.Profile(d)
		failed = errors.Join(failed, err)
		size += len(data)
	})
	return size, errors.Join(err, failed)
}
