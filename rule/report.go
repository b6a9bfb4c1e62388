package rule

import "strings"

// Report is one entry of a Report_Rule (c.9).
type Report struct {
	Options *Options
	URL     *URL

	whole, url span // in the text that was parsed
}

// ParseReportRule reads the one or two entries of a Report_Rule, whose macros
// are expanded already; none when it is blank or a comment.
func ParseReportRule(text string) ([]Report, error) {
	return asError(parseReports(text))
}

func parseReports(text string) ([]Report, *SyntaxError) {
	r := ruleReader{text: text, place: PlaceReportRule}
	r.skipBlanks()
	if r.next() == '#' {
		return nil, nil
	}
	var reports []Report
	for ; r.at < len(text); r.skipBlanks() {
		if len(reports) == 2 {
			return nil, newError(text, r.at, len(text), slip{"third-report", "a report rule has at most two entries", "the end", ""})
		}
		report, err := r.report()
		if err != nil {
			return nil, err
		}
		if report.URL != nil { // nothing but ";"
			reports = append(reports, report)
		}
	}
	return reports, nil
}

// report reads one entry. A ";" at its end is no part of the URL (g.4).
func (r *ruleReader) report() (report Report, err *SyntaxError) {
	start := r.at
	noAlternatives := slip{"alternative-in-report", "a report rule has no conditions and alternatives", "[ options ] url", ""}
	if c := r.next(); c == '(' || c == '|' {
		return report, newError(r.text, start, start+1, noAlternatives)
	}
	whole := *r
	end := afterURL(r.text, start)
	if r.next() == '[' && !isIPv6At(r.text, start) {
		if closing := r.closingBracket(start); closing >= 0 {
			whole.at = closing + 1
			whole.skipBlanks()
			end = afterURL(r.text, whole.at)
		}
	}
	url := r.text[min(whole.at, end):end]
	if i := strings.Index(url, "[--"); i > 0 {
		return report, newError(r.text, end-len(url)+i, end, slip{"missing-blank", "a blank is missing between two entries", "", "write a blank before ["})
	}
	// The entry is read by itself, with all before it as it is.
	entry := ruleReader{text: r.text[:end-len(url)+len(strings.TrimRight(url, ";"))], at: start, place: PlaceReportRule}
	report.Options, report.URL, report.url, err = entry.request()
	if err != nil {
		return report, newError(r.text, err.start, err.end, err.slip)
	}
	if r.at = end; r.next() == '|' {
		return report, newError(r.text, end, end+1, noAlternatives)
	}
	report.whole = span{start, entry.at}
	return report, nil
}

// Content is what the entry asks for (g.4): "full", "delta" or "status".
func (r *Report) Content() string {
	switch {
	case r.Options == nil:
	case r.Options.Status:
		return "status"
	case r.Options.Delta:
		return "delta"
	}
	return "full"
}

// Method is how the report is sent, with the value of HTTP_Report_Method:
// POST unless that is PUT; TFTP always writes, which is a PUT (g.4).
func (r *Report) Method(httpReportMethod string) string {
	if r.URL.Scheme == "tftp" || strings.EqualFold(httpReportMethod, "PUT") {
		return "PUT"
	}
	return "POST"
}

func (r *Report) String() string { return requestText(r.Options, r.URL) }
