package resync

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// ruleNames are the parameters of an attempt, in order (d.4).
var ruleNames = [4]string{"Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"}

// outcome is what became of one rule or one fetch.
type outcome int

const (
	good     outcome = iota
	notFound         // class B
	failed           // class C, damaged, unreadable
)

// Texts of $ERR (e.3).
const (
	errNotFound = "file not found"
	errDamaged  = "corrupt file"
	errRule     = "rule syntax error"
)

// attempt is one resync (d.4).
type attempt struct {
	*Phone
	ctx      context.Context
	trigger  Trigger
	rule     string  // parameter in hand; "" for a one-time rule
	aliases  Aliases // of its --alias
	why      string  // of the failure
	restarts bool    // a changed element needs a restart
}

// attempt makes the resync and sets the clocks by its result.
func (p *Phone) attempt(ctx context.Context, w waiting) {
	a := &p.attempts
	a.running, a.state = true, w.Cause.state(&p.Quirks)
	a.timer = p.since(a.last)
	a.last = p.now
	p.emit(Event{Kind: Began, Cause: w.Cause, Mark: "d.4"})

	run := attempt{Phone: p, ctx: ctx, trigger: w.Trigger}
	ok := run.rules()
	a.running = false
	p.attemptSecrets = nil

	if ok {
		p.emit(Event{Kind: Succeeded, Cause: w.Cause, Mark: "d.4"})
	} else {
		p.emit(Event{Kind: Failed, Cause: w.Cause, Parameter: ruleName(run.rule), Err: run.why, Mark: "d.4"})
	}
	switch oneTime := w.oneTime(); {
	case oneTime && !p.Quirks.OneTimeRetries:
		a.succeeded = a.succeeded || ok
	case ok:
		p.succeed()
	default:
		p.fail()
	}
	if run.restarts && (ok || !p.Quirks.RestartAfterGoodOnly) {
		p.restart = ReasonProvisioning
		if p.busy {
			p.emit(Event{Kind: RestartWaits, Text: p.restart, Mark: "d.7"})
		}
	}
	p.upgrade.look = p.upgrade.look || ok
	p.tuneSetTime()
	p.askNow = p.askNow || p.restart != "" && !p.busy
}

// oneTime tells whether the request brought its own rule (d.1).
func (t *Trigger) oneTime() bool { return strings.TrimSpace(t.Rule) != "" }

// rules runs the rules in order up to the first failure.
func (a *attempt) rules() (ok bool) {
	if a.trigger.oneTime() {
		return a.run("", a.trigger.Rule)
	}
	var texts [len(ruleNames)]string
	for i, name := range ruleNames {
		texts[i] = a.Value(name)
	}
	for i, name := range ruleNames {
		if !a.Quirks.RulesReadAtStart {
			texts[i] = a.Value(name)
		}
		if !a.run(name, texts[i]) {
			return false
		}
	}
	return true
}

// run reads a rule and does what it says.
func (a *attempt) run(name, text string) (ok bool) {
	a.rule = name
	if strings.TrimSpace(text) == "" {
		return true
	}
	view := a.view()
	parsed, err := rule.ParseProfileRule(rule.ExpandRule(text, view.Macro, view.Secret))
	var choice rule.Choice
	if err == nil {
		choice, err = parsed.Select()
	}
	if err != nil {
		a.emit(Event{Kind: RuleFailed, Parameter: ruleName(name), Err: err.Error(), Mark: "d.4"})
		if a.Quirks.BadRuleSkipped {
			return true
		}
		a.attempts.err, a.why = errRule, errRule
		return false
	}
	a.emitRule(name, text, view, choice.Index < 0)
	if choice.Index < 0 {
		return true
	}
	if o := choice.Options; o != nil {
		a.keepSecret(o.Key, o.Pwd)
	}
	for _, s := range choice.Assignments {
		a.assign(s)
	}
	switch u := choice.URL; {
	case u == nil:
		return true
	case u.Scheme == "gds":
		a.emit(Event{Kind: Remark, Parameter: ruleName(name), Text: "gds:// is activation-code onboarding: nothing is fetched here", Mark: "c.6"})
		return true
	}
	if err := a.readAliases(choice.Options); err != nil {
		a.emit(Event{Kind: RuleFailed, Parameter: ruleName(name), Err: err.Error(), Mark: "f.9"})
		a.attempts.err, a.why = errRule, errRule
		return false
	}
	return a.search(choice, view)
}

