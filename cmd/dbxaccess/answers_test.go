package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/place"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/oidc"
	"github.com/dbxaccess/dbxaccess/internal/login/workload"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/sts/ambient"
	"github.com/dbxaccess/dbxaccess/internal/sts/console"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// questions are what the program asks of servers, each put to the one at an address.
func questions(client *http.Client, base string) map[string]func(ctx context.Context) error {
	now := time.Now
	token := secret.New("h.e30.canary-of-a-token")
	center := &identitycenter.Client{HTTP: client, OIDCEndpoint: base, PortalEndpoint: base, Now: now}
	registered := &identitycenter.Registration{ClientID: "client-1", ClientSecret: token}
	aws := &sts.Client{HTTP: client, Endpoint: base, IdentityCenter: center, Now: now}
	role := &sts.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: token, SessionToken: token, Expires: now().Add(time.Hour)}
	const arn = "arn:aws:iam::111122223333:role/ml-trainer"
	dbx := &databricks.Client{HTTP: client, Now: now}
	provider := login.Provider{Name: "acme", Issuer: base, ClientID: "client-1"}
	getenv := func(environment map[string]string) func(string) string {
		return func(name string) string { return environment[name] }
	}
	machine := func(environment map[string]string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := (&ambient.Finder{Getenv: getenv(environment), HTTP: client, Link: client, Now: now, Assume: aws.AssumeRoleWithWebIdentity}).Credentials(ctx)
			return err
		}
	}
	return map[string]func(ctx context.Context) error{
		"OIDC discovery": func(ctx context.Context) error {
			_, err := (&oidc.Client{HTTP: client, Now: now, Log: slog.New(slog.DiscardHandler)}).Discover(ctx, provider)
			return err
		},
		"an issuer's metadata": func(ctx context.Context) error {
			_, err := (&idtoken.Client{HTTP: client, Now: now}).Issuer(ctx, base)
			return err
		},
		"JWKS": func(ctx context.Context) error {
			_, err := (&idtoken.Client{HTTP: client, Now: now}).SigningKeys(ctx, &idtoken.Issuer{Name: base, Keys: base + "/keys"})
			return err
		},
		"RegisterClient": func(ctx context.Context) error {
			_, err := center.Register(ctx, "us-east-1", base, "")
			return err
		},
		"StartDeviceAuthorization": func(ctx context.Context) error {
			_, err := center.StartDevice(ctx, "us-east-1", registered, base)
			return err
		},
		"CreateToken": func(ctx context.Context) error {
			_, err := center.CreateToken(ctx, "us-east-1", registered, identitycenter.Grant{DeviceCode: token})
			return err
		},
		"CreateToken, renewing": func(ctx context.Context) error {
			_, err := center.CreateToken(ctx, "us-east-1", registered, identitycenter.Grant{RefreshToken: token})
			return err
		},
		"ListAccounts": func(ctx context.Context) error { _, err := center.Accounts(ctx, "us-east-1", token); return err },
		"ListAccountRoles": func(ctx context.Context) error {
			_, err := center.AccountRoles(ctx, "us-east-1", token, "111122223333")
			return err
		},
		"GetRoleCredentials": func(ctx context.Context) error {
			_, err := aws.RoleCredentials(ctx, sts.PermissionSet{Region: "us-east-1", AccountID: "111122223333", RoleName: "MLAdmin", Token: token})
			return err
		},
		"AssumeRoleWithWebIdentity": func(ctx context.Context) error {
			_, err := aws.AssumeRoleWithWebIdentity(ctx, sts.WebIdentity{Token: token, RoleARN: arn, Region: "us-east-1", SessionName: "alice"})
			return err
		},
		"AssumeRole": func(ctx context.Context) error {
			_, err := aws.AssumeRole(ctx, sts.AssumeRole{From: role, RoleARN: arn, Region: "us-east-1", SessionName: "alice"})
			return err
		},
		"GetCallerIdentity": func(ctx context.Context) error { _, err := aws.CallerIdentity(ctx, role, "us-east-1"); return err },
		"GetWebIdentityToken": func(ctx context.Context) error {
			_, err := aws.WebIdentityToken(ctx, role, "us-east-1", "audience")
			return err
		},
		"the exchange of Databricks": func(ctx context.Context) error {
			_, err := dbx.Exchange(ctx, databricks.Exchange{Host: base, Token: secret.New(idToken())})
			return err
		},
		"the map": func(ctx context.Context) error {
			_, _, err := source.Fetch(ctx, &place.Tools{HTTP: client}, source.Wanted{From: base + "/map.yaml?token=canary"}, nil)
			return err
		},
		"GitHub Actions": func(ctx context.Context) error {
			s := &workload.Source{HTTP: client, Now: now, Getenv: getenv(map[string]string{
				"ACTIONS_ID_TOKEN_REQUEST_URL": base, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "canary-of-a-bearer",
			})}
			_, err := s.Load(ctx, login.Provider{
				Name: "ci", Issuer: base, ClientID: "audience", Method: idp.Workload, Token: &idp.TokenSource{From: idp.FromGitHub},
			})
			return err
		},
		"a container's endpoint": machine(map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": base + "/creds"}),
		"the console": func(ctx context.Context) error {
			_, err := console.SignInURL(ctx, client, console.Page{Credentials: role, RoleARN: arn, Region: "us-east-1", Endpoint: base})
			return err
		},
	}
}

