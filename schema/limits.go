package schema

import "strconv"

// limits are a parameter's bounds as numbers. For texts and secrets they bound
// the number of characters.
type limits struct {
	min, max       float64
	hasMin, hasMax bool
	wide           *wideRange
}

// wideRange is a wider range that another source gives, or that the phone
// takes with a meaning of its own (ranges.tsv): outside the one and inside the
// other is a warning, not an error.
type wideRange struct {
	min, max float64
	meaning  string
	source   string
}

// parseLimits reads Min and Max. The kinds of times have none: their form
// bounds them.
func parseLimits(p *Parameter) (l limits, err error) {
	if p.Kind == KindTime || p.Kind == KindClock {
		return l, nil
	}
	if p.Min != "" {
		l.hasMin = true
		if l.min, err = strconv.ParseFloat(p.Min, 64); err != nil {
			return l, err
		}
	}
	if p.Max != "" {
		l.hasMax = true
		if l.max, err = strconv.ParseFloat(p.Max, 64); err != nil {
			return l, err
		}
	}
	return l, nil
}

// addRange takes a row of ranges.tsv: element, min, max, meaning, source.
func (c *Catalog) addRange(cells []string) error {
	p := c.record(cells[0])
	if p == nil {
		return errNoElement
	}
	w := &wideRange{meaning: cells[3], source: cells[4]}
	var err error
	if w.min, err = strconv.ParseFloat(cells[1], 64); err != nil {
		return err
	}
	if w.max, err = strconv.ParseFloat(cells[2], 64); err != nil {
		return err
	}
	p.limits.wide = w
	return nil
}

// outside tells whether v breaks the bounds.
func (l *limits) outside(v float64) bool {
	return l.hasMin && v < l.min || l.hasMax && v > l.max
}

// Bounds are the limits of a value with their unit: "600 to 65535 s", "at most
// 127 characters"; "" when there are none.
func (p *Parameter) Bounds() string {
	b := p.bounds()
	switch {
	case b == "":
		return ""
	case p.Kind == KindString || p.Kind == KindSecret || p.Kind == KindMacros || p.Kind == KindURI || p.Kind == KindHost || p.Kind == KindList || p.Kind == KindFunction:
		return b + " characters"
	case p.Unit == "20 s":
		return b + " steps of 20 s"
	case p.Unit != "":
		return b + " " + p.Unit
	}
	return b
}

// WidestRange are the numbers that some source allows; bounded is false when
// there is no upper end.
func (p *Parameter) WidestRange() (low, high int, bounded bool) {
	l := &p.limits
	if w := l.wide; w != nil {
		return int(w.min), int(w.max), true
	}
	return int(l.min), int(l.max), l.hasMax
}
