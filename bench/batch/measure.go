package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
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

// goal is a ratio of two cases, taken round by round, and what it should be.
type goal struct {
	text   string
	ratios []float64
	most   float64 // 0: at least
	least  float64
	of     string
}

func (g *goal) add(ratio float64) { g.ratios = append(g.ratios, ratio) }

func (g *goal) print() {
	if len(g.ratios) == 0 {
		return
	}
	m := median(g.ratios)
	verdict, limit := "ok", fmt.Sprintf("at most %g", g.most)
	if g.least > 0 {
		limit = fmt.Sprintf("at least %g", g.least)
	}
	switch {
	case g.most == 0 && g.least == 0:
		verdict, limit = "", "no goal"
	case g.most > 0 && m > g.most || g.least > 0 && m < g.least:
		verdict = "MISSED"
	}
	fmt.Printf("%-44s %7.2f %-26s %-14s %-7s (%.2f to %.2f)\n", g.text, m, g.of, limit, verdict, slices.Min(g.ratios), slices.Max(g.ratios))
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
