package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"

	"profilegen/gen"
)

var passwordCommand = &command{
	name:    "password",
	summary: "makes strong passwords that can be typed on a phone",
	usage:   "password [-length N] [-count N]",
	about: `Prints passwords of letters and digits, drawn by the system's source of random
bytes. Nothing in them means anything in XML, a profile rule or a spreadsheet; no
two look alike (0 and O, 1, l and I are left out), and no two characters in a row
are on the same key of the phone. The keys of -key-from can be made so, too.`,
	example: `profilegen password
profilegen password -length 24 -count 12`,
	define: func(flags *flag.FlagSet) func(context.Context, *program, []string) error {
		length := flags.Int("length", gen.DefaultPassword, "`NUMBER` of characters")
		count := flags.Int("count", 1, "`NUMBER` of passwords")
		return func(_ context.Context, p *program, args []string) error {
			if len(args) > 0 {
				return &usageError{"password", fmt.Sprintf("%q is not an option", args[0])}
			}
			for range *count {
				password, err := gen.Password(rand.Reader, *length)
				if err != nil {
					return err
				}
				fmt.Fprintln(p.stdout, password)
			}
			return nil
		}
	},
}
