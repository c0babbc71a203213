package trace

import (
	"fmt"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// IDs of events that differ in a few digits alone, wherever those are, don't come to stand side by side.
func TestEventsAreKnownAgainByAllDigits(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	const n = 1 << 12
	for name, form := range map[string]string{
		"last": "cdc4b7ed-e171-4cef-975a-ad829d%06x", "first": "%08x-e171-4cef-975a-ad829d4123e8", "middle": "cdc4b7ed-%04x-4cef-975a-ad829d4123e8",
	} {
		var known ids
		for i := range n {
			if !known.add(idOf(fmt.Appendf(nil, form, i))) {
				t.Fatalf("%s: %d is taken for another", name, i)
			}
		}
		steps := 0
		for _, id := range known.all() {
			alone := ids{table: make([]uint64, len(known.table)), seed: known.seed}
			home := alone.find(id)
			steps += (known.find(id) - home + len(known.table)) % len(known.table)
		}
		if steps > 8*n {
			t.Errorf("%s: %d steps for %d IDs", name, steps, n)
		}
	}
}
