package rule

import (
	"strconv"
	"strings"
)

// Explanation says what a phone makes of a text, and why.
type Explanation struct {
	Place    Place
	Text     string // as given, secrets masked
	Expanded string // after macros, secrets masked
	Steps    []Step
	Sentence string   // in plain English
	Request  *Request // what follows, nil when nothing is fetched
	Err      *SyntaxError
}

// Step is one thing the phone does on the way.
type Step struct {
	Kind   StepKind
	Mark   string // rule of the behaviour: "a.6"
	Offset int    // in Text, -1 when it has no place there
	Length int
	Text   string // "$MA is 000e08012345"
	// Of a comparison: its sides after expansion and its result.
	Left, Operator, Right string
	Result                bool
	// Of a macro: its name, value, and whether the phone knows it.
	Name, Value string
	Known       bool
}

// StepKind tells the kinds of Step apart.
type StepKind int

const (
	StepMacro StepKind = iota
	StepComparison
	StepAlternative
	StepAssignment
	StepOption
	StepRequest
	StepNote
)

// Request is what the phone will ask for, or send.
type Request struct {
	Method string // GET, POST, PUT
	URL    *URL
	User   string // of --uid, stars when it came out of $SA to $SD; the password is never kept
	Key    bool   // the answer is decrypted, or the report encrypted, with --key
	Post   string // GPP sent as body: "GPP_A"
}

// Explain reads text as the phone does and tells each step. Without a phone it
// is read as a sample phone reads it.
func Explain(place Place, text string, phone *Phone) *Explanation {
	x := explainer{reading: read(place, text, phone)}
	x.secrets = x.sourceSecrets()
	x.Explanation = &Explanation{Place: place, Text: x.secrets.mask(text), Expanded: x.textSecrets().mask(x.text)}
	x.macros()
	switch {
	case x.err != nil:
		x.failed(x.err)
	case place == PlaceProfileRule, place == PlaceUpgradeRule:
		x.explainRule()
	case place == PlaceReportRule:
		x.explainReports()
	case place == PlaceTrigger:
		x.explainTrigger()
	case place == PlaceDelays:
		x.explainDelays()
	case place == PlaceMessage && text == "":
		x.note("e.1", "an empty message is not sent")
		x.Sentence = x.who() + " sends nothing"
	case place == PlaceMessage:
		x.Sentence = x.who() + " sends: " + x.Expanded
	default:
		x.Sentence = x.who() + " reads: " + x.Expanded
	}
	return x.Explanation
}

// Show is the explanation for a terminal: the sentence, then the steps.
func (e *Explanation) Show() string {
	var b strings.Builder
	b.WriteString(e.Sentence + "\n")
	for _, s := range e.Steps {
		b.WriteString("  " + s.Text + "  (" + s.Mark + ")\n")
	}
	if e.Err != nil {
		b.WriteString("error: " + strings.ReplaceAll(e.Err.Show(), "\n", "\n  ") + "\n")
	}
	return b.String()
}

type explainer struct {
	*reading
	*Explanation
	secrets secrets // of the source
}

// who names the phone.
func (x *explainer) who() string { return x.phone.Product + " " + x.phone.MAC.String() }

// step adds a step about a span of the source.
func (x *explainer) step(s Step, at span) {
	s.Offset, s.Length = x.secrets.place(at)
	x.Steps = append(x.Steps, s)
}

func (x *explainer) note(mark, text string) {
	x.Steps = append(x.Steps, Step{Kind: StepNote, Mark: mark, Offset: -1, Text: text})
}

