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

func (a *app) awsFiles() (profiles.AWSFiles, error) {
	return profiles.AWSFilesFrom(a.Getenv, config.Home(a.Getenv)) // without a home, it tells where one is needed
}

func (a *app) databricksFile() (string, error) {
	return profiles.DatabricksFile(a.Getenv, config.Home(a.Getenv))
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
	signIns, rows, err := available(ctx, a, view, "")
	if err != nil {
		return nil, err
	}
	var identities []string
	for _, s := range signIns { // also those who lost their last role: their entries go
		identities = append(identities, s.Identity.Name)
	}
	a.warnOfEnvironment(rows)
	plans, err := a.planProfiles(view, rows, identities)
	if len(rows) == 0 {
		err = errors.Join(signIns[0].NoRoles(), err)
	}
	return plans, err
}

// warnOfEnvironment tells what would beat the Databricks profiles, if there are any.
func (a *app) warnOfEnvironment(rows []access.Row) {
	if !slices.ContainsFunc(rows, func(r access.Row) bool { return r.Federated }) {
		return
	}
	for _, warning := range profiles.DatabricksEnvironment(a.Getenv) {
		a.Console.Warn(warning)
	}
}

// planProfiles plans the entries for the roles that some identities give, in both files: entries of ours for other roles
// of these identities go. A file that can't be edited is an error beside the plan of the other.
func (a *app) planProfiles(view *access.View, rows []access.Row, identities []string) ([]*profiles.Plan, error) {
	helper, err := profiles.FindHelper(a.Arg0, exec.LookPath, os.Getwd)
	if err != nil {
		return nil, err
	}
	var (
		aws        []profiles.AWSProfile
		workspaces []profiles.DatabricksProfile
	)
	for _, r := range rows {
		aws = append(aws, profiles.AWSProfile{Name: r.Profile, Role: r.Role, Identity: r.Identity, Region: r.Region})
		if r.Federated { // any other has no token that we could give
			workspaces = append(workspaces, profiles.DatabricksProfile{Name: r.Profile, Host: r.Host, AccountID: r.Account})
		}
	}
	return both(
		func() (*profiles.Plan, error) {
			files, err := a.awsFiles()
			if err != nil {
				return nil, err
			}
			return profiles.PlanAWS(files, helper, aws, profiles.Prune(identities...))
		},
		func() (*profiles.Plan, error) {
			path, err := a.databricksFile()
			if err != nil {
				return nil, err
			}
			owner := a.profileOwners(view)
			return profiles.PlanDatabricks(path, helper, workspaces, profiles.PruneDatabricks(func(name string) bool {
				of := owner(name)
				return strings.HasPrefix(name, view.Prefix) && (of == "" || slices.Contains(identities, of))
			}))
		},
	)
}

// both makes the plans of both files, as far as that is possible.
func both(aws, databricks func() (*profiles.Plan, error)) (plans []*profiles.Plan, err error) {
	for _, plan := range []func() (*profiles.Plan, error){aws, databricks} {
		p, planErr := plan()
		if planErr != nil {
			err = errors.Join(err, planErr)
			continue
		}
		plans = append(plans, p)
	}
	return plans, err
}

// profileOwners tells of a profile's name to which identity it belongs: the AWS profile of that name says so, else the
// access map, if the view has one. "" where nobody knows.
func (a *app) profileOwners(view *access.View) func(name string) string {
	owners := map[string]string{}
	if files, err := a.awsFiles(); err == nil {
		entries, _ := profiles.ListAWS(files) // a file that can't be read is the other plan's error
		for _, e := range entries {
			owners[e.Profile] = e.Identity
		}
	}
	return func(name string) string {
		if owner, written := owners[name]; written || view.Map == nil {
			return owner
		}
		identity, _, _ := view.RoleOfProfile(name)
		return identity
	}
}

// applyPlans shows the diffs, then writes. changed: there was something to write.
func (a *app) applyPlans(plans []*profiles.Plan) (changed bool, err error) {
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
func (a *app) removeProfiles(identities ...string) error {
	settings, err := a.Settings()
	if err != nil {
		return err
	}
	view := &access.View{Prefix: settings.ProfilePrefix}
	if m, _, err := a.Map(); err == nil {
		view.Map = m // without one, the AWS profiles tell whose an entry is
	}
	plans, err := both(
		func() (*profiles.Plan, error) {
			files, err := a.awsFiles()
			if err != nil {
				return nil, err
			}
			return profiles.RemoveAWS(files, identities)
		},
		func() (*profiles.Plan, error) {
			path, err := a.databricksFile()
			if err != nil {
				return nil, err
			}
			owner := a.profileOwners(view)
			return profiles.RemoveDatabricks(path, func(name string) bool {
				if identities == nil { // a name without the prefix is one that a person gave
					return strings.HasPrefix(name, settings.ProfilePrefix)
				}
				return slices.Contains(identities, owner(name))
			})
		},
	)
	changed, applyErr := a.applyPlans(plans)
	if err = errors.Join(err, applyErr); err == nil && !changed {
		a.Console.Info("No entry of dbxaccess is there to remove.")
	}
	return err
}
