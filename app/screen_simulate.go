package app

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"profilegen/app/simulator"
)

// simulation is the state of the screen that plays the phone.
type simulation struct {
	start  time.Time
	hours  int    // how far the outlook and the story go
	offset string // of the next event, minutes after the start
	events string // lines of the story
	played *simulator.Played
	of     int // the Editor's revision that was played
	at     int // page of the trace

	phones, stagger, capacity int // of the load plan; 0: as the fleet has it
	running                   bool

	asked   string // what outlook and load are asked for
	asking  bool
	outlook *simulator.Outlook
	load    *simulator.Load
	trouble string // why there is no load plan, or no simulator
}

// simulateSoon asks the simulator anew when what the screen shows is old.
func (b *Builder) simulateSoon() {
	s := &b.sim
	if b.page != pageSimulate || s.asking {
		return
	}
	key := fmt.Sprint(b.editor.Rev(), s.start, s.hours, s.phones, s.stagger, s.capacity, s.running)
	if key == s.asked {
		return
	}
	s.asked, s.asking = key, true
	outlook := b.editor.Question(simulator.AskOutlook)
	outlook.Start, outlook.Hours = s.start, s.hours
	b.ask(outlook, func(r *simulator.Reply) {
		s.outlook, s.trouble = r.Outlook, r.Err
		load := b.editor.Question(simulator.AskLoad)
		load.Start, load.Stagger, load.Capacity, load.Running = s.start, s.stagger, s.capacity, s.running
		load.Phones = b.loadPhones()
		b.ask(load, func(r *simulator.Reply) {
			s.load, s.trouble, s.asking = r.Load, r.Err, false
		})
	})
}

// ask asks the simulator, which is fetched at the first question.
func (b *Builder) ask(q *simulator.Request, told func(*simulator.Reply)) {
	text, err := json.Marshal(q)
	if err != nil {
		told(&simulator.Reply{Err: err.Error()})
		return
	}
	b.then(glue().Call("simulate", string(text)), func(answer app.Value) {
		r := new(simulator.Reply)
		if err := json.Unmarshal([]byte(answer.String()), r); err != nil {
			r.Err = err.Error()
		}
		told(r)
	}, func(trouble app.Value) {
		b.sim.asking = false
		b.sim.trouble = "the simulator could not be started: " + trouble.Call("toString").String()
	})
}

var stretches = []struct {
	hours int
	name  string
}{{6, "6 hours"}, {24, "a day"}, {72, "3 days"}, {168, "a week"}}

func newSimulation() simulation {
	now := time.Now().UTC()
	return simulation{start: time.Date(now.Year(), now.Month(), now.Day(), 8, 0, 0, 0, time.UTC), hours: 24, offset: "60"}
}

func (b *Builder) simulateScreen() app.UI {
	s := &b.sim
	return box("div", "screen",
		box("div", "heading", words("h1", "", pageSimulate.title()), box("span", "grow"),
			box("div", "choice", label("sim-start", "Power on at"),
				&Box{B: b, ID: "sim-start", Text: s.start.Format(scenarioTime), Class: "small"}),
			box("div", "choice", label("sim-length", "watch for"), b.stretchChoice())),
		b.outlookCard(),
		b.storyCard(),
		b.loadCard(),
	)
}

func (b *Builder) stretchChoice() app.UI {
	return elem("select", "class", "input small", "id", "sim-length").
		OnChange(b.on(func(_ app.Context, e app.Event) {
			b.sim.hours = number(e.Get("target").Get("value").String(), 24)
			b.sim.played = nil
		}, "sim-length")).
		Body(app.Range(stretches).Slice(func(i int) app.UI {
			return option(strconv.Itoa(stretches[i].hours), stretches[i].hours == b.sim.hours, stretches[i].name)
		}))
}

func (s *simulation) length() time.Duration { return time.Duration(s.hours) * time.Hour }

