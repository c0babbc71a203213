package account

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// signIn returns a session: the valid one, renewed if need be, else a new one, in the browser or by device code, and which of the two
// that was.
func signIn(
	ctx context.Context, env *cli.Env, b *broker.Broker, m *accessmap.Map, identity *accessmap.Identity, o loginOptions,
) (session *login.Session, flow login.Flow, err error) {
	provider := access.ProviderOf(m, identity)
	if o.forRole != "" {
		stepUp, err := access.StepUpFor(m, identity, o.forRole)
		if err != nil {
			return nil, "", err
		}
		provider.StepUp = stepUp
	}
	if provider.StepUp == nil && (!o.force || o.workspace != "") { // which --force is about then
		session, err := b.Session(ctx, provider, time.Minute)
		if err == nil {
			session, err = refreshRoles(ctx, env, b, m, identity, session, o.roles)
		}
		if err == nil && !session.Unnamed() {
			words := access.SessionWords(session, b.Standing(provider, session))
			env.Console.Info("Already signed in as %s at %s (session valid, %s).", session.Display(), identity.Host(), words)
			cli.WarnOfEnd(env, identity.Name, session)
			return session, "", nil
		}
		switch {
		case err == nil: // it is not known whose it is
		case store.Unreadable(err): // the keyring was proven to work
			env.Console.Warn(ui.Warning{ID: "session-unreadable", What: "the stored session can't be read and is replaced: " + ui.Clean(ui.Told(err))})
		case ui.CodeOf(err) != ui.LoginNeeded:
			return nil, "", err
		}
	}
	screen := signInScreen(env, identity, o)
	choose := screen.Flow
	screen.Flow = func(browser, device bool) (login.Flow, error) {
		flow, err = choose(browser, device)
		return flow, err
	}
	session, err = b.SignIn(ctx, provider, screen)
	if err != nil {
		return nil, "", err
	}
	standing := b.Standing(provider, session)
	env.Console.Info("Signed in as %s at %s (%s).", session.Display(), identity.Host(), access.SessionWords(session, standing))
	if standing.Why != nil {
		env.Console.Warn(ui.Warning{ID: "session-not-renewable", What: "this session can't be renewed silently", Why: standing.Why.Error()})
	}
	return session, flow, nil
}

// refreshRoles renews a valid session that lacks a wanted role: the person may have got it since. Where only a new sign-in can
// tell, the error is LoginNeeded; if the provider can't be reached, the session stays as it is. A session at Identity Center
// without a name gets one, or stays without.
func refreshRoles(
	ctx context.Context, env *cli.Env, b *broker.Broker, m *accessmap.Map, identity *accessmap.Identity, session *login.Session, wanted []string,
) (*login.Session, error) {
	if session.Unnamed() {
		var err error
		if session, err = b.Finish(ctx, access.ProviderOf(m, identity), session); err != nil || session.Unnamed() {
			return session, err
		}
	}
	now := access.NewSignIn(m, identity, session, env.Now())
	missing := slices.ContainsFunc(wanted, func(role string) bool { return m.Roles[role] != nil && !now.Gives(role) })
	if len(now.Grants) > 0 && !missing {
		return session, nil
	}
	renewed, err := b.Renew(ctx, now.Provider, session)
	switch {
	case renewed != nil || ui.CodeOf(err) == ui.LoginNeeded:
		return renewed, err
	case err != nil:
		env.Console.Warn(ui.Warning{ID: "roles-not-renewed", What: "could not refresh your roles: " + ui.Told(err)})
	}
	return session, nil
}

// signInScreen shows a sign-in on the terminal, and in the browser where it may be opened.
func signInScreen(env *cli.Env, identity *accessmap.Identity, o loginOptions) login.Screen {
	return login.Screen{
		Flow: func(browser, device bool) (login.Flow, error) {
			flow, err := flowOf(identity, o, browser, device, desktop.BrowserIsLocal(env.Getenv))
			return login.Flow(flow), err
		},
		Page: func(address string, deviceToo bool) (done func()) {
			showPage(env, address, identity, o, deviceToo)
			return countDown(env, "the browser", env.Now().Add(login.PageWait))
		},
		Approved: func(doing string) { env.Console.Info("Approved; %s, at most 1m.", doing) },
		Code: func(code *login.DeviceCode) (done func()) {
			showCode(env, code, identity, o)
			return countDown(env, "approval", code.Expires)
		},
	}
}

// showPage shows where a sign-in with an identity begins: the wrong browser may open.
func showPage(env *cli.Env, address string, identity *accessmap.Identity, o loginOptions, deviceToo bool) {
	env.Console.Info("Sign in at %s%s.", identity.Host(), asApplication(identity))
	openPage(env, address, o)
	if deviceToo {
		env.Console.Info("From another device: dbxaccess login --identity %s --flow device", identity.Name)
	}
}

// openPage opens an address in the browser where it may, and always prints it, with why it was not opened.
func openPage(env *cli.Env, address string, o loginOptions) {
	link := ui.Link(env.Streams.Err, address)
	if !o.noBrowser && desktop.HasDisplay(env.Getenv) {
		env.Console.Info("Opening the browser. If it does not open:\n\n  %s\n", link)
		go func() { _ = desktop.Open(env.Getenv, address) }() // a failure is no error: the link has been shown
		return
	}
	why := "No browser was opened: there is no display (DISPLAY and WAYLAND_DISPLAY are not set)."
	switch {
	case o.noBrowser:
		why = "No browser was opened, as --no-browser says."
	case env.Getenv("SSH_CONNECTION") != "" || env.Getenv("SSH_TTY") != "":
		why = "No browser was opened: you are connected by SSH."
	}
	env.Console.Info("%s", why)
	env.Console.Info("\n  Open   %s\n", link)
	env.Console.Info("Open it in a browser on this machine: it returns to a local port.")
}

// asApplication names the application that the person is about to approve, if it has a name.
func asApplication(identity *accessmap.Identity) string {
	if identity.ClientID == "" {
		return ""
	}
	return " and approve the application \"" + ui.Clean(identity.ClientID) + "\""
}
