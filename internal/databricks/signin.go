package databricks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// CLIClient is the public client that every workspace and account knows, and that people sign in with from programs of
// their own: https://docs.databricks.com/aws/en/dev-tools/auth/oauth-u2m
const CLIClient = "databricks-cli"

// SignInEndpoints are those of the authorization server there (RFC 8414 section 2).
type SignInEndpoints struct {
	Issuer        string
	Authorization string // a page for people
	Token         string
	Revocation    string // "": there is none
	NamesIssuer   bool   // it promises to name itself in what the browser comes back with (RFC 9207)
}

// Grant is what a sign-in, or a renewal, gave.
type Grant struct {
	Token        *Token
	RefreshToken secret.String // zero: none came, and an older one stays valid
	Scope        string        // what was granted, cleaned; "" where that is what was asked for
}

// SignInError is a refusal by the authorization server (RFC 6749 section 5.2), cleaned. It does not say who refused
// what.
type SignInError struct {
	Code, Description string
	Busy              bool          // another attempt may succeed
	RetryAfter        time.Duration // 0: not told
}

func (e *SignInError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

// signIn is the address as that of people who sign in there.
func (a Address) signIn() Exchange {
	return Exchange{Host: a.Host, AccountID: a.AccountID, WorkspaceID: a.WorkspaceID, signIn: true}
}

// SignInEndpoints asks the host where people sign in. What it names must be of the origin that its token endpoint has,
// which is judged as for an exchange; a host without such an answer has its endpoints where they are documented.
func (c *Client) SignInEndpoints(ctx context.Context, at Address) (*SignInEndpoints, error) {
	host, err := c.destination(at.Host)
	if err != nil {
		return nil, err
	}
	at.Host = host
	token, _, err := c.endpoint(ctx, at.signIn(), true)
	if err != nil {
		return nil, err
	}
	issuer := strings.TrimSuffix(token, "/v1/token")
	e := &SignInEndpoints{Issuer: issuer, Authorization: issuer + "/v1/authorize", Token: token}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+"/.well-known/oauth-authorization-server", nil)
	if err != nil {
		return nil, httpclient.Explain(at.signIn().doing(), err)
	}
	switch a, err := c.ask(at.signIn().doing(), r); {
	case httpclient.Permanent(err), errors.Is(err, httpclient.ErrBodyTooLarge): // such as a redirect to a page
		return e, nil
	case err != nil:
		return nil, err
	case a.transient() || a.busy():
		return nil, a.fault(at.signIn().doing())
	case !a.OK() || a.Object == nil:
		return e, nil
	default:
		return e, e.take(at, a)
	}
}

// take reads the metadata of an authorization server.
func (e *SignInEndpoints) take(at Address, a *answer) error {
	origin, err := originOf(e.Issuer)
	if err != nil {
		return err
	}
	for _, named := range []struct {
		name string
		to   *string
	}{
		{"issuer", &e.Issuer},
		{"authorization_endpoint", &e.Authorization},
		{"token_endpoint", &e.Token},
		{"revocation_endpoint", &e.Revocation},
	} {
		address := a.Text(named.name)
		if address == "" {
			continue
		}
		theirs, err := originOf(address)
		if err != nil || theirs != origin || len(address) > maxEndpoint || ui.Clean(address) != address {
			return ui.Errorf("workspace-sign-in-elsewhere", ui.Refused, "%s: its %s is at %s, which is not the host itself: nobody is sent there",
				at.signIn().doing(), named.name, cut(address, 100)).
				With(ui.Advice("check the host of the workspace in the access map, and the proxy if there is one"))
		}
		*named.to = address
	}
	e.NamesIssuer = string(a.Object["authorization_response_iss_parameter_supported"]) == "true"
	return nil
}

