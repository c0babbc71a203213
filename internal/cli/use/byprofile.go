package use

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// renewedAhead is what is left of credentials that need not be renewed for a shell that names a profile: whoever asks by the profile
// renews them.
const renewedAhead = 15 * time.Minute

// signingIn gets something that takes a sign-in. A person at a terminal who has not signed in does so first; with a nil signIn, nobody
// does.
func signingIn[T any](ctx context.Context, env *cli.Env, identity string, signIn SignIn, get func() (T, error)) (T, error) {
	got, err := get()
	if ui.CodeOf(err) != ui.LoginNeeded || !env.Streams.Interactive || signIn == nil {
		return got, err
	}
	env.Console.Info("dbxaccess: %s", ui.Clean(err.Error()))
	role := ""
	if short, ok := errors.AsType[*access.StepUpError](err); ok {
		identity, role = short.Identity, short.Role
	}
	if err := signIn(ctx, env, identity, role); err != nil {
		return got, err
	}
	return get()
}

// ends is when the first of the copied credentials does; zero where there are none.
func (o *envOptions) ends(g *granted) (first time.Time) {
	if o.profiles {
		return first
	}
	for _, l := range g.lives() {
		if first.IsZero() || l.ends.Before(first) {
			first = l.ends
		}
	}
	return first
}

// profileVariables name the role's profiles, and leave no others named. Credentials of the person's own, which would win over them, stay.
func (g *granted) profileVariables(env *cli.Env) (vars []shellenv.Variable, err error) {
	if g.keys != nil {
		if err = g.hasProfile(env, env.AWSFile, g.profile); err != nil {
			return nil, err
		}
		// botocore looks at AWS_DEFAULT_PROFILE first.
		vars = append(vars, shellenv.Variable{Name: "AWS_DEFAULT_PROFILE"}, shellenv.Variable{Name: "AWS_PROFILE", Value: g.profile})
	}
	if g.token != nil {
		name := cmp.Or(g.tokenProfile, g.profile)
		if err = g.hasProfile(env, env.DatabricksFile, name); err != nil {
			return nil, err
		}
		vars = append(vars, shellenv.Variable{Name: "DATABRICKS_CONFIG_PROFILE", Value: name})
	}
	return vars, nil
}

// hasProfile refuses a profile that no program would find, or that is another's.
func (g *granted) hasProfile(env *cli.Env, in func() (profiles.Target, error), name string) error {
	file, err := in()
	if err != nil {
		return err
	}
	if beside.Holds(file.Path) {
		return ui.Errorf("shell-of-exec", ui.Failed, "this shell is of dbxaccess exec, whose programs have profiles of their own").
			With(ui.Advice("leave it first: exit"))
	}
	entry, err := file.Find(name)
	if err != nil {
		return err
	}
	if entry != nil && entry.Helper != "" {
		return nil
	}
	refusal := ui.Errorf("profile-not-written", ui.Failed, "%s has no profile %s of dbxaccess", ui.Clean(file.Path), ui.Clean(name))
	copied := ui.Advice("or copy the credentials: dbx --keys " + ui.Word(g.role))
	if settings, err := env.Settings(); err == nil && !settings.Writes(file.For) {
		return refusal.With(ui.Advice("the setting profiles keeps dbxaccess from writing it; copy the credentials: dbx --keys " + ui.Word(g.role)))
	}
	return refusal.With(ui.Command("dbxaccess profiles sync"), copied)
}

// warnOfOthers warns of what a person has set that wins over profiles, as the shell will be.
func warnOfOthers(env *cli.Env, g *granted, vars []shellenv.Variable) {
	after := func(name string) string {
		if i := slices.IndexFunc(vars, func(v shellenv.Variable) bool { return v.Name == name }); i >= 0 {
			return vars[i].Value
		}
		return env.Getenv(name)
	}
	if g.keys != nil {
		for _, warning := range profiles.AWSEnvironment(after, func(profile string) bool { return profile == g.profile }) {
			env.Console.Warn(warning)
		}
	}
	if g.token != nil {
		for _, warning := range profiles.DatabricksEnvironment(after) {
			env.Console.Warn(warning)
		}
	}
}
