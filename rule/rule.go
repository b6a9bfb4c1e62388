package rule

// Place says which kind of parameter a text stands in; it decides the grammar.
type Place int

const (
	PlaceProfileRule Place = iota // Profile_Rule, _B to _D, the rule of a resync URL
	PlaceUpgradeRule              // Upgrade_Rule
	PlaceReportRule               // Report_Rule
	PlaceTrigger                  // Resync_Trigger_1, _2: a bare condition
	PlaceMessage                  // Log_Request_Msg and its like
	PlaceDelays                   // Resync_Periodic, Resync_Error_Retry_Delay
	PlaceText                     // any other text with macros
)

// SyntaxError says where a text cannot be read, and what was probably meant.
type SyntaxError struct {
	Text     string // the text that was read; the arguments of --key and --pwd masked
	Offset   int    // byte offset of the trouble in Text
	Length   int    // how many bytes are in trouble; 0 at the end of the text
	Message  string // "a condition cannot hold a URL"
	Expected string // "an operator such as eq, ne, lt"; may be empty
	Hint     string // the way out: "this is a resync URL, not a condition: …"; may be empty
}

// Error is the message in one line with the offset; Show adds the text with a
// marker under the place, for a terminal or a page.
func (e *SyntaxError) Error() string { panic("stub") }
func (e *SyntaxError) Show() string  { panic("stub") }

// Condition is a conjunction of comparisons (b.1), all of them literals: it
// was parsed after expansion.
type Condition struct{ Comparisons []Comparison }

// Comparison is one of a condition's comparisons.
type Comparison struct {
	Left     Operand
	Operator Operator
	Right    Operand
}

type (
	Operand  struct{ text string }
	Operator int
)

// ParseCondition reads a condition whose macros are expanded already.
func ParseCondition(text string) (*Condition, error) { panic("stub") }

func (c *Condition) String() string { panic("stub") }

// Eval tells whether every comparison is true. Kinds and operators were
// checked when it was parsed.
func (c *Condition) Eval() bool { panic("stub") }

// CompareVersions orders two software versions (b.6): -1, 0, 1.
func CompareVersions(a, b string) (int, error) { panic("stub") }

// ProfileRule is the text of a Profile_Rule or Upgrade_Rule in parts (c.1).
type ProfileRule struct {
	Comment      string // the whole text when it begins with "#" (c.2)
	Alternatives []Alternative
}

// Alternative is one of a rule's alternatives. Each part may be missing.
type Alternative struct {
	Condition   *Condition
	Assignments []Assignment
	Options     *Options
	URL         *URL
}

// Assignment sets a parameter before the fetch (c.3). Name is the element's
// name; a single letter a to p has become GPP_A to GPP_P.
type Assignment struct{ Name, Value string }

// Options are what stands between "[" and "]" (c.4).
type Options struct {
	Key, UID, Pwd          string
	HasKey, HasUID, HasPwd bool   // an argument may be the empty text
	Post, Alias            string // "a" to "p"
	SRV                    bool
	Delta, Status          bool // Report_Rule only
}

// URL is where a rule leads (c.6). An empty Server stands for the one DHCP
// names (d.6).
type URL struct {
	Scheme    string // tftp, http, https or gds, lower case
	HasScheme bool   // whether it was written
	Server    string // name or address, as written, IPv6 without brackets
	Port      int    // the default one too
	HasPort   bool
	Path      string // with leading "/" and query
}

func ParseURL(text string) (*URL, error)                      { panic("stub") }
func ParseOptions(text string, place Place) (*Options, error) { panic("stub") }
func ParseProfileRule(text string) (*ProfileRule, error)      { panic("stub") }
func ParseUpgradeRule(text string) (*ProfileRule, error)      { panic("stub") }
func (u *URL) String() string                                 { panic("stub") }
func (o *Options) String() string                             { panic("stub") }
func (r *ProfileRule) String() string                         { panic("stub") }

// Choice is the alternative a rule takes. Index is -1 when none is true: the
// rule is skipped, which is no failure.
type Choice struct {
	Index int
	*Alternative
}

// Select takes the first alternative without a condition or with a true one.
func (r *ProfileRule) Select() Choice { panic("stub") }

// Report is one entry of a Report_Rule (c.9).
type Report struct {
	Options *Options
	URL     *URL
}

func ParseReportRule(text string) ([]Report, error) { panic("stub") }

// Candidates are the requests one DHCP value leads to, in order (d.6).
func Candidates(entry string, u *URL, macros Lookup) []*URL { panic("stub") }

// DHCPOption is the value of one option as the server gave it.
type DHCPOption struct {
	Code  int
	Value string
}

// DHCPOrder picks the options that name a profile server, in the order of
// DHCP_Option_To_Use.
func DHCPOrder(toUse string, offered map[int]string) []DHCPOption { panic("stub") }

// Delay is one element of a delay list: Seconds plus a random 0 to Random.
type Delay struct{ Seconds, Random int }

// Delays is the value of Resync_Periodic or Resync_Error_Retry_Delay (d.3).
type Delays []Delay

func ParseDelays(text string) (Delays, error) { panic("stub") }
func (d Delays) String() string               { panic("stub") }

// At is the element for the k-th use, from 0; the last one repeats. ok is
// false when the list is off or has ended.
func (d Delays) At(k int) (Delay, bool) { panic("stub") }
