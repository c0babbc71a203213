package doctor

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noSignIn = "nobody is signed in"

// given are the roles of the sign-ins. Without a sign-in only settings and lacking are set.
type given struct {
	settings *config.Settings
	view     *access.View
	broker   *broker.Broker
	signIns  []*access.SignIn // with a valid ID token
	rows     []access.Row     // the roles that they may take
	untried  bool             // there are more
	lacking  string           // why there is no row
}

// checkSignIns returns the usable sign-ins and their roles.
func (d *examination) checkSignIns(
	ctx context.Context, settings *config.Settings, m *accessmap.Map, signIns *stored, reachable map[string]bool,
) given {
	g := given{settings: settings}
	switch {
	case settings == nil:
		g.lacking = noSettings
	case m == nil:
		g.lacking = noMap
	case signIns == nil:
		g.lacking = noKeyring
	}
	if g.lacking != "" {
		d.skip("sign-in-skipped", "", g.lacking)
		return g
	}
	view, err := signIns.broker.View()
	if err != nil { // the map changed under us
		d.add(brokenMap("", err))
		g.lacking = noMap
		return g
	}
	g.view, g.broker = view, signIns.broker
	alone := !signIns.any()
	for _, identity := range identitiesOf(m) {
		session := signIns.session(identity.Name)
		if session == nil {
			d.notSignedIn(identity, signIns.sessions[identity.Name].err, alone)
			continue
		}
		signIn := d.checkSignIn(ctx, g, identity, session, reachable[identity.Name])
		if signIn == nil {
			continue
		}
		g.signIns = append(g.signIns, signIn)
		g.rows = append(g.rows, d.rowsOf(view, signIn)...)
	}
	if alone && len(m.People()) > 0 {
		d.nobody(m, signIns)
	}
	switch {
	case alone:
		g.lacking = noSignIn
	case len(g.signIns) == 0:
		g.lacking = "no sign-in can be used"
	default:
		g.lacking = "there is no role to take"
	}
	return g
}

// notSignedIn reports an identity without a session. alone: no other has one either, which is one fault for all.
func (d *examination) notSignedIn(identity *accessmap.Identity, err error, alone bool) {
	switch workload := !identity.Method().SignsIn(); {
	case workload && (err == nil || ui.CodeOf(err) == ui.LoginNeeded):
		d.skip("workload-token-absent", identity.Name, "workload token from "+identity.Token.From+" not available on this machine")
	case workload:
		status := Warning // people's commands don't need it
		if alone {
			status = Fault
		}
		d.add(failed(status, "workload-token-unusable", identity.Name, "its workload token from "+identity.Token.From+" can't be used", err))
	case !alone:
		d.add(Finding{ID: "identity-unused", Subject: identity.Name, Status: Skipped, What: noSignIn + " (dbxaccess login --identity " + identity.Name + ")"})
	}
}

// nobody is one fault, however many identities there are to sign in with.
func (d *examination) nobody(m *accessmap.Map, signIns *stored) {
	f := Finding{ID: "nobody-signed-in", Status: Fault, What: noSignIn, Fix: ui.Command("dbxaccess login")}
	var commands []string
	for _, name := range m.People() {
		if err := signIns.sessions[name].err; f.Why == "" {
			f.Why, f.Cause = ui.Told(err), ui.IDOf(err)
		}
		commands = append(commands, "dbxaccess login --identity "+name)
	}
	if len(commands) > 1 {
		f.Fix = ui.Command(commands...)
	}
	d.add(f)
}

