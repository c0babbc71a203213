// Package account holds the commands by which a person fetches the access map, signs in and out, and sees what that gives.
//
// In come flags and answers at a terminal; out come a session in the keyring, profiles, and reports. They may prompt, open a
// browser and write files, and say so. They must never use a map that the person has not agreed to, nor print a secret.
package account

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type loginOptions struct {
	identity   string
	workspace  string
	flow       string
	roles      []string
	noBrowser  bool
	noProfiles bool
	force      bool
	forRole    string // sign in afresh, as this role asks
	reason     string
	verbose    bool
	output     string
	mapFresh   bool // the map was fetched a moment ago
}

// NewLogin is `login`.
func NewLogin(env *cli.Env) *cobra.Command {
	var o loginOptions
	cmd := &cobra.Command{
		Use:   "login [ROLE]",
		Short: "Sign in, take your default role, write AWS and Databricks profiles",
		Long: `Signs you in at your identity provider: in the browser of this machine, or with a device code, which is shown as a
link, a code and a QR code for any other device; over SSH, in containers and without a display that is the way. You
approve, and your groups become roles. At AWS IAM Identity Center it is your assignments. The default role is taken at
once, at AWS and in its Databricks workspace, to prove that it works; the others are when they are first asked for. Who
has several and no default is asked once which one they use most.
Profiles for both are written for all of them, without any secret in them; --verbose shows their lines. While a session is valid, login renews it
silently; --force signs in again. A workspace that the access map has people sign in at in the browser is a second
page, opened after the first sign-in where your roles work in it; --workspace does that alone, whenever you like.

A role with data for which the access map asks for a recent or a stronger sign-in takes --for: you are signed in afresh, the
provider is asked for what the map wants, and the ID token has to say it. Where the map asks for a reason too, say it with
--reason, or at the terminal; without one you are signed in, the role is not taken, and the command that takes it is shown.`,
		Example: `  dbxaccess login
  dbxaccess login --role ml-trainer --no-browser
  dbxaccess login --flow device
  dbxaccess login --identity acme --force
  dbxaccess login --workspace prod
  dbxaccess login --for payroll-auditor --reason "audit of 2026"`,
		Args: cli.MaybeRole, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.roles = append(o.roles, args...)
			if cmd.Flags().Changed("for") { // `--for "$UNSET"` must not mean an ordinary sign-in
				if o.workspace != "" || o.forRole == "" {
					return ui.Errorf("login-for-what", ui.Usage, "--for names the role to sign in for, and goes without --workspace").
						With(ui.Command("dbxaccess login --for ROLE"))
				}
				o.roles = append(o.roles, o.forRole)
			}
			return runLogin(cmd.Context(), env, o)
		},
	}
	cli.IdentityFlag(env, cmd, &o.identity)
	cmd.Flags().StringSliceVar(&o.roles, "role", nil, "another `role` to take besides the default one; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("role", env.CompleteRoles)
	cli.WordFlag(cmd, &o.flow, "flow", "", "way to sign in: in this machine's browser, or by a code on any device",
		accessmap.FlowAuto, accessmap.FlowDevice, accessmap.FlowBrowser)
	cmd.Flags().StringVar(&o.workspace, "workspace", "", "sign in at this `workspace`, which has a sign-in of its own; with --force, again")
	cmd.Flags().BoolVar(&o.noBrowser, "no-browser", false, "never open a browser, only show the link")
	cmd.Flags().BoolVar(&o.noProfiles, "no-profiles", false, "leave ~/.aws/config and ~/.databrickscfg as they are")
	cmd.Flags().BoolVar(&o.force, "force", false, "sign in again even if the session is valid")
	cmd.Flags().StringVar(&o.forRole, "for", "", "sign in afresh, as this `role` asks for it, and take it")
	_ = cmd.RegisterFlagCompletionFunc("for", env.CompleteRoles)
	cli.ReasonFlag(cmd, &o.reason)
	cli.VerboseFlag(cmd, &o.verbose)
	cli.OutputFlag(cmd, &o.output)
	return cli.ForPeople(env, cmd)
}

