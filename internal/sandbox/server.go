package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxRequest bounds a request's body in bytes: two ID tokens of the greatest length that STS takes.
const maxRequest = 64 << 10

// route is what can be asked: one path, one method.
type route struct {
	endpoint Endpoint
	method   string
	path     string // with at most one segment in braces, which stands for any
	// answer is called with the lock held and the form parsed.
	answer func(*Server, *http.Request) reply
}

func routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{Discovery, get, issuerPath + "/.well-known/openid-configuration", (*Server).discovery},
		{Metadata, get, "/.well-known/oauth-authorization-server" + issuerPath, (*Server).discovery},
		{JWKS, get, jwksPath, (*Server).jwks},
		{Device, post, deviceAuthorizationPath, (*Server).deviceAuthorization},
		{Token, post, tokenPath, (*Server).token},
		{Revoke, post, revokePath, (*Server).revoke},
		{Authorize, get, authorizePath, (*Server).authorize},
		{Pages, get, devicePath, (*Server).showCodeEntry},
		{Pages, post, devicePath, (*Server).takeCode},
		{Pages, post, signInPath, (*Server).takeUser},
		{Pages, post, consentPath, (*Server).takeDecision},
		{Pages, get, stylePath, (*Server).style},
		{STS, post, "/", (*Server).sts},
		{MachineDiscovery, get, GitHubIssuerPath + "/.well-known/openid-configuration", (*Server).machineDiscovery},
		{MachineDiscovery, get, AWSIssuerPath + "/.well-known/openid-configuration", (*Server).machineDiscovery},
		{MachineJWKS, get, GitHubIssuerPath + machineJWKSPath, (*Server).machineJWKS},
		{MachineJWKS, get, AWSIssuerPath + machineJWKSPath, (*Server).machineJWKS},
		{GitHubToken, get, gitHubTokenPath, (*Server).gitHubToken},
		{SSORegister, post, "/client/register", (*Server).registerClient},
		{SSODevice, post, "/device_authorization", (*Server).startDeviceAuthorization},
		{SSOToken, post, "/token", (*Server).createToken},
		{SSOAuthorize, get, centerAuthorizePath, (*Server).centerAuthorize},
		{SSOAccounts, get, "/assignment/accounts", (*Server).listAccounts},
		{SSORoles, get, "/assignment/roles", (*Server).listAccountRoles},
		{SSOCredentials, get, "/federation/credentials", (*Server).getRoleCredentials},
		{SSOLogout, post, "/logout", (*Server).centerLogout},
		{Federation, get, federationPath, (*Server).federation},
		{Federation, post, federationPath, (*Server).federation},
		{WorkspaceConfig, get, workspaceConfigPath, (*Server).workspaceConfig},
		{Exchange, post, exchangePath, (*Server).exchange},
		{Exchange, post, accountExchangePath, (*Server).exchange},
		{Me, get, mePath, (*Server).me},
	}
}

// matches compares a request's path. What stands for a segment in braces is the request's PathValue from then on.
func (c route) matches(r *http.Request) bool {
	before, rest, braces := strings.Cut(c.path, "{")
	if !braces {
		return c.path == r.URL.Path
	}
	name, after, _ := strings.Cut(rest, "}")
	value, begins := strings.CutPrefix(r.URL.Path, before)
	value, ends := strings.CutSuffix(value, after)
	if !begins || !ends || value == "" || strings.Contains(value, "/") {
		return false
	}
	r.SetPathValue(name, value)
	return true
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
	s.mu.Lock()
	w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
	s.mu.Unlock()
	route, refused := s.find(r)
	if refused != nil {
		write(w, *refused)
		return
	}
	fault := s.begin(route.endpoint, r)
	pause(r.Context(), fault.Delay)
	answer := s.answer(route, r, fault)
	if fault.Drop {
		panic(http.ErrAbortHandler)
	}
	write(w, answer)
}

