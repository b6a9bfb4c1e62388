// Package goal judges what the benchmarks measure: figures taken round by round,
// by their median.
package goal

import (
	"fmt"
	"slices"
)

// Goal is a figure, taken round by round, and what it should be.
type Goal struct {
	Text  string
	Of    string  // unit, or what the figure is a ratio to
	Most  float64 // for the median
	Least float64 // for the median; both 0: it is told, not judged

	figures []float64
}

// Add adds the figure of a round.
func (g *Goal) Add(figure float64) { g.figures = append(g.figures, figure) }

// Print prints the median, the verdict and the range of the figures in a line;
// nothing when there are none.
func (g *Goal) Print() {
	if len(g.figures) == 0 {
		return
	}
	m := median(g.figures)
	verdict, limit := "ok", fmt.Sprintf("at most %g", g.Most)
	if g.Least > 0 {
		limit = fmt.Sprintf("at least %g", g.Least)
	}
	switch {
	case g.Most == 0 && g.Least == 0:
		verdict, limit = "", "no goal"
	case g.Most > 0 && m > g.Most || g.Least > 0 && m < g.Least:
		verdict = "MISSED"
	}
	fmt.Printf("%-52s %7.2f %-26s %-14s %-7s (%.2f to %.2f)\n", g.Text, m, g.Of, limit, verdict, slices.Min(g.figures), slices.Max(g.figures))
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
