package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	checkOfProfiles = "profiles"
	syncProfiles    = "dbxaccess profiles sync"
)

// checkProfiles looks at the entries of both files and at what stands in their way, with or without a sign-in; a sign-in
// tells which there should be.
func (d *doctor) checkProfiles() {
	before := len(d.findings)
	aws, err := d.AWSFile()
	databricks, fileErr := d.DatabricksFile()
	if err = errors.Join(err, fileErr); err != nil {
		d.fault(checkOfProfiles, "", "the config files can't be found", err)
		return
	}
	for _, target := range []profiles.Target{aws, databricks} {
		entries, err := target.List()
		if err != nil {
			d.fault(checkOfProfiles, target.Path, "it can't be read", err)
		}
		d.entries = append(d.entries, entries...)
	}
	d.entries = withTwins(d.entries)
	for _, warning := range profiles.Exposed(aws, databricks) {
		d.add(warned(checkOfProfiles, warning))
	}
	helper, err := profiles.FindHelper(d.Arg0, exec.LookPath, os.Getwd)
	if err != nil {
		d.fault(checkOfProfiles, "", "no profile can run this dbxaccess", err)
	}
	stale := d.checkHelpers(helper)
	shadowed := d.checkStaticKeys(aws)
	switch {
	case err != nil: // a plan would fail alike
	case len(d.signedIn) == 0:
		d.add(finding{Check: checkOfProfiles, Status: statusSkipped, What: "not compared with your roles: " + d.whyNoRoles()})
	default:
		d.checkWanted(stale, shadowed)
	}
	if len(d.findings) == before {
		d.ok(checkOfProfiles, "", countByFile(d.entries))
	}
}

