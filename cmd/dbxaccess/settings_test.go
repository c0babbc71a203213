package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/store"
)

// The reference's table has each setting with its variable, legal values and default, in the order of the program's.
func TestTheReferenceHasEverySetting(t *testing.T) {
	t.Parallel()
	reference, last := page(t, "docs/reference.md"), 0
	for _, s := range settings.All() {
		variable := "–"
		if s.Variable() != "" {
			variable = "`" + s.Variable() + "`"
		}
		start := fmt.Sprintf("\n| `%s` | %s | ", s.Key, variable)
		at := strings.Index(reference, start)
		if at < last {
			t.Errorf("docs/reference.md has no row %q, or not behind the one before it in the table", start)
			continue
		}
		last = at
		row, _, _ := strings.Cut(reference[at+1:], "\n")
		for _, value := range append(slices.Clone(s.Values), s.Default) {
			if value != "" && !strings.Contains(row, "`"+value+"`") {
				t.Errorf("docs/reference.md: the row of %s doesn't name %s", s.Key, value)
			}
		}
	}
}

func TestTheKeyringsOfTheSettingsAreThoseThatThereAre(t *testing.T) {
	t.Parallel()
	for _, name := range settings.Find("keyring.backend").Values {
		if _, err := store.ParseBackend(name); err != nil {
			t.Error(err)
		}
	}
}
