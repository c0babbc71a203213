package cli

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/oidc"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	noMap    = "there is no access map that can be used"
	noSignIn = "nobody is signed in"
	noTime   = "its provider told no time"
)

// The difference of clocks from which it matters: AWS gives ID tokens that begin in the future five minutes.
const (
	clockWarning = time.Minute
	clockFault   = 5 * time.Minute
)

func (d *doctor) identities() []*accessmap.Identity {
	var all []*accessmap.Identity
	for _, name := range slices.Sorted(maps.Keys(d.m.Identities)) {
		all = append(all, d.m.Identities[name])
	}
	return all
}

// anybody reports whether somebody is signed in through any identity.
func (d *doctor) anybody() bool {
	for _, l := range d.loaded {
		if l.session != nil {
			return true
		}
	}
	return false
}

// checkProviders asks each identity's provider for its endpoints and keys, and by the date of its answer for the time.
func (d *doctor) checkProviders(ctx context.Context) {
	if d.m == nil {
		d.skip("clock", "", noMap)
		d.skip("discovery", "", noMap)
		return
	}
	d.reachable = map[string]bool{}
	client := &oidc.Client{HTTP: d.HTTP(0), Now: d.Now, Log: d.Log()}
	for _, identity := range d.identities() {
		d.checkProvider(ctx, client, identity)
	}
}