// outlookCard says what the phone will do by itself.
func (b *Builder) outlookCard() app.UI {
	o := b.sim.outlook
	if o == nil {
		text := "Starting the simulator…"
		if b.sim.trouble != "" {
			text = sentence(b.sim.trouble)
		}
		return box("section", "card", status(text))
	}
	const shown = 12
	spans := o.Spans[:min(len(o.Spans), shown)]
	return box("section", "card",
		words("h2", "", "Next resyncs of "+b.editor.Phone().MAC.String()),
		timeline(o),
		app.If(len(spans) == 0, func() app.UI {
			return words("p", "", "The phone makes no resync by itself in this time.")
		}),
		app.If(len(spans) > 0, func() app.UI {
			return tableBox(box("table", "",
				box("thead", "", box("tr", "", words("th", "", "When"), words("th", "", "Why"))),
				box("tbody", "", app.Range(spans).Slice(func(i int) app.UI {
					return box("tr", "",
						words("td", "nowrap", spanText(spans[i])),
						box("td", "wrap", app.Text(spans[i].Reason+held(spans[i])), words("span", "mark", " "+spans[i].Mark)))
				}))))
		}),
		app.If(len(o.Spans) > shown, func() app.UI {
			return words("p", "help", "And "+strconv.Itoa(len(o.Spans)-shown)+" more in this time.")
		}),
		app.If(len(o.Ladder) > 0, func() app.UI {
			return box("div", "",
				words("h3", "", "After a failure"),
				box("ul", "ladder", app.Range(o.Ladder).Slice(func(i int) app.UI {
					return words("li", "", o.Ladder[i])
				})))
		}),
		app.If(len(o.Notes) > 0, func() app.UI {
			return box("ul", "notes", app.Range(o.Notes).Slice(func(i int) app.UI {
				n := o.Notes[i]
				if n.Parameter == "" {
					return box("li", "", app.Text(sentence(n.Text)), words("span", "mark", " "+n.Mark))
				}
				return box("li", "", words("code", "", n.Parameter+": "), app.Text(n.Text), words("span", "mark", " "+n.Mark))
			}))
		}),
	)
}

func held(s simulator.Span) string {
	if s.Held {
		return "; held by the triggers"
	}
	return ""
}

func spanText(s simulator.Span) string {
	text := s.From.Format("Mon 2 Jan 15:04:05")
	switch {
	case s.To.Equal(s.From):
		return text
	case s.To.YearDay() == s.From.YearDay():
		return text + " – " + s.To.Format("15:04:05")
	default:
		return text + " – " + s.To.Format("Mon 2 Jan 15:04:05")
	}
}

// timeline draws the spans on a line; the table below says the same in words.
func timeline(o *simulator.Outlook) app.UI {
	const left, width, height = 8, 704, 56
	total := o.To.Sub(o.From)
	x := func(t time.Time) int { return left + int(float64(width)*float64(t.Sub(o.From))/float64(total)) }
	var path strings.Builder
	for _, s := range o.Spans {
		from := x(s.From)
		path.WriteString("M" + strconv.Itoa(from) + " 10H" + strconv.Itoa(max(from+2, min(left+width, x(s.To)))) + "V34H" + strconv.Itoa(from) + "Z")
	}
	parts := []app.UI{
		svg("path", "class", "load-axis", "d", "M8 34H712"),
		svg("path", "class", "load-requests", "d", orElse(path.String(), "M0 0")),
	}
	const marks = 4
	for i := range marks + 1 {
		at := o.From.Add(total * time.Duration(i) / marks)
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case marks:
			anchor = "end"
		}
		parts = append(parts, svg("text", "class", "load-label", "text-anchor", anchor, "x", strconv.Itoa(x(at)), "y", "50").Text(at.Format("Mon 15:04")))
	}
	return svg("svg", "class", "timeline", "viewBox", "0 0 720 "+strconv.Itoa(height), "role", "img",
		"aria-label", plural(len(o.Spans), "resync", "resyncs")+" to come").Body(parts...)
}

