package cli

import (
	"context"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// signIn returns a session: the living one, renewed if need be, else a new one, in the browser or by device code.
func (a *app) signIn(ctx context.Context, b *broker.Broker, m *accessmap.Map, identity *accessmap.Identity, o loginOptions) (*login.Session, error) {
	provider := access.ProviderOf(m, identity)
	if !o.force {
		session, err := b.Session(ctx, provider, time.Minute)
		if err == nil {
			session, err = a.askAgain(ctx, b, m, identity, session, o.roles)
		}
		if err == nil {
			a.Console.Info("Signed in as %s at %s; the session was still good.", session.Display(), identity.Host())
			a.warnOfEnd(identity.Name, session)
			return session, nil
		}
		if ui.CodeOf(err) != ui.LoginNeeded {
			return nil, err
		}
	}
	session, err := b.SignIn(ctx, provider, a.signInScreen(identity, o))
	if err != nil {
		return nil, err
	}
	a.Console.Info("Signed in as %s at %s.", session.Display(), identity.Host())
	return session, nil
}

// askAgain has a living session renewed where it does not give what is wanted: the person may have been given it since.
// Where only a new sign-in would tell, that is LoginNeeded; a provider that can't be asked now leaves the session as it is.
// One at Identity Center that is nobody's by name is none.
func (a *app) askAgain(
	ctx context.Context, b *broker.Broker, m *accessmap.Map, identity *accessmap.Identity, session *login.Session, wanted []string,
) (*login.Session, error) {
	if session.Unnamed() {
		return nil, ui.Fault(ui.LoginNeeded, "dbxaccess login --identity "+identity.Name, "it is not known who signed in")
	}
	now := access.NewSignIn(m, identity, session)
	missing := slices.ContainsFunc(wanted, func(role string) bool { return m.Roles[role] != nil && !now.Gives(role) })
	if len(now.Grants) > 0 && !missing {
		return session, nil
	}
	renewed, err := b.Renew(ctx, now.Provider, session)
	switch {
	case renewed != nil || ui.CodeOf(err) == ui.LoginNeeded:
		return renewed, err
	case err != nil:
		a.warn("what you may take could not be asked for again: " + ui.Clean(err.Error()))
	}
	return session, nil
}

// signInScreen shows a sign-in on the terminal, and in the browser where it may be opened.
func (a *app) signInScreen(identity *accessmap.Identity, o loginOptions) login.Screen {
	return login.Screen{
		Flow: func(browser, device bool) (login.Flow, error) {
			flow, err := flowOf(identity, o, browser, device, desktop.SitsHere(a.Getenv))
			return login.Flow(flow), err
		},
		Page: func(address string, deviceToo bool) (done func()) {
			a.showPage(address, identity, o, deviceToo)
			return a.Console.Progress("waiting for the browser, for at most 5m")
		},
		Code: func(code *login.DeviceCode) (done func()) {
			a.showCode(code, identity, o)
			return a.countDown(code)
		},
	}
}

// showPage shows the address that begins a sign-in in the browser: opened where it may be, and always printed, as the browser
// that opens may be the wrong one.
func (a *app) showPage(address string, identity *accessmap.Identity, o loginOptions, deviceToo bool) {
	a.Console.Info("Sign in at %s%s.", identity.Host(), a.asApplication(identity))
	opens := !o.noBrowser && desktop.HasDisplay(a.Getenv)
	if opens {
		a.Console.Info("Opening the browser. If it does not open:\n\n  %s\n", address)
		go func() { _ = desktop.Open(a.Getenv, address) }() // its failure is no error: the link has been shown
	} else {
		a.Console.Info("\n  Open   %s\n\nin a browser on this machine: it comes back to a port here.", address)
	}
	if deviceToo {
		a.Console.Info("From another device: dbxaccess login --identity %s --flow device", identity.Name)
	}
}

// asApplication names what the person is about to approve, where it has a name there.
func (a *app) asApplication(identity *accessmap.Identity) string {
	if identity.ClientID == "" {
		return ""
	}
	return " and approve the application \"" + ui.Clean(identity.ClientID) + "\""
}