// macros tells what each macro became.
func (x *explainer) macros() {
	for _, n := range x.operation {
		at := x.unfilled(n)
		x.step(Step{Kind: StepNote, Mark: "e.2", Text: "%s is the operation, here " + playedOperation}, span{at - len("%s"), at})
	}
	for i := range x.pieces {
		p := &x.pieces[i]
		written := p.Token.Text
		s := Step{Kind: StepMacro, Mark: "a.2", Name: p.Name, Known: p.known}
		switch {
		case p.Kind == Plain:
			continue
		case p.Kind == Escape:
			s.Kind, s.Mark, s.Text = StepNote, "a.7", "$$ is a single $"
		case !p.known:
			s.Mark, s.Text = "a.6", written+" is not a macro here and stays as text"
		case p.secret:
			s.Mark, s.Value, s.Text = "a.8", stars, written+" is not shown"
		default:
			s.Value = x.text[p.start:p.end]
			s.Text = written + " is " + orEmpty(s.Value)
			if strings.Contains(written, ":") {
				s.Mark = "a.4"
			}
		}
		x.step(s, p.source)
	}
}

func orEmpty(value string) string {
	if value == "" {
		return "empty"
	}
	return value
}

// failed tells that the text cannot be read, and what follows from it.
func (x *explainer) failed(err *SyntaxError) {
	x.Err = x.sourceError(err)
	consequence := map[Place]string{
		PlaceProfileRule: "the rule cannot be read, so the resync fails",
		PlaceUpgradeRule: "the rule cannot be read, so the upgrade fails",
		PlaceReportRule:  "the rule cannot be read, so no report is sent",
		PlaceTrigger:     "the trigger cannot be read and counts as false, so " + gated + " are held for good",
		PlaceDelays:      "the list cannot be read, so it is off",
	}[x.Explanation.Place]
	x.Sentence = x.who() + ": " + consequence + ": " + x.Err.Message
}

// comparisons tells each comparison of a condition, and its result.
func (x *explainer) comparisons(c *Condition) {
	for _, comparison := range c.Comparisons {
		s := Step{Kind: StepComparison, Mark: "b.4", Left: comparison.Left.String(), Operator: comparison.Operator.String(),
			Right: comparison.Right.String(), Result: comparison.Eval()}
		if comparison.Left.Kind == Software {
			s.Mark = "b.6"
		} else if comparison.Left.Kind == Hardware {
			s.Mark = "b.8"
		}
		at := x.inSource(span{comparison.start, comparison.end})
		s.Text = comparison.String() + " is " + strconv.FormatBool(s.Result)
		if written := x.source[at.start:at.end]; written != comparison.String() {
			s.Text = written + ": " + s.Text
		}
		x.step(s, at)
	}
}

// because tells in words why a condition is true, or why it is false.
func (x *explainer) because(c *Condition) string {
	result := c.Eval()
	var reasons []string
	add := func(reason string) {
		for _, r := range reasons {
			if r == reason {
				return
			}
		}
		reasons = append(reasons, reason)
	}
	for _, comparison := range c.Comparisons {
		if comparison.Eval() != result {
			continue
		}
		at := span{comparison.start, comparison.end}
		macros := x.expansion.macros(at)
		for _, p := range macros {
			add(p.Token.Text + " is " + orEmpty(x.text[p.start:p.end]))
		}
		if len(macros) == 0 {
			add(comparison.String() + " is " + strconv.FormatBool(result))
		}
		if !result {
			break // one is enough
		}
	}
	return strings.Join(reasons, " and ")
}

