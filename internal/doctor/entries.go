package doctor

import (
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkHelpers finds entries that don't run this program, one finding for each path in each file, and returns their profiles.
func (d *examination) checkHelpers(g given, entries []profiles.Entry, helper profiles.Helper) (stale []string) {
	type use struct{ file, helper string }
	var (
		order []use
		by    = map[use][]profiles.Entry{}
	)
	for _, e := range entries {
		u := use{e.File, e.Helper}
		if by[u] == nil {
			order = append(order, u)
		}
		by[u] = append(by[u], e)
	}
	this, _ := os.Stat(helper.Path)
	for _, u := range order {
		f := Finding{Subject: u.file, Fix: g.helperFix(by[u])}
		names := namesOf(by[u])
		found, err := exec.LookPath(u.helper)
		that, statErr := os.Stat(found)
		switch {
		case err != nil || statErr != nil:
			f.ID, f.Status, f.What = "helper-missing", Fault, fmt.Sprintf("%s: the program they run can't be started: %s", ui.Listed(names), u.helper)
			f.Why = "it was moved, removed by an upgrade, or is not executable"
		case this != nil && !os.SameFile(this, that):
			f.ID, f.Status, f.What = "helper-differs", Warning, fmt.Sprintf("%s: they run another dbxaccess: %s", ui.Listed(names), u.helper)
			f.Why = "this one is " + helper.Path
		default:
			continue
		}
		stale = append(stale, names...)
		d.add(f)
	}
	return stale
}

// helperFix corrects the helper's path of these entries: by sync for ours, of identities that are signed in.
func (g given) helperFix(entries []profiles.Entry) ui.Fix {
	var steps ui.Fix
	for _, e := range entries {
		signedIn := func(s *access.SignIn) bool { return s.Identity.Name == e.Identity }
		step := ui.Command(syncProfiles)
		switch {
		case !e.Written:
			step = ui.Advice(fmt.Sprintf("correct the path in %s (the section in line %d), which was not written by dbxaccess", e.File, e.Line))
		case e.Identity != "" && len(g.signIns) > 0 && !slices.ContainsFunc(g.signIns, signedIn):
			step = ui.Command("dbxaccess login --identity " + e.Identity)
		}
		if !slices.Contains(steps, step[0]) {
			steps = append(steps, step...)
		}
	}
	return steps
}

// checkStaticKeys finds unencrypted keys that the AWS tools use instead of our entries, and those of the default profile,
// which they use where none is named.
func (d *examination) checkStaticKeys(g given, entries []profiles.Entry, aws profiles.Target) (shadowed bool) {
	keys, err := aws.StaticKeys()
	if err != nil {
		d.fault("static-keys-unreadable", "", "the AWS config files can't be searched for static keys", err)
		return false
	}
	ours := func(name string) bool {
		return slices.ContainsFunc(entries, func(e profiles.Entry) bool { return e.For == profiles.ForAWS && e.Name == name }) ||
			slices.ContainsFunc(g.rows, func(r access.Row) bool { return r.Profile == name })
	}
	for _, k := range keys {
		f := Finding{Subject: k.Profile}
		switch {
		case ours(k.Profile):
			shadowed = true
			f.ID, f.Status, f.What = "static-key-shadows", Fault, fmt.Sprintf("a static key with that name is in %s (line %d)", k.Path, k.Line)
			f.Why = "the AWS tools use it in place of dbxaccess"
			f.Fix = ui.Advice(fmt.Sprintf("remove the section %s from %s, or rename it", k.Profile, k.Path))
			if k.Path == aws.Path {
				f.Fix = ui.Advice(fmt.Sprintf("remove the key from %s (line %d)", k.Path, k.Line))
			}
		case k.Profile == "default":
			f.ID, f.Status, f.What = "static-key-default", Warning, fmt.Sprintf("a static key is in %s (line %d)", k.Path, k.Line)
			f.Why = "the AWS tools use it where no profile is named"
			f.Fix = ui.Advice("set AWS_PROFILE to one of the profiles, or remove the key")
		default:
			continue
		}
		d.add(f)
	}
	return shadowed
}

func namesOf(entries []profiles.Entry) []string {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}
