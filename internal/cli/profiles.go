package cli

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AWSFile is the config file of the AWS tools.
func (e *Env) AWSFile() (profiles.Target, error) {
	home, _ := localfile.Home(e.Getenv) // a missing one is reported only where it is needed
	return profiles.AWS(e.Getenv, home)
}

// DatabricksFile is the config file of the Databricks tools.
func (e *Env) DatabricksFile() (profiles.Target, error) {
	home, _ := localfile.Home(e.Getenv)
	return profiles.Databricks(e.Getenv, home)
}

// WarnOfEnvironment warns of variables that override the Databricks profiles, if there are any.
func WarnOfEnvironment(env *Env, rows []access.Row) {
	if !slices.ContainsFunc(rows, func(r access.Row) bool { return r.GivesToken }) {
		return
	}
	if file, err := env.DatabricksFile(); err == nil && beside.Holds(file.Path) { // the variables are exec's own
		return
	}
	for _, warning := range profiles.DatabricksEnvironment(env.Getenv) {
		env.Console.Warn(warning)
	}
}

// Helper is this program, as profiles run it.
func (e *Env) Helper() (profiles.Helper, error) {
	return profiles.FindHelper(e.Arg0, exec.LookPath, os.Getwd)
}

// PlanProfiles plans the entries for the roles of these identities, in those of the files that the settings leave to us;
// our entries for their other roles are removed. A file that can't be edited is an error beside the plan of the other.
func PlanProfiles(env *Env, view *access.View, rows []access.Row, identities []string) (plans []*profiles.Plan, refusals []error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, []error{err}
	}
	if settings.Profiles == config.ProfilesOff {
		return nil, nil
	}
	helper, err := env.Helper()
	if err != nil {
		return nil, []error{err}
	}
	want := map[string][]profiles.Profile{}
	for _, r := range rows {
		p := profiles.Profile{Name: r.Profile, Role: r.Role, Identity: r.Identity, Region: cmp.Or(settings.ProfileRegion, r.Region)}
		if r.AtAWS {
			want[profiles.ForAWS] = append(want[profiles.ForAWS], p)
		}
		if r.AtAWS && r.Role == settings.AWSDefault && !slices.ContainsFunc(want[profiles.ForAWS], isDefault) {
			standIn := p
			standIn.Name, standIn.Default = profiles.DefaultName, true
			want[profiles.ForAWS] = append(want[profiles.ForAWS], standIn)
		}
		for _, w := range r.Workplaces {
			if w.GivesToken {
				p.Chosen = r.Role == settings.DatabricksDefault && w.Profile == r.Profile
				p.Name, p.Host, p.AccountID, p.WorkspaceID, p.Scopes = w.Profile, w.Host, w.Account, w.WorkspaceID, strings.Join(w.Narrowed(), ",")
				want[profiles.ForDatabricks] = append(want[profiles.ForDatabricks], p)
			}
		}
	}
	mapPath, _, err := env.MapFile()
	if err == nil {
		err = view.CheckNames()
	}
	if err != nil {
		return nil, []error{err}
	}
	record := profiles.LoadRecord(settings.Dir)
	owner := profileOwners(env, view, record)
	if settings.ProfileRegion == "" { // which wins over what is in the file
		record.KeepRegions(want[profiles.ForAWS])
	}
	return eachFile(env, func(t profiles.Target) (*profiles.Plan, error) {
		if !settings.Writes(t.For) {
			return nil, nil
		}
		t = record.Into(t)
		if of := record.Identity(profiles.Entry{For: t.For, Profile: profiles.Profile{Name: t.Chose}}); settings.DatabricksDefault != "" && !slices.Contains(identities, of) {
			t.Chose = "" // that of another sign-in stays
		}
		p, err := t.Plan(helper, want[t.For], func(e profiles.Entry) bool {
			of := owner(e)
			return ours(view, record, e) && !record.OfAnother(e, mapPath) &&
				(of == "" || slices.Contains(identities, of) || view.Map.Identities[of] == nil && record.Of(e, mapPath))
		})
		if p != nil {
			p.Applied = func() error { return record.Note(settings.Dir, p, mapPath, want[t.For]) }
		}
		return p, err
	})
}

// SayUnchanged tells why nothing was written: unless the setting profiles is off, otherwise.
func SayUnchanged(env *Env, otherwise string) {
	if settings, err := env.Settings(); err == nil && settings.Profiles == config.ProfilesOff {
		otherwise = "The setting profiles is off, so no entries are written. dbxaccess exec and env need none."
	}
	env.Console.Info("%s", otherwise)
}

