package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const firstSteps = `profilegen makes and checks configuration profiles for Cisco IP Phone 7800/8800 (3PCC firmware).
  profilegen -csv phones.csv -out dist/   one profile per phone, checked and proven
  profilegen lint base.xml                what is wrong with a profile, and the way out
  profilegen explain '/$PSN.xml'          what a phone makes of a rule, and why
  profilegen help                         all commands
`

// help prints the manual page of a command, or the list of commands.
func help(p *program, args []string) error {
	if len(args) == 0 {
		writeOverview(p.stdout)
		return nil
	}
	c := find(args[0])
	if c == nil {
		return &usageError{message: fmt.Sprintf("there is no command %q%s", args[0], didYouMean(args[0]))}
	}
	c.writeManual(p.stdout)
	return nil
}

func writeOverview(w io.Writer) {
	fmt.Fprint(w, "profilegen makes, checks, explains and plays configuration profiles\n"+
		"for Cisco IP Phone 7800 and 8800 with multiplatform firmware (3PCC).\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nprofilegen -csv FILE -out FOLDER is profilegen gen -csv FILE -out FOLDER.\n"+
		"profilegen help COMMAND tells more. Exit status: 0 fine, 1 failed or problems found, 2 wrong usage.\n")
}

// writeManual prints the command's page: usage, what it does, options, examples.
func (c *command) writeManual(w io.Writer) {
	fmt.Fprintf(w, "profilegen %s: %s\n\nUsage:\n", c.name, c.summary)
	for line := range strings.Lines(c.usage) {
		fmt.Fprintf(w, "  profilegen %s", line)
	}
	fmt.Fprintf(w, "\n\n%s\n", strings.TrimSpace(c.about))
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.define(flags)
	first := true
	flags.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprint(w, "\nOptions:\n")
			first = false
		}
		writeOption(w, f)
	})
	fmt.Fprintf(w, "\nExamples:\n")
	for line := range strings.Lines(strings.TrimSpace(c.example)) {
		fmt.Fprintf(w, "  %s", line)
	}
	fmt.Fprintln(w)
}

func writeOption(w io.Writer, f *flag.Flag) {
	value, text := flag.UnquoteUsage(f)
	head := "-" + f.Name
	if value != "" {
		head += " " + value
	}
	fmt.Fprintf(w, "  %s\n", head)
	for line := range strings.Lines(text) {
		fmt.Fprintf(w, "        %s", line)
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
		fmt.Fprintf(w, " (default %s)", f.DefValue)
	}
	fmt.Fprintln(w)
}