// idToken is one that a workspace would be sent.
func idToken() string { return "eyJhbGciOiJSUzI1NiJ9.e30.canary" }

// answers is a network on which everybody answers the same.
type answers struct {
	status            int
	contentType, body string
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {a.contentType}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// An outage is no reason to edit the access map, and a proxy's or a network's page no refusal, wherever they come.
func TestWhatIsNoAnswerIsToldEverywhere(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct {
		answers

		id ui.ID
		// mayBlame: the hint may name what names the address.
		mayBlame bool
	}{
		"an outage":               {answers{503, "text/plain", "later"}, "service-down", false},
		"an outage with a page":   {answers{502, "text/html", "<html>bad gateway</html>"}, "service-down", false},
		"a network's page":        {answers{200, "text/html", "<!DOCTYPE html><title>Hotel</title>"}, "web-page-came", false},
		"a network's sign-in":     {answers{511, "text/html", "<html>"}, "web-page-came", false},
		"a proxy's page":          {answers{403, "text/html", "<html>blocked"}, "web-page-came", false},
		"too many requests":       {answers{429, "text/plain", ""}, "service-busy", false},
		"JSON of another kind":    {answers{200, "application/json", `{"policy":"x"}`}, "another-server", true},
		"nothing at that address": {answers{404, "text/plain", "not found"}, "address-not-there", true},
	} {
		for name, ask := range questions(&http.Client{Transport: c.answers}, "http://127.0.0.1:9") {
			t.Run(name+", "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					err := ask(t.Context())
					if own, ok := excused[name+", "+kind]; ok {
						if ui.IDOf(err) != own {
							t.Errorf("%s, %s: %s, %v, hint %q", name, kind, ui.IDOf(err), err, ui.HintOf(err))
						}
						return
					}
					hint := ui.HintOf(err)
					if ui.IDOf(err) != c.id || ui.CodeOf(err) != ui.Failed || hint == "" || !strings.Contains(err.Error(), "127.0.0.1:9") {
						t.Errorf("%s, %s: %s, exit code %d, %v, hint %q", name, kind, ui.IDOf(err), ui.CodeOf(err), err, hint)
					}
					for _, blamed := range []string{"issuer of", "sso_region", "start_url", "AWS_ENDPOINT", "ACTIONS_ID", "the workspace in"} {
						if !c.mayBlame && strings.Contains(hint, blamed) {
							t.Errorf("%s, %s: hint %q", name, kind, hint)
						}
					}
					if strings.Contains(err.Error()+hint, "canary") {
						t.Errorf("%s, %s: a secret in %v", name, kind, err)
					}
				})
			})
		}
	}
}

// excused are answers in which a service does say something.
var excused = map[string]ui.ID{
	"the console, a proxy's page":                         "console-refuses", // AWS's own refusals are pages
	"the console, nothing at that address":                "console-refuses",
	"the exchange of Databricks, nothing at that address": "workspace-not-found",
	"the exchange of Databricks, JSON of another kind":    "workspace-unknown-answer",
	"a container's endpoint, JSON of another kind":        "aws-unknown-answer",
	"the map, JSON of another kind":                       "", // looks like YAML
}

func TestRedirectsAreFollowedForPublicDocumentsAlone(t *testing.T) {
	t.Parallel()
	var followed []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("here") {
			followed = append(followed, r.URL.Path)
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": "https://evil.example", "keys": []any{}})
			return
		}
		http.Redirect(w, r, "/there/canary%20?here&secret=canary-of-a-query#canary", http.StatusPermanentRedirect)
	}))
	t.Cleanup(server.Close)
	public := map[string]ui.ID{"OIDC discovery": "issuer-differs", "an issuer's metadata": "issuer-differs", "JWKS": "key-unknown"}
	for name, ask := range questions(httpclient.New(httpclient.Options{}), server.URL) {
		followed = nil
		err := ask(t.Context())
		if id, ok := public[name]; ok {
			if ui.IDOf(err) != id || len(followed) != 1 {
				t.Errorf("%s: %v after %q", name, err, followed)
			}
			continue
		}
		if ui.IDOf(err) != "redirect-refused" || len(followed) != 0 || !strings.Contains(err.Error(), server.URL+"/there/canary%20") ||
			strings.Contains(err.Error(), "secret=") {
			t.Errorf("%s: %s, %v after %q", name, ui.IDOf(err), err, followed)
		}
	}
}