// originOf is scheme and host of an address without user and fragment.
func originOf(address string) (string, error) {
	u, err := httpclient.CheckURL(address)
	if err != nil {
		return "", ui.Errorf("endpoint-invalid", ui.Failed, "the address %q: %w", cut(address, 100), err).With(ui.Advice(addressOrProxy))
	}
	return NormalizeHost(u.Scheme + "://" + u.Host)
}

// Redeem trades the code of a sign-in (RFC 6749 section 4.1.3), in one try: it works once. A refusal is a SignInError.
func (c *Client) Redeem(ctx context.Context, at Address, e *SignInEndpoints, code, verifier secret.String, redirect string) (*Grant, error) {
	return c.grant(ctx, "trading the code of the sign-in at "+ui.Host(at.Host), at, e, url.Values{
		"grant_type": {"authorization_code"}, "code": {code.Reveal()}, "code_verifier": {verifier.Reveal()}, "redirect_uri": {redirect},
	}, code, verifier)
}

// Refresh spends a refresh token (RFC 6749 section 6), once. scope is what was granted, to be sent again; "" sends none. A
// refusal is a SignInError.
func (c *Client) Refresh(ctx context.Context, at Address, e *SignInEndpoints, refreshToken secret.String, scope string) (*Grant, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken.Reveal()}}
	if scope != "" {
		form.Set("scope", scope)
	}
	return c.grant(ctx, "renewing the sign-in at "+ui.Host(at.Host), at, e, form, refreshToken)
}

func (c *Client) grant(ctx context.Context, doing string, at Address, e *SignInEndpoints, form url.Values, secrets ...secret.String) (*Grant, error) {
	began := c.Now()
	a, err := c.asCLI(ctx, doing, e.Token, form, secrets...)
	if err != nil {
		return nil, err
	}
	if refused := a.signInError(); refused != nil {
		return nil, refused
	}
	if !a.OK() || a.Object == nil {
		return nil, a.NoAnswer()
	}
	access, life, wrong := a.bearer()
	if wrong == "" && life < 1 {
		wrong = "a token that has ended already"
	}
	if wrong != "" {
		return nil, ui.Errorf("workspace-unknown-answer", ui.Failed, "%s: the answer has %s", doing, wrong).With(ui.Advice(addressOrProxy))
	}
	return &Grant{
		Token: &Token{
			Host: at.Host, AccountID: at.AccountID, WorkspaceID: at.WorkspaceID, AccessToken: access, Expires: endOf(began, life),
		},
		RefreshToken: secret.New(a.Text("refresh_token")), Scope: ui.Clean(a.Text("scope")),
	}, nil
}

// Revoke ends a sign-in by its refresh token (RFC 7009 section 2). e must name an endpoint for that.
func (c *Client) Revoke(ctx context.Context, at Address, e *SignInEndpoints, refreshToken secret.String) error {
	doing := "ending the sign-in at " + ui.Host(at.Host)
	a, err := c.asCLI(ctx, doing, e.Revocation, url.Values{"token": {refreshToken.Reveal()}, "token_type_hint": {"refresh_token"}}, refreshToken)
	if err != nil {
		return err
	}
	if refused := a.signInError(); refused != nil {
		return refused
	}
	if !a.OK() {
		return a.NoAnswer()
	}
	return nil
}

// asCLI posts a form as the public client.
func (c *Client) asCLI(ctx context.Context, doing, endpoint string, form url.Values, secrets ...secret.String) (*answer, error) {
	form.Set("client_id", CLIClient)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, httpclient.Explain(doing, err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.ask(doing, r, secrets...)
}

// signInError returns the answer's refusal, nil where it has none.
func (a *answer) signInError() *SignInError {
	code := a.code()
	if code == "" || a.OK() && a.Text("error") == "" {
		return nil
	}
	_, description, _ := strings.Cut(a.words(), ": ")
	return &SignInError{Code: code, Description: description, Busy: a.transient() || httpclient.Busy(a.Status), RetryAfter: a.retryAfter}
}
