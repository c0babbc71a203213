package driftcmd

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/admincli/mapplace"
	"github.com/dbxaccess/dbxaccess/internal/drift"
)

func TestTheLineOfAFinding(t *testing.T) {
	t.Parallel()
	at := mapplace.Lines{Roles: map[string]int{"a": 5, "b": 6}, Identities: map[string]int{"ci": 3}}
	for _, c := range []struct {
		finding drift.Finding
		line    int
	}{
		{drift.Finding{Roles: []string{"b", "a"}}, 6}, {drift.Finding{Identities: []string{"ci"}}, 3}, {drift.Finding{}, 1},
		{drift.Finding{Roles: []string{"gone"}}, 1}, {drift.Finding{Identities: []string{"gone"}}, 1},
	} {
		if got := lineOf(at, c.finding); got != c.line {
			t.Errorf("%+v: line %d", c.finding, got)
		}
	}
}
