// Package dex runs Dex, a real OpenID provider, for a test: device and browser flow, rotating refresh tokens, groups in
// the ID token, and a person who signs in through Dex's own HTML pages.
package dex

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/dbxaccess/dbxaccess/e2e/internal/gate"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// ClientID of the public client that people sign in to.
const ClientID = "dbxaccess"

const (
	deviceGrant  = "urn:ietf:params:oauth:grant-type:device_code"
	codeGrant    = "authorization_code"
	refreshGrant = "refresh_token"
)

// User is a person with a password at Dex.
type User struct {
	Email    string
	Password string
	Groups   []string
}

// The users of every server.
var (
	Alice = User{"alice@example.com", "wonderland", []string{"ml-scientists", "analysts"}}
	Bob   = User{"bob@example.com", "builder", []string{"analysts"}}
)

// Server is a running Dex.
type Server struct {
	Issuer string

	gate *gate.Gate
}

// Start starts Dex and waits until it answers. idTokens is how long an ID token lives. A refresh token works once: Dex
// keeps no grace period here, so that a client which spends one twice is found out.
func Start(t testing.TB, binary string, idTokens time.Duration) *Server {
	t.Helper()
	address := process.FreeAddress(t)
	s := &Server{gate: gate.Open(t, address)}
	s.Issuer = s.gate.URL + "/dex"
	config := map[string]any{
		"issuer":  s.Issuer,
		"storage": map[string]any{"type": "memory"},
		"web":     map[string]any{"http": address},
		"expiry": map[string]any{
			"idTokens":      idTokens.String(),
			"refreshTokens": map[string]any{"reuseInterval": "0s"},
		},
		"oauth2": map[string]any{"grantTypes": []string{codeGrant, refreshGrant, deviceGrant}},
		// Without redirectURIs a public client may come back to any port of this machine, and by the device flow.
		"staticClients":    []any{map[string]any{"id": ClientID, "name": "dbxaccess", "public": true}},
		"enablePasswordDB": true,
		"staticPasswords":  []any{account(t, "1", Alice), account(t, "2", Bob)},
	}
	data, err := json.Marshal(config) // which is YAML, too
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dex.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	p := process.Start(t, process.Program{
		Name: "dex", Path: binary, Args: []string{"serve", path}, Env: []string{"PATH=" + os.Getenv("PATH")},
	})
	p.Await(t, time.Minute, func() bool {
		resp, err := http.Get(s.Discovery()) //nolint:noctx // our own server
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return s
}

func account(t testing.TB, id string, u User) map[string]any {
	hash, err := bcrypt.GenerateFromPassword([]byte(u.Password), bcrypt.DefaultCost)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(u.Email, "@")
	return map[string]any{
		"email": u.Email, "hash": string(hash), "username": name, "preferredUsername": name, "userID": id,
		"groups": u.Groups,
	}
}

// Discovery is the address of the provider's metadata.
func (s *Server) Discovery() string { return s.Issuer + "/.well-known/openid-configuration" }

// Refreshes counts the refresh tokens that clients tried to spend so far, and those that Dex refused.
func (s *Server) Refreshes() (tried, refused int) {
	return s.gate.Count("grant_type", refreshGrant)
}

// Secrets returns every token issued so far: ID, access and refresh tokens.
func (s *Server) Secrets() []string {
	var secrets []string
	for _, grant := range []string{deviceGrant, codeGrant, refreshGrant} {
		for _, e := range s.gate.Exchanges("grant_type", grant) {
			var tokens struct {
				ID      string `json:"id_token"`
				Access  string `json:"access_token"`
				Refresh string `json:"refresh_token"`
			}
			if json.Unmarshal(e.Body, &tokens) != nil {
				continue
			}
			for _, token := range []string{tokens.ID, tokens.Access, tokens.Refresh} {
				if token != "" {
					secrets = append(secrets, token)
				}
			}
		}
	}
	return secrets
}
