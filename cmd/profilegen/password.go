package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"profilegen/gen"
	"profilegen/rule"
	"profilegen/schema"
)

var passwordCommand = &command{
	name:    "password",
	summary: "makes strong passwords that can be typed on a phone, also for a whole list",
	usage: `password [-length N] [-count N]
password [-length N] -csv phones.csv -out FILE`,
	about: `Prints passwords of letters and digits, drawn by the system's source of random
bytes. Nothing in them means anything in XML, a profile rule or a spreadsheet; no
two look alike (0 and O, 1, l and I are left out), and no two characters in a row
are on the same key of the phone. The keys of -key-from can be made so, too.

With -csv each empty cell of a password (password, password2 and any other
parameter of that name) gets one of its own; that of a line only when the row has
a user for it. All else stays as it is. The list is written to -out, with commas,
for its owner only.`,
	example: `profilegen password
profilegen password -length 24 -count 12
profilegen password -csv phones.csv -out with-passwords.csv`,
	define: func(flags *flag.FlagSet) func(context.Context, *program, []string) error {
		m := &passwordMaker{}
		flags.IntVar(&m.length, "length", gen.DefaultPassword, "`NUMBER` of characters")
		flags.IntVar(&m.count, "count", 1, "`NUMBER` of passwords")
		flags.StringVar(&m.csv, "csv", "", "`FILE` with a row for each phone, to be filled in; - is standard input")
		flags.StringVar(&m.out, "out", "", "`FILE` for the list that is filled in; it must not be there yet")
		return m.run
	},
}

// passwordMaker is one run of the password command.
type passwordMaker struct {
	length, count int
	csv, out      string
}

func (m *passwordMaker) run(_ context.Context, p *program, args []string) error {
	switch {
	case len(args) > 0:
		return &usageError{"password", fmt.Sprintf("%q is not an option", args[0])}
	case (m.csv == "") != (m.out == ""):
		return &usageError{"password", "-csv and -out go together"}
	case m.csv != "":
		return m.fill(p)
	}
	for range m.count {
		password, err := gen.Password(rand.Reader, m.length)
		if err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, password)
	}
	return nil
}

// fill writes the list with passwords in the empty cells.
func (m *passwordMaker) fill(p *program) error {
	if _, err := os.Lstat(m.out); err == nil {
		return fmt.Errorf("%s is there already", m.out)
	}
	open, name, err := openTwice(m.csv, p.stdin)
	if err != nil {
		return err
	}
	file, err := open()
	if err != nil {
		return err
	}
	defer file.Close()
	table, problems, err := gen.OpenTable(name, bufio.NewReader(file))
	if err != nil {
		tellProblems(p, problems)
		return err
	}
	text, filled, more, err := m.filled(table)
	problems = append(problems, more...)
	tellProblems(p, problems)
	if worst, _ := problems.Worst(); worst == rule.Error {
		p.fail(fmt.Errorf("%s in %s; nothing was written", summary(problems), name))
		return errProblems
	}
	if err == nil {
		err = writeWhole(m.out, text, false)
	}
	if err == nil {
		fmt.Fprintf(p.stdout, "%s: %s\n", m.out, plural(filled, "new password"))
	}
	return err
}

func (m *passwordMaker) filled(table *gen.Table) (text []byte, count int, problems schema.Problems, err error) {
	var header []string
	for _, c := range table.Columns() {
		header = append(header, c.Header)
	}
	text = gen.AppendCSVRecord(nil, header)
	var d gen.Device
	for {
		more, _, err := table.Next(&d)
		if errors.Is(err, io.EOF) {
			return text, count, problems, nil
		}
		if err != nil {
			return nil, 0, problems, err
		}
		problems = append(problems, more...)
		cells := table.Cells()
		for len(cells) < len(header) {
			cells = append(cells, "")
		}
		for i, c := range table.Columns() {
			if strings.TrimSpace(cells[i]) != "" || !wantsPassword(c.Element, &d) {
				continue
			}
			if cells[i], err = gen.Password(rand.Reader, m.length); err != nil {
				return nil, 0, problems, err
			}
			count++
		}
		text = append(text, gen.AppendCSVRecord(nil, cells)...)
	}
}

// wantsPassword tells whether an empty cell is to be filled: one of a password,
// and of a line only when the phone uses it.
func wantsPassword(element string, d *gen.Device) bool {
	e, ok := schema.Default().Lookup(element)
	if !ok || !e.Secret() || !strings.Contains(element, "Password") {
		return false
	}
	line, ok := strings.CutPrefix(element, "Password_")
	return !ok || slices.ContainsFunc(d.Values, func(v schema.Value) bool { return v.Name == "User_ID_"+line && v.Text != "" })
}
