//go:build linux

package main

import (
	"fmt"
	"slices"
)

// goal is a figure, taken round by round, and what it should be.
type goal struct {
	text  string
	of    string
	most  float64
	least float64 // both 0: it is told, not judged

	figures []float64
}

// goal adds a figure to the goal of that text.
func (b *bench) goal(g goal, figure float64) {
	i := slices.IndexFunc(b.goals, func(have *goal) bool { return have.text == g.text && have.of == g.of })
	if i < 0 {
		i = len(b.goals)
		b.goals = append(b.goals, &g)
	}
	b.goals[i].figures = append(b.goals[i].figures, figure)
}

func (g *goal) print() {
	m := median(g.figures)
	verdict, limit := "ok", fmt.Sprintf("at most %g", g.most)
	if g.least > 0 {
		limit = fmt.Sprintf("at least %g", g.least)
	}
	switch {
	case g.most == 0 && g.least == 0:
		verdict, limit = "", "no goal"
	case g.most > 0 && m > g.most || g.least > 0 && m < g.least:
		verdict = "MISSED"
	}
	fmt.Printf("%-52s %7.2f %-24s %-13s %-7s (%.2f to %.2f)\n", g.text, m, g.of, limit, verdict, slices.Min(g.figures), slices.Max(g.figures))
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
