package resync

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilegen/rule"
	"profilegen/schema"
)

// play is a scenario being played.
type play struct {
	phone *Phone
	site  *Site
	now   time.Time
}

// action reads what happens: its name and what the name wants.
type action func(p *scenarioParser) func(*play)

// action reads an action of the given tables.
func (p *scenarioParser) action(tables ...map[string]action) (do func(*play), ok bool) {
	begin := p.here()
	name := p.word()
	for _, table := range tables {
		if read, ok := table[name]; ok {
			return read(p), true
		}
	}
	p.at = begin
	return nil, false
}

// serverActions change what servers answer. Without at they hold from the
// start.
var serverActions = map[string]action{
	"file": func(p *scenarioParser) func(*play) {
		url := p.must("the URL")
		body := []byte(p.text())
		return func(g *play) { g.site.Answer(g.expand(url), Reply{Status: 200, Body: body}) }
	},
	"status": func(p *scenarioParser) func(*play) {
		url, replies := p.replies()
		return func(g *play) { g.site.Answer(g.expand(url), replies...) }
	},
	"redirect": func(p *scenarioParser) func(*play) {
		url, to := p.must("the URL"), p.must("the new URL")
		return func(g *play) { g.site.Answer(g.expand(url), Reply{Status: 302, Location: to}) }
	},
	"login": func(p *scenarioParser) func(*play) {
		url, user, password := p.must("the URL"), p.must("the user"), p.must("the password")
		return func(g *play) { g.site.Login(g.expand(url), user, password) }
	},
	"slow": func(p *scenarioParser) func(*play) {
		url, took := p.must("the URL"), p.duration()
		return func(g *play) { g.site.Slow(g.expand(url), took) }
	},
	"server-down": func(p *scenarioParser) func(*play) {
		host := p.word()
		return func(g *play) { g.site.Down(host, true) }
	},
	"server-up": func(p *scenarioParser) func(*play) {
		host := p.word()
		return func(g *play) { g.site.Down(host, false) }
	},
}

// phoneActions happen to the phone.
var phoneActions = map[string]action{
	"power-on":      whole((*Phone).PowerOn),
	"power-off":     whole((*Phone).PowerOff),
	"power-cut":     whole((*Phone).PowerOn), // it is back at once
	"user-reboot":   whole((*Phone).UserReboot),
	"factory-reset": whole((*Phone).FactoryReset),
	"call-begin":    whole(func(p *Phone, now time.Time) { p.SetBusy(now, true) }),
	"call-end":      whole(func(p *Phone, now time.Time) { p.SetBusy(now, false) }),
	"upgraded": func(p *scenarioParser) func(*play) {
		version := p.word()
		return func(g *play) { g.phone.Upgraded(g.now, version) }
	},
	"set": func(p *scenarioParser) func(*play) {
		v := p.value()
		return func(g *play) { g.phone.Set(g.now, v.Name, v.Text) }
	},
	"notify": func(p *scenarioParser) func(*play) {
		event := p.must("the event")
		return func(g *play) { g.phone.Notify(g.now, event) }
	},
	"web": func(p *scenarioParser) func(*play) {
		target := p.must("the path, such as /admin/resync")
		return func(g *play) { g.phone.Web(g.now, target, "") }
	},
	"keypad":       request(Keypad),
	"xml":          request(XMLCommand),
	"registered":   registration(true),
	"unregistered": registration(false),
	"clock": func(p *scenarioParser) func(*play) {
		shows := p.time()
		return func(g *play) { g.phone.SetClock(g.now, shows) }
	},
}

func whole(do func(*Phone, time.Time)) action {
	return func(*scenarioParser) func(*play) { return func(g *play) { do(g.phone, g.now) } }
}

func request(cause Cause) action {
	return func(p *scenarioParser) func(*play) {
		text := p.rest()
		return func(g *play) { g.phone.Resync(g.now, Trigger{Cause: cause, Rule: text}) }
	}
}

func registration(registered bool) action {
	return func(p *scenarioParser) func(*play) {
		begin := p.here()
		line, err := strconv.ParseUint(p.must("the line"), 10, 8)
		if err != nil || line < 1 || line > 2 {
			p.complain(begin, "the line is 1 or 2", "the phone counts for no other (REGTMR1, REGTMR2)")
		}
		return func(g *play) { g.phone.SetRegistered(g.now, int(line), registered) }
	}
}

