package resync

import (
	"math"
	"strconv"
	"time"
)

// Bar is a stretch of a plan, for a histogram.
type Bar struct {
	From, To int // seconds; To is the first behind it
	Requests int
	Refused  int
	Peak     int // most requests in a second of it
}

// Bars cuts the plan into at most n stretches of equal, round lengths.
func (p *Plan) Bars(n int) []Bar {
	if n < 1 || len(p.Requests) == 0 {
		return nil
	}
	width := roundUp((len(p.Requests) + n - 1) / n)
	bars := make([]Bar, 0, n)
	for from := 0; from < len(p.Requests); from += width {
		b := Bar{From: from, To: min(from+width, len(p.Requests))}
		for at := from; at < b.To; at++ {
			b.Requests += int(p.Requests[at])
			b.Peak = max(b.Peak, int(p.Requests[at]))
			if p.Refused != nil {
				b.Refused += int(p.Refused[at])
			}
		}
		bars = append(bars, b)
	}
	return bars
}

// roundUp is the next round length of time in seconds.
func roundUp(n int) int {
	for _, round := range []int{1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400} {
		if n <= round {
			return round
		}
	}
	return (n + 86399) / 86400 * 86400
}

// AppendText appends the plan in figures and as a histogram of the requests per
// second, the busiest second of each stretch.
func (p *Plan) AppendText(dst []byte) []byte { return p.appendHistogram(p.appendFigures(dst)) }

func (p *Plan) appendFigures(dst []byte) []byte {
	line := func(name, text string) {
		dst = append(dst, name...)
		for range 22 - len(name) {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, text...), '\n')
	}
	line("requests", grouped(p.Total)+" in "+inWords(len(p.Requests)))
	if p.Total == 0 {
		return dst
	}
	line("peak", grouped(p.Peak)+"/s at "+clockText(p.PeakAt))
	line("99 of 100 seconds", grouped(p.P99)+"/s or less, of those with requests")
	if p.TotalRefused > 0 {
		line("refused", grouped(p.TotalRefused))
	}
	if p.Done99 >= 0 {
		line("99 of 100 phones", "have resynced after "+inWords(p.Done99))
	}
	if p.DoneAll >= 0 {
		line("the last phone", "has resynced after "+inWords(p.DoneAll))
	} else {
		line("without a resync", plural(p.Undone, "phone")+" at the end")
	}
	return dst
}

