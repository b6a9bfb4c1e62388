package rule

// MAC is an Ethernet address.
type MAC [6]byte

// ParseMAC reads 12 hex digits in any common notation: 000e08012345,
// 00:0E:08:01:23:45, 00-0e-08-01-23-45, 000e.0801.2345.
func ParseMAC(text string) (MAC, error) { panic("stub") }

// String is the form of $MA: 12 lower-case hex digits.
func (m MAC) String() string { panic("stub") }

// Upper is the form of $MAU, Colons that of $MAC.
func (m MAC) Upper() string  { panic("stub") }
func (m MAC) Colons() string { panic("stub") }

// Identity is what a phone is by itself.
type Identity struct {
	MAC      MAC
	Product  string // $PN: "CP-8861-3PCC"
	Serial   string // $SN
	IP       string // $IP
	ExtIP    string // $EXTIP
	Software string // $SWVER: "sip88xx.11-0-1MPP-376"
	Hardware string // $HWVER: "2.0.1"
	Cert     string // $CCERT: "Installed" or "Not Installed"
}

// Phone is the point of view a text is read from: all that macros can name.
type Phone struct {
	Identity
	GPP     [16]string        // GPP_A to GPP_P, the macros A to P
	Secrets [4]string         // GPP_SA to GPP_SD, the macros SA to SD
	UserIDs []string          // User_ID_1_ …, the macros UID1 …
	State   map[string]string // PRVST, UPGST, PRVTMR, SCHEME … where they differ from a phone's that just started
}

// Sample is a phone to try texts with: the vectors' context "doc" with the
// given product name.
func Sample(product string) *Phone { panic("stub") }

// Macro is the phone's Lookup for everything but the secrets.
func (p *Phone) Macro(name string) (value string, ok bool) { panic("stub") }

// Secret is the phone's Lookup for SA to SD.
func (p *Phone) Secret(name string) (value string, ok bool) { panic("stub") }