// svg is an element of a drawing; each needs its name space.
func svg(tag string, attributes ...string) app.HTMLElem {
	return elem(tag, attributes...).XMLNS("http://www.w3.org/2000/svg")
}

// happenings are the events that a button adds, at a moment of the story.
var happenings = []struct{ name, line string }{
	{"Power cut", "at +%m power-cut"},
	{"Servers down, 10 min", "from +%m to +%n server-down"},
	{"A call, 20 min", "from +%m to +%c call"},
	{"SIP NOTIFY", "at +%m notify resync"},
	{"User reboot", "at +%m user-reboot"},
	{"Factory reset", "at +%m factory-reset"},
}

// happen adds an event.
func (b *Builder) happen(i int) {
	s := &b.sim
	minutes := number(s.offset, 60)
	at := func(extra int) string { return strconv.Itoa(minutes+extra) + "m" }
	line := strings.NewReplacer("%m", at(0), "%n", at(10), "%c", at(20)).Replace(happenings[i].line)
	if s.events != "" && !strings.HasSuffix(s.events, "\n") {
		s.events += "\n"
	}
	s.events += line + "\n"
	s.played = nil
}

func (b *Builder) storyCard() app.UI {
	s := &b.sim
	current := s.played != nil && s.of == b.editor.Rev()
	return box("section", "card",
		words("h2", "", "What happens if …"),
		words("p", "", "The phone is switched on, and its servers have the file beside the form. Add what befalls it, then play."),
		box("div", "row", label("sim-offset", "Minutes after the start"),
			&Box{B: b, ID: "sim-offset", Text: s.offset, Class: "small minutes"},
			app.Range(happenings).Slice(func(i int) app.UI {
				return button("button small").OnClick(b.act(func() { b.happen(i) }, "happen", i)).Text(happenings[i].name)
			})),
		label("sim-events", "Events, one a line; they can be edited"),
		&Area{B: b, ID: "sim-events", Text: s.events, Rows: 4},
		box("div", "row",
			button("button primary").OnClick(b.act(b.play, "play")).Text("Play"),
			button("button").OnClick(b.act(func() {
				b.save("story.scenario", "text/plain", []byte(b.editor.Story(s.start, s.length(), s.events)))
			}, "save-story")).Text("Save the story"),
			button("button").OnClick(b.act(func() {
				if o := b.editor.Output(); o.Err == nil {
					b.save(simulator.ProfileName, "application/xml", o.Text)
				}
			}, "save-story-profile")).Text("Save its "+simulator.ProfileName)),
		box("p", "help", app.Text("The command line plays a saved story too: "), words("code", "", "profilegen simulate -scenario story.scenario")),
		app.If(current, func() app.UI { return b.trace() }),
		app.If(s.played != nil && !current, func() app.UI { return words("p", "help", "The settings have changed since: play again.") }),
	)
}

func (b *Builder) play() {
	s := &b.sim
	q := b.editor.Question(simulator.AskPlay)
	q.Story = b.editor.Story(s.start, s.length(), s.events)
	rev := b.editor.Rev()
	b.ask(q, func(r *simulator.Reply) {
		s.played, s.of, s.at = r.Played, rev, 0
		if r.Err != "" {
			b.say(sentence(r.Err))
		}
	})
}