// find returns the route of a request, or the answer to one that nobody should have sent.
func (s *Server) find(r *http.Request) (route, *reply) {
	refuse := func(status int, why string) (route, *reply) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unexpectedf("%s %s: %s", r.Method, r.URL.Path, why)
		a := textReply(status, why)
		return route{}, &a
	}
	// A web page elsewhere may have its own name resolve to 127.0.0.1; the Host header gives that away.
	_, port, _ := net.SplitHostPort(s.address)
	if r.Host != s.address && r.Host != net.JoinHostPort("localhost", port) {
		return refuse(http.StatusMisdirectedRequest, "another server's Host header")
	}
	var allowed []string
	for _, candidate := range routes() {
		if !candidate.matches(r) {
			continue
		}
		if candidate.method == r.Method {
			return s.checkBody(candidate, r, refuse)
		}
		allowed = append(allowed, candidate.method)
	}
	if allowed != nil {
		return refuse(http.StatusMethodNotAllowed, "only "+strings.Join(allowed, " and ")+" here")
	}
	if r.Method == http.MethodGet && r.URL.Path == "/favicon.ico" {
		// Browsers ask by themselves.
		a := textReply(http.StatusNotFound, "no icon")
		return route{}, &a
	}
	return refuse(http.StatusNotFound, "unknown path")
}

// checkBody reads the body of a POST request and refuses what would be misread, and parameters in its URL, where nothing
// secret may be. What was read is in r.PostForm, and r.Body can be read once more: signatures are over it.
func (s *Server) checkBody(found route, r *http.Request, refuse func(int, string) (route, *reply)) (route, *reply) {
	if r.Method != http.MethodPost {
		return found, nil
	}
	if r.URL.RawQuery != "" {
		return refuse(http.StatusBadRequest, "parameters in the URL of a POST request")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return refuse(http.StatusBadRequest, "the body can't be read")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	defer func() { r.Body = io.NopCloser(bytes.NewReader(body)) }()
	switch found.endpoint {
	case SSORegister, SSODevice, SSOToken:
		return s.checkJSON(found, r, body, refuse)
	case SSOLogout:
		if len(body) > 0 {
			return refuse(http.StatusBadRequest, "a body where none belongs")
		}
		return found, nil
	default:
		return s.checkForm(found, r, refuse)
	}
}

// checkForm parses a form: RFC 6749 3.2 wants form encoding, and no parameter twice.
func (s *Server) checkForm(found route, r *http.Request, refuse func(int, string) (route, *reply)) (route, *reply) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return refuse(http.StatusUnsupportedMediaType, "not form encoded")
	}
	if err := r.ParseForm(); err != nil {
		return refuse(http.StatusBadRequest, "the form can't be read")
	}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		if len(r.PostForm[name]) > 1 {
			return refuse(http.StatusBadRequest, fmt.Sprintf("parameter %q twice", name))
		}
	}
	return found, nil
}

// begin counts a request and takes the fault that lies in wait for it, if any.
func (s *Server) begin(endpoint Endpoint, r *http.Request) Fault {
	names := []Endpoint{endpoint}
	switch endpoint {
	case Token:
		names = append(names, Token+"/"+Endpoint(strings.TrimPrefix(r.PostForm.Get("grant_type"), grantTypeURN)))
	case SSOToken:
		names = append(names, SSOToken+"/"+Endpoint(strings.TrimPrefix(r.PostForm.Get("grantType"), grantTypeURN)))
	case STS:
		names = append(names, STS+"/"+Endpoint(r.PostForm.Get("Action")))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if slices.Contains(endpoints(), name) {
			s.record.calls[name]++
		}
	}
	return s.takeFault(names)
}

// answer performs a request unless the fault's answer stands for it.
func (s *Server) answer(route route, r *http.Request, fault Fault) reply {
	var a reply
	if fault.performs() {
		a = s.perform(route, r)
	}
	fault.apply(&a, route.endpoint)
	if err := a.finish(); err != nil {
		return textReply(http.StatusInternalServerError, err.Error())
	}
	return a
}

func (s *Server) perform(route route, r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return route.answer(s, r)
}

// pause waits. If the client goes or the sandbox is closed meanwhile, it ends the connection without an answer, in the
// way that net/http has for it: returning would send an empty one.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

func write(w http.ResponseWriter, a reply) {
	maps.Copy(w.Header(), a.header)
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.WriteHeader(a.status)
	// A client that went away is not the sandbox's concern.
	_, _ = w.Write(a.body)
}
