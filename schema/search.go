package schema

import (
	"slices"
	"strings"
)

// Search lists the records in which every word of the text occurs, in name,
// label or summary: first those whose label begins with it, then those that
// have it in label or name, then the rest, each in the order of the web page.
func (c *Catalog) Search(text string) []*Parameter {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return nil
	}
	type hit struct {
		*Parameter
		rank int
	}
	var hits []hit
	for _, p := range c.parameters {
		if rank, ok := p.match(words); ok {
			hits = append(hits, hit{p, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.rank - b.rank })
	list := make([]*Parameter, len(hits))
	for i := range hits {
		list[i] = hits[i].Parameter
	}
	return list
}

// match ranks a record for lower-case words, 0 is best; ok is false when one
// of them does not occur.
func (p *Parameter) match(words []string) (rank int, ok bool) {
	for i, word := range words {
		switch at := indexFold(p.Label, word); {
		case at == 0 && i == 0:
		case at >= 0 || indexFold(p.Element, word) >= 0:
			if i == 0 {
				rank = max(rank, 1)
			}
		case indexFold(p.Summary, word) >= 0:
			rank = 2
		default:
			return 0, false
		}
	}
	return rank, true
}

// indexFold is strings.Index for a lower-case ASCII word, whatever the case of
// the text. It allocates nothing: it is called at every key press.
func indexFold(text, word string) int {
	for i := 0; i+len(word) <= len(text); i++ {
		j := 0
		for j < len(word) && lower(text[i+j]) == word[j] {
			j++
		}
		if j == len(word) {
			return i
		}
	}
	return -1
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
