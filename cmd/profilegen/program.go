package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"profilegen/rule"
	"profilegen/schema"
)

// program is what a command sees of the outside.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	color          bool // results and messages may be coloured
	terminal       bool // stderr is a terminal: a progress bar makes sense
}

func newProgram() *program {
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return &program{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		terminal: terminal,
		color:    terminal && term.IsTerminal(int(os.Stdout.Fd())) && !plain,
	}
}

func (p *program) fail(err error) {
	fmt.Fprintf(p.stderr, "%s %v\n", p.paint(rule.Error, "profilegen: error:"), err)
}

func (p *program) hint(format string, args ...any) {
	fmt.Fprintf(p.stderr, "profilegen: hint: "+format+"\n", args...)
}

// note tells something about the run that is no result.
func (p *program) note(format string, args ...any) {
	fmt.Fprintf(p.stderr, "profilegen: "+format+"\n", args...)
}

func (p *program) paint(s rule.Severity, text string) string {
	if !p.color {
		return text
	}
	code := map[rule.Severity]string{rule.Error: "1;31", rule.Warning: "1;33", rule.Note: "1;36"}[s]
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// problem prints one problem: its place, what is wrong, and the way out on
// lines of their own.
func (p *program) problem(w io.Writer, problem schema.Problem) {
	place := problem.Origin.String()
	if place != "" {
		place += ": "
	}
	summary := problem.Summary
	if problem.Element != "" && !strings.Contains(summary, problem.Element) {
		summary = problem.Element + ": " + summary
	}
	fmt.Fprintf(w, "%s%s %s\n", place, p.paint(problem.Severity, problem.Severity.String()+":"), summary)
	if problem.Hint != "" {
		fmt.Fprintf(w, "    %s\n", problem.Hint)
	}
	if problem.Source != "" {
		fmt.Fprintf(w, "    [%s] %s\n", problem.ID, problem.Source)
	} else {
		fmt.Fprintf(w, "    [%s]\n", problem.ID)
	}
}