// explainRule tells which alternative a phone takes and what it does then.
func (x *explainer) explainRule() {
	if x.rule.Comment != "" {
		x.note("c.2", "a rule that begins with # is a comment")
		x.Sentence = x.who() + " fetches nothing: the rule is a comment"
		return
	}
	if len(x.rule.Alternatives) == 0 {
		x.note("c.2", "an empty rule is skipped")
		x.Sentence = x.who() + " fetches nothing: the rule is empty"
		return
	}
	var refused string // why the last alternative before was not taken
	for i := range x.rule.Alternatives {
		a := &x.rule.Alternatives[i]
		s := Step{Kind: StepAlternative, Mark: "c.1", Result: true}
		reason := ""
		switch {
		case a.Condition == nil && i > 0:
			reason = " because " + refused
		case a.Condition == nil:
		case a.Condition.err != nil:
			x.failed(a.Condition.err)
			return
		default:
			x.comparisons(a.Condition)
			reason = " because " + x.because(a.Condition)
			s.Result = a.Condition.Eval()
		}
		name := "alternative " + strconv.Itoa(i+1)
		if !s.Result {
			refused = strings.TrimPrefix(reason, " because ")
			s.Text = name + " is not taken" + reason
			x.step(s, x.inSource(a.whole))
			continue
		}
		s.Text = name + " is taken"
		if len(x.rule.Alternatives) > 1 || a.Condition != nil {
			x.step(s, x.inSource(a.whole))
		}
		x.taken(a, reason)
		return
	}
	x.note("c.1", "no alternative is taken, so the rule is skipped, which is a success")
	x.Sentence = x.who() + " fetches nothing because " + refused
}

// taken tells what the alternative taken does: its assignments, its request.
func (x *explainer) taken(a *Alternative, reason string) {
	var sets []string
	for _, set := range a.Assignments {
		value := strconv.Quote(set.Value)
		if isSecretParameter(set.Name) {
			value = stars
		}
		sets = append(sets, set.Name)
		x.step(Step{Kind: StepAssignment, Mark: "c.3", Name: set.Name, Text: set.Name + " becomes " + value}, x.inSource(span{set.start, set.end}))
	}
	does := "fetches nothing"
	if a.URL != nil {
		x.Request = x.request(a.Options, a.URL, a.whole, a.url, "GET")
		does = x.fetches(x.Request)
	}
	if len(sets) > 0 {
		does = "sets " + strings.Join(sets, ", ") + " and " + does
	}
	x.Sentence = x.who() + " " + does + reason
}

// request tells the options and the URL, and gives the request they make.
func (x *explainer) request(o *Options, u *URL, whole, at span, method string) *Request {
	r := &Request{Method: method, URL: u}
	if u.Scheme == "gds" {
		x.step(Step{Kind: StepRequest, Mark: "c.6", Text: "gds:// starts onboarding by activation code"}, x.inSource(at))
		return r
	}
	if o != nil {
		x.options(o, r, span{x.inSource(whole).start, x.inSource(at).start})
	}
	server := u.Host()
	if server == "" {
		server = "from DHCP"
	}
	file := "file"
	if x.Explanation.Place == PlaceReportRule {
		file = "path"
	}
	x.step(Step{Kind: StepRequest, Mark: "c.6", Text: "scheme " + u.Scheme + ", server " + server + ", port " + strconv.Itoa(u.Port) + ", " + file + " " + u.Path},
		x.inSource(at))
	if u.Server == "" {
		x.note("d.6", "the URL names no server: the phone goes through the options of DHCP_Option_To_Use")
	}
	return r
}

// options tells what the options do to a request. at is where they are written.
func (x *explainer) options(o *Options, r *Request, at span) {
	option := func(given bool, mark, text string) {
		if given {
			x.step(Step{Kind: StepOption, Mark: mark, Text: text}, at)
		}
	}
	r.Key, r.User = o.HasKey, x.maskedUser(at, o.UID)
	if o.Post != "" {
		r.Method, r.Post = "POST", "GPP_"+strings.ToUpper(o.Post)
	}
	report := x.Explanation.Place == PlaceReportRule
	option(o.HasKey && !report, "f.6", "--key: the answer is decrypted with AES-256-CBC")
	option(o.HasKey && report, "f.6", "--key: the report is encrypted with AES-256-CBC")
	option(o.HasUID, "c.4", "--uid: the phone logs in as "+r.User+" when asked to")
	option(o.HasPwd, "c.4", "--pwd: the password is not shown")
	option(o.Post != "", "c.4", "--post "+o.Post+": the content of "+r.Post+", its macros expanded, is sent along")
	option(o.Alias != "", "f.9", "--alias "+o.Alias+": GPP_"+strings.ToUpper(o.Alias)+" maps the names of the file to parameters")
	option(o.SRV, "c.4", "--srv: the server is looked up by DNS SRV")
	option(o.Delta, "g.4", "--delta: only what has changed since the report before")
	option(o.Status, "g.4", "--status: the status, not the configuration")
}

