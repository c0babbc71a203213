package aws

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// The console's federation: credentials are traded for a sign-in token, with which a browser signs in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
const (
	federationPath = "/federation"

	signInLifetime  = 15 * time.Minute
	signInTokenSize = 720
)

// signIn is what a sign-in token stands for.
type signIn struct {
	arn     string // whose session the console would open
	expires time.Time
	used    bool
}

// federation answers both actions. Credentials may come by GET too, as in AWS's examples; only a browser signs in.
func (a *Account) federation(r *http.Request) *harness.Reply {
	parameters := r.PostForm
	if r.Method == http.MethodGet {
		parameters = r.URL.Query()
	}
	action := parameters.Get("Action")
	switch {
	case action == "getSigninToken":
		return a.getSigninToken(parameters)
	case action == "login" && r.Method == http.MethodGet:
		return a.login(parameters)
	}
	a.h.Unexpectedf("%s %s: action %q", r.Method, r.URL.Path, action)
	return consoleError("Unknown action")
}

// getSigninToken trades credentials.
func (a *Account) getSigninToken(parameters url.Values) *harness.Reply {
	refuse := func(why string) *harness.Reply {
		a.h.Unexpectedf("%s: %s", federationPath, why)
		return consoleError(why)
	}
	var given struct{ SessionID, SessionKey, SessionToken string }
	if json.Unmarshal([]byte(parameters.Get("Session")), &given) != nil || given.SessionID == "" {
		return refuse("Invalid Session parameter")
	}
	known, ok := a.issued[given.SessionID]
	if parameters.Has("SessionDuration") {
		seconds, err := strconv.Atoi(parameters.Get("SessionDuration"))
		life := time.Duration(seconds) * time.Second
		// AWS gives sessions of chained roles no length of their own.
		if err != nil || life < minDuration || life > maxDuration || known.chained {
			return refuse("Invalid SessionDuration parameter")
		}
	}
	if !ok || known.SecretAccessKey != given.SessionKey || known.SessionToken != given.SessionToken || !a.h.Clock().Before(known.Expires) {
		return consoleError("Invalid credentials parameter")
	}
	token := a.h.HandOut(harness.Opaque(signInTokenSize))
	a.signIns[token] = &signIn{arn: known.arn(), expires: a.h.Clock().Add(signInLifetime)}
	return harness.JSON(http.StatusOK, map[string]any{"SigninToken": token})
}

// login is where a browser arrives with a sign-in token.
func (a *Account) login(parameters url.Values) *harness.Reply {
	destination, err := url.Parse(parameters.Get("Destination"))
	if err != nil || destination.Scheme != "https" || destination.Host == "" {
		a.h.Unexpectedf("%s: the destination is no https address", federationPath)
		return consoleError("Invalid Destination parameter")
	}
	of := a.signIns[parameters.Get("SigninToken")]
	if of == nil || of.used || !a.h.Clock().Before(of.expires) {
		return consoleError("Invalid SigninToken parameter")
	}
	of.used = true
	return a.console(of.arn, parameters.Get("Destination"))
}

// consoleError is the page that AWS answers a bad request with, for programs too.
func consoleError(message string) *harness.Reply {
	return &harness.Reply{
		Status:      http.StatusBadRequest,
		ContentType: "text/html; charset=utf-8",
		Header:      harness.Confined(),
		Body: fmt.Appendf(nil, "<!doctype html>\n<title>HTTP Status 400</title>\n<h1>HTTP Status 400 - %s</h1>\n",
			html.EscapeString(message)),
	}
}

// consoleFault is one with a code, which AWS's page has no place for.
func consoleFault(code, message string) *harness.Reply {
	return consoleError(strings.TrimSpace(code + " " + message))
}