// checkSignIn renews an ID token that expires too soon, as any command would. It returns nil if the sign-in can't be used.
func (d *examination) checkSignIn(
	ctx context.Context, g given, identity *accessmap.Identity, session *login.Session, reachable bool,
) *access.SignIn {
	if session.Unfinished() {
		d.fault("sign-in-unfinished", identity.Name, access.ErrNotFinished.Error(), access.NotFinished(access.ProviderOf(g.view.Map, identity)))
		return nil
	}
	least := g.broker.TokenLife(session.IDTokenExpires.Sub(session.Refreshed))
	if session.IDTokenExpires.Sub(d.Now()) < least {
		if !reachable && !session.IDTokenExpires.After(d.Now()) {
			d.skip("sign-in-skipped", identity.Name, "the ID token has ended, and the provider that renews it can't be used")
			return nil
		}
		renewed, err := g.broker.Session(ctx, access.ProviderOf(g.view.Map, identity), least)
		if err != nil {
			what := "the sign-in of " + session.Display() + " can't be renewed"
			if s := g.broker.Standing(access.ProviderOf(g.view.Map, identity), session); access.StateOf(s) == access.Over {
				what += ", " + access.SessionWords(session, s)
			}
			d.fault("session-not-renewed", identity.Name, what, err)
			return nil
		}
		session = renewed
	}
	token := "ID token"
	if session.IDToken.IsZero() {
		token = "access token"
	}
	who := session.Display() + ", " + token + " valid for " + ui.Remaining(session.IDTokenExpires, d.Now())
	standing := g.broker.Standing(access.ProviderOf(g.view.Map, identity), session)
	words := ", " + access.SessionWords(session, standing)
	switch {
	case session.Token != nil:
		d.ok("signed-in", identity.Name, who+", from "+session.Token.From)
	case session.RefreshToken.IsZero():
		d.warn("refresh-token-missing", identity.Name, who+words, identity.Host()+" gave no refresh token",
			ui.ForAdmin("configure the provider to give the application one (scope offline_access)"))
	case session.NoSilentRenewal:
		d.warn("silent-renewal-missing", identity.Name, who+words,
			identity.Host()+" sends no ID token when the session is renewed",
			ui.ForAdmin("configure the provider to send an ID token with each refresh"))
	default:
		d.ok("signed-in", identity.Name, who+words)
	}
	d.checkLife(g, identity, session)
	signIn := access.NewSignIn(g.view.Map, identity, session, d.Now())
	d.checkToken(signIn)
	return signIn
}

// shortLife is how long ID tokens should live at least: tokens of a workspace live no longer than those that they are exchanged for, and a
// program that copies one works with it for as long.
const shortLife = 30 * time.Minute

// checkLife warns of ID tokens that end soon after they were issued, as Keycloak's do after five minutes unless it is told otherwise.
func (d *examination) checkLife(g given, identity *accessmap.Identity, session *login.Session) {
	life := session.IDTokenExpires.Sub(session.Refreshed)
	if life > time.Minute { // the two clocks differ by seconds
		life = life.Round(time.Minute)
	}
	if life <= 0 || life >= shortLife || session.Token != nil || session.IDToken.IsZero() || len(g.view.Map.Workspaces) == 0 {
		return
	}
	where := "in its settings of the application " + ui.Clean(identity.ClientID)
	if identity.Kind == "keycloak" {
		where = "in Keycloak: Clients, " + ui.Clean(identity.ClientID) + ", Advanced, Access Token Lifespan"
	}
	d.warn("token-life-short", identity.Name, "its ID tokens live for "+ui.Span(life)+", and workspace tokens that come of them no longer",
		"programs that copy a token, as under env, have to begin anew so often; AWS keys and profiles don't mind",
		ui.ForAdmin("have ID tokens of "+identity.Host()+" live for an hour, "+where))
}

// checkToken tells what the ID token says to AWS and to the map's policy. That a sign-in proves too little for some roles is no fault
// of it: they are asked for by dbxaccess login --for.
func (d *examination) checkToken(signIn *access.SignIn) {
	for _, found := range signIn.TokenFindings() {
		f := Finding{ID: found.ID, Subject: signIn.Identity.Name, Status: OK, What: found.What}
		if found.Refused && found.ID != "token-step-up-missing" {
			f.Status = Warning
		}
		if f.Status == Warning {
			f.Fix = found.Fix
		}
		d.add(f)
	}
}

// rowsOf lists a sign-in's roles.
func (d *examination) rowsOf(view *access.View, signIn *access.SignIn) []access.Row {
	rows, err := view.Rows(signIn)
	if err == nil && len(rows) == 0 {
		err = signIn.NoRoles()
	}
	if err != nil {
		d.fault("role-none", "", signIn.Session.Display()+" may take no role", err)
		return nil
	}
	return rows
}
