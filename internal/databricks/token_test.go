package databricks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestTheEndOfATokenIsBounded(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"3600":        time.Hour,
		`"3600"`:      time.Hour,
		`" 3600 "`:    time.Hour,
		"1":           time.Second,
		"3599.5":      time.Hour - 500*time.Millisecond,
		"86400":       MaxLife,
		"86401":       MaxLife,
		"31536000000": MaxLife,
		"1e300":       MaxLife,
		"0":           0,
		"-60":         0,
		"0.4":         0,
		"1e400":       0,
		`"1e400"`:     0,
		`"NaN"`:       0,
		`"Inf"`:       0,
		`"soon"`:      0,
		`""`:          0,
		"null":        0,
		"true":        0,
		"[3600]":      0,
		`{"s":3600}`:  0,
	} {
		w := serve(t, granted(in))
		got, err := w.Exchange(t.Context(), w.exchange())
		switch {
		case want == 0 && err == nil:
			t.Errorf("expires_in %s: %s", in, got.Expires)
		case want == 0:
			mustFail(t, err, ui.CodeOf(err), "exchanging the ID token", "")
		case err != nil || !got.Expires.Equal(now.Add(want)):
			t.Errorf("expires_in %s: %+v, %v", in, got, err)
		}
	}
}

// Databricks ends the token with the ID token: a newer one helps.
func TestATokenThatIsOverAlreadyAsksForAFreshIDToken(t *testing.T) {
	t.Parallel()
	w := serve(t, granted("0"))
	_, err := w.Exchange(t.Context(), w.exchange())
	mustFail(t, err, ui.LoginNeeded, "has ended already", "dbxaccess login")
	if !TokenRefused(err) {
		t.Error("a fresh ID token would help")
	}
}

func TestAnswersThatAreNoAnswers(t *testing.T) {
	t.Parallel()
	good := func(member, value string) string {
		members := map[string]string{"access_token": `"` + accessToken + `"`, "token_type": `"Bearer"`, "expires_in": "3600"}
		members[member] = value
		return fmt.Sprintf(`{"access_token":%s,"token_type":%s,"expires_in":%s}`, members["access_token"], members["token_type"], members["expires_in"])
	}
	for name, c := range map[string]struct {
		status     int
		body       string
		text, hint string
	}{
		"empty":                {200, "", "no answer of a Databricks workspace", "proxy"},
		"no content":           {204, "", "no answer of a Databricks workspace", "proxy"},
		"null":                 {200, "null", "no answer of a Databricks workspace", "proxy"},
		"list":                 {200, "[]", "no answer of a Databricks workspace", "proxy"},
		"html":                 {200, "<html>sign in</html>", "no answer of a Databricks workspace", "proxy"},
		"two objects":          {200, good("", "") + "{}", "no answer of a Databricks workspace", "proxy"},
		"half an object":       {200, strings.TrimSuffix(good("", ""), "}"), "no answer of a Databricks workspace", "proxy"},
		"empty object":         {200, "{}", "no access_token", "proxy"},
		"other case":           {200, strings.Replace(good("", ""), "access_token", "Access_Token", 1), "no access_token", "proxy"},
		"token is null":        {200, good("access_token", "null"), "no access_token", "proxy"},
		"token is empty":       {200, good("access_token", `""`), "no access_token", "proxy"},
		"token is a number":    {200, good("access_token", "17"), "no access_token", "proxy"},
		"token with space":     {200, good("access_token", `"`+accessToken+` x"`), "characters that no token has", "proxy"},
		"token with newline":   {200, good("access_token", `"`+accessToken+`\r\nX: y"`), "characters that no token has", "proxy"},
		"token with escape":    {200, good("access_token", `"`+accessToken+`\u001b[31m"`), "characters that no token has", "proxy"},
		"token beyond ASCII":   {200, good("access_token", `"`+accessToken+`ü"`), "characters that no token has", "proxy"},
		"token of 64 KB":       {200, good("access_token", `"`+strings.Repeat("x", 64<<10+1)+`"`), "far too long", "proxy"},
		"other type":           {200, good("token_type", `"DPoP"`), "not of the type Bearer", "proxy"},
		"no type":              {200, good("token_type", "null"), "not of the type Bearer", "proxy"},
		"no expiry":            {200, good("expires_in", "null"), "no time of expiry", "proxy"},
		"10 MB":                {200, strings.Repeat(" ", 10<<20), "larger than the bound", "the host of the workspace"},
		"bad request, html":    {400, "<html>", "no answer of a Databricks workspace", "proxy"},
		"not found, html":      {404, "<html>", "no such workspace or account", "address bar"},
		"not found":            {404, `{"error_code":"ENDPOINT_NOT_FOUND","message":"No API found"}`, "ENDPOINT_NOT_FOUND: No API found", "address bar"},
		"bad gateway":          {502, "<html>", "answered 502 Bad Gateway", "has an outage"},
		"server error":         {500, `{"error_code":"INTERNAL_ERROR","message":"oops"}`, "INTERNAL_ERROR: oops", "temporary fault"},
		"server error, quoted": {500, `{"error":"invalid_grant"}`, "answered 500", "temporary fault"},
		"proxy's login":        {401, "<html>", "is a web page", "a network or a proxy"},
		"forbidden by a proxy": {403, "", "without a reason", "VPN"},
	} {
		w := serve(t, says(c.status, c.body))
		got, err := w.Exchange(t.Context(), w.exchange())
		if got != nil {
			t.Errorf("%s: %+v", name, got)
		}
		t.Log(name)
		mustFail(t, err, ui.CodeOf(err), c.text, c.hint)
		if TokenRefused(err) {
			t.Errorf("%s: another ID token would not help", name)
		}
	}
}

