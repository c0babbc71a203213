package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func (a *app) AWSFile() (profiles.Target, error) {
	return profiles.AWS(a.Getenv, config.Home(a.Getenv)) // without a home, it tells where one is needed
}

func (a *app) DatabricksFile() (profiles.Target, error) {
	return profiles.Databricks(a.Getenv, config.Home(a.Getenv))
}

// wantedPlans plans the entries for every identity that is signed in.
func (a *app) wantedPlans(ctx context.Context) ([]*profiles.Plan, error) {
	b, err := a.Broker(ctx)
	if err != nil {
		return nil, err
	}
	view, err := b.View()
	if err != nil {
		return nil, err
	}
	signIns, rows, err := a.Available(ctx, view, "")
	if err != nil {
		return nil, err
	}
	var identities []string
	for _, s := range signIns { // also those who lost their last role: their entries go
		identities = append(identities, s.Identity.Name)
	}
	a.WarnOfEnvironment(rows)
	plans, err := a.PlanProfiles(view, rows, identities)
	if len(rows) == 0 {
		err = errors.Join(signIns[0].NoRoles(), err)
	}
	return plans, err
}

// warnOfEnvironment tells what would beat the Databricks profiles, if there are any.
func (a *app) WarnOfEnvironment(rows []access.Row) {
	if !slices.ContainsFunc(rows, func(r access.Row) bool { return r.Federated }) {
		return
	}
	for _, warning := range profiles.DatabricksEnvironment(a.Getenv) {
		a.Console.Warn(warning)
	}
}

// planProfiles plans the entries for the roles that some identities give, in both files: entries of ours for other roles
// of these identities go. A file that can't be edited is an error beside the plan of the other.
func (a *app) PlanProfiles(view *access.View, rows []access.Row, identities []string) ([]*profiles.Plan, error) {
	helper, err := profiles.FindHelper(a.Arg0, exec.LookPath, os.Getwd)
	if err != nil {
		return nil, err
	}
	want := map[string][]profiles.Profile{}
	for _, r := range rows {
		p := profiles.Profile{Name: r.Profile, Role: r.Role, Identity: r.Identity, Region: r.Region, Host: r.Host, AccountID: r.Account}
		want[profiles.ForAWS] = append(want[profiles.ForAWS], p)
		if r.Federated { // any other has no token that we could give
			want[profiles.ForDatabricks] = append(want[profiles.ForDatabricks], p)
		}
	}
	owner := a.profileOwners(view)
	return a.eachFile(func(t profiles.Target) (*profiles.Plan, error) {
		return t.Plan(helper, want[t.For], func(e profiles.Entry) bool {
			of := owner(e)
			return ours(view, e) && (of == "" || slices.Contains(identities, of))
		})
	})
}

// eachFile makes the plans of both files, as far as that is possible.
func (a *app) eachFile(plan func(profiles.Target) (*profiles.Plan, error)) (plans []*profiles.Plan, err error) {
	for _, file := range []func() (profiles.Target, error){a.AWSFile, a.DatabricksFile} {
		target, fileErr := file()
		if fileErr == nil {
			var p *profiles.Plan
			if p, fileErr = plan(target); fileErr == nil {
				plans = append(plans, p)
			}
		}
		err = errors.Join(err, fileErr)
	}
	return plans, err
}

// profileOwners tells to which identity an entry belongs: it says so itself or the AWS profile of the same name does, else
// the access map, if the view has one. "" where nobody knows.
func (a *app) profileOwners(view *access.View) func(profiles.Entry) string {
	owners := map[string]string{}
	if aws, err := a.AWSFile(); err == nil {
		entries, _ := aws.List() // a file that can't be read is the other plan's error
		for _, e := range entries {
			owners[e.Name] = e.Identity
		}
	}
	return func(e profiles.Entry) string {
		owner, written := owners[e.Name]
		switch {
		case e.For == profiles.ForAWS:
			return e.Identity
		case written || view.Map == nil:
			return owner
		}
		identity, _, _ := view.RoleOfProfile(e.Name)
		return identity
	}
}

// withTwins completes the entries of Databricks behind those of AWS: they name no role and no identity, those of the AWS
// profile of the same name are theirs.
func withTwins(entries []profiles.Entry) []profiles.Entry {
	twins := map[string]profiles.Entry{}
	for i, e := range entries {
		if e.For == profiles.ForAWS {
			twins[e.Name] = e
			continue
		}
		entries[i].Role, entries[i].Identity = twins[e.Name].Role, twins[e.Name].Identity
	}
	return entries
}

// ours: the entry says whose it is, or its name does; a name without the prefix is one that a person gave.
func ours(view *access.View, e profiles.Entry) bool {
	return e.For == profiles.ForAWS || strings.HasPrefix(e.Name, view.Prefix)
}

// applyPlans shows the diffs, then writes. changed: there was something to write.
func (a *app) ApplyPlans(plans []*profiles.Plan) (changed bool, err error) {
	var (
		failed []error
		warned []string
	)
	for _, plan := range plans {
		for _, warning := range plan.Warnings {
			if text := warning.String(); !slices.Contains(warned, text) { // what is said of the program is said of both files
				a.Console.Warn(warning)
				warned = append(warned, text)
			}
		}
		for _, change := range plan.Changes {
			if change.Note != "" {
				a.Console.Info("%s: %s", change.Profile, ui.Clean(change.Note))
			}
		}
		if diff := plan.Diff(); diff != "" {
			failed = append(failed, ui.PrintDiff(a.Streams.Err, diff), plan.Apply())
			changed = true
		}
	}
	return changed, errors.Join(failed...)
}

// removeProfiles removes the entries of these identities from both files; of every identity if none is named.
func (a *app) RemoveProfiles(identities ...string) error {
	settings, err := a.Settings()
	if err != nil {
		return err
	}
	view := &access.View{Prefix: settings.ProfilePrefix}
	if m, _, err := a.Map(); err == nil {
		view.Map = m // without one, the AWS profiles tell whose an entry is
	}
	owner := a.profileOwners(view)
	plans, err := a.eachFile(func(t profiles.Target) (*profiles.Plan, error) {
		return t.Remove(func(e profiles.Entry) bool {
			if identities == nil {
				return ours(view, e)
			}
			return slices.Contains(identities, owner(e))
		})
	})
	changed, applyErr := a.ApplyPlans(plans)
	if err = errors.Join(err, applyErr); err == nil && !changed {
		a.Console.Info("No entry of dbxaccess is there to remove.")
	}
	return err
}
