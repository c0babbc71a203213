package doctor

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	syncProfiles = "dbxaccess profiles sync"
	orphaned     = "for roles that you may not take any more"
)

// entries are those of both files that run dbxaccess; what can't be read has a finding of checkProfiles.
func (d *examination) entries() (entries []profiles.Entry) {
	for _, file := range []func() (profiles.Target, error){d.AWSFile, d.DatabricksFile} {
		if target, err := file(); err == nil {
			listed, _ := target.List()
			entries = append(entries, listed...)
		}
	}
	return profiles.WithTwins(entries)
}

// checkProfiles checks the entries of both files and what overrides them; with a sign-in also which are missing or outdated.
func (d *examination) checkProfiles(g given) {
	before := d.told
	aws, err := d.AWSFile()
	databricks, fileErr := d.DatabricksFile()
	if err = errors.Join(err, fileErr); err != nil {
		d.fault("profile-files-unknown", "", "the config files can't be found", err)
		return
	}
	var entries []profiles.Entry
	for _, target := range []profiles.Target{aws, databricks} {
		listed, err := target.List()
		if err != nil {
			d.fault("profile-file-unreadable", target.Path, "it can't be read", err)
		}
		entries = append(entries, listed...)
	}
	entries = profiles.WithTwins(entries)
	said := map[string]bool{} // by What: a plan repeats some warnings
	warn := func(warnings []ui.Warning) {
		for _, w := range warnings {
			if !said[w.What] {
				said[w.What] = true
				d.add(warned("profiles", w))
			}
		}
	}
	warn(profiles.Exposures(aws, databricks))
	helper, err := d.Helper()
	if err != nil {
		d.fault("helper-unusable", "", "no profile can run this dbxaccess", err)
	}
	stale := d.checkHelpers(g, entries, helper)
	shadowed := d.checkStaticKeys(g, entries, aws)
	var unwritten []string
	switch {
	case err != nil: // a plan would fail too
	case len(g.signIns) == 0:
		d.add(Finding{ID: "profiles-skipped", Status: Skipped, What: "not compared with your roles: " + g.lacking})
	default:
		var left func(profiles.Entry) bool
		left, unwritten = d.checkWanted(g, stale, shadowed, warn)
		d.checkOrphans(g, entries, left)
	}
	if d.told == before {
		d.ok("profiles-current", "", countByFile(entries, unwritten))
	}
}

// countByFile says what there is. unwritten are the profiles of workloads that sync would add.
func countByFile(entries []profiles.Entry, unwritten []string) string {
	rest := ""
	if len(unwritten) > 0 {
		rest = "; dbxaccess profiles sync would write " + ui.Listed(unwritten) + ", which jobs do without: they use exec and env"
	}
	switch {
	case len(entries) == 0 && rest == "":
		return "no profiles, and none needed"
	case len(entries) == 0:
		return "no profiles" + rest
	}
	var files []string
	n := map[string]int{}
	for _, e := range entries {
		if n[e.File]++; n[e.File] == 1 {
			files = append(files, e.File)
		}
	}
	for i, file := range files {
		files[i] = ui.Count(n[file], "entry", "entries") + " in " + file
	}
	return strings.Join(files, ", ") + ", up to date" + rest
}

// checkWanted plans the entries as sync does, and reports what it would change. left are entries that it leaves alone in a
// file that it plans; unwritten those of workloads that it would add: jobs use exec and env, and no login writes their entries.
func (d *examination) checkWanted(g given, stale []string, shadowed bool, warn func([]ui.Warning)) (left func(profiles.Entry) bool, unwritten []string) {
	planned := map[string]map[string]bool{} // by file, then by name
	var identities []string
	for _, s := range g.signIns {
		identities = append(identities, s.Identity.Name)
	}
	plans, refusals := d.Plan(g.view, g.rows, identities)
	for _, refusal := range refusals {
		if shadowed && ui.IDOf(refusal) == profiles.ProfileShadowed {
			continue // the keys have findings already
		}
		d.fault("profiles-refused", "", "the profiles can't be brought up to date", refusal)
	}
	for _, plan := range plans {
		by := map[profiles.Action][]string{}
		planned[plan.Path] = map[string]bool{}
		for _, change := range plan.Changes {
			planned[plan.Path][change.Profile] = true
			if change.Action == profiles.Added && g.ofWorkload(change.Profile) {
				unwritten = append(unwritten, change.Profile)
				continue
			}
			if change.Action != profiles.Updated || !slices.Contains(stale, change.Profile) {
				by[change.Action] = append(by[change.Action], change.Profile)
			}
		}
		for _, kind := range []struct {
			id     ui.ID
			action profiles.Action
			what   string
		}{
			{"profiles-missing", profiles.Added, "missing"}, {"profiles-outdated", profiles.Updated, "not up to date"},
			{"profiles-orphaned", profiles.Removed, orphaned},
		} {
			if names := by[kind.action]; len(names) > 0 {
				d.warn(kind.id, plan.Path, ui.Listed(names)+": "+kind.what, "", ui.Command(syncProfiles))
			}
		}
		warn(plan.Warnings)
	}
	slices.Sort(unwritten)
	return func(e profiles.Entry) bool {
		names, has := planned[e.File]
		return has && !names[e.Name]
	}, slices.Compact(unwritten)
}

// ofWorkload reports whether a profile is of a workload's identity.
func (g given) ofWorkload(profile string) bool {
	return slices.ContainsFunc(g.rows, func(r access.Row) bool {
		return r.Profile == profile && !g.view.Map.Identities[r.Identity].Method().SignsIn()
	})
}

// checkOrphans finds entries which a plan leaves alone: of identities that the map doesn't have, those written for
// another map's identity of the same name, and those of signed-in ones without any role.
func (d *examination) checkOrphans(g given, entries []profiles.Entry, left func(profiles.Entry) bool) {
	others := map[string][]profiles.Entry{}
	for _, e := range entries {
		signedIn := slices.ContainsFunc(g.signIns, func(s *access.SignIn) bool { return s.Identity.Name == e.Identity })
		if e.Written && e.Identity != "" && (signedIn || g.view.Map.Identities[e.Identity] == nil) && left(e) {
			others[e.Identity] = append(others[e.Identity], e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		of, again := ", which this access map doesn't have", []string(nil)
		if g.view.Map.Identities[name] != nil {
			of, again = " of another access map", []string{syncProfiles} // the command removes this map's too
		}
		d.warn("profiles-of-other-map", "", ui.Listed(slices.Compact(namesOf(others[name])))+": for the identity "+ui.Clean(name)+of,
			"they work with the map that has it, and fail with this one",
			slices.Concat(ui.Advice("if they are of no use any more:"),
				ui.Command(append([]string{"dbxaccess profiles remove --identity " + ui.Word(ui.Clean(name))}, again...)...)))
	}
	for _, s := range g.signIns {
		name := s.Identity.Name
		if slices.ContainsFunc(g.rows, func(r access.Row) bool { return r.Identity == name }) {
			continue
		}
		var lost []profiles.Entry
		for _, e := range entries {
			if e.Identity == name && e.Written {
				lost = append(lost, e)
			}
		}
		if len(lost) > 0 {
			d.warn("profiles-orphaned", "", ui.Listed(namesOf(lost))+": "+orphaned, "", ui.Command("dbxaccess profiles remove --identity "+name))
		}
	}
}
