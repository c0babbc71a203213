package sts

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// reply is a handler with one answer.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// fromPortal asks an access portal with one answer for credentials.
func fromPortal(t *testing.T, status int, body string) (got *Credentials, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := func() time.Time { return now }
		c := &Client{Now: clock, IdentityCenter: &identitycenter.Client{HTTP: &http.Client{Transport: inMemory{reply(status, body)}}, Now: clock}}
		got, err = c.RoleCredentials(t.Context(), PermissionSet{
			Region: "us-east-1", StartURL: "https://acme.awsapps.com/start", AccountID: "111122223333", RoleName: "MLAdmin", Token: secret.New(canary),
		})
	})
	return got, err
}

func TestCredentialsOfAPermissionSet(t *testing.T) {
	t.Parallel()
	const keys = `{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"shh","sessionToken":"st","expiration":`
	got, err := fromPortal(t, 200, keys+`1795266000000}}`)
	if err != nil || got.AccessKeyID != "ASIA1" || got.SecretAccessKey.Reveal() != "shh" || got.SessionToken.Reveal() != "st" ||
		!got.Expires.Equal(now.Add(time.Hour)) || got.AccountID != "111122223333" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := fromPortal(t, 200, keys+`1e300}}`); err != nil || !got.Expires.Equal(now.Add(MaxLife)) {
		t.Errorf("too far away: %+v, %v", got, err)
	}
	if _, err := fromPortal(t, 200, keys+`1795258000000}}`); err == nil || !strings.Contains(ui.HintOf(err), "clock") {
		t.Errorf("already over: %v", err)
	}
}

func TestAnEndLongAgoIsNotTheClocksFault(t *testing.T) {
	t.Parallel()
	const keys = `{"roleCredentials":{"accessKeyId":"ASIA1","secretAccessKey":"shh","sessionToken":"st","expiration":`
	for _, ends := range []string{"0", "-1e30", "1795000000000"} {
		_, err := fromPortal(t, 200, keys+ends+"}}")
		if ui.IDOf(err) != "aws-unknown-answer" || strings.Contains(ui.HintOf(err), "clock") || ui.HintOf(err) == "" {
			t.Errorf("%s: %v, hint %q", ends, err, ui.HintOf(err))
		}
	}
}

func TestEveryRefusalOfIdentityCenter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		body       string
		exit       ui.Code
		id         ui.ID
		text, hint string
		token      bool
	}{
		"not assigned": {403, `{"message":"No access","__type":"com.amazonaws.switchboard.portal#ForbiddenException"}`,
			ui.Refused, "permission-set-refused", "permission set MLAdmin in account 111122223333", "https://acme.awsapps.com/start", false},
		"no such account": {404, `{"message":"not found","__type":"ResourceNotFoundException"}`, ui.Refused, "permission-set-refused", "not found", "assign it to the person", false},
		"signed out":      {401, `{"message":"Session token not found or invalid","__type":"UnauthorizedException"}`, ui.LoginNeeded, "center-session-over", "is over", "dbxaccess login", true},
		"throttled":       {429, `{"__type":"TooManyRequestsException"}`, ui.Failed, "aws-unavailable", "now", "in a minute", false},
		"wrong":           {400, `{"message":"bad","__type":"InvalidRequestException"}`, ui.Failed, "permission-set-request-invalid", "invalid", "map check", false},
		"new":             {400, `{"message":"bad","__type":"SomethingNew"}`, ui.Failed, "aws-unknown-refusal", "SomethingNew: bad", "", false},
		"a gateway":       {502, `<html>`, ui.Failed, "service-down", "502", "in a minute", false},
		"a page":          {200, `<html>`, ui.Failed, "web-page-came", "200", "a network or a proxy", false},
		"half":            {200, `{"roleCredentials":{}}`, ui.Failed, "another-server", "is no answer of IAM Identity Center", "sso_region", false},
	} {
		_, err := fromPortal(t, c.status, c.body)
		if ui.CodeOf(err) != c.exit || ui.IDOf(err) != c.id || !strings.Contains(err.Error(), c.text) || !strings.Contains(ui.HintOf(err), c.hint) || TokenRefused(err) != c.token {
			t.Errorf("%s: exit %d, %s: %v, hint %q", name, ui.CodeOf(err), ui.IDOf(err), err, ui.HintOf(err))
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the token is in the message", name)
		}
	}
}
