package rule

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// MAC is an Ethernet address.
type MAC [6]byte

// ParseMAC reads 12 hex digits in any common notation: 000e08012345,
// 00:0E:08:01:23:45, 00-0e-08-01-23-45, 000e.0801.2345.
func ParseMAC(text string) (MAC, error) {
	var m MAC
	digits, ok := macDigits(text)
	if ok {
		_, err := hex.Decode(m[:], digits[:])
		ok = err == nil
	}
	if !ok {
		return MAC{}, fmt.Errorf("%q is not a MAC address: it has 12 hex digits, with or without separators", text)
	}
	return m, nil
}

// macDigits takes the separators out: none, or one kind of them between groups
// of two or four digits.
func macDigits(text string) (digits [12]byte, ok bool) {
	group := len(digits)
	switch len(text) {
	case 12 + 5:
		group = 2
	case 12 + 2:
		group = 4
	case 12:
	default:
		return digits, false
	}
	n := 0
	for i := range len(text) {
		if i%(group+1) == group {
			separator := text[i]
			if separator != text[group] || !strings.ContainsRune(":-. ", rune(separator)) {
				return digits, false
			}
			continue
		}
		digits[n] = text[i]
		n++
	}
	return digits, true
}

// String is the form of $MA: 12 lower-case hex digits.
func (m MAC) String() string {
	var digits [12]byte
	hex.Encode(digits[:], m[:])
	return string(digits[:])
}

// Upper is the form of $MAU, Colons that of $MAC.
func (m MAC) Upper() string { return strings.ToUpper(m.String()) }
func (m MAC) Colons() string {
	var digits [12]byte
	hex.Encode(digits[:], m[:])
	var text [17]byte
	for i := range m {
		copy(text[3*i:], digits[2*i:2*i+2])
		if i > 0 {
			text[3*i-1] = ':'
		}
	}
	return string(text[:])
}

// Identity is what a phone is by itself.
type Identity struct {
	MAC      MAC
	Product  string // $PN: "CP-8861-3PCC"
	Serial   string // $SN
	IP       string // $IP
	ExtIP    string // $EXTIP
	Software string // $SWVER: "sip88xx.11-0-1MPP-376"
	Hardware string // $HWVER: "2.0.1"
	Cert     string // $CCERT: "Installed" or "Not Installed"; empty is "Not Installed"
}

// Complete fills in what is not known of a phone, but for its MAC address, as
// it is with another one.
func (id *Identity) Complete(like *Identity) {
	for _, field := range []struct{ of, like *string }{
		{&id.Product, &like.Product}, {&id.Serial, &like.Serial}, {&id.IP, &like.IP}, {&id.ExtIP, &like.ExtIP},
		{&id.Software, &like.Software}, {&id.Hardware, &like.Hardware}, {&id.Cert, &like.Cert},
	} {
		if *field.of == "" {
			*field.of = *field.like
		}
	}
}

// ShortName is $PSN: the product name without "CP-".
func (id *Identity) ShortName() string { return strings.TrimPrefix(id.Product, "CP-") }

// UserAgent is the User-Agent of the phone's HTTP requests (h.1). A software
// version that cannot be read stands there as it is.
func (id *Identity) UserAgent() string {
	return "Cisco-" + id.Product + "/" + release(id.Software) + " (" + id.MAC.String() + ")"
}

// release is the version as User-Agent shows it: the numbers of its parts with
// dots, a last 0 dropped while more than two remain.
func release(software string) string {
	v, ok := parseSoftware(software)
	if !ok {
		return software
	}
	for v.count > 2 && v.parts[v.count-1].number == "" {
		v.count--
	}
	var text []byte
	for i, part := range v.parts[:v.count] {
		if i > 0 {
			text = append(text, '.')
		}
		text = append(text, part.number.String()...)
	}
	return string(text)
}

// Phone is the point of view a text is read from: all that macros can name.
type Phone struct {
	Identity
	GPP     [16]string // GPP_A to GPP_P, the macros A to P
	Secrets [4]string  // GPP_SA to GPP_SD, the macros SA to SD
	UserIDs []string   // User_ID_1_ …, the macros UID1 …
	// State holds PRVST, UPGST, PRVTMR, SCHEME … where they differ from those
	// of a phone that just started. A name in it goes before all others.
	State map[string]string
}

// Sample is a phone to try texts with: the vectors' context "doc" with the
// given product name, and a software version of that model's.
func Sample(product string) *Phone {
	load := "sip88xx"
	switch short := strings.TrimPrefix(product, "CP-"); {
	case strings.HasPrefix(short, "7832"):
		load = "sip7832"
	case strings.HasPrefix(short, "78"):
		load = "sip78xx"
	case strings.HasPrefix(short, "8832"):
		load = "sip8832"
	case strings.HasPrefix(short, "8845"), strings.HasPrefix(short, "8865"):
		load = "sip8845_65"
	}
	return &Phone{
		Identity: Identity{
			MAC:      MAC{0x00, 0x0e, 0x08, 0x01, 0x23, 0x45},
			Product:  product,
			Serial:   "88012BA01234",
			IP:       "192.168.1.100",
			ExtIP:    "66.43.16.52",
			Software: load + ".11-0-1MPP-376",
			Hardware: "2.0.1",
			Cert:     "Installed",
		},
		UserIDs: []string{"4081001141", "4081001142"},
		State:   map[string]string{"PRVTMR": "1200", "UPGTMR": "4000", "REGTMR2": "45"},
	}
}

// Macro is the phone's Lookup for everything but the secrets.
func (p *Phone) Macro(name string) (value string, ok bool) {
	if value, ok := p.State[name]; ok {
		return value, true
	}
	if len(name) == 1 {
		if 'A' <= name[0] && name[0] <= 'P' {
			return p.GPP[name[0]-'A'], true
		}
		return "", false
	}
	switch name {
	case "MA":
		return p.MAC.String(), true
	case "MAU":
		return p.MAC.Upper(), true
	case "MAC":
		return p.MAC.Colons(), true
	case "PN":
		return p.Product, true
	case "PSN":
		return p.ShortName(), true
	case "SN":
		return p.Serial, true
	case "CCERT":
		if p.Cert == "" {
			return "Not Installed", true
		}
		return p.Cert, true
	case "IP":
		return p.IP, true
	case "EXTIP":
		return p.ExtIP, true
	case "SWVER":
		return p.Software, true
	case "HWVER":
		return p.Hardware, true
	case "METH":
		return p.State["SCHEME"], true
	case "PRVST", "PRVTMR", "UPGTMR", "REGTMR1", "REGTMR2", "ISCUST":
		return "0", true
	case "UPGST":
		return "1", true
	case "UPGCOND":
		return "true", true
	case "UPGERR", "SCHEME", "SERV", "SERVIP", "PORT", "PATH", "ERR":
		return "", true
	}
	return p.userID(name)
}

// userID is the value of UID1 …, one for each line.
func (p *Phone) userID(name string) (value string, ok bool) {
	number, isUID := strings.CutPrefix(name, "UID")
	if !isUID || number == "" || number[0] == '0' {
		return "", false
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(p.UserIDs) {
		return "", false
	}
	return p.UserIDs[n-1], true
}

// Secret is the phone's Lookup for SA to SD.
func (p *Phone) Secret(name string) (value string, ok bool) {
	if len(name) == 2 && name[0] == 'S' && 'A' <= name[1] && name[1] <= 'D' {
		return p.Secrets[name[1]-'A'], true
	}
	return "", false
}
