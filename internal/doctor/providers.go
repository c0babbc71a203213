package doctor

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
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login/oidc"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const noTime = "the provider's answer had no Date header"

// Clock differences that matter: AWS accepts ID tokens up to five minutes from the future.
const (
	clockWarning = time.Minute
	clockFault   = 5 * time.Minute
)

func identitiesOf(m *accessmap.Map) []*accessmap.Identity {
	var all []*accessmap.Identity
	for _, name := range slices.Sorted(maps.Keys(m.Identities)) {
		all = append(all, m.Identities[name])
	}
	return all
}

// checkProviders reads each provider's endpoints, keys and clock. It returns the identities whose provider works.
func (d *examination) checkProviders(ctx context.Context, m *accessmap.Map, signIns *stored) (reachable map[string]bool) {
	if m == nil {
		d.skip("clock-skipped", "", noMap)
		d.skip("discovery-skipped", "", noMap)
		return nil
	}
	reachable = map[string]bool{}
	client := &oidc.Client{HTTP: d.HTTP(0), Now: d.Now, Log: d.Log}
	for _, identity := range identitiesOf(m) {
		// A provider that the person does not use is no fault.
		status := Fault
		if signIns.session(identity.Name) == nil && signIns.any() {
			status = Warning
		}
		reachable[identity.Name] = d.checkProvider(ctx, client, m, identity, status)
	}
	return reachable
}

func (d *examination) checkProvider(
	ctx context.Context, client *oidc.Client, m *accessmap.Map, identity *accessmap.Identity, status Status,
) (reachable bool) {
	switch identity.Method() {
	case idp.IdentityCenter: // it has no metadata
		d.ok("discovery-not-needed", identity.Name, "IAM Identity Center in "+identity.SSORegion+", contacted at login")
		return true
	case idp.Workload:
		return true // its keys were read with its token
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	provider, host := access.ProviderOf(m, identity), identity.Host()
	endpoints, err := client.Discover(ctx, provider)
	if err != nil {
		d.skip("clock-skipped", host, "the provider can't be used")
		d.add(failed(status, "provider-unusable", identity.Name, "its provider, "+host+", can't be used", err))
		return false
	}
	if ahead, known := endpoints.ClockAhead(); known {
		d.add(clockFinding(host, ahead, runtime.GOOS))
	} else {
		d.skip("clock-skipped", host, noTime)
	}
	keys, err := client.SigningKeys(ctx, endpoints)
	if err != nil {
		d.add(failed(status, "signing-keys-unusable", identity.Name, "can't read the signing keys of "+host, err))
		return false
	}
	var offers []string
	if endpoints.BrowserPossible() {
		offers = append(offers, "browser")
	}
	if endpoints.DevicePossible() {
		offers = append(offers, "device code")
	}
	if f := flowFinding(status, identity, offers); f != nil {
		d.add(*f)
		return true
	}
	d.ok("discovery-works", identity.Name, fmt.Sprintf("%s offers sign-in by %s, and %s", host, strings.Join(offers, " and "),
		ui.Count(keys, "signing key", "signing keys")))
	return true
}

// flowFinding is the finding of a provider without the flow that the access map wants, nil if it has it.
func flowFinding(status Status, identity *accessmap.Identity, offers []string) *Finding {
	f := Finding{Subject: identity.Name, Status: status}
	device, browser := slices.Contains(offers, "device code"), slices.Contains(offers, "browser")
	switch {
	case !device && identity.Flow != accessmap.FlowBrowser && (!browser || identity.Flow == accessmap.FlowDevice):
		f.ID, f.What = "device-flow-missing", identity.Host()+" offers no sign-in by device code"
		f.Why = "its metadata names no device_authorization_endpoint"
		f.Fix = ui.ForAdmin("enable the device code grant (RFC 8628) at the provider, or set device_authorization_endpoint of the identity in the access map")
	case !browser && identity.Flow == accessmap.FlowBrowser:
		f.ID, f.What = "browser-flow-missing", identity.Host()+" offers no sign-in in the browser"
		f.Why = "its metadata names no authorization_endpoint for codes"
		f.Fix = ui.ForAdmin("enable the authorization code grant with PKCE at the provider, or set flow to auto in the access map")
	default:
		return nil
	}
	return &f
}

// clockFinding judges how far a provider's clock is ahead of ours; either of them may be wrong.
func clockFinding(host string, ahead time.Duration, goos string) Finding {
	f := Finding{ID: "clock-behind", Subject: host, Status: OK}
	off, direction := ahead.Abs(), "behind"
	if ahead < 0 {
		f.ID, direction = "clock-ahead", "ahead of"
	}
	if off <= clockWarning {
		f.ID, f.What = "clock-agrees", "this machine's clock agrees with it"
		return f
	}
	f.Status = Warning
	if off > clockFault {
		f.Status = Fault
	}
	// To the nearest minute: the time compared with is in whole seconds and old by half a request, too vague to tell 9m 59s from 10m.
	f.What = fmt.Sprintf("this machine's clock is %s %s the provider's", ui.Span(off.Round(time.Minute)), direction)
	f.Why = "ID tokens and credentials are valid between two times, and refused or dropped where clocks differ"
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
