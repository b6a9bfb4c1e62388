package gen

import (
	"cmp"
	"strings"

	"profilegen/rule"
	"profilegen/schema"
)

// checkEncoding tells what speaks against a form of the files in this batch.
func (r *run) checkEncoding(f *form) (problems schema.Problems) {
	if f.encrypt == schema.EncryptIKM {
		problems = append(problems, r.checkContent(f)...)
	}
	if f.login != "" {
		problems = append(problems, r.checkLogin(f)...)
	}
	if r.guides(f) && r.Encoding.First != schema.NoFirst {
		problems = append(problems, r.checkFirst()...)
	}
	return problems
}

// checkContent looks for a way that RFC 8188 cannot go.
func (r *run) checkContent(f *form) schema.Problems {
	problem := schema.Problem{ID: "ikm-scheme", Source: "f.7, F7832"}
	switch deliveryScheme(&r.Delivery) {
	case "tftp":
		if f != r.form {
			return nil // each phone of it tells
		}
		problem.Severity = rule.Error
		problem.Summary = "files encrypted by RFC 8188 cannot be fetched by TFTP, which has no header Content-Encoding"
		problem.Hint = "deliver by http or https, or encrypt for --key"
	case "":
		problem.Severity = rule.Warning
		problem.Summary = "files encrypted by RFC 8188 are for HTTP and HTTPS, and the batch is not told how phones fetch them"
		problem.Hint = "name the server they are delivered to; DHCP has to name one with http:// or https:// otherwise"
	default:
		return nil
	}
	return schema.Problems{problem}
}

// checkChoices looks for what a row says of its phone's file and that cannot be.
func (r *run) checkChoices(m *model, d *Device) *schema.Problem {
	if d.Encrypt.Text == "" && d.Digest.Text == "" {
		return nil
	}
	p := &schema.Problem{Severity: rule.Error, Origin: d.Origin}
	switch {
	case d.Encrypt.Text == schema.EncryptIKM && m.form != r.form && deliveryScheme(&r.Delivery) == "tftp":
		p.ID, p.Source = "ikm-scheme", "f.7, F7832"
		p.Summary = "encrypt: a file encrypted by RFC 8188 cannot be fetched by TFTP, which has no header Content-Encoding"
		p.Hint = "deliver by http or https, or have encrypt say key"
		p.Origin.Column = cmp.Or(d.Encrypt.Column, p.Origin.Column)
	case d.Digest.Text != "" && m.form.encrypt != schema.EncryptKey:
		p.ID = "digest"
		p.Summary = "digest: the phone's file is not encrypted with a key for --key, of which a digest is made"
		p.Hint = "have encrypt say key, or leave the digest out"
		p.Origin.Column = cmp.Or(d.Digest.Column, p.Origin.Column)
	default:
		return nil
	}
	return p
}

// checkFirst looks for keys that anyone on the way can read.
func (r *run) checkFirst() schema.Problems {
	scheme := deliveryScheme(&r.first)
	if scheme != "tftp" && scheme != "http" {
		return nil
	}
	return schema.Problems{{
		ID: "first-in-clear", Severity: rule.Warning, Source: "a.8, f.6, F7832",
		Summary: "a phone's first file holds its key in clear and is fetched over " + scheme + ", so that anyone on the way can read it",
		Hint: "have the first files fetched over https (first: https://…) or in a network of their own, " +
			"and leave them out (first: none) once the phones have their keys",
	}}
}

// checkSharedKey tells of a key that stands in a profile of many phones.
func (r *run) checkSharedKey(m *model) schema.Problems {
	v, ok := m.lower.Get(m.form.element)
	if m.form.encrypt == "" || !ok || v.Text == "" {
		return nil
	}
	return schema.Problems{{
		ID: "shared-key", Severity: rule.Warning, Origin: v.Origin, Element: v.Name, Source: "a.8",
		Summary: v.Name + " gives many phones one key: whoever gets it out of one of them can read the files of all",
		Hint:    "leave it out, and have a key file make a key for each phone",
	}}
}

// checkLogin tells what speaks against the log-in.
func (r *run) checkLogin(f *form) schema.Problems {
	problem := schema.Problem{ID: "login", Severity: rule.Error, Source: "c.4, d.5, F7832"}
	switch {
	case strings.ContainsAny(r.Encoding.User, "\"[] \t"):
		problem.Summary = "the name of the log-in holds a blank, a quote or a bracket, which ends it in a rule"
		problem.Hint = "letters, digits and macros such as $MA"
	case f.login == f.element:
		problem.Summary = f.login + " holds the phone's key and cannot hold its password, too"
		problem.Hint = "take another of GPP_SA to GPP_SD"
	case deliveryScheme(&r.Delivery) == "tftp":
		problem.Summary = "TFTP has no log-in"
		problem.Hint = "deliver by http or https, or leave the user out"
	default:
		return nil
	}
	return schema.Problems{problem}
}

// deliveryScheme is how files are fetched; "" when that is DHCP's to say.
func deliveryScheme(d *schema.Delivery) string {
	if d.Scheme == "" && d.Server != "" {
		return "tftp"
	}
	return d.Scheme
}

// transport is how the phones' files are fetched when anyone on the way can
// read them; "" when that is not known, or nobody can.
func (r *run) transport(f *form) string {
	if f.encrypt != "" {
		return ""
	}
	return r.Delivery.Scheme
}