// readAliases reads the map of --alias; one that cannot be read fails the rule
// (f.9).
func (a *attempt) readAliases(o *rule.Options) (err error) {
	a.aliases = nil
	if o != nil && o.Alias != "" {
		a.aliases, err = ParseAliases(a.Value("GPP_" + strings.ToUpper(o.Alias)))
	}
	return err
}

// keepSecret has texts masked in the events of this attempt.
func (p *Phone) keepSecret(texts ...string) {
	for _, text := range texts {
		if len(text) >= shortestHidden {
			p.attemptSecrets = append(p.attemptSecrets, text)
		}
	}
}

// assign makes one assignment of a rule (c.3).
func (a *attempt) assign(s rule.Assignment) {
	if _, known := a.catalog().Lookup(s.Name); !known {
		a.emit(Event{Kind: Remark, Parameter: ruleName(a.rule), Text: "no parameter " + s.Name + ": its assignment is ignored", Mark: "c.3"})
		return
	}
	old, changed := a.put(s.Name, s.Value)
	if !changed {
		return
	}
	c := a.change(s.Name, old, s.Value)
	a.restarts = a.restarts || c.Restart
	a.emit(Event{Kind: Assigned, Parameter: ruleName(a.rule), Changes: []Change{c}, Mark: "c.3"})
}

// search fetches the profile from the server of the rule, of the request, or
// from those that DHCP names (d.6).
func (a *attempt) search(choice rule.Choice, view *rule.Phone) (ok bool) {
	candidates, why := a.candidates(choice.URL, view)
	if len(candidates) == 0 {
		a.emit(Event{Kind: RuleFailed, Parameter: ruleName(a.rule), Err: why, Mark: "d.6"})
		if a.Quirks.NoServerSkips {
			return true
		}
		a.attempts.err, a.why = choice.URL.Scheme+"_get failed", why
		return false
	}
	result := notFound
	for _, u := range candidates {
		switch a.fetch(u, choice.Options) {
		case good:
			a.found(choice.URL.Server == "")
			return true
		case failed:
			result = failed
		}
	}
	if result == notFound && !a.current().FailsOnFNF {
		a.emit(Event{Kind: Remark, Parameter: "Resync_Fails_On_FNF", Text: "No: a file that is not there is no failure", Mark: "d.4"})
		return true
	}
	return false
}

// candidates are the URLs to try, in order. why tells what is missing when
// there are none.
func (a *attempt) candidates(u *rule.URL, view *rule.Phone) (list []*rule.URL, why string) {
	if u.Server != "" {
		return []*rule.URL{u}, ""
	}
	if a.trigger.oneTime() && a.trigger.Host != "" {
		withHost := *u
		withHost.Server = a.trigger.Host
		return []*rule.URL{&withHost}, ""
	}
	options := rule.DHCPOrder(a.current().DHCPOptions, a.DHCP)
	if len(options) == 0 {
		return nil, "the rule names no server, and DHCP gives none of the options " + a.current().DHCPOptions
	}
	second := rule.Expand("/Cisco/$PN/$MA.cfg", view.Macro)
	for _, o := range options {
		value := o.Value
		if a.Quirks.DHCPVerbatim {
			value = strings.ReplaceAll(value, "$", "$$")
		}
		for _, candidate := range rule.Candidates(value, u, view.Macro) {
			if !a.Quirks.NoSecondTail || !strings.HasSuffix(candidate.Path, second) {
				list = append(list, candidate)
			}
		}
	}
	return list, "the options that DHCP gives lead to no server for this rule"
}

