// Command profilegen makes, checks, serves and plays through configuration
// profiles for Cisco IP Phone 7800 and 8800 with multiplatform firmware.
//
// Rules of what it prints: results go to standard output, everything else to
// standard error as "profilegen: error: …" and "profilegen: hint: …", without
// capital and full stop. Exit status 0 is fine, 1 failed or problems found,
// 2 wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, newProgram(), os.Args[1:]))
}

// command is one of the program's commands. define adds its flags and returns
// what runs with the arguments left after them.
type command struct {
	name    string
	summary string // one line for the list of commands
	usage   string // lines "profilegen NAME …", without the first word
	about   string // what it does, as the manual page tells it
	example string // lines to paste
	define  func(*flag.FlagSet) func(context.Context, *program, []string) error
}

// commands in the order of the list: making, checking, explaining, then help.
func commands() []*command {
	return []*command{
		genCommand, lintCommand, explainCommand, serveCommand, simulateCommand, phoneCommand, importCommand, keysCommand, encryptCommand, decryptCommand, passwordCommand, pushCommand, dhcpCommand, doctorCommand, schemaCommand, versionCommand,
	}
}

// usageError is wrong usage: exit status 2, with the way to the help.
type usageError struct {
	command string
	message string
}

func (e *usageError) Error() string { return e.message }

// errProblems means that what is wrong has been told already: exit status 1.
var errProblems = errors.New("problems found")

// run does what the arguments ask for and returns the exit status.
func run(ctx context.Context, p *program, args []string) int {
	err := dispatch(ctx, p, args)
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errProblems):
		return 1
	case errors.As(err, &usage):
		p.fail(err)
		p.hint("%s", strings.TrimSpace("see profilegen help "+usage.command))
		return 2
	default:
		p.fail(err)
		return 1
	}
}

func dispatch(ctx context.Context, p *program, args []string) error {
	if len(args) == 0 {
		io.WriteString(p.stdout, firstSteps)
		return nil
	}
	switch first := args[0]; {
	case first == "-h" || first == "-help" || first == "--help" || first == "help":
		return help(p, args[1:])
	case first == "-version" || first == "--version":
		return versionCommand.run(ctx, p, nil)
	case strings.HasPrefix(first, "-"): // profilegen -csv phones.csv -out dist/
		return genCommand.run(ctx, p, args)
	default:
		c := find(first)
		if c == nil {
			return &usageError{message: fmt.Sprintf("there is no command %q%s", first, didYouMean(first))}
		}
		return c.run(ctx, p, args[1:])
	}
}

func (c *command) run(ctx context.Context, p *program, args []string) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	do := c.define(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return help(p, []string{c.name})
		}
		return &usageError{c.name, err.Error()}
	}
	return do(ctx, p, flags.Args())
}

func find(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	return nil
}

// didYouMean proposes the command that begins as the word does, or names all.
func didYouMean(word string) string {
	var names []string
	for _, c := range commands() {
		if len(word) > 1 && (strings.HasPrefix(c.name, word) || strings.HasPrefix(word, c.name)) {
			return fmt.Sprintf("; did you mean %q?", c.name)
		}
		names = append(names, c.name)
	}
	return "; there are " + strings.Join(names, ", ")
}