// spans are what lasts from one time to another.
var spans = map[string]func(p *scenarioParser) (do, undo func(*play)){
	"call": func(p *scenarioParser) (do, undo func(*play)) {
		return phoneActions["call-begin"](p), phoneActions["call-end"](p)
	},
	"power-off": func(p *scenarioParser) (do, undo func(*play)) {
		return phoneActions["power-off"](p), phoneActions["power-on"](p)
	},
	"server-down": func(p *scenarioParser) (do, undo func(*play)) {
		host := p.word()
		return func(g *play) { g.site.Down(host, true) }, func(g *play) { g.site.Down(host, false) }
	},
	"status": func(p *scenarioParser) (do, undo func(*play)) {
		url, replies := p.replies()
		return func(g *play) { g.site.override(g.expand(url), replies) },
			func(g *play) { g.site.override(g.expand(url), nil) }
	},
	"unregistered": func(p *scenarioParser) (do, undo func(*play)) {
		at := p.at
		do = registration(false)(p)
		p.at = at
		return do, registration(true)(p)
	},
}

// replies reads URL CODE …: statuses in turn, the last one for ever.
func (p *scenarioParser) replies() (url string, replies []Reply) {
	url = p.must("the URL")
	for p.peek() != "" || len(replies) == 0 {
		begin := p.here()
		code, err := strconv.ParseUint(p.must("the status"), 10, 16)
		if err != nil || code < 100 || code > 599 {
			p.complain(begin, fmt.Sprintf("%q is no HTTP status", p.line[begin:p.at]), "such as 404")
			return url, []Reply{{Status: 404}}
		}
		r := Reply{Status: int(code)}
		if code == 200 {
			r.Body = []byte("<flat-profile></flat-profile>")
		}
		replies = append(replies, r)
	}
	return url, replies
}

// expand puts the phone's values in a URL: file http://10.0.0.5/$MA.xml.
func (g *play) expand(url string) string { return rule.Expand(url, g.phone.view().Macro) }

// Phone makes the scenario's phone, not yet started, and its servers.
func (s *Scenario) Phone() (*Phone, *Site) {
	site := &Site{Otherwise: s.Otherwise}
	p := &Phone{
		Identity: s.Identity, Generation: s.Generation, Zone: s.Start.Location(),
		DHCP: s.DHCP, Fetch: site, Quirks: s.Quirks,
	}
	if s.Random != nil {
		p.Random = s.Random()
	}
	if s.restarts != nil {
		p.NeedsRestart = func(element string) bool { return slices.Contains(s.restarts, element) }
	}
	p.Preset(s.Values...)
	return p, site
}

// Play plays the scenario from its start, where the phone is powered on, to its
// end. log may be nil. It can be played again. The problems are what was
// expected and did not happen, or the other way round.
func (s *Scenario) Play(ctx context.Context, log func(Event)) (*Phone, schema.Problems, error) {
	p, site := s.Phone()
	var told []Event
	p.Log = func(e Event) {
		if len(s.wants) > 0 {
			told = append(told, e)
		}
		if log != nil {
			log(e)
		}
	}
	for _, do := range s.site {
		do(&play{phone: p, site: site, now: s.Start})
	}
	inputs := []Input{{At: s.Start, Do: (*Phone).PowerOn}}
	for _, st := range s.steps {
		inputs = append(inputs, Input{At: st.at, Do: func(p *Phone, now time.Time) {
			st.do(&play{phone: p, site: site, now: now})
		}})
	}
	if err := Simulate(ctx, p, inputs, s.End); err != nil {
		return p, nil, err
	}
	return p, s.compare(p, told), nil
}

