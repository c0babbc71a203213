package account

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkWorkspace says what no sign-in changes of a workspace that --workspace names: it must be one that people sign in at.
func checkWorkspace(m *accessmap.Map, name string) error {
	w := m.Workspaces[name]
	switch {
	case name == "":
		return nil
	case w == nil:
		unknown := ui.Errorf("workspace-unknown", ui.Usage, "the access map has no workspace %q", ui.Clean(name))
		if near := ui.Nearest(name, maps.Keys(m.Workspaces)); near != "" {
			return unknown.With(ui.Advice("did you mean: dbxaccess login --workspace " + near))
		}
		return unknown.With(ui.Advice("its workspaces are: " + strings.Join(slices.Sorted(maps.Keys(m.Workspaces)), ", ")))
	case w.Login != accessmap.LoginBrowser:
		return ui.Errorf("workspace-without-sign-in", ui.Usage, "the workspace %s takes the ID token of your sign-in, and has none of its own", name).
			With(ui.Command("dbxaccess login"))
	case len(access.IdentitiesAt(m, w)) == 0:
		return ui.Errorf("workspace-without-role", ui.NoSuchRole, "no identity of people gives a role in the workspace %s", name).
			With(ui.Advice("to be given one, ask " + access.Contact(m)))
	}
	return nil
}

// signInBeside signs the person in at each workspace with a sign-in of its own where their roles work, or at the one that is
// asked for. without are those where they are not signed in afterwards.
func signInBeside(ctx context.Context, env *cli.Env, b *broker.Broker, given *access.SignIn, o loginOptions) (without []string, err error) {
	var errs []error
	asked := false
	for _, p := range given.Beside() {
		if o.workspace != "" && o.workspace != p.Workspace.Name {
			continue
		}
		asked = true
		signedIn, err := signInAt(ctx, env, b, given, p, o)
		if err != nil {
			errs = append(errs, err)
		}
		if !signedIn {
			without = append(without, p.Workspace.Name)
		}
	}
	if o.workspace != "" && !asked {
		errs = append(errs, ui.Errorf("workspace-not-given", ui.NoSuchRole, "none of your roles works in the workspace %s", o.workspace).
			With(ui.Command("dbxaccess roles --why")))
	}
	return without, errors.Join(errs...)
}

// signInAt signs the person in at one workspace, unless they are.
func signInAt(ctx context.Context, env *cli.Env, b *broker.Broker, given *access.SignIn, p login.Provider, o loginOptions) (signedIn bool, err error) {
	w := p.Workspace
	if !o.force || o.workspace == "" {
		switch session, err := b.SessionAt(ctx, p); {
		case err == nil:
			env.Console.Info("Already signed in as %s at the workspace %s (%s).", session.Display(), w.Name, access.SessionWords(session, b.Standing(p, session)))
			return true, nil
		case ui.CodeOf(err) != ui.LoginNeeded:
			return false, err
		}
	}
	if o.workspace == "" {
		if ok, err := wantsPage(ctx, env, p, o); !ok || err != nil {
			return false, err
		}
	}
	env.Console.Info("The workspace %s signs people in itself: one more sign-in, at %s.", w.Name, p.Host())
	session, err := b.SignInAt(ctx, given, p, login.Screen{Page: func(address string, _ bool) (done func()) {
		openPage(env, address, o)
		return countDown(env, "the browser", env.Now().Add(login.PageWait))
	}})
	if err != nil {
		return false, err
	}
	standing := b.Standing(p, session)
	env.Console.Info("Signed in as %s at the workspace %s (%s).", session.Display(), w.Name, access.SessionWords(session, standing))
	if standing.Why != nil {
		env.Console.Warn(ui.Warning{ID: "session-not-renewable", What: "this session can't be renewed silently", Why: standing.Why.Error()})
	}
	return true, nil
}

// wantsPage reports whether a second page is to be opened: where a browser of this machine can come back, and the person
// agrees. Else it says how to go on later.
func wantsPage(ctx context.Context, env *cli.Env, p login.Provider, o loginOptions) (bool, error) {
	later := ui.Warning{
		ID: "workspace-sign-in-waits", What: "the workspace " + p.Workspace.Name + " signs people in itself, which is still to be done",
		Fix: ui.Command(p.LoginCommand()),
	}
	if o.flow != accessmap.FlowBrowser && (o.noBrowser || !desktop.BrowserIsLocal(env.Getenv)) {
		later.Why = "the browser comes back to a port of this machine, from 8020 on; over SSH, forward it first: ssh -L 8020:localhost:8020"
		env.Console.Warn(later)
		return false, nil
	}
	if !env.Streams.Interactive {
		return true, nil
	}
	answer, err := env.Streams.Ask(ctx, "Sign in at the workspace "+p.Workspace.Name+" ("+p.Host()+") too? [Y/n] ")
	if err != nil {
		return false, err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "n" || answer == "no" {
		env.Console.Warn(later)
		return false, nil
	}
	return true, nil
}
