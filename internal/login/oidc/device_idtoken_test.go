package oidc

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A device code may bring a refresh token and no ID token, which RFC 8628 does not speak of.
func TestAnIDTokenThatComesWithARenewalOnly(t *testing.T) {
	approved := map[string]any{"access_token": "a", "refresh_token": "refresh-1", "scope": "profile"}
	renewed := map[string]any{"access_token": "a", "id_token": "i.d.t"}
	for name, c := range map[string]struct {
		approved map[string]any
		renewal  logintest.Reply
		scope    string // of the device code
		words    []string
		requests int
	}{
		"it comes":             {approved, logintest.JSON(http.StatusOK, renewed), "openid profile", nil, 2},
		"it does not":          {approved, logintest.JSON(http.StatusOK, approved), "openid", []string{"sent no ID token", "--flow browser", "register"}, 2},
		"it was not asked":     {approved, logintest.JSON(http.StatusOK, approved), "profile", []string{"sent no ID token", "add openid"}, 2},
		"the token is no use":  {approved, logintest.OAuthError(400, "invalid_grant"), "openid", []string{"sent no ID token", "--flow browser"}, 2},
		"the provider is busy": {approved, logintest.OAuthError(503, "temporarily_unavailable"), "openid", []string{"try again"}, 3},
		"no refresh token":     {map[string]any{"access_token": "a"}, logintest.Reply{}, "openid", []string{"sent no ID token", "--flow browser"}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			i := logintest.NewIDP()
			i.Metadata = map[string]any{"authorization_endpoint": logintest.Issuer + "/authorize"}
			i.Token = func(form url.Values) logintest.Reply {
				if form.Get("grant_type") == grantDevice {
					return logintest.JSON(http.StatusOK, c.approved)
				}
				if scopes := strings.Fields(form.Get("scope")); form.Get("refresh_token") != "refresh-1" ||
					slices.Contains(scopes, "openid") != strings.Contains(c.scope, "openid") {
					t.Errorf("%s: renewed with %q", name, form)
				}
				return c.renewal
			}
			client := clientOf(i)
			d := &deviceCode{
				DeviceCode: login.DeviceCode{Interval: time.Second, Expires: time.Now().Add(time.Minute)}, code: secret.New("device-code-1"), scope: c.scope,
			}
			got, err := client.pollDevice(t.Context(), testProvider(), discover(t, client, testProvider()), d)
			switch {
			case c.words != nil:
				logintest.WantFault(t, err, ui.Failed, c.words...)
			case err != nil || got.idToken.Reveal() != "i.d.t" || got.refreshToken.Reveal() != "refresh-1":
				t.Errorf("%s: %v, %v", name, got, err)
			}
			if n := i.Count("/token"); n != c.requests {
				t.Errorf("%s: %d requests", name, n)
			}
		})
	}
}
