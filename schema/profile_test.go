package schema

import (
	"strconv"
	"strings"
	"testing"
)

func names(p *Profile) string {
	var list []string
	for _, v := range p.Values() {
		list = append(list, v.Name+"="+v.Text)
	}
	return strings.Join(list, " ")
}

func TestProfileKeepsOrder(t *testing.T) {
	p := profileOf("A", "1", "B", "2", "C", "3")
	p.Set(Value{Name: "B", Text: "4"})
	p.Rename("C", "D")
	q := p.Clone()
	p.Delete("A")
	p.Delete("no such")
	p.Rename("no such", "B")
	p.Set(Value{Name: "A", Text: "5"})
	if got, want := names(p), "B=4 D=3 A=5"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := names(q), "A=1 B=4 D=3"; got != want {
		t.Errorf("the clone is %s, want %s", got, want)
	}
	q.Rename("D", "A")
	if got, want := names(q), "B=4 A=3"; got != want {
		t.Errorf("renamed to a name that is there: %s, want %s", got, want)
	}
}

// Small and large profiles are kept in different ways.
func TestProfileOfAnySize(t *testing.T) {
	p := &Profile{}
	for n := range 3 * smallProfile {
		name := "N" + strconv.Itoa(n)
		if _, ok := p.Get(name); ok {
			t.Fatalf("%s is there before it is set", name)
		}
		p.Set(Value{Name: name, Text: name})
		for m := range n + 1 {
			if want := "N" + strconv.Itoa(m); p.Text(want) != want {
				t.Fatalf("of %d values %s is %q", n+1, want, p.Text(want))
			}
		}
	}
	for n := range 3 * smallProfile {
		p.Delete("N" + strconv.Itoa(n))
		for m := n + 1; m < 3*smallProfile; m++ {
			if want := "N" + strconv.Itoa(m); p.Text(want) != want {
				t.Fatalf("without the first %d, %s is %q", n+1, want, p.Text(want))
			}
		}
	}
	if p.Len() != 0 {
		t.Errorf("%d values are left", p.Len())
	}
}
