package gen

import (
	"strings"

	"profilegen/rule"
)

// damage is what a spreadsheet or a word processor did to a cell.
type damage int

const (
	undamaged     damage = iota
	damageNumber         // 1.23E+11
	damageDecimal        // 101.0
	damageDate           // 1-Feb
	damageError          // #REF!
	damageFormula        // =A1
	damageQuotes         // “text”
	damageStray          // "text" after a blank: the quotes are part of the value
)

// damageOf recognises the forms spreadsheets write. Most cells are told by
// their first bytes to be sound.
func damageOf(text string) damage {
	switch c := text[0]; {
	case '0' <= c && c <= '9':
		switch {
		case isDigits(text):
		case isFloat(text):
			return damageNumber
		case isDate(text):
			return damageDate
		case isWholeDecimal(text):
			return damageDecimal
		}
	case c == '=':
		return damageFormula
	case c == '#':
		if isSpreadsheetError(text) {
			return damageError
		}
	case c == '"':
		if len(text) > len(emptyMark) && text[len(text)-1] == '"' {
			return damageStray
		}
	case len(text) >= len("Feb-01") && text[len("Feb")] == '-':
		if isDate(text) {
			return damageDate
		}
	}
	return undamaged
}

const typographicQuotes = "“”„‘’"

// explain says what happened and what to do. It shows no value, for it may be
// a password.
func (d damage) explain(severity rule.Severity) *cellError {
	e := &cellError{severity: severity, id: "csv-damage"}
	switch d {
	case damageNumber:
		e.summary, e.hint = "a spreadsheet made a rounded number of the value, such as 1.23E+11", "format the column as text and enter the value again"
	case damageDecimal:
		e.summary, e.hint = `a spreadsheet added ".0" to the value`, "format the column as text, or as a number without decimals"
	case damageDate:
		e.summary, e.hint = "a spreadsheet made a date of the value, such as 1-Feb", "format the column as text and enter the value again"
	case damageError:
		e.summary, e.hint = "the cell holds an error of the spreadsheet, such as #REF!", "mend the formula, or enter the value"
	case damageFormula:
		e.summary, e.hint = `the cell begins with "=", as a formula does`, `save values, not formulas; when the value begins so, write an apostrophe before it: '=`
	case damageQuotes:
		e.summary, e.hint = "typographic quotes are part of the value", `a phone expects ASCII: write " or '`
	case damageStray:
		e.summary, e.hint = "the quotes are part of the value", "a quoted cell begins with its quote, without a blank before it"
	}
	return e
}

// checkDamage reports damage to the column's cell; false when the cell is not
// to be taken. Where any text is possible, what merely looks odd is a warning.
func (r *rowReader) checkDamage(text string) bool {
	d := damageOf(text)
	if d == undamaged && r.table.records.special && strings.ContainsAny(text, typographicQuotes) {
		d = damageQuotes
	}
	severity := rule.Error
	switch d {
	case undamaged:
		return true
	case damageNumber, damageDate:
		if r.column.text {
			severity = rule.Warning
		}
	case damageDecimal:
		if !r.column.number {
			return true
		}
	case damageQuotes, damageStray:
		severity = rule.Warning
	}
	e := d.explain(severity)
	r.add(e.severity, e.id, e.summary, e.hint)
	return severity < rule.Error
}

// isFloat recognises 1.23E+11 and 1,23E+11.
func isFloat(text string) bool {
	e := strings.IndexAny(text, "Ee")
	if e < 0 || e+1 == len(text) || text[e+1] != '+' {
		return false
	}
	whole, fraction, ok := strings.Cut(strings.Replace(text[:e], ",", ".", 1), ".")
	return isDigits(text[e+2:]) && len(text)-e <= len("E+999") && isDigits(whole) && (!ok || isDigits(fraction))
}

// isWholeDecimal recognises 101.0.
func isWholeDecimal(text string) bool {
	whole, ok := strings.CutSuffix(text, ".0")
	return ok && isDigits(whole)
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// isDate recognises 1-Feb, Feb-01 and 01/02/2026, also with the time of day.
func isDate(text string) bool {
	if len(text) < len("1-Feb") || len(text) > len("01/02/2026 00:00:00") {
		return false
	}
	if left, right, ok := strings.Cut(text, "-"); ok {
		return isDigits(left) && len(left) <= 2 && isMonth(right) || isMonth(left) && isDigits(right) && len(right) <= 4
	}
	date, _, _ := strings.Cut(text, " ")
	first, rest, _ := strings.Cut(date, "/")
	second, third, _ := strings.Cut(rest, "/")
	return isDigits(first) && isDigits(second) && isDigits(third)
}

func isMonth(text string) bool {
	i := strings.Index(months, text)
	return len(text) == 3 && i >= 0 && i%3 == 0
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

func isSpreadsheetError(text string) bool {
	switch text {
	case "#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!":
		return true
	}
	return len(text) >= 3 && strings.Trim(text, "#") == "" // a number too wide for its column
}
