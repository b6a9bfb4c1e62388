package gen

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The manifest lists files in the order of their names, whatever is alike in
// them.
func TestManyFilesInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, form := range []string{"%012x.xml", "%x", "000e08%06x/8861-3PCC.xml", "a/long/way/to/the/folder/of/phones/%08x", "%d.cfg"} {
		var f files
		var want []string
		for n := range 5000 {
			name := fmt.Sprintf(form, random.Uint32N(1<<24)<<8|uint32(n)&0xff)
			if n%1000 == 0 {
				name = fmt.Sprintf("%d-3PCC.xml", 7811+n)
			}
			if !slices.Contains(want, name) {
				want = append(want, name)
				f.add([]byte(name), fileEntry{number: noPhone})
			}
		}
		slices.Sort(want)
		var got []string
		f.each(func(name []byte, _ *fileEntry) { got = append(got, string(name)) })
		if !slices.Equal(got, want) {
			t.Errorf("names like %s are not in order", form)
		}
	}
}
