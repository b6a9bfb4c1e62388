package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"profilegen/gen"
	"profilegen/lab"
	"profilegen/rule"
	"profilegen/schema"
)

// reportDiff is how a phone's configuration, as it reported it (g.4), differs
// from what it was sent.
type reportDiff struct {
	Time        time.Time    `json:"time"`
	File        string       `json:"file,omitempty"` // where it was stored; "" when it was not
	Values      int          `json:"values"`         // in the report
	Same        int          `json:"same"`           // of those sent
	Absent      int          `json:"absent"`         // sent, and not in the report
	Differences []difference `json:"differences"`
	More        int          `json:"more,omitempty"` // differences beyond those
	Problem     string       `json:"problem,omitempty"`
}

// difference is a parameter that the phone has otherwise than it was sent.
type difference struct {
	Element  string `json:"element"`
	Sent     string `json:"sent"`
	Reported string `json:"reported"`
}

const (
	maxDifferences = 300
	reportsOfPhone = 20 // kept; the oldest go first
)

// reports takes the uploads of Report_Rule.
type reports struct {
	site *site
	desk *desk
	root *os.Root // nil: only the difference is kept, in memory
}

// take is the lab's Uploads. Reports are taken of phones of the fleet only, so
// that nobody fills the disk.
func (u *reports) take(ctx context.Context, r lab.Request) (func([]byte) error, error) {
	shelf := u.site.current.Load()
	phone, _ := u.site.who(shelf, r)
	if phone == nil {
		phone = shelf.named(r.Path)
	}
	if phone == nil {
		return nil, fmt.Errorf("%w: the report is of no phone of the fleet; have $MA in the URL of the Report_Rule", fs.ErrPermission)
	}
	store := func([]byte) error { return nil }
	file := ""
	if u.root != nil {
		var err error
		if store, file, err = u.storeAs(ctx, r, phone); err != nil {
			return nil, err
		}
	}
	return func(body []byte) error {
		body = openReport(phone, r.Encoding, body)
		if err := store(body); err != nil {
			return err
		}
		diff := compareReport(u.site.current.Load(), phone, body)
		diff.Time, diff.File = r.Time, file
		u.desk.reportedBy(phone.mac.String(), diff)
		return nil
	}, nil
}

// storeAs gives a report a fresh name in the folder of its phone.
func (u *reports) storeAs(ctx context.Context, r lab.Request, phone *servedPhone) (store func([]byte) error, file string, err error) {
	dir := phone.mac.String()
	file = fmt.Sprintf("%s/%s-%s.xml", dir, r.Time.UTC().Format("20060102-150405.000"), randomName()[:6])
	r.Path = "/" + file
	save, err := lab.SaveTo(u.root)(ctx, r)
	if err != nil {
		return nil, "", err
	}
	return func(body []byte) error {
		if err := save(body); err != nil {
			return err
		}
		return u.forgetOld(dir)
	}, file, nil
}

// forgetOld keeps the latest reports of a phone.
func (u *reports) forgetOld(dir string) error {
	list, err := fs.Glob(u.root.FS(), dir+"/*.xml")
	if err != nil {
		return err
	}
	slices.Sort(list) // by time
	for len(list) > reportsOfPhone {
		if err := u.root.Remove(list[0]); err != nil {
			return err
		}
		list = list[1:]
	}
	return nil
}

// openReport decrypts a report with the keys that the phone has or may have
// had (g.4); one that none of them fits stays as it is.
func openReport(phone *servedPhone, encoding string, body []byte) []byte {
	sealed := encoding != "" || bytes.HasPrefix(body, []byte("Salted__"))
	if made := phone.file.made; sealed && made != nil {
		for _, key := range reportKeys(made) {
			clear, err := gen.Decode(body, gen.Decoding{Key: key, HasKey: encoding == "", ContentEncoding: encoding, IKM: key})
			if err == nil {
				return clear
			}
		}
	}
	return body
}

// reportKeys are the phone's own keys, its key material, and those that its
// Report_Rule has.
func reportKeys(made *gen.LookupFile) []string {
	keys := made.Keys()
	profile, err := made.Profile()
	if err != nil {
		return keys
	}
	document, _, err := gen.ReadXML(made.Name, profile)
	if err != nil {
		return keys
	}
	values := document.Profile()
	if ikm := values.Text("IKM_HTTP_Encrypt_Content"); ikm != "" {
		keys = append(keys, ikm)
	}
	phone := rule.Phone{Identity: made.Device.Identity}
	for i := range phone.Secrets {
		phone.Secrets[i] = values.Text("GPP_S" + string(rune('A'+i)))
	}
	reports, err := rule.ParseReportRule(rule.ExpandRule(values.Text("Report_Rule"), phone.Macro, phone.Secret))
	if err != nil {
		return keys
	}
	for _, r := range reports {
		if r.Options != nil && r.Options.HasKey {
			keys = append(keys, r.Options.Key)
		}
	}
	return keys
}

// compareReport holds a report against what the phone is sent.
func compareReport(shelf *shelf, phone *servedPhone, body []byte) *reportDiff {
	diff := &reportDiff{Differences: []difference{}}
	sent, err := shelf.profileOf(phone)
	if err != nil {
		diff.Problem = fmt.Sprintf("what the phone is sent cannot be read: %v", err)
		return diff
	}
	reported, err := readReport(body)
	if err != nil {
		diff.Problem = "the report cannot be read: " + show(err.Error())
		return diff
	}
	diff.Values = reported.Len()
	for _, v := range sent.Values() {
		has, ok := reported.Get(v.Name)
		switch {
		case !ok:
			diff.Absent++
		case has.Text == v.Text:
			diff.Same++
		case len(diff.Differences) == maxDifferences:
			diff.More++
		default:
			diff.Differences = append(diff.Differences, differenceOf(v, has))
		}
	}
	return diff
}

func readReport(body []byte) (*schema.Profile, error) {
	text, err := gen.Decode(body, gen.Decoding{})
	if err != nil {
		return nil, err
	}
	document, _, err := gen.ReadXML("report", text)
	if err != nil {
		return nil, err
	}
	return document.Profile(), nil
}

// differenceOf shows two values of a parameter, their secrets masked.
func differenceOf(sent, reported schema.Value) difference {
	d := difference{sent.Name, cut(masked(sent)), cut(masked(reported))}
	if d.Sent == d.Reported { // they differ in what is not shown
		d.Reported += " (another)"
	}
	return d
}

// cut shortens a text for a table.
func cut(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