// fetch asks one URL, follows its redirects and challenges, and applies what
// comes (d.5).
func (a *attempt) fetch(u *rule.URL, o *rule.Options) outcome {
	if o == nil {
		o = new(rule.Options)
	}
	r := a.request(o)
	redirects, tries, asked := 0, 0, false
	for {
		a.takeInHand(u)
		r.URL = u.String()
		if !a.allowed(u.Server) {
			return a.refuse(u, "Restricted_Access_Domains does not allow "+u.Server)
		}
		if !asked {
			a.message("Log_Request_Msg", "resync")
		}
		a.emit(Event{Kind: Requested, Parameter: ruleName(a.rule), Method: methodFor(u, &r), URL: r.URL, Mark: "d.4"})
		reply := a.ask(r, u)
		class := Classify(&reply, &a.Quirks)
		a.emitReply(&reply, class)
		switch class {
		case ClassA:
			return a.take(u, o, &reply)
		case ClassB:
			a.why = errNotFound
			a.ended(errNotFound)
			return notFound
		case ClassRedirect:
			next, err := a.location(u, reply.Location)
			switch {
			case redirects == a.Quirks.redirects():
				return a.refuse(u, "more than "+plural(redirects, "redirect"))
			case err != nil:
				return a.refuse(u, "redirected to what cannot be read: "+err.Error())
			}
			redirects++
			u, tries, asked = next, 0, false
			r.Challenge, r.Login = nil, a.Quirks.LoginUnasked && (o.HasUID || o.HasPwd)
			a.emit(Event{Kind: Redirected, URL: u.String(), Text: reply.Location, Mark: "d.5"})
		case ClassAuth:
			if !o.HasUID && !o.HasPwd {
				return a.refuse(u, "the server wants a log-in and the rule has no --uid and --pwd")
			}
			if tries == a.Quirks.loginTries() {
				return a.refuse(u, "the server does not accept --uid and --pwd")
			}
			tries++
			asked = true
			r.Login, r.Challenge, r.Proxy = true, reply.Login, reply.Status == 407
		default:
			return a.refuse(u, "")
		}
	}
}

// request is what is equal for all requests of a rule.
func (a *attempt) request(o *rule.Options) Request {
	r := Request{Method: "GET", UserAgent: a.userAgent(), SRV: o.SRV, User: o.UID, Password: o.Pwd}
	r.Login = a.Quirks.LoginUnasked && (o.HasUID || o.HasPwd)
	if a.Value("IKM_HTTP_Encrypt_Content") != "" && !a.Quirks.NoAcceptEncoding {
		r.AcceptEncoding = "aes128gcm"
	}
	if o.Post != "" {
		r.Method, r.ContentType = "POST", "text/plain"
		r.Body = []byte(rule.Expand(a.Value("GPP_"+strings.ToUpper(o.Post)), a.view().Macro))
	}
	return r
}

// userAgent is the User-Agent of HTTP requests: HTTP_User_Agent_Name when it is
// set to something of its own (h.1).
func (p *Phone) userAgent() string {
	const standard = "HTTP_User_Agent_Name"
	if text := p.Value(standard); text != "" && text != p.factory(standard) {
		return rule.Expand(text, p.view().Macro)
	}
	return p.UserAgent()
}

// methodFor is the method on the wire: TFTP knows only reading.
func methodFor(u *rule.URL, r *Request) string {
	if u.Scheme == "tftp" {
		return "GET"
	}
	return r.Method
}

// ask sends a request and lets the time pass that it takes.
func (a *attempt) ask(r Request, u *rule.URL) Reply {
	if u.Scheme == "tftp" {
		r = Request{Method: "GET", URL: r.URL}
	}
	reply := a.Fetch.Fetch(a.ctx, r)
	if reply.Took > 0 {
		a.advance(a.now.Add(min(reply.Took, longestFetch)))
	}
	if reply.Address != "" {
		a.attempts.address = reply.Address
	}
	return reply
}

// longestFetch bounds what a Fetcher may say that it took.
const longestFetch = 24 * time.Hour

// takeInHand makes u the URL that SCHEME to PATH are about.
func (p *Phone) takeInHand(u *rule.URL) {
	p.attempts.url = u
	p.attempts.address = u.Server
	if _, err := netip.ParseAddr(u.Server); err != nil && p.Resolve != nil {
		if address := p.Resolve(u.Server); address != "" {
			p.attempts.address = address
		}
	}
}

// refuse ends a fetch with class C. why is "" when the reply says it all.
func (a *attempt) refuse(u *rule.URL, why string) outcome {
	a.why = u.Scheme + "_get failed"
	a.ended(a.why)
	if why != "" {
		a.why += ": " + why
		a.emit(Event{Kind: Remark, Parameter: ruleName(a.rule), Text: why, Mark: "d.5"})
	}
	return failed
}

// ended notes the result of a fetch and sends its log message; err is "" for
// success (e.1, e.5).
func (p *Phone) ended(err string) {
	p.attempts.err = err
	p.keepResult()
	if err == "" {
		p.message("Log_Success_Msg", "resync")
	} else {
		p.message("Log_Failure_Msg", "resync")
	}
}

// location is where a redirect leads: absolute, or relative to u (d.5).
func (a *attempt) location(u *rule.URL, text string) (*rule.URL, error) {
	if !a.Quirks.LocationVerbatim {
		text = rule.Expand(text, a.view().Macro)
	}
	return resolve(u, strings.TrimSpace(text))
}