// eachFile plans both files; a refusal of one leaves the plan of the other. A nil plan leaves a file as it is, and so does that of
// a file of a program's own, which exec has made.
func eachFile(env *Env, plan func(profiles.Target) (*profiles.Plan, error)) (plans []*profiles.Plan, refusals []error) {
	for _, file := range []func() (profiles.Target, error){env.AWSFile, env.DatabricksFile} {
		target, err := file()
		if err != nil {
			refusals = append(refusals, err)
			continue
		}
		if beside.Holds(target.Path) {
			plans = append(plans, &profiles.Plan{For: target.For, Path: target.Path, Note: "The profiles of " + target.For + " are left alone, since " + target.Path +
				" ends with the program that dbxaccess exec has started: leave that, or use another terminal, for your own"})
			continue
		}
		switch p, err := plan(target); {
		case err != nil:
			refusals = append(refusals, err)
		case p != nil:
			p.For = target.For
			plans = append(plans, p)
		}
	}
	return plans, refusals
}

func isDefault(p profiles.Profile) bool { return p.Default }

// NotePlan says why a plan writes nothing, if there is a reason.
func NotePlan(env *Env, plan *profiles.Plan) {
	if plan.Note != "" {
		env.Console.Info("%s.", ui.Clean(plan.Note))
	}
}

// Noted reports whether NotePlan has something to say of one of the plans.
func Noted(plans []*profiles.Plan) bool {
	return slices.ContainsFunc(plans, func(p *profiles.Plan) bool { return p.Note != "" })
}

// notOurs are the reasons for which a file is one that others look after: Nix, chezmoi, a container's mount.
var notOurs = []ui.ID{"file-read-only", "file-denied", "file-is-mount", "file-of-other-user"}

// ApplyPlans writes, and with verbose shows the diffs of what it wrote. What a file that was not written was to get is not among the
// changes.
func ApplyPlans(env *Env, plans []*profiles.Plan, verbose bool) (changes []ProfileChange, err error) {
	var (
		failed []error
		warned []string
		done   []*profiles.Plan
	)
	for _, plan := range plans {
		NotePlan(env, plan)
		for _, warning := range plan.Warnings {
			if text := warning.String(); !slices.Contains(warned, text) { // both plans warn of the program itself
				env.Console.Warn(warning)
				warned = append(warned, text)
			}
		}
		for _, change := range plan.Changes {
			if change.Note != "" {
				env.Console.Info("%s: %s", change.Profile, ui.Clean(change.Note))
			}
		}
		if err := apply(env, plan, verbose); err != nil {
			failed = append(failed, err)
			continue
		}
		done = append(done, plan)
	}
	return ChangesOf(done), errors.Join(failed...)
}

func apply(env *Env, plan *profiles.Plan, verbose bool) error {
	if plan.Diff() == "" {
		return applied(plan)
	}
	err := plan.Apply()
	if refused, ok := errors.AsType[*ui.Error](err); ok && slices.Contains(notOurs, refused.ID) {
		return refused.With(ui.Advice("if something else looks after that file, keep dbxaccess out of it (aws or databricks in place of off leaves it one of the files):"),
			ui.Command("dbxaccess config set profiles off"))
	}
	if err == nil && verbose {
		err = ui.PrintDiff(env.Streams.Err, plan.Diff())
	}
	if err != nil {
		return err
	}
	return applied(plan)
}

func applied(plan *profiles.Plan) error {
	if plan.Applied == nil {
		return nil
	}
	return plan.Applied()
}

// PlanRemoval plans how the entries of an identity leave both files; those of every identity if it is "".
func PlanRemoval(env *Env, identity string) (plans []*profiles.Plan, refusals []error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, []error{err}
	}
	view := &access.View{Naming: NamingOf(settings).Of(nil)}
	if m, _, err := env.Map(); err == nil {
		view.Map, view.Naming = m, NamingOf(settings).Of(m) // without one, ownership comes from the AWS profiles
	}
	record := profiles.LoadRecord(settings.Dir)
	owner := profileOwners(env, view, record)
	return eachFile(env, func(t profiles.Target) (*profiles.Plan, error) {
		p, err := record.Into(t).Remove(func(e profiles.Entry) bool {
			return identity == "" && ours(view, record, e) || identity != "" && owner(e) == identity
		})
		if p != nil {
			p.Applied = func() error { return record.Note(settings.Dir, p, "", nil) }
		}
		return p, err
	})
}

// RemoveProfiles removes the entries of an identity from both files, of every identity if it is "", and says how many.
func RemoveProfiles(env *Env, identity string, verbose bool) ([]ProfileChange, error) {
	plans, refusals := PlanRemoval(env, identity)
	changes, err := ApplyPlans(env, plans, verbose)
	if Changed(changes) {
		env.Console.Info("%s.", ChangeWords(changes))
	}
	return changes, errors.Join(errors.Join(refusals...), err)
}

// SayNoneRemoved tells who asked for entries to be removed that there were none.
func SayNoneRemoved(env *Env, changes []ProfileChange, err error) {
	if err == nil && !Changed(changes) {
		env.Console.Info("No dbxaccess profiles to remove.")
	}
}
