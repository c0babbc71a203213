package workspace

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/issuer"
)

// What a token exchange says (RFC 8693 2.1).
const (
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	tokenTypeJWT  = "urn:ietf:params:oauth:token-type:jwt" //nolint:gosec // a name

	errInvalidGrant   = "invalid_grant"
	errInvalidRequest = "invalid_request"

	// tokenSize is about what Databricks' tokens have, in characters.
	tokenSize = 860
)

// fault is an error that a token endpoint answers with (RFC 6749 5.2).
type fault struct{ code, description string }

// Call is one token exchange that could be read, granted or not.
type Call struct {
	Time      time.Time // by the sandbox's clock
	Host      string    // as in WorkspaceHost
	AccountID string    // "": the workspace's own endpoint
	ClientID  string    // application id of the service principal; "": none was sent, a person is meant
	Issuer    string    // of the JWT, with Subject and Audience; "" where its signature was not good
	Subject   string
	Audience  []string
	Scope     string // as it was asked for
	Error     string // the OAuth code; "" where granted
}

// exchange is Databricks' token endpoint, of the workspace and of the account.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-exchange
func (w *Workspace) exchange(r *http.Request) *harness.Reply {
	if a := w.redeem(r); a != nil {
		return a
	}
	call := Call{
		Time:      w.h.Clock(),
		Host:      "http://" + r.Host,
		AccountID: r.PathValue(accountSegment),
		ClientID:  r.PostForm.Get("client_id"),
		Scope:     r.PostForm.Get("scope"),
	}
	a, failed := w.exchangeToken(r, &call)
	if failed != nil {
		call.Error = failed.code
		a = harness.OAuthError(failed.code, failed.description)
	}
	w.calls = append(w.calls, call)
	return a
}

func (w *Workspace) exchangeToken(r *http.Request, call *Call) (*harness.Reply, *fault) {
	if failed := checkExchange(r); failed != nil {
		w.h.Unexpectedf("POST %s: %s: %s", r.URL.Path, failed.code, failed.description)
		return nil, failed
	}
	if call.AccountID == "" && w.h.Behaviour.UnifiedHost {
		return nil, &fault{errInvalidRequest, "Unable to load OAuth Config"}
	}
	if call.AccountID != "" && call.AccountID != Account {
		return nil, &fault{errInvalidRequest, "there is no such account"}
	}
	claims, failed := w.readSubjectToken(r.PostForm.Get("subject_token"))
	if failed != nil {
		return nil, failed
	}
	call.Issuer, call.Subject, call.Audience = claims.Issuer, claims.Subject, claims.Audience
	scopes, failed := w.scopes(call.Scope)
	if failed != nil {
		return nil, failed
	}
	now := w.h.Clock()
	if now.Unix() >= int64(claims.Expiry) {
		return nil, &fault{errInvalidGrant, "the subject token has expired"}
	}
	made, failed := w.federate(call.ClientID, claims)
	if failed != nil {
		return nil, failed
	}
	// Databricks gives the token the JWT's own expiry.
	made.scopes, made.account = scopes, call.AccountID
	made.host, made.expires = r.Host, time.Unix(int64(claims.Expiry), 0)
	if life := w.h.Behaviour.WorkspaceTokenLifetime; life != 0 {
		made.expires = now.Add(life)
	}
	value := w.h.HandOut(harness.Opaque(tokenSize))
	w.tokens[value] = made
	answer := harness.JSON(http.StatusOK, map[string]any{
		"access_token": value,
		"token_type":   "Bearer",
		"expires_in":   max(1, int64(made.expires.Sub(now)/time.Second)),
		"scope":        strings.Join(scopes, " "),
	})
	answer.Header.Set("X-Request-Id", harness.UUID())
	return answer, nil
}

// checkExchange checks what no orderly client gets wrong, whatever its JWT.
func checkExchange(r *http.Request) *fault {
	form := r.PostForm
	switch {
	case form.Get("grant_type") != grantExchange:
		return &fault{"unsupported_grant_type", "the grant type is not token-exchange"}
	case form.Get("subject_token") == "":
		return &fault{errInvalidRequest, "subject_token is missing"}
	case form.Get("subject_token_type") != tokenTypeJWT:
		return &fault{errInvalidRequest, "the subject token's type is not jwt"}
	case form.Get("scope") == "":
		return &fault{errInvalidRequest, "no scope is asked for"}
	case form.Has("client_secret") || r.Header.Get("Authorization") != "":
		return &fault{errInvalidRequest, "a secret beside the subject token"}
	}
	return nil
}

// readSubjectToken verifies a JWT and reads what federation policies compare.
func (w *Workspace) readSubjectToken(token string) (claims issuer.Claims, failed *fault) {
	unverified, _ := issuer.ReadUnverified(token)
	keys, err := w.issuers.Of(unverified.Issuer)
	if keys == nil {
		// Another sandbox's issuer, where the two share their keys.
		keys = w.issuers.Provider
	}
	var payload []byte
	if err == nil {
		payload, err = keys.Verify(token)
	}
	switch {
	case err != nil:
		return claims, &fault{errInvalidGrant, "the subject token's signature can't be verified"}
	case json.Unmarshal(payload, &claims) != nil:
		return claims, &fault{errInvalidGrant, "the subject token is not a valid JWT"}
	case claims.Subject == "" || len(claims.Audience) == 0 || claims.Expiry == 0:
		return claims, &fault{errInvalidGrant, "the subject token has no sub, aud or exp"}
	}
	return claims, nil
}
