//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"profilegen/bench/goal"
)

// figures measures each server in turn. measure returns the figure of interest
// and how many transfers there were.
func (b *bench) figures(ctx context.Context, list []*server, unit string, measure func(*server) (float64, int, error)) (map[*server]figure, error) {
	out := map[*server]figure{}
	for _, s := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		one, err := b.machine.undisturbed(func() (figure, error) {
			before := b.machine.spentBy(s.cmd.Process.Pid)
			value, transfers, err := measure(s)
			return figure{value, (b.machine.spentBy(s.cmd.Process.Pid) - before) / float64(max(1, transfers))}, err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		out[s] = one
		if b.verbose {
			fmt.Printf("  %-24s %10.4g %s, %.1f us each\n", s.name, one.value, unit, one.cost)
		}
	}
	return out, nil
}

// compare notes how many times another's rate a server has, and what a transfer
// costs it. The latter holds on a busy machine as well.
func (b *bench) compare(text string, figures map[*server]figure, ours, other *server, least float64) {
	b.goal(goal.Goal{Text: text + ", " + ours.name, Least: least, Of: "times " + other.name}, figures[ours].value/figures[other].value)
	if cost := figures[other].cost; cost > 0 { // otherwise the system does not tell
		b.goal(goal.Goal{Text: text + ", " + ours.name + ", cost", Of: "times " + other.name}, figures[ours].cost/cost)
	}
}

// measureTFTP has 50 phones fetch their profiles one after the other, in
// blocks of 512 bytes as phones do.
func (b *bench) measureTFTP(ctx context.Context, s *servers) error {
	figures, err := b.figures(ctx, []*server{s.folder, s.dnsmasq, s.fleet, s.atftpd, s.tftpdHPA}, "transfers/s", func(one *server) (float64, int, error) {
		r, err := (&load{port: one.tftp, files: b.fleet.profiles, atOnce: 50, time: b.each, patience: time.Second}).run(ctx)
		if err == nil && r.failed > 0 {
			err = fmt.Errorf("%d of %d transfers failed", r.failed, r.failed+len(r.took))
		}
		return r.rate(), len(r.took), err
	})
	if err != nil {
		return err
	}
	for _, ours := range []*server{s.folder, s.fleet} {
		b.compare("TFTP", figures, ours, s.dnsmasq, 0.6)
		b.compare("TFTP", figures, ours, s.atftpd, 1.5)
		b.compare("TFTP", figures, ours, s.tftpdHPA, 4)
	}
	return nil
}

// measureHTTP has 64 phones fetch profiles, over connections that stay open
// and, as phones at their next resync do, over new ones.
func (b *bench) measureHTTP(ctx context.Context, s *servers) error {
	for _, kind := range []struct {
		text string
		args []string
	}{{"HTTP", nil}, {"HTTP, a connection each", []string{"-H", "Connection: close"}}} {
		figures, err := b.figures(ctx, []*server{s.folder, s.nginx, s.fleet}, "requests/s", func(one *server) (float64, int, error) {
			rate, err := b.wrk(ctx, one.http, kind.args)
			return rate, int(rate * b.each.Seconds()), err
		})
		if err != nil {
			return err
		}
		for _, ours := range []*server{s.folder, s.fleet} {
			b.compare(kind.text, figures, ours, s.nginx, 0.6)
		}
	}
	return nil
}

// wrk returns the requests a second that a server answered.
func (b *bench) wrk(ctx context.Context, port int, args []string) (float64, error) {
	args = append(args, "-t1", "-c64", "-d", fmt.Sprintf("%.0fs", b.each.Seconds()), "-s", "wrk.lua",
		fmt.Sprintf("http://127.0.0.1:%d/", port), "--", strconv.Itoa(b.phones))
	out, err := exec.CommandContext(ctx, "wrk", args...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	told := wrkResult.FindSubmatch(out)
	if told == nil || string(told[2]) != "0" {
		return 0, fmt.Errorf("wrk was not answered as it should:\n%s", out)
	}
	return strconv.ParseFloat(string(told[1]), 64)
}

var wrkResult = regexp.MustCompile(`rate=(\S+) errors=(\d+)`) // as wrk.lua writes it

// measureBurst has 500 phones ask in the same instant, as after a power cut. A
// request that finds no room in the server's receive buffer is repeated after
// the phone's timer, and then its transfer takes longer than that.
func (b *bench) measureBurst(ctx context.Context, s *servers) error {
	const phones, patience = 500, 4 * time.Second
	for _, one := range []*server{s.folder, s.fleet, s.dnsmasq} {
		repeated := 0
		figures, err := b.figures(ctx, []*server{one}, "s for 99 % of 500 phones", func(one *server) (float64, int, error) {
			r, err := (&load{port: one.tftp, files: b.fleet.profiles, atOnce: phones, transfers: phones, patience: patience}).run(ctx)
			if err == nil && r.failed > 0 {
				err = fmt.Errorf("%d of %d transfers failed", r.failed, phones)
			}
			repeated = r.repeated
			return r.quantile(0.99).Seconds(), len(r.took), err
		})
		if err != nil {
			return err
		}
		p99 := goal.Goal{Text: "500 phones at once, " + one.name, Of: "s for 99 % of them"}
		lost := goal.Goal{Text: p99.Text, Of: "requests lost"}
		if one != s.dnsmasq {
			p99.Most, lost.Most = 0.2, 0.5 // of whole requests: none
		}
		b.goal(p99, figures[one].value)
		b.goal(lost, float64(repeated))
	}
	return nil
}

// measureLoss has 50 phones fetch a file of 60 KB while one in a hundred blocks
// gets lost on its way to them, and then one in a hundred acknowledgements, too.
// Requests arrive: when one is lost, only the phone's own timer helps.
func (b *bench) measureLoss(ctx context.Context, s *servers) error {
	for _, way := range []struct {
		name string
		back float64
	}{{"1 % loss", 0}, {"1 % loss each way", 0.01}} {
		figures, err := b.figures(ctx, []*server{s.folder, s.dnsmasq}, "s for 99 % of transfers with "+way.name, func(one *server) (float64, int, error) {
			l := &load{port: one.tftp, files: []file{b.fleet.large}, atOnce: 50, transfers: 2000, blockSize: 1428,
				loss: 0.01, lossBack: way.back, patience: 4 * time.Second}
			r, err := l.run(ctx)
			if err == nil && r.failed > 0 {
				err = fmt.Errorf("%d of %d transfers failed", r.failed, r.failed+len(r.took))
			}
			return r.quantile(0.99).Seconds(), len(r.took), err
		})
		if err != nil {
			return err
		}
		b.goal(goal.Goal{Text: way.name + ", 60 KB, " + s.folder.name, Most: 0.6, Of: "s for 99 % of transfers"}, figures[s.folder].value)
		b.goal(goal.Goal{Text: way.name + ", 60 KB, " + s.dnsmasq.name, Of: "s for 99 % of transfers"}, figures[s.dnsmasq].value)
	}
	return nil
}