func (d *doctor) checkProvider(ctx context.Context, client *oidc.Client, identity *accessmap.Identity) {
	if identity.Center() {
		d.reachable[identity.Name] = true // it has nothing to be read beforehand
		d.ok("discovery", identity.Name, "IAM Identity Center in "+identity.SSORegion+", asked when somebody signs in")
		return
	}
	if identity.Machine() {
		d.reachable[identity.Name] = true // its keys were asked for with its token, if that is here
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	// A provider that the person has nothing to do with is no fault of theirs.
	status := statusFault
	if d.loaded[identity.Name].session == nil && d.anybody() {
		status = statusWarning
	}
	provider, host := access.ProviderOf(d.m, identity), identity.Host()
	endpoints, err := client.Discover(ctx, provider)
	if err != nil {
		d.skip("clock", host, noTime)
		d.add(failed(status, "discovery", identity.Name, "its provider, "+host+", can't be used", err))
		return
	}
	if ahead, known := endpoints.ClockAhead(); known {
		d.add(clockFinding(host, ahead, runtime.GOOS))
	} else {
		d.skip("clock", host, noTime)
	}
	keys, err := client.SigningKeys(ctx, endpoints)
	if err != nil {
		d.add(failed(status, "discovery", identity.Name, "the signing keys of "+host+" can't be had", err))
		return
	}
	d.reachable[identity.Name] = true
	signing := ui.Count(keys, "signing key", "signing keys")
	var offers []string
	if endpoints.BrowserPossible() {
		offers = append(offers, "browser")
	}
	if endpoints.DevicePossible() {
		offers = append(offers, "device code")
	}
	if f := flowFinding(status, identity, offers); f != nil {
		d.add(*f)
		return
	}
	d.ok("discovery", identity.Name, fmt.Sprintf("%s offers sign-in by %s, and %s", host, strings.Join(offers, " and "), signing))
}

// flowFinding tells of a provider that can't be signed in at in the way the access map wants.
func flowFinding(status string, identity *accessmap.Identity, offers []string) *finding {
	f := finding{Check: "discovery", Subject: identity.Name, Status: status}
	device, browser := slices.Contains(offers, "device code"), slices.Contains(offers, "browser")
	switch {
	case !device && identity.Flow != accessmap.FlowBrowser && (!browser || identity.Flow == accessmap.FlowDevice):
		f.What = identity.Host() + " offers no sign-in by device code"
		f.Why = "its metadata names no device_authorization_endpoint"
		f.Fix = ui.Advice("enable the device code grant (RFC 8628) at the provider, or set device_authorization_endpoint of the identity in the access map")
	case !browser && identity.Flow == accessmap.FlowBrowser:
		f.What = identity.Host() + " offers no sign-in in the browser"
		f.Why = "its metadata names no authorization_endpoint for codes"
		f.Fix = ui.Advice("enable the authorization code grant with PKCE at the provider, or have flow in the access map say auto")
	default:
		return nil
	}
	return &f
}

// clockFinding judges by how much a provider's clock is ahead of ours. It can't tell which of the two is right.
func clockFinding(host string, ahead time.Duration, goos string) finding {
	f := finding{Check: "clock", Subject: host, Status: statusOK}
	off, direction := ahead, "behind"
	if ahead < 0 {
		off, direction = -ahead, "ahead of"
	}
	if off <= clockWarning {
		f.What = "this machine's clock agrees with it"
		return f
	}
	f.Status = statusWarning
	if off > clockFault {
		f.Status = statusFault
	}
	f.What = fmt.Sprintf("this machine's clock is %s %s the provider's", off, direction)
	f.Why = "ID tokens and credentials begin and end at a time, and are refused or dropped where clocks differ"
	switch goos {
	case "darwin":
		f.Fix = ui.Command("sudo sntp -sS time.apple.com")
	case "windows":
		f.Fix = ui.Command("w32tm /resync")
	default:
		f.Fix = ui.Command("sudo timedatectl set-ntp true")
	}
	return f
}

func (d *doctor) checkSignIns(ctx context.Context) {
	const check = "sign-in"
	switch {
	case d.cfg == nil:
		d.skip(check, "", noSettings)
		return
	case d.m == nil:
		d.skip(check, "", noMap)
		return
	case d.broker == nil:
		d.skip(check, "", noKeyring)
		return
	}
	alone := !d.anybody()
	for _, identity := range d.identities() {
		switch l := d.loaded[identity.Name]; {
		case l.session != nil:
			d.checkSignIn(ctx, identity, l.session)
		case identity.Machine() && (l.err == nil || ui.CodeOf(l.err) == ui.LoginNeeded):
			d.skip(check, identity.Name, "its token, from "+identity.Token.From+", is not here")
		case identity.Machine():
			status := statusWarning // a person's commands do without
			if alone {
				status = statusFault
			}
			d.add(failed(status, check, identity.Name, "the machine's token, from "+identity.Token.From+", can't be used", l.err))
		case alone: // all of them are one fault
		default:
			d.add(finding{
				Check: check, Subject: identity.Name, Status: statusSkipped, What: noSignIn + " (dbxaccess login --identity " + identity.Name + ")",
			})
		}
	}
	if alone && len(d.m.People()) > 0 {
		d.nobody()
	}
}

// nobody is one fault, however many identities there are to sign in with.
func (d *doctor) nobody() {
	f := finding{Check: "sign-in", Status: statusFault, What: noSignIn, Fix: ui.Command("dbxaccess login")}
	var commands []string
	for _, name := range d.m.People() {
		if f.Why == "" {
			f.Why = d.loaded[name].err.Error()
		}
		commands = append(commands, "dbxaccess login --identity "+name)
	}
	if len(commands) > 1 {
		f.Fix = ui.Command(commands...)
	}
	d.add(f)
}

// checkSignIn has an ID token renewed that would not last for what follows, as any command would.
func (d *doctor) checkSignIn(ctx context.Context, identity *accessmap.Identity, session *login.Session) {
	const check = "sign-in"
	least := d.broker.TokenLife(session.IDTokenExpires.Sub(session.Refreshed))
	if session.IDTokenExpires.Sub(d.Now()) < least {
		if !d.reachable[identity.Name] && !session.IDTokenExpires.After(d.Now()) {
			d.skip(check, identity.Name, "the ID token has ended, and the provider that renews it can't be used")
			return
		}
		renewed, err := d.broker.Session(ctx, access.ProviderOf(d.m, identity), least)
		if err != nil {
			d.fault(check, identity.Name, "the sign-in of "+session.Display()+" can't be renewed", err)
			return
		}
		session = renewed
	}
	signIn := access.NewSignIn(d.m, identity, session)
	d.signedIn = append(d.signedIn, signIn)
	token := "ID token"
	if identity.Center() {
		token = "access token"
	}
	who := session.Display() + ", " + token + " for " + ui.Remaining(session.IDTokenExpires, d.Now())
	switch {
	case identity.Machine():
		d.ok(check, identity.Name, who+", from "+identity.Token.From)
	case session.RefreshToken.IsZero():
		d.add(finding{
			Check: check, Subject: identity.Name, Status: statusWarning, What: who + ", and no renewal after that",
			Why: identity.Host() + " gave no refresh token", Fix: ui.Advice("have the provider give the application one (scope offline_access)"),
		})
	case session.NoSilentRenewal:
		d.add(finding{
			Check: check, Subject: identity.Name, Status: statusWarning, What: who + ", and no renewal after that",
			Why: identity.Host() + " sends no ID token when the session is renewed",
			Fix: ui.Advice("have the provider send an ID token with each refresh"),
		})
	default:
		d.ok(check, identity.Name, who+", renewed silently")
	}
	view, err := d.broker.View()
	var rows []access.Row
	if err == nil {
		rows, err = view.Rows(signIn)
	}
	if err == nil && len(rows) == 0 {
		err = signIn.NoRoles()
	}
	if err != nil {
		d.fault("role", "", ui.Clean(session.Display())+" may take no role", err)
		return
	}
	d.rows = append(d.rows, rows...)
}