func (p *Plan) appendHistogram(dst []byte) []byte {
	if p.Total == 0 {
		return dst
	}
	const columns = 50
	for _, b := range p.Bars(48) {
		dst = append(dst, clockText(b.From)...)
		dst = append(dst, "  "...)
		dst = appendBar(dst, b.Peak*columns*8/p.Peak)
		if b.Requests > 0 {
			dst = append(dst, " "+grouped(b.Peak)+"/s, "+grouped(b.Requests)+" in all"...)
		}
		if b.Refused > 0 {
			dst = append(dst, ", "+grouped(b.Refused)+" refused"...)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// appendBar appends a bar of n eighths of a column.
func appendBar(dst []byte, n int) []byte {
	for range n / 8 {
		dst = append(dst, "█"...)
	}
	if rest := n % 8; rest > 0 {
		dst = append(dst, string(rune('█'+8-rest))...)
	}
	return dst
}

// clockText is seconds since the start as h:mm:ss.
func clockText(seconds int) string {
	return twoDigits(seconds/3600) + ":" + twoDigits(seconds/60%60) + ":" + twoDigits(seconds%60)
}

// AppendCSV appends the plan as a table with one row for each step seconds.
func (p *Plan) AppendCSV(dst []byte, step int) []byte {
	step = max(step, 1)
	dst = append(dst, "second,requests,peak_per_second,refused\n"...)
	for from := 0; from < len(p.Requests); from += step {
		requests, peak, refused := 0, 0, 0
		for at := from; at < min(from+step, len(p.Requests)); at++ {
			requests += int(p.Requests[at])
			peak = max(peak, int(p.Requests[at]))
			if p.Refused != nil {
				refused += int(p.Refused[at])
			}
		}
		for i, n := range [...]int{from, requests, peak, refused} {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, int64(n), 10)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// AppendSVG appends the plan as a picture of 720 by 240: one path for the
// requests a second, one for the refused ones. Its looks are the page's, by the
// classes load-chart, load-requests, load-refused, load-axis and load-label.
func (p *Plan) AppendSVG(dst []byte) []byte {
	const (
		width, height                      = 720, 240
		left, right, top, bottom           = 56, 16, 12, 28
		plotWidth, plotHeight, most, edges = width - left - right, height - top - bottom, 320, 4
	)
	bars := p.Bars(most)
	span, peak := max(len(p.Requests), 1), max(p.Peak, 1)
	x := func(second int) int { return left + second*plotWidth/span }
	y := func(n int) int { return top + plotHeight - n*plotHeight/peak }
	path := func(class string, value func(b Bar) int) {
		dst = append(dst, `<path class="`+class+`" d="M`...)
		dst = appendPoint(dst, left, y(0))
		for _, b := range bars {
			dst = append(dst, 'V')
			dst = strconv.AppendInt(dst, int64(y(value(b))), 10)
			dst = append(dst, 'H')
			dst = strconv.AppendInt(dst, int64(x(b.To)), 10)
		}
		dst = append(dst, 'V')
		dst = strconv.AppendInt(dst, int64(y(0)), 10)
		dst = append(dst, "Z\"/>\n"...)
	}
	label := func(x, y int, anchor, text string) {
		dst = append(dst, `<text class="load-label" text-anchor="`+anchor+`" x="`...)
		dst = strconv.AppendInt(dst, int64(x), 10)
		dst = append(dst, `" y="`...)
		dst = strconv.AppendInt(dst, int64(y), 10)
		dst = append(dst, `">`+text+"</text>\n"...)
	}
	summary := grouped(p.Total) + " requests in " + inWords(len(p.Requests)) + ", at most " + grouped(p.Peak) + " in a second"
	dst = append(dst, `<svg xmlns="http://www.w3.org/2000/svg" class="load-chart" viewBox="0 0 720 240" role="img" aria-label="`+summary+"\">\n<title>"+summary+"</title>\n"...)
	dst = append(dst, `<path class="load-axis" d="M`...)
	dst = appendPoint(dst, left, top)
	dst = append(dst, 'V')
	dst = strconv.AppendInt(dst, top+plotHeight, 10)
	dst = append(dst, 'H')
	dst = strconv.AppendInt(dst, width-right, 10)
	dst = append(dst, "\"/>\n"...)
	path("load-requests", func(b Bar) int { return b.Peak })
	if p.Refused != nil {
		path("load-refused", func(b Bar) int { return min(b.Peak, (b.Refused+b.To-b.From-1)/max(b.To-b.From, 1)) })
	}
	label(left-6, top+8, "end", grouped(p.Peak)+"/s")
	label(left-6, top+plotHeight, "end", "0")
	for i := range edges + 1 {
		at := len(p.Requests) * i / edges
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case edges:
			anchor = "end"
		}
		label(x(at), height-8, anchor, clockText(at))
	}
	return append(dst, "</svg>\n"...)
}

func appendPoint(dst []byte, x, y int) []byte {
	dst = strconv.AppendInt(dst, int64(x), 10)
	dst = append(dst, ' ')
	return strconv.AppendInt(dst, int64(y), 10)
}

// Advice says in words what the settings make of the fleet, and what would make
// it better.
func (l *Load) Advice(p *Plan) []string {
	var list []string
	for _, advise := range []func(*Load, *Plan) string{
		(*Load).adviseSwitch, (*Load).adviseSpread, (*Load).advisePeriod, (*Load).adviseWindow, (*Load).adviseCapacity, (*Load).adviseRetry,
	} {
		if text := advise(l, p); text != "" {
			list = append(list, text)
		}
	}
	return list
}

func (l *Load) adviseSwitch(*Plan) string {
	switch s := &l.Settings; {
	case !s.ProvisionEnable:
		return "Provision_Enable is No: no phone resyncs"
	case s.Triggers != [2]string{}:
		return "the plan leaves Resync_Trigger_1 and Resync_Trigger_2 aside: they can only hold requests back"
	}
	return ""
}

// adviseSpread is about the boot resync: with Resync_Random_Delay n, the fleet
// comes within 20 n seconds.
func (l *Load) adviseSpread(*Plan) string {
	s := &l.Settings
	if l.Running || !s.OnReset || !s.ProvisionEnable {
		return ""
	}
	spread := s.bootSpread(&l.Quirks)
	text := "Resync_Random_Delay " + strconv.Itoa(s.RandomDelay) + " spreads " + plural(l.Phones, "phone") + " over " + grouped(spread) + " s: " + l.rate(spread)
	if spread == 0 {
		text = "Resync_Random_Delay 0 brings " + plural(l.Phones, "phone") + " in one second"
	}
	if l.Stagger > spread {
		return text + "; the staggered return of power spreads them over " + grouped(l.Stagger) + " s: " + l.rate(l.Stagger)
	}
	if better := l.betterDelay(); better > s.RandomDelay {
		text += "; with " + strconv.Itoa(better) + " it is " + l.rate(better*l.bootUnit())
	}
	return text
}

func (l *Load) bootUnit() int {
	if l.Quirks.BootInSeconds {
		return 1
	}
	return 20
}

// betterDelay is the Resync_Random_Delay to propose: half a period, over which
// the fleet asks twice as much as in its usual life; or what keeps it at four
// fifths of the capacity.
func (l *Load) betterDelay() int {
	target := 1800
	if list := l.Settings.periodic(); len(list) > 0 {
		target = list[len(list)-1].Seconds / 2
	}
	if l.Capacity > 0 {
		target = max(l.Phones*max(l.Requests, 1)*5/4/l.Capacity, 1)
	}
	unit := l.bootUnit()
	return min((target+unit-1)/unit, 65535)
}

// rate is the requests a second when the whole fleet asks once in a span.
func (l *Load) rate(span int) string {
	perSecond := float64(l.Phones) * float64(max(l.Requests, 1)) / float64(max(span, 1))
	if perSecond < 0.1 {
		return "less than one in 10 s"
	}
	return oneDecimal(perSecond) + "/s"
}

// oneDecimal writes a number, one below 10 with a decimal.
func oneDecimal(n float64) string {
	if n < 10 {
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return grouped(int(math.Round(n)))
}

// advisePeriod is about phones that stay in step after they started together.
func (l *Load) advisePeriod(*Plan) string {
	s := &l.Settings
	list := s.periodic()
	if len(list) == 0 || !s.ProvisionEnable {
		return ""
	}
	last := list[len(list)-1]
	mean := last.Seconds + last.Random/2
	text := "Resync_Periodic " + list.String() + " makes " + l.rate(mean) + " on average"
	if spread := max(s.bootSpread(&l.Quirks), l.Stagger); !l.Running && last.Random == 0 && spread < last.Seconds/2 {
		text += ", but in waves: phones that started together stay together; with " +
			strconv.Itoa(last.Seconds) + "+" + strconv.Itoa(last.Seconds/2) + " the waves flatten"
	}
	return text
}

func (l *Load) adviseWindow(*Plan) string {
	s := &l.Settings
	if !s.SetTimeOn || !s.ProvisionEnable {
		return ""
	}
	return "Resync_At__HHmm_ " + s.SetTime.clock() + " brings all phones once a day within " + inWords(s.SetTime.Length) + ": " + l.rate(s.SetTime.Length)
}

func (l *Load) adviseCapacity(p *Plan) string {
	if p.TotalRefused == 0 {
		return ""
	}
	text := grouped(p.TotalRefused) + " of " + grouped(p.Total) + " requests are refused"
	if p.DoneAll >= 0 {
		return text + "; the last phone is done after " + inWords(p.DoneAll)
	}
	return text + "; " + plural(p.Undone, "phone") + " have not resynced at the end"
}

// adviseRetry is about refused phones that come back together.
func (l *Load) adviseRetry(p *Plan) string {
	list := l.Settings.retry(&l.Quirks)
	if p.TotalRefused == 0 {
		return ""
	}
	if len(list) == 0 {
		return "Resync_Error_Retry_Delay is off: a refused phone waits for its next resync"
	}
	if list[0].Random > 0 {
		return ""
	}
	first := list[0].Seconds
	return "Resync_Error_Retry_Delay " + list.String() + " sends the refused phones back in step; a random part spreads them: " +
		strconv.Itoa(first) + "+" + strconv.Itoa(max(first, 30))
}

// AppendReport appends figures, histogram and advice.
func (l *Load) AppendReport(dst []byte, p *Plan) []byte {
	return l.appendAdvice(p.appendHistogram(l.appendHead(dst, p)), p)
}

// AppendSummary appends figures and advice.
func (l *Load) AppendSummary(dst []byte, p *Plan) []byte {
	return l.appendAdvice(l.appendHead(dst, p), p)
}

func (l *Load) appendHead(dst []byte, p *Plan) []byte {
	dst = append(dst, plural(l.Phones, "phone")+", "+inWords(int(l.Length/time.Second))...)
	if l.Running {
		dst = append(dst, " of usual life\n"...)
	} else {
		dst = append(dst, " after a power cut\n"...)
	}
	dst = p.appendFigures(dst)
	if expected, ok := l.Expected(p.PeakAt); ok && p.Total > 0 {
		dst = append(dst, "by formula            "+oneDecimal(expected)+"/s on average in that busiest second; chance does the rest\n"...)
	}
	return dst
}

func (l *Load) appendAdvice(dst []byte, p *Plan) []byte {
	for _, text := range l.Advice(p) {
		dst = append(dst, "- "+text+"\n"...)
	}
	return dst
}
