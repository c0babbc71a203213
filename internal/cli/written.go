package cli

import (
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// VerboseFlag adds --verbose, which shows edits of the config files line by line.
func VerboseFlag(cmd *cobra.Command, value *bool) {
	cmd.Flags().BoolVar(value, "verbose", false, "show each line that changes in ~/.aws/config and ~/.databrickscfg")
}

// ProfileChange is what happens to an entry of one of the config files. Its JSON is the contract of the commands that write them.
type ProfileChange struct {
	Profile string          `json:"profile"`
	For     string          `json:"for"` // aws or databricks
	Path    string          `json:"path"`
	Action  profiles.Action `json:"action"`
	Note    string          `json:"note,omitempty"` // what was kept on purpose
}

// ChangesOf lists what plans do, entry by entry.
func ChangesOf(plans []*profiles.Plan) []ProfileChange {
	all := []ProfileChange{}
	for _, plan := range plans {
		for _, c := range plan.Changes {
			all = append(all, ProfileChange{c.Profile, plan.For, plan.Path, c.Action, ui.Clean(c.Note)})
		}
	}
	return all
}

// Changed reports whether anything is not as it was.
func Changed(changes []ProfileChange) bool {
	return slices.ContainsFunc(changes, func(c ProfileChange) bool { return c.Action != profiles.Unchanged })
}

// HasAWSProfile reports whether there is an AWS profile of that name after the changes.
func HasAWSProfile(changes []ProfileChange, name string) bool {
	return slices.ContainsFunc(changes, func(c ProfileChange) bool {
		return c.For == profiles.ForAWS && c.Profile == name && c.Action != profiles.Removed
	})
}

// ChangeWords sum changes up: "Wrote 2 AWS and 2 Databricks profiles, removed 1 AWS profile". Where nothing changes, they say how many
// entries there are; "" for none at all.
func ChangeWords(changes []ProfileChange) string {
	if !Changed(changes) {
		count := countEntries(changes, profiles.Unchanged)
		switch {
		case count == "":
			return ""
		case len(changes) == 1:
			return count + " is up to date"
		}
		return count + " are up to date"
	}
	var parts []string
	for _, done := range []struct {
		verb   string
		action profiles.Action
	}{{"wrote", profiles.Added}, {"updated", profiles.Updated}, {"removed", profiles.Removed}} {
		if count := countEntries(changes, done.action); count != "" {
			parts = append(parts, done.verb+" "+count)
		}
	}
	words := []rune(strings.Join(parts, ", "))
	words[0] = unicode.ToUpper(words[0])
	return string(words)
}

// countEntries counts those of an action by whose they are; "" for none.
func countEntries(changes []ProfileChange, action profiles.Action) string {
	total := 0
	var kinds []string
	for _, kind := range []struct{ of, name string }{{profiles.ForAWS, "AWS"}, {profiles.ForDatabricks, "Databricks"}} {
		n := 0
		for _, c := range changes {
			if c.Action == action && c.For == kind.of {
				n++
			}
		}
		if n > 0 {
			kinds = append(kinds, ui.Count(n, kind.name, kind.name))
		}
		total += n
	}
	if total == 0 {
		return ""
	}
	if total == 1 {
		return kinds[0] + " profile"
	}
	return ui.And(kinds) + " profiles"
}
