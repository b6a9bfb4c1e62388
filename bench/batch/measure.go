package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// sample is one run of a command.
type sample struct {
	seconds float64
	memory  float64 // MiB at most
}

// timed runs a command when the machine has time for it.
func timed(ctx context.Context, name string, args ...string) (sample, error) {
	waitForQuiet()
	cmd := exec.CommandContext(ctx, name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	s := sample{seconds: time.Since(start).Seconds()}
	if err != nil {
		told := strings.SplitAfterN(out.String(), "\n", 6)
		return s, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.Join(told[:min(5, len(told))], ""))
	}
	s.memory = peakMemory(cmd.ProcessState)
	return s, nil
}

// waitForQuiet waits until nearly nothing else runs, but not for long.
func waitForQuiet() {
	const enough, patience = 0.9, 10
	for range patience {
		idle, total := processorTime()
		time.Sleep(300 * time.Millisecond)
		idle2, total2 := processorTime()
		if total2 == total || (idle2-idle)/(total2-total) >= enough {
			return
		}
	}
}

// processorTime is how long the processors were idle, and the whole time, in
// ticks; 0 where the system does not tell.
func processorTime() (idle, total float64) {
	stat, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(line) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			continue
		}
		total += v
		if i == 4 || i == 5 { // idle, waiting for a disk
			idle += v
		}
	}
	return idle, total
}
