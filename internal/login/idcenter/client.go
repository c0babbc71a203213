package idcenter

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/oauth"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// flow is how someone signs in, and what a client is registered for: the redirect address without its port, "" where there is
// none.
type flow string

// callbackPath is the one that the AWS CLI registers: known to be taken.
const callbackPath = "/oauth/callback"

const (
	deviceFlow  flow = ""
	browserFlow flow = "http://127.0.0.1" + callbackPath
)

// scope is what package identitycenter registers clients for.
const scope = "sso:account:access"

// registrationSpare is what a registration must have left for a sign-in: the session can be renewed no longer than it.
const registrationSpare = 7 * 24 * time.Hour

// registrationKey names a client's registration in the keyring. It is nobody's, and serves anyone who signs in next.
func registrationKey(p login.Provider, f flow) string {
	return "registration/" + login.Hash(p.Issuer, p.SSORegion, scope, string(f))
}

// asClient does something as a registered client. A registration that Identity Center no longer takes is dropped, and work
// done once more with a new one.
func (c *Client) asClient(
	ctx context.Context, p login.Provider, f flow, work func(*identitycenter.Registration) error,
) (*identitycenter.Registration, error) {
	r, err := c.register(ctx, p, f)
	if err != nil {
		return nil, err
	}
	err = work(r)
	if codeOf(err) != "InvalidClientException" {
		return r, err
	}
	c.unregister(ctx, p, f)
	if r, err = c.register(ctx, p, f); err != nil {
		return nil, err
	}
	return r, work(r)
}

// register returns the kept registration, or a new one where that has no long life left. A keyring that does not keep it is
// no reason not to sign in.
func (c *Client) register(ctx context.Context, p login.Provider, f flow) (*identitycenter.Registration, error) {
	key := registrationKey(p, f)
	if kept := c.registered(ctx, key); kept != nil {
		return kept, nil
	}
	r, err := c.Wire.Register(ctx, p.SSORegion, p.Issuer, string(f))
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(login.StoreRegistration(r)) //nolint:gosec // for the keyring
	if err == nil {
		err = c.Store.Set(ctx, key, data, store.Meta{Expires: r.Expires, Label: "dbxaccess as a client of IAM Identity Center"})
	}
	if err != nil {
		c.Log.Warn("the registration was not kept", "provider", p.Host(), "error", err)
	}
	return r, nil
}

// registered returns the registration under a key, nil where there is none to be used.
func (c *Client) registered(ctx context.Context, key string) *identitycenter.Registration {
	data, err := c.Store.Get(ctx, key)
	if err != nil {
		return nil
	}
	var stored login.StoredRegistration
	if json.Unmarshal(data, &stored) != nil || !stored.Expires.After(c.Now().Add(registrationSpare)) {
		return nil
	}
	return stored.Registration()
}

// unregister drops a registration that Identity Center does not take.
func (c *Client) unregister(ctx context.Context, p login.Provider, f flow) {
	if err := c.Store.Delete(ctx, registrationKey(p, f)); err != nil {
		c.Log.Warn("a registration that is no longer valid stays stored", "provider", p.Host(), "error", err)
	}
}

// unregisterClient drops the registration of a client, whichever flow it was made for. One that another process has made
// in its place stays.
func (c *Client) unregisterClient(ctx context.Context, p login.Provider, client *identitycenter.Registration) {
	for _, f := range []flow{deviceFlow, browserFlow} {
		if kept := c.registered(ctx, registrationKey(p, f)); kept != nil && kept.ClientID == client.ClientID {
			c.unregister(ctx, p, f)
		}
	}
}

// codeOf is the service's name for what went wrong, "" for everything that is not its answer.
func codeOf(err error) string {
	if refused, ok := errors.AsType[*identitycenter.Error](err); ok {
		return refused.Code
	}
	return ""
}

// fault makes what a person reads of Identity Center's refusals. Other errors are sentences already.
func fault(p login.Provider, doing string, err error) error {
	refused, ok := errors.AsType[*identitycenter.Error](err)
	if !ok {
		return err
	}
	switch {
	case refused.Transient():
		return httpclient.Later(ui.Errorf("provider-busy", ui.Failed, "%s: %w", doing, refused).With(oauth.TryAgain), refused.RetryAfter)
	case refused.Code == "UnauthorizedException":
		return ui.Errorf("access-token-refused", ui.LoginNeeded, "%s: %s no longer takes the access token: %w", doing, p.Host(), refused).With(p.SignInFix())
	case refused.Code == "InvalidGrantException", refused.Code == "ExpiredTokenException":
		return ui.Errorf("session-over", ui.LoginNeeded, "the session at %s is over: %w", p.Host(), refused).With(p.SignInFix())
	case refused.Code == "InvalidClientException":
		return ui.Errorf("registration-unknown", ui.LoginNeeded, "%s: %s no longer knows this program as its client: %w", doing, p.Host(), refused).With(p.SignInFix())
	}
	return ui.Errorf("provider-refuses", ui.Refused, "%s: %s refused: %w", doing, p.Host(), refused).
		With(ui.ForAdmin("check start_url and sso_region of the identity in the access map"))
}
