package rule

// Finding is something legal that is hardly meant, or an error, in the text of
// one parameter. Offset and Length are bytes of the text before expansion.
type Finding struct {
	ID             string // "unknown-macro"
	Severity       Severity
	Offset, Length int
	Summary        string // "$MAconfig is not a macro and stays as text"
	Hint           string // "write $(MA)config"
	Fix            string // the whole corrected text, when one edit mends it; otherwise empty
	Source         string // "a.5, F7832"
}

// Severity grades findings and problems.
type Severity int

const (
	Note Severity = iota
	Warning
	Error
)

// Check reads text as the phone would and lists what is wrong with it (c.7).
func Check(place Place, text string, phone *Phone) []Finding { panic("stub") }

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

// Request is what the phone will ask for.
type Request struct {
	Method string // GET, POST, PUT
	URL    *URL
	User   string // of --uid, masked never; the password is never kept
	Key    bool   // the answer is decrypted with --key
	Post   string // GPP sent as body: "GPP_A"
}

func Explain(place Place, text string, phone *Phone) *Explanation { panic("stub") }