func countByFile(entries []profiles.Entry) string {
	if len(entries) == 0 {
		return "there is no entry, and none is needed"
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
	return strings.Join(files, ", ") + ", as they should be"
}

// checkHelpers finds entries that run something else than this program, one finding for each path in each file, and
// returns the names of their profiles.
func (d *doctor) checkHelpers(helper profiles.Helper) (stale []string) {
	type use struct{ file, helper string }
	var (
		order []use
		by    = map[use][]profiles.Entry{}
	)
	for _, e := range d.entries {
		u := use{e.File, e.Helper}
		if by[u] == nil {
			order = append(order, u)
		}
		by[u] = append(by[u], e)
	}
	this, _ := os.Stat(helper.Path)
	for _, u := range order {
		f := finding{Check: checkOfProfiles, Subject: u.file, Fix: d.mending(by[u])}
		names := namesOf(by[u])
		found, err := exec.LookPath(u.helper)
		that, statErr := os.Stat(found)
		switch {
		case err != nil || statErr != nil:
			f.Status, f.What = statusFault, fmt.Sprintf("%s: the program they run can't be started: %s", ui.Listed(names), u.helper)
			f.Why = "it was moved, removed by an upgrade, or is not executable"
		case this != nil && !os.SameFile(this, that):
			f.Status, f.What = statusWarning, fmt.Sprintf("%s: they run another dbxaccess: %s", ui.Listed(names), u.helper)
			f.Why = "this one is " + helper.Path
		default:
			continue
		}
		stale = append(stale, names...)
		d.add(f)
	}
	return stale
}

func namesOf(entries []profiles.Entry) []string {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}

// mending is what puts the helper's path of these entries right: sync for ours, of identities that are signed in.
func (d *doctor) mending(entries []profiles.Entry) ui.Fix {
	var steps ui.Fix
	for _, e := range entries {
		step := ui.Command(syncProfiles)
		switch {
		case !e.Written:
			step = ui.Advice(fmt.Sprintf("correct the path in %s (the section in line %d), which was not written by dbxaccess", e.File, e.Line))
		case e.Identity != "" && len(d.signedIn) > 0 && !slices.ContainsFunc(d.signedIn, func(s *access.SignIn) bool { return s.Identity.Name == e.Identity }):
			step = ui.Command("dbxaccess login --identity " + e.Identity)
		}
		if !slices.Contains(steps, step[0]) {
			steps = append(steps, step...)
		}
	}
	return steps
}

// checkStaticKeys finds keys in the clear that the AWS tools use in place of our entries, and those of the default
// profile, which they use where none is named.
func (d *doctor) checkStaticKeys(aws profiles.Target) (shadowed bool) {
	keys, err := aws.StaticKeys()
	if err != nil {
		d.fault(checkOfProfiles, "", "the AWS config files can't be searched for static keys", err)
		return false
	}
	ours := func(name string) bool {
		return slices.ContainsFunc(d.entries, func(e profiles.Entry) bool { return e.For == profiles.ForAWS && e.Name == name }) ||
			slices.ContainsFunc(d.rows, func(r access.Row) bool { return r.Profile == name })
	}
	for _, k := range keys {
		f := finding{Check: checkOfProfiles, Subject: k.Profile}
		switch {
		case ours(k.Profile):
			shadowed = true
			f.Status, f.What = statusFault, fmt.Sprintf("a static key of that name is in %s (line %d)", k.Path, k.Line)
			f.Why = "the AWS tools use it in place of dbxaccess"
			f.Fix = ui.Advice(fmt.Sprintf("remove the section %s from %s, or rename it", k.Profile, k.Path))
			if k.Path == aws.Path {
				f.Fix = ui.Advice(fmt.Sprintf("remove the key from %s (line %d)", k.Path, k.Line))
			}
		case k.Profile == "default":
			f.Status, f.What = statusWarning, fmt.Sprintf("a static key is in %s (line %d)", k.Path, k.Line)
			f.Why = "the AWS tools use it where no profile is named"
			f.Fix = ui.Advice("export AWS_PROFILE=PROFILE, or remove the key")
		default:
			continue
		}
		d.add(f)
	}
	return shadowed
}

// ofMachine reports whether a profile is of a machine's identity.
func (d *doctor) ofMachine(profile string) bool {
	return slices.ContainsFunc(d.rows, func(r access.Row) bool {
		return r.Profile == profile && d.m.Identities[r.Identity].Machine()
	})
}

// checkWanted plans the entries as sync does, and tells what it would change.
func (d *doctor) checkWanted(stale []string, shadowed bool) {
	var identities []string
	for _, s := range d.signedIn {
		identities = append(identities, s.Identity.Name)
	}
	plans, err := d.PlanProfiles(&access.View{Map: d.m, Prefix: d.cfg.ProfilePrefix}, d.rows, identities)
	for _, refusal := range each(err) {
		if shadowed && ui.IDOf(refusal) == profiles.ProfileShadowed {
			continue // the keys were told already
		}
		d.fault(checkOfProfiles, "", "the profiles can't be brought up to date", refusal)
	}
	told := map[string]bool{}
	for _, f := range d.findings {
		told[f.What] = true
	}
	for _, plan := range plans {
		by := map[profiles.Action][]string{}
		for _, change := range plan.Changes {
			if change.Action == profiles.Added && d.ofMachine(change.Profile) {
				continue // jobs have exec and env, and nobody signed in there to have entries written
			}
			if change.Action != profiles.Updated || !slices.Contains(stale, change.Profile) {
				by[change.Action] = append(by[change.Action], change.Profile)
			}
		}
		for _, kind := range []struct {
			action profiles.Action
			what   string
		}{
			{profiles.Added, "missing"}, {profiles.Updated, "not up to date"}, {profiles.Removed, "for roles that you may not take any more"},
		} {
			if names := by[kind.action]; len(names) > 0 {
				d.add(finding{
					Check: checkOfProfiles, Subject: plan.Path, Status: statusWarning, What: ui.Listed(names) + ": " + kind.what, Fix: ui.Command(syncProfiles),
				})
			}
		}
		for _, warning := range plan.Warnings {
			f := warned(checkOfProfiles, warning)
			if !told[f.What] {
				told[f.What] = true
				d.add(f)
			}
		}
	}
	d.checkOrphans()
}

// checkOrphans finds entries of identities through which somebody is signed in and may take nothing: a plan leaves them.
func (d *doctor) checkOrphans() {
	for _, s := range d.signedIn {
		name := s.Identity.Name
		if slices.ContainsFunc(d.rows, func(r access.Row) bool { return r.Identity == name }) {
			continue
		}
		var left []profiles.Entry
		for _, e := range d.entries {
			if e.Identity == name && e.Written {
				left = append(left, e)
			}
		}
		if len(left) > 0 {
			d.add(finding{
				Check: checkOfProfiles, Status: statusWarning, What: ui.Listed(namesOf(left)) + ": for roles that you may not take any more",
				Fix: ui.Command("dbxaccess profiles remove --identity " + name),
			})
		}
	}
}

// each takes apart what errors.Join joined.
func each(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error }) // at the top: what is wrapped stays whole
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, each(e)...)
	}
	return all
}