// expect reads expect TIME WHAT …, expect nothing …, expect value ….
func (p *scenarioParser) expect() {
	w := want{file: p.name, row: p.row}
	switch p.peek() {
	case "nothing":
		w.what = p.word()
		w.at, w.till = p.Start, time.Time{}
		if p.peek() == "from" {
			p.word()
			w.at = p.time()
			if p.peek() == "to" {
				p.word()
				w.till = p.time()
			}
		}
	case "value":
		w.what = p.word()
		v := p.value()
		w.argument = v.Name + " " + v.Text
	default:
		w.at = p.time()
		begin := p.here()
		w.what = p.word()
		if !slices.Contains(kindNames[:], w.what) {
			p.complain(begin, fmt.Sprintf("%q is no event", w.what), "such as get URL, ok, fail, restart Provisioning, held Resync_Trigger_1")
		}
		w.argument = p.rest()
	}
	p.wants = append(p.wants, w)
}

// steady are the events of which a scenario names all or none: the life of a
// phone as its server sees it.
func steady(what string) bool {
	switch what {
	case "get", "ok", "fail", "restart":
		return true
	}
	return false
}

// compare holds what was told against what was expected.
func (s *Scenario) compare(p *Phone, told []Event) schema.Problems {
	var c comparison
	for _, w := range s.wants {
		switch {
		case w.what == "nothing":
			c.nothing(w, told)
		case w.what == "value":
			name, text, _ := strings.Cut(w.argument, " ")
			if got := p.Value(name); got != text {
				c.miss(w, fmt.Sprintf("%s is %s, want %q", name, p.shown(name, got), text))
			}
		case steady(w.what):
			c.steady = append(c.steady, w)
		case !slices.ContainsFunc(told, w.matches):
			c.miss(w, "expected "+w.String()+", which did not happen")
		}
	}
	if len(c.steady) > 0 {
		c.sequence(told)
	}
	return c.problems
}

// shown is a value for a message, masked when it is secret.
func (p *Phone) shown(element, value string) string {
	if p.secret(element) {
		return "another (secret)"
	}
	return strconv.Quote(value)
}

type comparison struct {
	steady   []want
	problems schema.Problems
}

func (c *comparison) miss(w want, summary string) {
	c.problems = append(c.problems, schema.Problem{
		ID: "expectation", Severity: rule.Error, Summary: summary,
		Origin: schema.Origin{File: w.file, Row: w.row, Column: 1},
	})
}

// nothing wants no request and no attempt in a span.
func (c *comparison) nothing(w want, told []Event) {
	for _, e := range told {
		if steady(e.Kind.String()) && !e.Time.Before(w.at) && (w.till.IsZero() || e.Time.Before(w.till)) {
			c.miss(w, "expected nothing, got "+wantOf(e).String())
			return
		}
	}
}

// sequence wants exactly the steady events, in order.
func (c *comparison) sequence(told []Event) {
	rest := c.steady
	last := rest[len(rest)-1]
	for _, e := range told {
		if !steady(e.Kind.String()) {
			continue
		}
		if len(rest) == 0 {
			c.miss(last, "after all that was expected came "+wantOf(e).String())
			return
		}
		if !rest[0].matches(e) {
			c.miss(rest[0], "expected "+rest[0].String()+", got "+wantOf(e).String())
			return
		}
		rest = rest[1:]
	}
	for _, w := range rest {
		c.miss(w, "expected "+w.String()+", which did not happen")
	}
}

// matches tells whether an event is the one that is wanted: its kind, its
// second, and what the line says of it.
func (w want) matches(e Event) bool {
	if e.Kind.String() != w.what || !e.Time.Truncate(time.Second).Equal(w.at) {
		return false
	}
	return w.argument == "" || w.argument == argumentOf(e) || w.argument == e.Parameter
}

// argumentOf is what tells an event from others of its kind.
func argumentOf(e Event) string {
	switch {
	case e.URL != "":
		return e.URL
	case e.Kind == Restarted, e.Kind == MessageSent:
		return e.Text
	case e.Parameter != "":
		return e.Parameter
	case e.Kind.hasCause():
		return e.Cause.String()
	}
	return ""
}

func wantOf(e Event) want {
	w := want{at: e.Time, what: e.Kind.String()}
	if e.Kind != Failed && e.Kind != Succeeded {
		w.argument = argumentOf(e)
	}
	return w
}

// String is the line of the scenario without expect.
func (w want) String() string {
	text := w.at.Format("2006-01-02 15:04:05") + " " + w.what
	if w.argument != "" {
		text += " " + w.argument
	}
	return text
}
