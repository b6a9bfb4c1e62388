package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

var versionCommand = &command{
	name:    "version",
	summary: "prints the program's version",
	usage:   "version",
	about:   "Prints the version of profilegen and of the Go toolchain it was built with.",
	example: "profilegen version",
	define: func(*flag.FlagSet) func(context.Context, *program, []string) error {
		return func(_ context.Context, p *program, args []string) error {
			if len(args) > 0 {
				return &usageError{"version", "version takes no arguments"}
			}
			fmt.Fprintf(p.stdout, "profilegen %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		}
	},
}

// version is the module's version where the toolchain knows it (go install),
// otherwise "devel".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
