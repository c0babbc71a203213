package oidc

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// deviceAnswer is an honest device authorization response with changes; a nil takes a member away.
func deviceAnswer(changes map[string]any) logintest.Reply {
	fields := map[string]any{
		"device_code": "device-code-1", "user_code": "ABCD-EFGH",
		"verification_uri":          logintest.Issuer + "/activate",
		"verification_uri_complete": logintest.Issuer + "/activate?user_code=ABCD-EFGH",
		"expires_in":                600, "interval": 5,
	}
	maps.Copy(fields, changes)
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	return logintest.JSON(http.StatusOK, fields)
}

func startDevice(t *testing.T, i *logintest.IDP, p login.Provider) (*deviceCode, error) {
	t.Helper()
	c := clientOf(i)
	return c.startDevice(t.Context(), p, discover(t, c, p))
}

func TestStartDeviceReturnsWhatToShow(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Device = func(form url.Values) logintest.Reply {
		if form.Get("client_id") != logintest.ClientID || form.Get("scope") != "openid profile email offline_access" {
			return logintest.OAuthError(400, "invalid_request")
		}
		return deviceAnswer(map[string]any{"user_code": " abCD-EF9h\r\n"})
	}
	at := time.Now()
	i.Now = func() time.Time { return at }
	d, err := startDevice(t, i, testProvider())
	if err != nil {
		t.Fatal(err)
	}
	want := login.DeviceCode{
		UserCode: "abCD-EF9h", VerificationURI: logintest.Issuer + "/activate", Host: "idp.example.com",
		VerificationURIComplete: logintest.Issuer + "/activate?user_code=ABCD-EFGH",
		Expires:                 at.Add(10 * time.Minute), Interval: 5 * time.Second,
	}
	if d.DeviceCode != want || d.code.Reveal() != "device-code-1" || d.scope != "openid profile email offline_access" {
		t.Errorf("got %+v", *d)
	}
}

func TestOddNumbersAreClamped(t *testing.T) {
	t.Parallel()
	for value, want := range map[any]struct{ interval, lifetime time.Duration }{
		nil:                 {5 * time.Second, 15 * time.Minute},
		"":                  {5 * time.Second, 15 * time.Minute},
		"soon":              {5 * time.Second, 15 * time.Minute},
		"NaN":               {5 * time.Second, 15 * time.Minute},
		true:                {5 * time.Second, 15 * time.Minute},
		0:                   {time.Second, time.Minute},
		-7:                  {time.Second, time.Minute},
		"-7":                {time.Second, time.Minute},
		"30":                {30 * time.Second, time.Minute},
		59.5:                {59500 * time.Millisecond, time.Minute},
		300:                 {time.Minute, 5 * time.Minute},
		"300.0":             {time.Minute, 5 * time.Minute},
		1e300:               {time.Minute, 30 * time.Minute},
		"1e999":             {time.Minute, 30 * time.Minute},
		"Infinity":          {time.Minute, 30 * time.Minute},
		"-1e999":            {time.Second, time.Minute},
		9223372036854775807: {time.Minute, 30 * time.Minute},
	} {
		i := logintest.NewIDP()
		i.Device = func(url.Values) logintest.Reply {
			return deviceAnswer(map[string]any{"interval": value, "expires_in": value})
		}
		at := time.Now()
		i.Now = func() time.Time { return at }
		d, err := startDevice(t, i, testProvider())
		if err != nil {
			t.Fatal(err)
		}
		if lifetime := d.Expires.Sub(at); d.Interval != want.interval || lifetime != want.lifetime {
			t.Errorf("%v: interval %s, lifetime %s, want %+v", value, d.Interval, lifetime, want)
		}
	}
}

func TestStartDeviceTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reply logintest.Reply
		code  ui.Code
		words []string
	}{
		"a gateway's page":    {logintest.Reply{Status: 502, ContentType: "text/html", Body: "<h1>\x1b"}, ui.Failed, []string{"answered 502 Bad Gateway"}},
		"nothing":             {logintest.Reply{Status: 200}, ui.Failed, []string{"is no answer of an identity provider"}},
		"null":                {logintest.Reply{Status: 200, Body: "null"}, ui.Failed, []string{"is no answer of an identity provider"}},
		"no device code":      {deviceAnswer(map[string]any{"device_code": nil}), ui.Failed, []string{"is no answer of an identity provider"}},
		"no user code":        {deviceAnswer(map[string]any{"user_code": nil}), ui.Failed, []string{"is no answer of an identity provider"}},
		"no connection":       {logintest.Reply{Err: logintest.ErrConnectionLost}, ui.Failed, []string{"asking for a device code"}},
		"an unknown client":   {logintest.OAuthError(401, "invalid_client"), ui.Refused, []string{"client_id in the access map"}},
		"a grant that is off": {logintest.OAuthError(400, "unauthorized_client"), ui.Refused, []string{"device code and refresh token grants", logintest.ClientID}},
		"an unknown scope":    {logintest.OAuthError(400, "invalid_scope"), ui.Refused, []string{"scopes of the identity"}},
		"a passing fault":     {logintest.OAuthError(503, "temporarily_unavailable"), ui.Failed, []string{"try again"}},
		"Entra's public client": {logintest.JSON(401, map[string]any{"error": "invalid_client", "error_codes": []int{7000218},
			"error_description": "AADSTS7000218:\r\n\x1b[31mred"}), ui.Refused, []string{"Allow public client flows", "AADSTS7000218:  [31mred"}},
		"no page":        {deviceAnswer(map[string]any{"verification_uri": nil}), ui.Failed, []string{"not a URL"}},
		"a hostile page": {deviceAnswer(map[string]any{"verification_uri": "https://evil.example.net/\x1b"}), ui.Failed, []string{"evil.example.net", "verification_uri"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := logintest.NewIDP()
			i.Device = func(url.Values) logintest.Reply { return c.reply }
			_, err := startDevice(t, i, testProvider())
			logintest.WantFault(t, err, c.code, c.words...)
		})
	}
	i := logintest.NewIDP()
	i.Metadata = map[string]any{"device_authorization_endpoint": nil}
	_, err := startDevice(t, i, testProvider())
	logintest.WantFault(t, err, ui.Failed, "offers no sign-in by device code", "device_authorization_endpoint")
	if id := ui.IDOf(err); id != "device-flow-missing" {
		t.Errorf("got the error %q", id)
	}
	if strings.Contains(ui.HintOf(err), "--flow browser") {
		t.Errorf("there is no browser flow: %s", ui.HintOf(err))
	}
	i.Metadata["authorization_endpoint"] = logintest.Issuer + "/authorize"
	_, err = startDevice(t, i, testProvider())
	logintest.WantFault(t, err, ui.Failed, "dbxaccess login --identity acme --flow browser")
}

func TestSecretsThatAProviderEchoesAreNotRepeated(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Token = func(form url.Values) logintest.Reply {
		return logintest.JSON(400, map[string]any{"error": "invalid_client",
			"error_description": "bad token " + form.Get("refresh_token") + " of " + form.Get("client_secret")})
	}
	i.Metadata = map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}}
	p := testProvider()
	p.ClientSecret = secret.New("canary-client-secret")
	c := clientOf(i)
	_, err := c.refresh(t.Context(), p, discover(t, c, p), secret.New("canary-refresh-token"), "")
	logintest.WantFault(t, err, ui.Refused, "bad token [redacted] of [redacted]")
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("a secret in %v", err)
	}
}

func TestARefusedCompletePageIsNamedAndLeftOut(t *testing.T) {
	t.Parallel()
	for complete, refused := range map[string]string{
		"https://evil.example.net/a?user_code=X":           "evil.example.net",
		"https://idp.example.com@evil.example.net:444/":    "evil.example.net:444",
		"http://idp.example.com/":                          "idp.example.com",
		"https://evil.example.net\x1b[2J/":                 "an unreadable address",
		"--version":                                        "an unreadable address",
		logintest.Issuer + "/activate?user_code=AB%0ACD":   "",
		"https://" + strings.Repeat("e", 300) + ".example": strings.Repeat("e", 253) + "…",
	} {
		i := logintest.NewIDP()
		i.Device = func(url.Values) logintest.Reply {
			return deviceAnswer(map[string]any{"verification_uri_complete": complete})
		}
		d, err := startDevice(t, i, testProvider())
		if err != nil {
			t.Fatal(err)
		}
		if d.RefusedHost != refused || (d.VerificationURIComplete == "") != (refused != "") {
			t.Errorf("%q: refused host %q, page %q", complete, d.RefusedHost, d.VerificationURIComplete)
		}
	}
}

func TestGooglesNameForThePage(t *testing.T) {
	t.Parallel()
	i := logintest.NewIDP()
	i.Device = func(url.Values) logintest.Reply {
		return deviceAnswer(map[string]any{"verification_uri": nil, "verification_url": logintest.Issuer + "/device", "verification_uri_complete": nil})
	}
	d, err := startDevice(t, i, testProvider())
	if err != nil || d.VerificationURI != logintest.Issuer+"/device" || d.VerificationURIComplete != "" || d.RefusedHost != "" {
		t.Errorf("got %+v, %v", d, err)
	}
}
