package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"

	"profilegen/schema/jsonschema"
)

var schemaCommand = &command{
	name:    "schema",
	summary: "prints the JSON Schema of fleet files or of profiles, for editors",
	usage:   "schema [fleet | profile]",
	about: `Prints the JSON Schema (draft 2020-12) of fleet.json, or of a profile as JSON: an
object from element to value. With it an editor such as VS Code completes names
and values, shows what each parameter does, and marks what is wrong.

In VS Code, name the file in the first line of fleet.json:
  { "$schema": "./fleet.schema.json", …`,
	example: `profilegen schema > fleet.schema.json
profilegen schema profile > profile.schema.json`,
	define: func(*flag.FlagSet) func(context.Context, *program, []string) error { return printSchema },
}

func printSchema(_ context.Context, p *program, args []string) error {
	kind := "fleet"
	if len(args) > 0 {
		kind = args[0]
	}
	w := bufio.NewWriter(p.stdout)
	var err error
	switch {
	case len(args) > 1:
		return &usageError{"schema", "one schema at a time: fleet or profile"}
	case kind == "fleet":
		err = jsonschema.WriteFleet(w)
	case kind == "profile":
		err = jsonschema.WriteProfile(w)
	default:
		return &usageError{"schema", fmt.Sprintf("there is no schema %q; there are fleet and profile", kind)}
	}
	if err != nil {
		return err
	}
	return w.Flush()
}
