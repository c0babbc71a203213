package login

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// centerFlow is how somebody signs in at Identity Center, and what a client is registered for: the redirect address without
// its port, "" where there is none.
type centerFlow string

const (
	deviceFlow  centerFlow = ""
	browserFlow centerFlow = "http://127.0.0.1" + centerPath
)

// centerScope is what package identitycenter registers clients for.
const centerScope = "sso:account:access"

// registrationSpare is what a registration must have left for a sign-in: the session can be renewed no longer than it.
const registrationSpare = 7 * 24 * time.Hour

// registrationKey names a client's registration in the keyring. It is nobody's, and serves whoever signs in next.
func registrationKey(p Provider, flow centerFlow) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Issuer, p.SSORegion, centerScope, string(flow)}, "\x00")))
	return "registration/" + base32Lower(sum[:])
}

// asClient does something as a registered client. A registration that Identity Center no longer takes is dropped, and work
// done once more with a new one.
func (s *Sessions) asClient(
	ctx context.Context, p Provider, flow centerFlow, work func(*identitycenter.Registration) error,
) (*identitycenter.Registration, error) {
	r, err := s.register(ctx, p, flow)
	if err != nil {
		return nil, err
	}
	err = work(r)
	if centerCode(err) != "InvalidClientException" {
		return r, err
	}
	s.unregister(ctx, p, flow)
	if r, err = s.register(ctx, p, flow); err != nil {
		return nil, err
	}
	return r, work(r)
}

// register returns the kept registration, or a new one where that has no long life left. A keyring that does not keep it is
// no reason not to sign in.
func (s *Sessions) register(ctx context.Context, p Provider, flow centerFlow) (*identitycenter.Registration, error) {
	if s.Center == nil {
		return nil, noCenter(p)
	}
	key := registrationKey(p, flow)
	if kept := s.registered(ctx, key); kept != nil {
		return kept, nil
	}
	r, err := s.Center.Register(ctx, p.SSORegion, p.Issuer, string(flow))
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(storeRegistration(r)) //nolint:gosec // for the keyring
	if err == nil {
		err = s.Store.Set(ctx, key, data, store.Meta{Expires: r.Expires, Label: "dbxaccess as a client of IAM Identity Center"})
	}
	if err != nil {
		s.Client.log().Warn("the registration was not kept", "provider", p.host(), "error", err)
	}
	return r, nil
}

// registered returns the registration under a key, nil where there is none to be used.
func (s *Sessions) registered(ctx context.Context, key string) *identitycenter.Registration {
	data, err := s.Store.Get(ctx, key)
	if err != nil {
		return nil
	}
	var stored storedRegistration
	if json.Unmarshal(data, &stored) != nil || !stored.Expires.After(s.now().Add(registrationSpare)) {
		return nil
	}
	return stored.registration()
}

// unregister drops a registration that Identity Center does not take.
func (s *Sessions) unregister(ctx context.Context, p Provider, flow centerFlow) {
	if err := s.Store.Delete(ctx, registrationKey(p, flow)); err != nil {
		s.Client.log().Warn("a registration that is no longer valid stays stored", "provider", p.host(), "error", err)
	}
}

// unregisterClient drops the registration of a client, whichever flow it was made for. One that another process has made
// in its place stays.
func (s *Sessions) unregisterClient(ctx context.Context, p Provider, client *identitycenter.Registration) {
	for _, flow := range []centerFlow{deviceFlow, browserFlow} {
		if kept := s.registered(ctx, registrationKey(p, flow)); kept != nil && kept.ClientID == client.ClientID {
			s.unregister(ctx, p, flow)
		}
	}
}

func noCenter(p Provider) error {
	return ui.Fault(ui.Failed, "", "%s is IAM Identity Center, which can't be asked here", p.host())
}

// centerCode is the service's name for what went wrong, "" for everything that is not its answer.
func centerCode(err error) string {
	if refused, ok := errors.AsType[*identitycenter.Error](err); ok {
		return refused.Code
	}
	return ""
}

// centerFault makes what a person reads of Identity Center's refusals. Other errors are sentences already.
func (p Provider) centerFault(doing string, err error) error {
	refused, ok := errors.AsType[*identitycenter.Error](err)
	if !ok {
		return err
	}
	switch {
	case refused.Passing():
		return ui.Fault(ui.Failed, passingFault, "%s: %w", doing, refused)
	case refused.Code == "UnauthorizedException":
		return p.loginNeeded("%s: %s no longer takes the access token: %w", doing, p.host(), refused)
	case refused.Code == "InvalidGrantException", refused.Code == "ExpiredTokenException":
		return p.loginNeeded("the session at %s is over: %w", p.host(), refused)
	case refused.Code == "InvalidClientException":
		return p.loginNeeded("%s: %s no longer knows this program as its client: %w", doing, p.host(), refused)
	}
	return ui.Fault(ui.Refused, "check start_url and sso_region of the identity in the access map",
		"%s: %s refused: %w", doing, p.host(), refused)
}
