package sandbox

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AWS's console federation: credentials are traded for a sign-in token, with which a browser signs in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
const (
	federationPath = "/federation"

	actionGetSigninToken = "getSigninToken"
	actionLogin          = "login"

	signinTokenLifetime = 15 * time.Minute
	signinTokenSize     = 720
)

// signin is a sign-in token.
type signin struct {
	arn     string // whose session the console would open
	expires time.Time
	used    bool
}

// federation answers both actions. Credentials may come by GET too, as in AWS's examples; only a browser signs in.
func (s *Server) federation(r *http.Request) reply {
	parameters := r.PostForm
	if r.Method == http.MethodGet {
		parameters = r.URL.Query()
	}
	action := parameters.Get("Action")
	switch {
	case action == actionGetSigninToken:
		return s.getSigninToken(parameters)
	case action == actionLogin && r.Method == http.MethodGet:
		return s.consoleLogin(parameters)
	}
	s.unexpectedf("%s %s: action %q", r.Method, r.URL.Path, action)
	return consoleError("Unknown action")
}

// getSigninToken trades credentials.
func (s *Server) getSigninToken(parameters url.Values) reply {
	refuse := func(why string) reply {
		s.unexpectedf("%s: %s", federationPath, why)
		return consoleError(why)
	}
	var given struct{ SessionID, SessionKey, SessionToken string }
	if json.Unmarshal([]byte(parameters.Get("Session")), &given) != nil || given.SessionID == "" {
		return refuse("Invalid Session parameter")
	}
	known, ok := s.issued[given.SessionID]
	if parameters.Has("SessionDuration") {
		seconds, err := strconv.Atoi(parameters.Get("SessionDuration"))
		life := time.Duration(seconds) * time.Second
		// AWS gives sessions of chained roles no length of their own.
		if err != nil || life < minDuration || life > maxDuration || known.chained {
			return refuse("Invalid SessionDuration parameter")
		}
	}
	if !ok || known.secretKey != given.SessionKey || known.sessionToken != given.SessionToken || !s.clock().Before(known.expires) {
		return consoleError("Invalid credentials parameter")
	}
	token := s.handOut(opaque(signinTokenSize))
	s.signIns[token] = &signin{arn: known.arn(), expires: s.clock().Add(signinTokenLifetime)}
	return jsonReply(http.StatusOK, map[string]any{"SigninToken": token})
}

// consoleLogin is where a browser arrives with a sign-in token. The page stands for the console.
func (s *Server) consoleLogin(parameters url.Values) reply {
	destination, err := url.Parse(parameters.Get("Destination"))
	if err != nil || destination.Scheme != "https" || destination.Host == "" {
		s.unexpectedf("%s: the destination is no https address", federationPath)
		return consoleError("Invalid Destination parameter")
	}
	of := s.signIns[parameters.Get("SigninToken")]
	if of == nil || of.used || !s.clock().Before(of.expires) {
		return consoleError("Invalid SigninToken parameter")
	}
	of.used = true
	return s.render(http.StatusOK, "console", page{Role: of.arn, Destination: parameters.Get("Destination"), Outcome: "console"})
}

// consoleError is the page that AWS answers a bad request with, for programs too.
func consoleError(message string) reply {
	return reply{
		status:      http.StatusBadRequest,
		contentType: "text/html; charset=utf-8",
		header:      pageHeader(),
		body: fmt.Appendf(nil, "<!doctype html>\n<title>HTTP Status 400</title>\n<h1>HTTP Status 400 - %s</h1>\n",
			html.EscapeString(message)),
	}
}
