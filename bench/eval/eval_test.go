// Package eval measures the phone's conditions against expr-lang, the usual
// choice for conditions in Go programs:
//
//	go test -bench .
//
// It is a module of its own, so that expr-lang is no dependency of profilegen.
package eval

import (
	"slices"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"profilegen/rule"
)

// conditions are the same in both languages. expr-lang compares versions as
// texts, which is less work and wrong.
var conditions = []struct{ name, ours, theirs string }{
	{"timers", `$PRVTMR ge 3600 and $UPGTMR ge 86400`, `PRVTMR >= 3600 && UPGTMR >= 86400`},
	{"version", `$PRVTMR ge 3600 and $UPGTMR ge 86400 and $SWVER ge sip88xx.11-3-1MPP-1`,
		`PRVTMR >= 3600 && UPGTMR >= 86400 && SWVER >= "11.3.1"`},
	{"text", `"$CCERT" eq "Installed"`, `CCERT == "Installed"`},
}

// typed is what a condition is about, as expr-lang likes it best.
type typed struct {
	PRVTMR, UPGTMR int
	SWVER, CCERT   string
}

var (
	typedValues = typed{3700, 90000, "12.0.3", "Installed"}
	theirMap    = map[string]any{"PRVTMR": 3700, "UPGTMR": 90000, "SWVER": "12.0.3", "CCERT": "Installed"}
	ourMap      = map[string]string{"PRVTMR": "3700", "UPGTMR": "90000", "SWVER": "sip88xx.12-0-3MPP0001-1", "CCERT": "Installed"}
)

// fields looks a macro up without a map, as expr-lang does in a struct.
func fields(name string) (string, bool) {
	switch name {
	case "PRVTMR":
		return "3700", true
	case "UPGTMR":
		return "90000", true
	case "SWVER":
		return "sip88xx.12-0-3MPP0001-1", true
	case "CCERT":
		return "Installed", true
	}
	return "", false
}

func inMap(name string) (string, bool) {
	value, ok := ourMap[name]
	return value, ok
}

// sources are where the values come from: both sides use the same.
var sources = []struct {
	name   string
	ours   rule.Lookup
	theirs any
}{
	{"struct", fields, &typedValues},
	{"map", inMap, theirMap},
}

func BenchmarkAgainstExpr(b *testing.B) {
	for _, c := range conditions {
		for _, source := range sources {
			b.Run(c.name+"-"+source.name, func(b *testing.B) {
				ours := rule.CompileCondition(c.ours)
				theirs, err := expr.Compile(c.theirs, expr.Env(source.theirs), expr.AsBool())
				if err != nil {
					b.Fatal(err)
				}
				var machine vm.VM
				const rounds = 200 // of each, before the other has its turn
				var ratios, times []float64
				for b.Loop() {
					start := time.Now()
					for range rounds {
						if holds, err := ours.Eval(source.ours); !holds || err != nil {
							b.Fatal(holds, err)
						}
					}
					turn := time.Now()
					for range rounds {
						if holds, err := machine.Run(theirs, source.theirs); holds != true || err != nil {
							b.Fatal(holds, err)
						}
					}
					us, them := float64(turn.Sub(start)), float64(time.Since(turn))
					ratios = append(ratios, us/them)
					times = append(times, us/rounds)
				}
				b.ReportMetric(median(ratios), "x-of-expr")
				b.ReportMetric(median(times), "ns/condition")
			})
		}
	}
}

// median is not moved by the turns in which something else had the processor.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
