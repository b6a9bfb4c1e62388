//go:build linux

package main

import (
	"slices"

	"profilegen/bench/goal"
)

// goal adds a figure to the goal of that text.
func (b *bench) goal(g goal.Goal, figure float64) {
	i := slices.IndexFunc(b.goals, func(have *goal.Goal) bool { return have.Text == g.Text && have.Of == g.Of })
	if i < 0 {
		i = len(b.goals)
		b.goals = append(b.goals, &g)
	}
	b.goals[i].Add(figure)
}
