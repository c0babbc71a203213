package cli

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/profiles"
)

func TestChangesAreSummedUp(t *testing.T) {
	t.Parallel()
	of := func(file string, action profiles.Action, n int) (changes []ProfileChange) {
		for range n {
			changes = append(changes, ProfileChange{Profile: "p", For: file, Action: action})
		}
		return changes
	}
	both := func(action profiles.Action, n int) []ProfileChange {
		return append(of(profiles.ForAWS, action, n), of(profiles.ForDatabricks, action, n)...)
	}
	for want, changes := range map[string][]ProfileChange{
		"": nil,
		"Wrote 44 AWS and 44 Databricks profiles":                            both(profiles.Added, 44),
		"Wrote 1 AWS profile":                                                of(profiles.ForAWS, profiles.Added, 1),
		"Removed 1 AWS and 1 Databricks profiles":                            both(profiles.Removed, 1),
		"2 AWS and 2 Databricks profiles are up to date":                     both(profiles.Unchanged, 2),
		"1 Databricks profile is up to date":                                 of(profiles.ForDatabricks, profiles.Unchanged, 1),
		"Updated 1 AWS profile":                                              append(of(profiles.ForAWS, profiles.Updated, 1), both(profiles.Unchanged, 3)...),
		"Wrote 1 AWS profile, updated 2 AWS profiles, removed 1 AWS profile": append(of(profiles.ForAWS, profiles.Added, 1), append(of(profiles.ForAWS, profiles.Updated, 2), of(profiles.ForAWS, profiles.Removed, 1)...)...),
	} {
		if got := ChangeWords(changes); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