// trace lists the events of a play, a page at a time.
func (b *Builder) trace() app.UI {
	p := b.sim.played
	if list := p.Problems; len(list) > 0 {
		return box("ul", "problems plain",
			app.Range(list).Slice(func(i int) app.UI { return placedProblem(&list[i]) }))
	}
	pages := max(1, (len(p.Events)+rowsOnPage-1)/rowsOnPage)
	b.sim.at = max(0, min(b.sim.at, pages-1))
	shown := p.Events[b.sim.at*rowsOnPage : min(len(p.Events), (b.sim.at+1)*rowsOnPage)]
	return box("div", "trace",
		status(plural(len(p.Events), "event", "events")+"."),
		box("ol", "events", app.Range(shown).Slice(func(i int) app.UI {
			e := &shown[i]
			return box("li", moods[e.Mood],
				words("span", "when", e.Time.Format("Mon 15:04:05")),
				box("span", "", app.Text(e.Sentence), words("span", "mark", " "+e.Mark)))
		})),
		app.If(pages > 1, func() app.UI { return b.pager("trace", &b.sim.at, pages, plural(len(p.Events), "event", "events")) }),
		app.If(p.More > 0, func() app.UI { return words("p", "help", "And "+strconv.Itoa(p.More)+" more, which are not kept.") }))
}

// moods are the classes of events.
var moods = map[simulator.Mood]string{simulator.Good: "good", simulator.Bad: "bad", simulator.Held: "held"}

// loadPhones is how many phones the load plan is about: those of the fleet when
// the user says nothing else.
func (b *Builder) loadPhones() int {
	const some = 1000 // there is nothing to see in the plan of a single one
	switch n := len(b.editor.doc.devices); {
	case b.sim.phones > 0:
		return b.sim.phones
	case n > 0:
		return n
	}
	return some
}

func staggerText(seconds int) string {
	switch {
	case seconds == 0:
		return "at once"
	case seconds%60 == 0:
		return strconv.Itoa(seconds/60) + " min"
	}
	return strconv.Itoa(seconds) + " s"
}

// loadCard plans for the fleet.
func (b *Builder) loadCard() app.UI {
	s := &b.sim
	phones := b.loadPhones()
	result := nothing()
	switch {
	case s.load != nil:
		advice := s.load.Advice
		result = box("div", "load",
			// The drawing is made of numbers alone.
			app.Raw(s.load.Chart),
			elem("pre", "class", "figures", "tabindex", "0").Body(app.Text(s.load.Figures)),
			box("ul", "notes", app.Range(advice).Slice(func(i int) app.UI { return words("li", "", sentence(advice[i])) })))
	case s.trouble != "":
		result = words("p", "field-message error", sentence(s.trouble))
	}
	return box("section", "card",
		words("h2", "", "Load on the servers"),
		box("div", "fields",
			b.slider("load-phones", "Phones", phones, 1, 20000, strconv.Itoa(phones)),
			b.slider("load-stagger", "Power comes back over", s.stagger, 0, 3600, staggerText(s.stagger)),
			b.slider("load-capacity", "Servers answer", s.capacity, 0, 1000, capacityText(s.capacity)),
			box("div", "field",
				box("div", "field-head", elem("span", "id", "load-running-label", "class", "strong").Text("Usual life")),
				box("div", "control",
					button("switch", "id", "load-running", "role", "switch", "aria-checked", flag(s.running), "aria-labelledby", "load-running-label").
						OnClick(b.act(func() { s.running = !s.running }, "running")).
						Body(elem("span", "class", "knob", "aria-hidden", "true")),
					words("span", "switch-text", map[bool]string{true: "a day, the phones out of step", false: "an hour after a power cut"}[s.running]))),
		),
		result,
	)
}

func capacityText(n int) string {
	if n == 0 {
		return "any number of requests"
	}
	return plural(n, "request", "requests") + " a second"
}

func (b *Builder) slider(id, name string, value, least, most int, text string) app.UI {
	return box("div", "field",
		box("div", "field-head", label(id, name), box("span", "grow"), words("output", "unit", text)),
		&Slider{B: b, ID: id, Value: value, Least: least, Most: most, Text: text})
}

// slid hears the sliders.
func (b *Builder) slid(id string, value int) {
	switch id {
	case "load-phones":
		b.sim.phones = value
	case "load-stagger":
		b.sim.stagger = value
	case "load-capacity":
		b.sim.capacity = value
	}
}
