package desktop

import (
	"fmt"
	"testing"
)

// A program's name decides nothing, whatever it is.
func FuzzParent(f *testing.F) {
	f.Add("sh", 17)
	f.Add("a) S 1 (b", 1)
	f.Add(") S 99 99 99", 4_194_304)
	f.Add("\n) R 3\n", 2)
	f.Fuzz(func(t *testing.T, name string, parent int) {
		if got := parentIn(fmt.Sprintf("4711 (%s) S %d 4711 4711 34816 4711 4194304 1 2 3", name, parent)); got != parent {
			t.Fatalf("%d, want %d", got, parent)
		}
		_ = parentIn(name)
	})
}