func TestTheTypeIsReadInAnyCase(t *testing.T) {
	t.Parallel()
	w := serve(t, says(201, `{"access_token":"`+accessToken+`","token_type":"bEARER","expires_in":60,"refresh_token":null,"scope":7}`))
	if got, err := w.Exchange(t.Context(), w.exchange()); err != nil || got.AccessToken.Reveal() != accessToken {
		t.Errorf("%+v, %v", got, err)
	}
}

// A host that gives more than it was asked for would give more than the map does.
func TestATokenWithMoreScopesIsRefused(t *testing.T) {
	t.Parallel()
	for granted, right := range map[string]bool{
		"sql:read": true, "": true, "sql:read clusters:read": true, "sql:read:restricted-query": true,
		"sql": false, "all-apis": false, "sql:read offline_access": false, "jobs:read": false,
	} {
		w := serve(t, says(200, `{"access_token":"`+accessToken+`","token_type":"Bearer","expires_in":60,"scope":"`+granted+`"}`))
		e := w.exchange()
		e.Scopes = []string{"clusters:read", "sql:read"}
		got, err := w.Exchange(t.Context(), e)
		if asked := w.requests[0].PostForm.Get("scope"); asked != "clusters:read sql:read" {
			t.Errorf("asked for %q", asked)
		}
		if right {
			if err != nil || got.AccessToken.Reveal() != accessToken {
				t.Errorf("%s: %v", granted, err)
			}
			continue
		}
		if got != nil || ui.IDOf(err) != "workspace-scopes-wider" || TokenRefused(err) {
			t.Errorf("%s: %v", granted, err)
		}
		mustFail(t, err, ui.Refused, "with the scopes clusters:read sql:read, and gave one with", "correct scopes")
	}
}

func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, `{"access_token":"t","token_type":"Bearer","expires_in":3600}`)
	f.Add(200, `{"access_token":"t","token_type":"bearer","expires_in":"1e9","error":""}`)
	f.Add(200, `{"error":"invalid_grant"}`)
	f.Add(400, `{"error":"invalid_grant","error_description":"\u001b[31m expired"}`)
	f.Add(403, `{"error_code":403,"message":"Source IP address is blocked"}`)
	f.Add(503, "<html>")
	e := Exchange{
		Host: "https://dbc-1234.cloud.databricks.com", Token: idToken(`{"alg":"RS256"}`), ClientID: "app-1",
		Issuer: "https://idp.example.com", Audience: "c", Subject: "s",
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := &answer{Answer: &httpclient.Answer{Status: status}}
		a.Object, _ = httpclient.ParseObject([]byte(body))
		got, err := e.token(a, now)
		if err != nil {
			all := err.Error() + "\n" + ui.HintOf(err)
			if got != nil || ui.HintOf(err) == "" || ui.CleanLines(all) != all {
				t.Fatalf("%+v, %q", got, all)
			}
			return
		}
		access := got.AccessToken.Reveal()
		if access == "" || strings.ContainsFunc(access, func(r rune) bool { return r <= ' ' || r > '~' }) ||
			!got.Expires.After(now) || got.Expires.After(now.Add(MaxLife)) {
			t.Fatalf("%q until %s", access, got.Expires)
		}
		if p := a.principal(); ui.Clean(p.UserName) != p.UserName {
			t.Fatalf("%+v", p)
		}
	})
}
