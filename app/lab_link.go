package app

import (
	"encoding/json"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// labView is the state of the page about the server's phones.
type labView struct {
	served  bool   // profilegen serve stands behind this page
	link    string // to its events: "", connecting, live, lost, refused
	close   func()
	waiting bool // a look at the rest is on its way

	tab     labTab
	book    logBook
	filter  string
	trouble bool   // only that
	rows    int    // shown
	held    uint64 // the last entry that is shown while the list stands still; 0: it does not

	summary *labSummary
	phones  []labPhone
	find    string
	picked  map[string]bool
	phone   string // that is looked at
	one     *labPhone

	order     labOrder
	push      labPush
	pushError string

	faults     faultBook
	fault      labFault
	faultError string

	dhcp       *labDHCP
	dhcpServer string
	dhcpAll    bool
	dhcpFor    string
	dhcpError  string

	offered    bool // the served fleet may be opened in place of the draft
	opened     time.Time
	draftError string
}

type labTab string

const (
	labHappens labTab = "happens"
	labPhones  labTab = "phones"
	labFaults  labTab = "faults"
	labTabDHCP labTab = "dhcp"
)

const (
	labRows    = 100 // of what happens, and of phones, at first
	labRefresh = 300 * time.Millisecond
)

func newLabView() labView {
	return labView{
		served: app.IsClient && glue().Get("lab").Truthy(), tab: labHappens, rows: labRows, picked: map[string]bool{},
		order: labOrder{Act: "resync", By: "web", EveryMS: 500}, fault: labFault{Kind: "not-found", After: 512, Loss: 20}, dhcpFor: "dnsmasq",
	}
}

// labHash is the address of the page within the builder.
const labHash = "#lab"

// visitLab connects the page while it is open, and only then: a browser has few
// connections to one server.
func (b *Builder) visitLab() {
	v := &b.lab
	if !v.served {
		return
	}
	location := app.Window().Get("location")
	hash, open := location.Get("hash").String() == labHash, b.page == pageLab
	if hash != open {
		address := location.Get("pathname").String()
		if open {
			address += labHash
		}
		app.Window().Get("history").Call("replaceState", nil, "", address)
	}
	switch {
	case open && v.close == nil:
		b.listenLab()
	case !open && v.close != nil:
		v.close()
		v.close, v.link = nil, ""
	}
}

// listenLab hears what happens, until it is closed. The browser comes back by
// itself when the connection is lost.
func (b *Builder) listenLab() {
	v := &b.lab
	v.link = "connecting"
	told := app.FuncOf(func(_ app.Value, args []app.Value) any {
		state, run, text := args[0].String(), args[1].String(), args[2].String()
		b.shell.Dispatch(func(app.Context) {
			if v.close != nil {
				b.safely(func() { b.heardLab(state, run, text) })
			}
		})
		return nil
	})
	stop := glue().Call("listen", "events?last=500", told)
	v.close = func() {
		stop.Invoke()
		told.Release()
	}
	b.lookAtLab()
}

func (b *Builder) heardLab(state, run, text string) {
	v := &b.lab
	if v.link = state; text == "" {
		if state == "live" {
			b.lookSoon()
		}
		return
	}
	if v.book.run != "" && run != v.book.run {
		v.held, v.faults = 0, faultBook{}
	}
	if _, err := v.book.take(run, text); err != nil {
		b.say("The server tells of something that this page does not understand: reload it")
	}
	b.lookSoon()
}

// lookSoon reads the rest again, once for many events.
func (b *Builder) lookSoon() {
	v := &b.lab
	if v.waiting {
		return
	}
	v.waiting = true
	b.shell.After(labRefresh, func(app.Context) {
		b.safely(func() {
			v.waiting = false
			if v.close != nil {
				b.lookAtLab()
			}
		})
	})
}

// lookAtLab reads what the open tab shows.
func (b *Builder) lookAtLab() {
	v := &b.lab
	s := new(labSummary)
	b.read("summary", s, func() { v.summary = s })
	switch {
	case v.phone != "":
		p := new(labPhone)
		b.read("phones/"+v.phone, p, func() {
			if v.phone == p.Key {
				v.one = p
			}
		})
	case v.tab == labPhones:
		list := new([]labPhone)
		b.read("phones?limit="+itoa(labRows)+"&find="+escapeQuery(v.find), list, func() { v.phones = inOrder(v.phones, *list) })
	case v.tab == labTabDHCP && v.dhcp == nil:
		b.askDHCP()
	}
	// What was set elsewhere, such as by curl, is shown too.
	faults, push := new([]labFault), new(labPush)
	b.read("faults", faults, func() { v.faults.take(*faults) })
	b.read("push", push, func() { v.push = *push })
}

// read gets an object from the server. That it does not answer, the link tells.
func (b *Builder) read(path string, v any, done func()) {
	b.server("GET", path, "", func(text string) {
		if json.Unmarshal([]byte(text), v) == nil {
			done()
		}
	}, func(string) {})
}

// send has the server do something.
func (b *Builder) send(method, path string, v any, done func(text string), failed func(why string)) {
	body := ""
	if v != nil {
		text, err := json.Marshal(v)
		if err != nil {
			failed(err.Error())
			return
		}
		body = string(text)
	}
	b.server(method, path, body, done, failed)
}

// server asks profilegen serve; failed is told why not, in its words.
func (b *Builder) server(method, path, body string, done, failed func(text string)) {
	b.then(glue().Call("ask", method, path, body), func(answer app.Value) {
		text := answer.Get("text").String()
		if answer.Get("ok").Bool() {
			done(text)
			return
		}
		failed(trimmed(text))
	}, func(app.Value) { failed("the server does not answer") })
}

func trimmed(text string) string {
	const most = 500
	for len(text) > 0 && text[len(text)-1] == '\n' {
		text = text[:len(text)-1]
	}
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

// escapeQuery writes a text as a value of a query.
func escapeQuery(text string) string {
	return app.Window().Call("encodeURIComponent", text).String()
}