// resolve reads a reference relative to a URL. The path goes out as written,
// which net/url would not do.
func resolve(base *rule.URL, ref string) (*rule.URL, error) {
	if i := strings.Index(ref, "://"); i > 0 && !strings.ContainsAny(ref[:i], "/?#") {
		if !strings.Contains(ref[i+3:], "/") {
			ref += "/"
		}
		return rule.ParseURL(ref)
	}
	path, _, _ := strings.Cut(base.Path, "?")
	switch {
	case strings.HasPrefix(ref, "//"):
		return resolve(base, base.Scheme+":"+ref)
	case strings.HasPrefix(ref, "/"):
		path = ref
	case strings.HasPrefix(ref, "?"):
		path += ref
	case ref == "":
		return rule.ParseURL("")
	default:
		path = path[:strings.LastIndexByte(path, '/')+1] + ref
	}
	target := *base
	target.Path = ""
	return rule.ParseURL(target.String() + path)
}

// allowed tells whether Restricted_Access_Domains lets a server be asked (d.6).
func (a *attempt) allowed(server string) bool {
	domains := a.current().Domains
	if len(domains) == 0 {
		return true
	}
	server = strings.ToLower(server)
	for _, domain := range domains {
		domain = strings.ToLower(strings.TrimPrefix(domain, "."))
		if server == domain || strings.HasSuffix(server, "."+domain) {
			return true
		}
	}
	return false
}

// take decodes a file and applies it (f).
func (a *attempt) take(u *rule.URL, o *rule.Options, reply *Reply) outcome {
	seen := a.fingerprint(o, reply)
	if a.applied[u.String()] == seen {
		a.ended("")
		a.emit(Event{Kind: Applied, URL: u.String(), Mark: "f.1"})
		return good
	}
	values, err := a.read(u, o, reply)
	if err != nil {
		a.why = errDamaged
		a.emit(Event{Kind: Damaged, URL: u.String(), Err: err.Error(), Mark: "f.1"})
		a.ended(errDamaged)
		if a.Quirks.DamagedIsNotFound {
			return notFound
		}
		return failed
	}
	changes := a.apply(values)
	for _, c := range changes {
		a.restarts = a.restarts || c.Restart
	}
	a.ended("")
	a.emit(Event{Kind: Applied, URL: u.String(), Changes: changes, Mark: "f.1"})
	a.remember(u, o, reply)
	return good
}

// fingerprint stands for a reply, the way it is read, and all values the phone
// holds. Applying a profile a second time changes nothing, so that one whose
// fingerprint is known need not be read: nearly all of a long simulation.
type fingerprint struct {
	body     [sha256.Size]byte
	encoding string
	key      string
	alias    string
	revision int
}

func (a *attempt) fingerprint(o *rule.Options, reply *Reply) fingerprint {
	return fingerprint{sha256.Sum256(reply.Body), reply.Encoding, o.Key, o.Alias, a.revision}
}

// mostRemembered bounds the URLs whose fingerprints are kept.
const mostRemembered = 16

func (a *attempt) remember(u *rule.URL, o *rule.Options, reply *Reply) {
	if a.applied == nil || len(a.applied) >= mostRemembered {
		a.applied = map[string]fingerprint{}
	}
	a.applied[u.String()] = a.fingerprint(o, reply)
}

// read makes values of a file: decoded, and through the alias map of the rule
// (f.9).
func (a *attempt) read(u *rule.URL, o *rule.Options, reply *Reply) ([]schema.Value, error) {
	clear, err := gen.Decode(reply.Body, gen.Decoding{
		Key: o.Key, HasKey: o.HasKey, ContentEncoding: reply.Encoding, IKM: a.Value("IKM_HTTP_Encrypt_Content"),
		Digests: a.Quirks.digests(),
	})
	if err != nil {
		return nil, err
	}
	if a.aliases != nil {
		return a.aliases.Read(clear)
	}
	return readProfile(u.Path, clear)
}

// found notes that a profile came before any redirect service was asked (d.9).
func (p *Phone) found(byDHCP bool) {
	if p.customised() != Open {
		return
	}
	p.customisation = Aborted
	text := string(Aborted) + ": a profile rule came before the redirect service"
	if byDHCP {
		text = string(Aborted) + ": DHCP came before the redirect service"
	}
	p.emit(Event{Kind: CustomChanged, Text: text, Mark: "d.9"})
}
