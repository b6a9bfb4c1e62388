package rule

// Lookup gives the value of the macro with that name, written without "$":
// "MA". ok is false for a name the phone does not know; such a macro stays in
// the text as it is (a.6).
type Lookup func(name string) (value string, ok bool)

// Expand replaces the macros of text once, from left to right (a.1 to a.7).
// The names SA to SD are not special here: a lookup that does not offer them
// leaves them as text (a.8).
func Expand(text string, macros Lookup) string {
	return string(AppendExpand(nil, text, macros))
}

// AppendExpand is Expand that appends to dst, without allocating when dst has
// room.
func AppendExpand(dst []byte, text string, macros Lookup) []byte { panic("stub") }

// ExpandRule expands the text of a rule: as Expand, and inside the arguments
// of --key, --uid and --pwd also with secrets, which offers SA to SD (a.8).
// secrets may be nil.
func ExpandRule(text string, macros, secrets Lookup) string { panic("stub") }

// Macro describes one name of the phone's table (a.2).
type Macro struct {
	Name    string // "MA"; families are listed once: "UID1"
	Meaning string // "MAC address, 12 lower-case hex digits"
	Example string // "000e08012345"
	Source  string // "P7800 C7800"
}

// Macros lists the names of a.2 in the order of that table.
func Macros() []Macro { panic("stub") }

// Token is a piece of a text: plain text, the escape "$$", or a macro.
type Token struct {
	Kind   TokenKind
	Offset int    // of the first byte in the text
	Text   string // as written: "$(MA:0:6)"
	Name   string // of a macro: "MA"
	From   int    // substring's offset in characters; 0 when not written
	Length int    // substring's length in characters; -1 when not written
}

// TokenKind tells the kinds of Token apart.
type TokenKind int

const (
	Plain TokenKind = iota
	Escape
	MacroRef
)

// Tokens splits text. The texts of the tokens put together are the text.
func Tokens(text string) []Token { panic("stub") }