// maskedUser is the user, or stars where a secret takes part in it.
func (x *explainer) maskedUser(at span, user string) string {
	for _, arg := range x.arguments {
		if arg.option != "--uid" || arg.start < at.start || arg.end > at.end {
			continue
		}
		for _, p := range x.pieces {
			if p.secret && arg.start <= p.source.start && p.source.end <= arg.end {
				return stars
			}
		}
	}
	return user
}

// fetches is the request in words.
func (x *explainer) fetches(r *Request) string {
	verb := "fetches "
	switch {
	case r.URL.Scheme == "gds":
		return "starts onboarding by activation code and fetches no profile"
	case x.Explanation.Place == PlaceUpgradeRule:
		verb = "loads firmware "
	case r.Post != "":
		verb = "posts " + r.Post + " to and fetches "
	}
	if r.URL.Server == "" {
		return verb + r.URL.Path + " from the server that DHCP names"
	}
	return verb + r.URL.Complete().String()
}

// explainReports tells what is sent where (g.4).
func (x *explainer) explainReports() {
	if len(x.reports) == 0 {
		x.note("c.2", "an empty rule is skipped")
		x.Sentence = x.who() + " sends no report"
		return
	}
	contents := map[string]string{"full": "its whole configuration", "delta": "its changes", "status": "its status"}
	var sends []string
	for i := range x.reports {
		report := &x.reports[i]
		r := x.request(report.Options, report.URL, report.whole, report.url, report.Method(""))
		if x.Request == nil {
			x.Request = r
		}
		to := r.URL.Complete().String()
		if r.URL.Server == "" {
			to = r.URL.Path + " on the server that DHCP names"
		}
		sends = append(sends, contents[report.Content()]+" to "+to)
	}
	x.Sentence = x.who() + " sends " + strings.Join(sends, " and ")
}

// gated are the resyncs that triggers hold (d.2).
const gated = "resyncs not asked for by SIP NOTIFY or a direct action URL"

// explainTrigger tells what the trigger does to resyncs now (d.2).
func (x *explainer) explainTrigger() {
	if x.condition == nil {
		x.note("b.5", "a blank trigger is not set")
		x.Sentence = x.who() + ": the trigger is not set and holds nothing"
		return
	}
	x.comparisons(x.condition)
	if x.condition.Eval() {
		x.Sentence = x.who() + ": " + gated + " run because " + x.because(x.condition)
		return
	}
	at := x.inSource(span{x.condition.Comparisons[0].start, x.condition.Comparisons[len(x.condition.Comparisons)-1].end})
	x.note("d.2", "a resync that falls due stays due and asks again every second")
	x.Sentence = x.who() + ": " + gated + " are held until " + x.source[at.start:at.end] + "; now " + x.because(x.condition)
}

// explainDelays tells when the clock goes off (d.3).
func (x *explainer) explainDelays() {
	if len(x.delays) == 0 {
		x.note("d.3", "an empty list is off")
	}
	for i, delay := range x.delays {
		if delay == (Delay{}) {
			x.note("d.3", "0 without a random part ends the list")
			break
		}
		text := "use " + strconv.Itoa(i+1) + ": after " + delay.Words()
		if i == len(x.delays)-1 {
			text += ", and so on for ever"
		}
		x.Steps = append(x.Steps, Step{Kind: StepNote, Mark: "d.3", Offset: -1, Text: text})
	}
	x.Sentence = x.delays.Words()
}
