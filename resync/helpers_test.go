package resync

import (
	"context"
	"flag"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fetchFunc is a Fetcher of one function.
type fetchFunc func(ctx context.Context, r Request) Reply

func (f fetchFunc) Fetch(ctx context.Context, r Request) Reply { return f(ctx, r) }

func itoa(n int) string { return strconv.Itoa(n) }

func diff(want, got string) string {
	return cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n"))
}