// SignIn signs in for another command, at the same questions as `login`; nothing is printed but on stderr, and no profiles are
// written. identity is "" where the map leaves no choice, or the person is to choose; role is one to sign in for afresh, or "".
func SignIn(ctx context.Context, env *cli.Env, identity, role string) error {
	if err := env.OnlyPerson(ctx, "dbxaccess login"); err != nil {
		return err
	}
	o := loginOptions{identity: identity, flow: accessmap.FlowAuto, forRole: role}
	as, err := signedIn(ctx, env, o)
	if err != nil {
		return err
	}
	_, err = signInBeside(ctx, env, as.broker, access.NewSignIn(as.m, as.identity, as.session, env.Now()), o)
	return err
}

// signedInAs is a person with what signed them in.
type signedInAs struct {
	broker   *broker.Broker
	m        *accessmap.Map
	identity *accessmap.Identity
	session  *login.Session
	anew     bool // not by a session that was still valid
}

// signedIn is the line from nothing to a session: map, keyring, sign-in.
func signedIn(ctx context.Context, env *cli.Env, o loginOptions) (*signedInAs, error) {
	settings, err := env.Settings()
	if err != nil {
		return nil, err
	}
	m, err := refreshedMap(ctx, env, o.mapFresh)
	if err != nil {
		return nil, err
	}
	if err := checkWorkspace(m, o.workspace); err != nil {
		return nil, err
	}
	identity, err := identityOf(ctx, env, m, o)
	if err != nil {
		return nil, err
	}
	for _, role := range o.roles { // what no sign-in changes is said before it
		if err := access.Possible(m, identity.Name, role); err != nil {
			return nil, err
		}
	}
	keyring, settle, err := loginKeyring(ctx, env, settings)
	if err != nil {
		return nil, err
	}
	b, err := env.BrokerOn(keyring)
	if err != nil {
		return nil, err
	}
	b.TryAgain()
	session, flow, err := signIn(ctx, env, b, m, identity, o)
	if err != nil {
		return nil, err
	}
	if err := settle(); err != nil {
		return nil, err
	}
	as := &signedInAs{b, m, identity, session, flow != ""}
	if o.forRole == "" {
		return as, nil
	}
	return as, access.NewSignIn(m, identity, session, env.Now()).StepUpShort(o.forRole, flow)
}

// runLogin is the line from nothing to a working profile: sign-in, roles, credentials, profiles.
func runLogin(ctx context.Context, env *cli.Env, o loginOptions) error {
	settings, err := env.Settings()
	if err != nil {
		return err
	}
	as, err := signedIn(ctx, env, o)
	if err != nil {
		return err
	}
	b, m, identity, session := as.broker, as.m, as.identity, as.session
	view, err := b.View()
	if err != nil {
		return err
	}
	given := access.NewSignIn(m, identity, session, env.Now())
	rows, err := view.Rows(given)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		err = given.NoRoles()
		if !o.noProfiles {
			_, removed := cli.RemoveProfiles(env, identity.Name, o.verbose)
			err = errors.Join(err, removed)
		}
		return err
	}
	preferred := settings.DefaultRole
	if usual := m.Defaults.Role; preferred == "" && given.Gives(usual) { // not everybody need have the map's
		preferred = usual
	}
	if as.anew && preferred == "" && len(o.roles) == 0 && o.output != "json" {
		if preferred, err = askMostUsed(ctx, env, rows); err != nil {
			return err
		}
	}
	roles, err := rolesToTake(env, given, rows, o.roles, preferred)
	if err != nil { // of one role; the others are of use all the same
		return errors.Join(err, as.finish(ctx, env, view, rows, nil, o))
	}
	wanted := slices.DeleteFunc(slices.Clone(rows), func(row access.Row) bool { return !slices.Contains(roles, row.Role) })
	taken, err := takeAWS(ctx, env, b, wanted, &o)
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return errors.Join(err, as.finish(ctx, env, view, rows, nil, o))
	}
	// AWS works from here on: failures of workspaces and profiles are reported together at the end.
	without, besideErr := signInBeside(ctx, env, b, given, o)
	workspaceErr := takeWorkspaces(ctx, env, b, taken, without, &o)
	var next *nextStep
	if errors.Join(besideErr, workspaceErr) == nil && len(taken) == len(wanted) { // else it was said what comes next
		next = nextOf(taken, o.roles)
	}
	return errors.Join(as.finish(ctx, env, view, rows, next, o), besideErr, workspaceErr)
}

