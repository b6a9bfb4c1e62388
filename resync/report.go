package resync

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

// ReportSender is when configuration reports are sent (g.4).
type ReportSender struct {
	OnChange     bool // Report_to_Server = On Local Change
	Periodically bool // Report_to_Server = Periodically
	Period       int  // Periodic_Upload_to_Server, seconds
	ChangeDelay  int  // Upload_Delay_On_Local_Change, seconds
}

// report reads the parameters of reports; they stand in the catalog in two
// spellings, of which the one that is not the default counts.
func (r *settingsReader) report() ReportSender {
	when := func(element string) string { return strings.TrimSpace(r.value(element)) }
	mode := when("Report_to_Server")
	if other := when("Report_To_Server"); mode == "" || mode == "On Request" && other != "" {
		mode = other
	}
	return ReportSender{
		OnChange:     mode == "On Local Change",
		Periodically: mode == "Periodically",
		Period:       min(max(r.number("Periodic_Upload_To_Server"), 600), 2592000),
		ChangeDelay:  min(max(r.number("Upload_Delay_On_Local_Change"), 10), 900),
	}
}

// reporting is what the phone remembers of reports.
type reporting struct {
	now  bool                 // one is to be sent
	due  time.Time            // of the next by a clock; zero: none
	sent map[string]parameter // what the last report held, for --delta
}

// atStart sends a report at a restart (g.4).
func (r *reporting) atStart(s *Settings) { r.now, r.due = true, time.Time{} }

// changedByUser starts the delay before the report of a local change.
func (r *reporting) changedByUser(s *Settings, now time.Time) {
	if s.Report.OnChange && r.due.IsZero() {
		r.due = now.Add(seconds(s.Report.ChangeDelay))
	}
}

// reportIfDue sends the reports of Report_Rule.
func (p *Phone) reportIfDue(ctx context.Context) {
	r := &p.report
	if !r.now && (r.due.IsZero() || r.due.After(p.now)) {
		return
	}
	r.now, r.due = false, time.Time{}
	text := p.Value("Report_Rule")
	if strings.TrimSpace(text) == "" {
		return
	}
	if p.current().Report.Periodically {
		r.due = p.now.Add(seconds(p.current().Report.Period))
	}
	view := p.view()
	entries, err := rule.ParseReportRule(rule.ExpandRule(text, view.Macro, view.Secret))
	if err != nil {
		p.emit(Event{Kind: RuleFailed, Parameter: "Report_Rule", Err: err.Error(), Mark: "c.9"})
		return
	}
	for i := range entries {
		p.sendReport(ctx, &entries[i])
	}
	r.sent = maps.Clone(p.parameters)
}

// sendReport sends one report, once: there is no retry (g.2).
func (p *Phone) sendReport(ctx context.Context, entry *rule.Report) {
	method := entry.Method(p.Value("HTTP_Report_Method"))
	r := Request{Method: method, URL: entry.URL.String(), ContentType: "text/xml"}
	e := Event{Kind: ReportSent, Parameter: "Report_Rule", Method: method, URL: r.URL, Text: entry.Content(), Mark: "g.4"}
	if entry.URL.Scheme != "tftp" {
		r.UserAgent = p.userAgent()
	}
	err := p.fillReport(&r, entry)
	if err == nil {
		if o := entry.Options; o != nil {
			r.SRV, r.User, r.Password = o.SRV, o.UID, o.Pwd
		}
		reply := p.Fetch.Fetch(ctx, r)
		if reply.Status == 401 && entry.Options != nil && entry.Options.HasUID {
			r.Login, r.Challenge = true, reply.Login
			reply = p.Fetch.Fetch(ctx, r)
		}
		e.Status, err = reply.Status, reply.Err
		p.advance(p.now.Add(min(max(reply.Took, 0), longestFetch)))
	}
	if err != nil {
		e.Err = err.Error()
	}
	p.emit(e)
}

// fillReport gives the request its body, encrypted as the rule and the key
// material want it (g.4).
func (p *Phone) fillReport(r *Request, entry *rule.Report) (err error) {
	if r.Body, err = gen.AppendXML(nil, p.reportProfile(entry.Content())); err != nil {
		return err
	}
	switch ikm := p.Value("IKM_HTTP_Encrypt_Content"); {
	case entry.Options != nil && entry.Options.HasKey:
		r.Body = gen.EncryptKey(r.Body, entry.Options.Key, [8]byte(p.salt(8)), p.Quirks.digests()[0])
	case ikm != "" && entry.URL.Scheme != "tftp":
		r.Body, err = gen.EncryptContent(r.Body, ikm, [16]byte(p.salt(16)))
		r.ContentEncoding = "aes128gcm"
	}
	return err
}

// salt draws bytes.
func (p *Phone) salt(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(p.draw(255))
	}
	return b
}

// reportProfile is the content of a report: a flat-profile, of which the
// documents say no more (g.4). Secrets are left out.
func (p *Phone) reportProfile(content string) *schema.Profile {
	profile := new(schema.Profile)
	switch content {
	case "status":
		for _, v := range p.statusValues() {
			profile.Set(v)
		}
	case "delta":
		for _, v := range p.Changed() {
			if p.parameters[v.Name] != p.report.sent[v.Name] && !p.secret(v.Name) {
				profile.Set(v)
			}
		}
	default:
		profile = p.Config()
	}
	return profile
}

// Config is the configuration as a profile, as /admin/cfg.xml and a full report
// show it: every parameter but the secret ones.
func (p *Phone) Config() *schema.Profile {
	profile := new(schema.Profile)
	for entry := range p.catalog().Entries() {
		if entry.Secret() {
			continue
		}
		ua := p.Access(entry.Name)
		if ua == "" && isAccess(entry.UA) {
			ua = entry.UA
		}
		profile.Set(schema.Value{Name: entry.Name, Text: p.Value(entry.Name), UA: ua})
	}
	return profile
}

func isAccess(ua string) bool { return slices.Contains([]string{"na", "ro", "rw"}, ua) }

// statusValues are the phone's state as elements.
func (p *Phone) statusValues() []schema.Value {
	s := p.Status()
	list := []schema.Value{
		{Name: "Product_Name", Text: p.Product},
		{Name: "Serial_Number", Text: p.Serial},
		{Name: "MAC_Address", Text: p.MAC.Upper()},
		{Name: "Software_Version", Text: p.Software},
		{Name: "Hardware_Version", Text: p.Hardware},
		{Name: "Current_Time", Text: s.Clock.Format("1/2/2006 15:04:05")},
		{Name: "Customization", Text: string(s.Customisation)},
	}
	for i, r := range s.Results {
		text := r.Time.Format("1/2/2006 15:04:05") + " " + r.URL
		if r.Err != "" {
			text += " " + r.Err
		}
		list = append(list, schema.Value{Name: "Provisioning_Status_" + string(rune('1'+i)), Text: text})
	}
	for i, r := range s.Restarts {
		list = append(list, schema.Value{Name: "Reboot_Reason_" + string(rune('1'+i)), Text: r.Time.Format("1/2/2006 15:04:05") + " " + r.Reason})
	}
	return list
}

// StatusXML is the answer of /admin/status.xml.
func (p *Phone) StatusXML() ([]byte, error) {
	dst := []byte("<status>\n")
	for _, v := range p.statusValues() {
		var err error
		if dst, err = gen.AppendElement(dst, v); err != nil {
			return nil, err
		}
	}
	return append(dst, "</status>\n"...), nil
}
