//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// rates measures each server in turn.
func (b *bench) rates(ctx context.Context, list []*server, unit string, measure func(*server) (float64, error)) (map[*server]float64, error) {
	out := map[*server]float64{}
	for _, s := range list {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rate, err := b.machine.undisturbed(func() (float64, error) { return measure(s) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		out[s] = rate
		if b.verbose {
			fmt.Printf("  %-24s %10.4g %s\n", s.name, rate, unit)
		}
	}
	return out, nil
}

// measureTFTP has 50 phones fetch their profiles one after the other, in
// blocks of 512 bytes as phones do.
func (b *bench) measureTFTP(ctx context.Context, s *servers) error {
	rates, err := b.rates(ctx, []*server{s.folder, s.dnsmasq, s.fleet, s.atftpd, s.tftpdHPA}, "transfers/s", func(one *server) (float64, error) {
		r, err := (&load{port: one.tftp, files: b.fleet.profiles, atOnce: 50, time: b.each, patience: time.Second}).run()
		if err == nil && r.failed > 0 {
			err = fmt.Errorf("%d of %d transfers failed", r.failed, r.failed+len(r.took))
		}
		return r.rate(), err
	})
	if err != nil {
		return err
	}
	for _, ours := range []*server{s.folder, s.fleet} {
		b.goal(goal{text: "TFTP, " + ours.name, least: 0.6, of: "times dnsmasq"}, rates[ours]/rates[s.dnsmasq])
		b.goal(goal{text: "TFTP, " + ours.name, least: 1.5, of: "times atftpd"}, rates[ours]/rates[s.atftpd])
		b.goal(goal{text: "TFTP, " + ours.name, least: 4, of: "times tftpd-hpa"}, rates[ours]/rates[s.tftpdHPA])
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
		rates, err := b.rates(ctx, []*server{s.folder, s.nginx, s.fleet}, "requests/s", func(one *server) (float64, error) {
			return b.wrk(ctx, one.http, kind.args)
		})
		if err != nil {
			return err
		}
		for _, ours := range []*server{s.folder, s.fleet} {
			b.goal(goal{text: kind.text + ", " + ours.name, least: 0.6, of: "times nginx"}, rates[ours]/rates[s.nginx])
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
		seconds, err := b.rates(ctx, []*server{one}, "s for 99 % of 500 phones", func(one *server) (float64, error) {
			r, err := (&load{port: one.tftp, files: b.fleet.profiles, atOnce: phones, transfers: phones, patience: patience}).run()
			if err == nil && r.failed > 0 {
				err = fmt.Errorf("%d of %d transfers failed", r.failed, phones)
			}
			repeated = r.repeated
			return r.quantile(0.99).Seconds(), err
		})
		if err != nil {
			return err
		}
		p99 := goal{text: "500 phones at once, " + one.name, of: "s for 99 % of them"}
		lost := goal{text: p99.text, of: "requests lost"}
		if one != s.dnsmasq {
			p99.most, lost.most = 0.2, 0.5 // of whole requests: none
		}
		b.goal(p99, seconds[one])
		b.goal(lost, float64(repeated))
	}
	return nil
}

// measureLoss has 50 phones fetch a file of 60 KB while one in a hundred blocks
// gets lost on its way to them. What the phone sends arrives: when a request is
// lost, only the phone's own timer helps.
func (b *bench) measureLoss(ctx context.Context, s *servers) error {
	seconds, err := b.rates(ctx, []*server{s.folder, s.dnsmasq}, "s for 99 % of transfers with 1 % loss", func(one *server) (float64, error) {
		l := &load{port: one.tftp, files: []file{b.fleet.large}, atOnce: 50, transfers: 2000, blockSize: 1428, loss: 0.01, patience: 4 * time.Second}
		r, err := l.run()
		if err == nil && r.failed > 0 {
			err = fmt.Errorf("%d of %d transfers failed", r.failed, r.failed+len(r.took))
		}
		return r.quantile(0.99).Seconds(), err
	})
	if err != nil {
		return err
	}
	b.goal(goal{text: "1 % loss, 60 KB, " + s.folder.name, most: 0.6, of: "s for 99 % of transfers"}, seconds[s.folder])
	b.goal(goal{text: "1 % loss, 60 KB, " + s.dnsmasq.name, of: "s for 99 % of transfers"}, seconds[s.dnsmasq])
	return nil
}
