package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What completion offers comes from the map's copy and the config files on this machine: it asks nobody, and is silent where something is
// missing.

const (
	maxOffered = 500 // of one kind; nobody reads more
	maxNote    = 100 // columns
)

// Offer is a word that may be typed, with what it is, if there is something to say. Both come from others: what could be taken for
// the end of a line is gone.
func Offer(word, note string) cobra.Completion {
	word = ui.Clean(word)
	if note = strings.Join(strings.Fields(ui.Clean(note)), " "); note == "" {
		return word
	}
	return cobra.CompletionWithDesc(word, ui.Fit(note, maxNote))
}

// Offered is the word of an Offer.
func Offered(c cobra.Completion) string {
	word, _, _ := strings.Cut(c, "\t")
	return word
}

// offer offers names, and no files.
func offer(names []string, note func(name string) string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var all []cobra.Completion
	for _, name := range names[:min(len(names), maxOffered)] {
		all = append(all, Offer(name, note(name)))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

func nothing() ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// CompleteRoles offers the roles that the access map gives to someone, for the first argument.
func (e *Env) CompleteRoles(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if len(args) > 0 || err != nil {
		return nothing()
	}
	names := slices.Sorted(maps.Keys(m.Roles))
	names = slices.DeleteFunc(names, func(name string) bool {
		gives := func(identity string) bool { return m.Gives(identity, name) }
		return m.Roles[name].AWS == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(m.Identities)), gives)
	})
	return offer(names, func(name string) string { return m.Roles[name].Description })
}

// CompleteDatasets offers the datasets of the role that stands first on the line, else all of the access map; of a list with commas, the
// last.
func (e *Env) CompleteDatasets(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if err != nil {
		return nothing()
	}
	names := slices.Sorted(maps.Keys(m.Datasets))
	if len(args) > 0 {
		if role, err := m.Effective(args[0]); err == nil {
			names = slices.DeleteFunc(names, func(name string) bool { return !reaches(role, name) })
		}
	}
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	words, directive := offer(names, func(name string) string {
		var places []string
		for _, l := range m.Datasets[name].Locations {
			places = append(places, l.String())
		}
		return strings.Join(places, ", ")
	})
	for i := range words {
		words[i] = before + words[i]
	}
	return words, directive
}

// CompleteDataset offers the access map's datasets for the one argument.
func (e *Env) CompleteDataset(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nothing()
	}
	return e.CompleteDatasets(cmd, nil, "")
}

// CompleteFurtherDatasets offers those of the access map that do not stand on the line yet.
func (e *Env) CompleteFurtherDatasets(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	words, directive := e.CompleteDatasets(cmd, nil, "")
	return slices.DeleteFunc(words, func(word cobra.Completion) bool {
		name, _, _ := strings.Cut(word, "\t")
		return slices.Contains(args, name)
	}), directive
}

func reaches(role *accessmap.Effective, dataset string) bool {
	return slices.Contains(slices.Concat(role.Read, role.Write, role.Delete), dataset)
}

// completeIdentities offers the access map's identities.
func (e *Env) completeIdentities(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if err != nil {
		return nothing()
	}
	return offer(slices.Sorted(maps.Keys(m.Identities)), func(name string) string { return m.Identities[name].Host() })
}

// completeWorkspaces offers the workspaces of the role that stands on the line, else all of the access map.
func (e *Env) completeWorkspaces(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	m, _, err := e.Map()
	if err != nil {
		return nothing()
	}
	names := slices.Sorted(maps.Keys(m.Workspaces))
	if len(args) > 0 {
		if role, err := m.Effective(args[0]); err == nil {
			names = role.Workspaces()
		}
	}
	return offer(names, func(name string) string { return m.Workspaces[name].Host })
}

// CompleteProfiles offers the Databricks profiles of dbxaccess.
func (e *Env) CompleteProfiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return e.offerEntries(func(p profiles.Entry) (word, note string) { return p.Name, p.Host })
}

// CompleteHosts offers the workspaces' addresses that these name.
func (e *Env) CompleteHosts(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return e.offerEntries(func(p profiles.Entry) (word, note string) { return p.Host, "" })
}

func (e *Env) offerEntries(of func(profiles.Entry) (word, note string)) ([]cobra.Completion, cobra.ShellCompDirective) {
	file, err := e.DatabricksFile()
	if err != nil {
		return nothing()
	}
	entries, err := file.List()
	if err != nil {
		return nothing()
	}
	notes := map[string]string{}
	for _, entry := range entries {
		if word, note := of(entry); word != "" && entry.Helper != "" {
			notes[word] = note
		}
	}
	return offer(slices.Sorted(maps.Keys(notes)), func(word string) string { return notes[word] })
}
