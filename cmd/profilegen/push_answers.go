package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"profilegen/lab"
)

// result is what came of one request.
type result struct {
	request
	lab.Answer
	err error
}

// stagger asks the phones, every apart and atOnce at the same time, and hands
// out what each answered as it comes in. The end of ctx stops it.
func stagger(ctx context.Context, requests []request, every time.Duration, atOnce int) <-chan result {
	results := make(chan result)
	go func() {
		defer close(results)
		var running sync.WaitGroup
		defer running.Wait()
		places := make(chan struct{}, atOnce)
		for i, r := range requests {
			if i > 0 && !pause(ctx, every) {
				return
			}
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				answer, err := r.ask(ctx)
				<-places
				results <- result{r, answer, err}
			})
		}
	}()
	return results
}

// all asks the phones and tells what each answered.
func (c *push) all(ctx context.Context, p *program, requests []request) error {
	results := stagger(ctx, requests, c.every, c.atOnce)
	bar := c.bar(p, len(requests))
	asked, took := 0, 0
	for r := range results {
		asked++
		if r.err == nil && r.OK() {
			took++
		}
		if bar != nil {
			bar.Clear()
		}
		fmt.Fprintf(p.stdout, "%s: %s\n", r.phone, c.told(r.request, r.Answer, r.err))
		if bar != nil {
			bar.Set(asked)
		}
	}
	if len(requests) > 1 || asked == 0 {
		p.note("%s", pushed(len(requests), asked, took))
	}
	if took < len(requests) {
		return errProblems
	}
	return nil
}

// pause waits, but not beyond the end of ctx.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *push) bar(p *program, phones int) *progressbar.ProgressBar {
	if !p.terminal || phones < 2 {
		return nil
	}
	return progressbar.NewOptions(phones, progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetDescription("asking"),
		progressbar.OptionShowCount(), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish())
}

// pushed is the last line of a run with several phones.
func pushed(phones, asked, took int) string {
	text := fmt.Sprintf("%s: %s took the request", plural(phones, "phone"), group(took))
	if failed := asked - took; failed > 0 {
		text += fmt.Sprintf(", %s failed", group(failed))
	}
	if left := phones - asked; left > 0 {
		text += fmt.Sprintf("; stopped before the other %s", group(left))
	}
	return text
}

// told is what came of one request, in words that claim no more than is known.
func (c *push) told(r request, a lab.Answer, err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped while waiting for its answer"
	case err != nil:
		return "failed: " + err.Error()
	}
	text := strings.TrimSpace(fmt.Sprintf("the phone answered %d %s", a.Status, printable(a.Reason)))
	switch {
	case a.Login != "":
		text += " (login: " + a.Login + ")"
	case r.login:
		text += " (it asked for no login)"
	}
	if words := plainText(a.Text); words != "" {
		text += fmt.Sprintf(": %q", words)
	}
	if way := c.wayOut(r, a); way != "" {
		text += "; " + way
	}
	return text
}

// wayOut proposes what to do about an answer.
func (c *push) wayOut(r request, a lab.Answer) string {
	switch {
	case a.OK():
		return ""
	case a.Leads != "":
		way := fmt.Sprintf("it leads to %q", a.Leads)
		if strings.HasPrefix(a.Leads, "https:") && !c.https {
			way += ", try " + c.words("-https", "HTTPS")
		}
		return way
	case a.Status == 401 && !r.login:
		return "it wants a login" + c.words(", see -password-file", "; type its password")
	case a.Status == 401, a.Status == 403 && a.Login != "":
		return "it does not take this login"
	case a.Status == 404 && c.sip:
		return "it does not know this extension"
	case a.Status == 404, a.Status == 403:
		return "its web page, direct action URLs or XML objects may be off"
	case a.Status == 489:
		return "it does not know this event"
	}
	return ""
}

// words are those of the command's user, or of the page's.
func (c *push) words(flags, page string) string {
	if c.page {
		return page
	}
	return flags
}

// plainText is the text of an HTML page, or of any other, in one line of bounded length.
func plainText(body []byte) string {
	var b strings.Builder
	inTag := false
	for _, r := range string(body) {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>':
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	words := []rune(strings.Join(strings.Fields(b.String()), " "))
	if len(words) > 160 {
		return string(words[:160]) + "…"
	}
	return string(words)
}
