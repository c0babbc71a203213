package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const destination = "https://console.aws.amazon.com/s3/"

func consoleURL(s *Server) string { return s.SigninURL() + federationPath }

// assumedSession assumes a role and returns its credentials as getSigninToken takes them.
func assumedSession(t *testing.T, s *Server) map[string]string {
	t.Helper()
	out, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), assumeInput(mint(t, s, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"sessionId":    aws.ToString(out.Credentials.AccessKeyId),
		"sessionKey":   aws.ToString(out.Credentials.SecretAccessKey),
		"sessionToken": aws.ToString(out.Credentials.SessionToken),
	}
}

func sessionText(t *testing.T, session map[string]string) string {
	t.Helper()
	text, err := json.Marshal(session)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func signinToken(t *testing.T, s *Server, session map[string]string) string {
	t.Helper()
	a := post(t, consoleURL(s), "Action", actionGetSigninToken, "Session", sessionText(t, session))
	if a.status != http.StatusOK || a.text("SigninToken") == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return a.text("SigninToken")
}

func loginURL(s *Server, token string) string {
	return consoleURL(s) + "?" + url.Values{
		"Action": {actionLogin}, "Issuer": {"https://login.example.com"}, "Destination": {destination}, "SigninToken": {token},
	}.Encode()
}

func TestTheConsoleIsOpened(t *testing.T) {
	s, _ := start(t)
	session := assumedSession(t, s)
	query := url.Values{"Action": {actionGetSigninToken}, "Session": {sessionText(t, session)}, "SessionDuration": {"900"}}
	if a := get(t, consoleURL(s)+"?"+query.Encode()); a.status != http.StatusOK || len(a.fields) != 1 {
		t.Errorf("by GET: %d %s", a.status, a.body)
	}
	token := signinToken(t, s, session)
	if !slices.Contains(s.Secrets(), token) {
		t.Error("the sign-in token is not among the secrets")
	}
	a := get(t, loginURL(s, token))
	for _, want := range []string{"assumed-role/ml-trainer/alice", destination, `data-outcome="console"`} {
		if a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%d, %q is not in %s", a.status, want, a.body)
		}
	}
	if a := get(t, loginURL(s, token)); a.status != http.StatusBadRequest {
		t.Errorf("the second time: %d %s", a.status, a.body)
	}
	if n := s.Calls()[harness.Federation]; n != 4 {
		t.Errorf("%d requests counted", n)
	}
}

func TestTheConsoleRefuses(t *testing.T) {
	s, c := start(t)
	session := assumedSession(t, s)
	for _, name := range []string{"sessionId", "sessionKey", "sessionToken"} {
		wrong := map[string]string{name: "x"}
		for other, value := range session {
			if other != name {
				wrong[other] = value
			}
		}
		a := post(t, consoleURL(s), "Action", actionGetSigninToken, "Session", sessionText(t, wrong))
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, "Invalid credentials parameter") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	token := signinToken(t, s, session)
	c.advance(15 * time.Minute)
	if a := get(t, loginURL(s, token)); a.status != http.StatusBadRequest {
		t.Errorf("an old sign-in token: %d %s", a.status, a.body)
	}
	c.advance(time.Hour)
	if a := post(t, consoleURL(s), "Action", actionGetSigninToken, "Session", sessionText(t, session)); a.status != http.StatusBadRequest {
		t.Errorf("expired credentials: %d %s", a.status, a.body)
	}
}

func TestTheConsoleDoesNotExpect(t *testing.T) {
	s := startWith(t, Options{})
	session := assumedSession(t, s)
	for _, duration := range []string{"", "x", "899", "43201"} {
		a := post(t, consoleURL(s), "Action", actionGetSigninToken, "Session", sessionText(t, session), "SessionDuration", duration)
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, "SessionDuration") {
			t.Errorf("duration %q: %d %s", duration, a.status, a.body)
		}
	}
	for _, elsewhere := range []string{"", "/s3", "http://console.example", "javascript:alert(1)"} {
		a := get(t, consoleURL(s)+"?"+url.Values{
			"Action": {actionLogin}, "Destination": {elsewhere}, "SigninToken": {signinToken(t, s, session)},
		}.Encode())
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, "Destination") {
			t.Errorf("destination %q: %d %s", elsewhere, a.status, a.body)
		}
	}
	if u := s.Unexpected(); len(u) != 8 {
		t.Errorf("recorded %q", u)
	}
	s.Inject(Fault{Endpoint: harness.Federation, Error: "<b>", Message: "so"})
	if a := post(t, consoleURL(s), "Action", actionGetSigninToken); a.status != http.StatusBadRequest || strings.Contains(a.body, "<b>") {
		t.Errorf("as told: %d %s", a.status, a.body)
	}
}