// finish writes the profiles, whatever became of single roles, and tells what was done and what comes next.
func (as *signedInAs) finish(ctx context.Context, env *cli.Env, view *access.View, rows []access.Row, next *nextStep, o loginOptions) (err error) {
	changes := []cli.ProfileChange{}
	if !o.noProfiles {
		changes, err = writeProfiles(env, view, as.identity.Name, rows, o.verbose)
	}
	if o.output != "json" {
		sayDone(env, changes, len(rows), next)
		return err
	}
	report, reportErr := as.report(ctx, rows)
	if reportErr == nil {
		report.Profiles, report.Next = changes, next.command(changes)
		reportErr = ui.PrintJSON(env.Streams.Out, report)
	}
	return errors.Join(err, reportErr)
}

func writeProfiles(env *cli.Env, view *access.View, identity string, rows []access.Row, verbose bool) ([]cli.ProfileChange, error) {
	cli.WarnOfEnvironment(env, rows)
	plans, refusals := cli.PlanProfiles(env, view, rows, []string{identity})
	changes, err := cli.ApplyPlans(env, plans, verbose)
	return changes, errors.Join(errors.Join(refusals...), err)
}

// refreshedMap fetches the map again from where it came. If it can't be fetched or read, the current one is used, unless it
// has expired; one that gives more needs the person. fresh: it has just been fetched.
func refreshedMap(ctx context.Context, env *cli.Env, fresh bool) (*accessmap.Map, error) {
	_, named, err := env.MapFile()
	if err != nil {
		return nil, err
	}
	current, _, currentErr := env.Map()
	if named || fresh || currentErr != nil && ui.IDOf(currentErr) != "map-expired" {
		return current, currentErr
	}
	offer, err := fetchMap(ctx, env, source.Wanted{}, trustOptions{})
	switch {
	case err == nil:
		return offer.Map, nil
	case ui.CodeOf(err) == ui.Refused, ctx.Err() != nil:
		return nil, err
	case currentErr != nil:
		return nil, errors.Join(err, currentErr)
	}
	env.Console.Warn(ui.Warning{ID: "map-not-renewed", What: "could not refresh the access map, using the current one: " + ui.Told(err), Fix: ui.FixOf(err)})
	return current, nil
}

// rolesToTake are the roles asked for and the default one: that of the settings, else the only one.
func rolesToTake(env *cli.Env, signIn *access.SignIn, rows []access.Row, asked []string, preferred string) ([]string, error) {
	may := func(role string) bool {
		return slices.ContainsFunc(rows, func(r access.Row) bool { return r.Role == role })
	}
	for _, role := range asked {
		if !may(role) {
			return nil, signIn.NoSuchRole(role)
		}
	}
	roles := slices.Clone(asked)
	switch {
	case preferred != "" && may(preferred):
		roles = append(roles, preferred)
	case preferred != "":
		cli.WarnDefaultRole(env, preferred)
	case len(rows) == 1:
		roles = append(roles, rows[0].Role)
	}
	slices.Sort(roles)
	return slices.Compact(roles), nil
}
