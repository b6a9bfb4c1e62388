package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"profilegen/rule"
	"profilegen/schema"
)

// report writes problems in one of the three forms of lint.
func (p *program) report(w io.Writer, format string, problems schema.Problems) error {
	switch format {
	case "json":
		return writeJSON(w, problems)
	case "sarif":
		return writeSARIF(w, problems)
	default:
		for i := range problems {
			p.problem(w, problems[i])
		}
		return nil
	}
}

func writeJSON(w io.Writer, problems schema.Problems) error {
	if problems == nil {
		problems = schema.Problems{} // an empty list, not null
	}
	return encode(w, problems)
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// The part of SARIF 2.1.0 that code hosts and editors read.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

func writeSARIF(w io.Writer, problems schema.Problems) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "profilegen", Version: version(), Rules: []sarifRule{}}},
		Results: []sarifResult{},
	}
	rules := map[string]int{}
	for _, problem := range problems {
		index, known := rules[problem.ID]
		if !known {
			index = len(rules)
			rules[problem.ID] = index
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{problem.ID})
		}
		run.Results = append(run.Results, sarifResult{
			RuleID:    problem.ID,
			RuleIndex: index,
			Level:     problem.Severity.String(), // note, warning and error are SARIF's words too
			Message:   sarifText{message(problem)},
			Locations: locations(problem.Origin),
		})
	}
	return encode(w, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

// message is a problem in one line: what is wrong and the way out.
func message(problem schema.Problem) string {
	text := problem.Summary
	if problem.Element != "" {
		text = problem.Element + ": " + text
	}
	if problem.Hint != "" {
		text += " — " + problem.Hint
	}
	return text
}

func locations(o schema.Origin) []sarifLocation {
	if o.File == "" {
		return nil
	}
	place := sarifPhysical{Artifact: sarifArtifact{filepath.ToSlash(o.File)}}
	if o.Row > 0 {
		place.Region = &sarifRegion{o.Row, o.Column}
	}
	return []sarifLocation{{place}}
}

// summary counts problems for the last line of a report: "2 errors, 1 warning".
func summary(problems schema.Problems) string {
	var count [3]int
	for i := range problems {
		count[problems[i].Severity]++
	}
	text := ""
	for s := rule.Error; s >= rule.Note; s-- {
		if count[s] == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += plural(count[s], s.String())
	}
	if text == "" {
		return "no problems"
	}
	return text
}

// plural is "1 error", "2 errors".
func plural(n int, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", noun)
	}
	return fmt.Sprintf("%s %ss", group(n), noun)
}

// group writes a number with commas between thousands: 100,000.
func group(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
