package issuer

import (
	"cmp"
	"crypto/subtle"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Issuers of a sandbox are at its origin, each with keys of its own.
const (
	// ProviderPath is where people's identity provider is. Okta's, Keycloak's and Dex's issuers have a path, too: joining URLs
	// wrongly then shows.
	ProviderPath = "/oidc"
	// GitHubPath stands for GitHub Actions, and for whatever else puts a token into a file or a variable.
	GitHubPath = "/github"
	// AWSPath stands for the account's own issuer, whose tokens GetWebIdentityToken gives.
	AWSPath = "/aws-issuer"

	jwksPath = "/.well-known/jwks"

	// MachineAudience is what AWS's documentation has tokens of GitHub Actions asked for.
	MachineAudience = "sts.amazonaws.com"
)

// Keys of machines' issuers. They are made when a token is first wanted, and shared by all sandboxes of a process: making an
// RSA key takes longer than most tests.
var (
	gitHubKeys = sync.OnceValues(NewKeys)
	awsKeys    = sync.OnceValues(func() (*Keys, error) {
		k, err := NewKeys()
		if err == nil {
			err = k.addES384()
		}
		return k, err
	})
)

// Issuers are all of a sandbox.
type Issuers struct {
	Provider *Keys

	h            *harness.Harness
	requestToken string // of a job of GitHub Actions; "" until GitHubEnv gave it out
}

// New returns the issuers of a sandbox, with the keys of people's provider.
func New(h *harness.Harness, provider *Keys) *Issuers { return &Issuers{Provider: provider, h: h} }

// Issuer is people's provider's issuer URL, without a trailing slash.
func (i *Issuers) Issuer() string { return i.h.Origin() + ProviderPath }

// GitHubIssuer is the issuer of MachineToken and of the endpoint that GitHubEnv names.
func (i *Issuers) GitHubIssuer() string { return i.h.Origin() + GitHubPath }

// AWSIssuer is the issuer of the tokens that STS's GetWebIdentityToken gives.
func (i *Issuers) AWSIssuer() string { return i.h.Origin() + AWSPath }

// URL is an issuer by its path here; "" is people's provider, and an address is what it is.
func (i *Issuers) URL(issuer string) string {
	switch {
	case issuer == "":
		return i.Issuer()
	case strings.HasPrefix(issuer, "/"):
		return i.h.Origin() + issuer
	}
	return issuer
}

// Of returns the keys of one of the sandbox's issuers, and nil for any other.
func (i *Issuers) Of(issuer string) (*Keys, error) {
	switch issuer {
	case i.Issuer():
		return i.Provider, nil
	case i.GitHubIssuer():
		return gitHubKeys()
	case i.AWSIssuer():
		return awsKeys()
	}
	return nil, nil
}

// Routes are those of machines' issuers.
func (i *Issuers) Routes() []harness.Route {
	const discovery = "/.well-known/openid-configuration"
	get := func(endpoint harness.Endpoint, path string, answer func(*http.Request) *harness.Reply) harness.Route {
		return harness.Route{Endpoint: endpoint, Method: http.MethodGet, Path: path, Answer: answer}
	}
	return []harness.Route{
		get(harness.MachineDiscovery, GitHubPath+discovery, func(*http.Request) *harness.Reply { return i.discovery(i.GitHubIssuer(), RS256) }),
		get(harness.MachineDiscovery, AWSPath+discovery, func(*http.Request) *harness.Reply { return i.discovery(i.AWSIssuer(), RS256, ES384) }),
		get(harness.MachineJWKS, GitHubPath+jwksPath, func(*http.Request) *harness.Reply { return i.jwks(gitHubKeys()) }),
		get(harness.MachineJWKS, AWSPath+jwksPath, func(*http.Request) *harness.Reply { return i.jwks(awsKeys()) }),
		{Endpoint: harness.GitHubToken, Method: http.MethodGet, Path: GitHubPath + "/token", Answer: i.gitHubToken, Error: gitHubFault},
	}
}

// discovery answers with what OpenID Connect Discovery 1.0 demands of an issuer where nobody signs in.
func (i *Issuers) discovery(issuer string, algorithms ...string) *harness.Reply {
	return harness.JSON(http.StatusOK, map[string]any{
		"issuer":                                issuer,
		"jwks_uri":                              issuer + jwksPath,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": algorithms,
		"scopes_supported":                      []string{"openid"},
		"claims_supported":                      []string{"sub", "aud", "exp", "iat", "iss"},
	})
}

func (i *Issuers) jwks(keys *Keys, err error) *harness.Reply {
	if err != nil {
		return i.h.Failure(err)
	}
	return keys.Published()
}

// MachineToken signs a token as GitHub Actions does, which a test puts where its machine has one. Claims are laid over
// those of Behaviour.MachineClaims; a nil value takes a claim away. The token is not among Secrets, as it was not the
// sandbox that gave it to the program.
func (i *Issuers) MachineToken(audience string, claims map[string]any) (string, error) {
	i.h.Lock()
	defer i.h.Unlock()
	return i.machineToken(audience, claims)
}

// machineToken is one of a job on the main branch of acme/churn. Tokens of GitHub are valid before they are issued.
// https://docs.github.com/en/actions/reference/security/oidc
func (i *Issuers) machineToken(audience string, over map[string]any) (string, error) {
	now := i.h.Clock()
	claims := map[string]any{
		"iss": i.GitHubIssuer(), "sub": "repo:acme/churn:ref:refs/heads/main", "aud": audience,
		"iat": now.Unix(), "nbf": now.Add(-10 * time.Minute).Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"jti":        harness.UUID(),
		"repository": "acme/churn", "repository_id": "74", "repository_owner": "acme", "repository_owner_id": "65",
		"repository_visibility": "private",
		"ref":                   "refs/heads/main", "ref_type": "branch", "ref_protected": "true", "sha": strings.Repeat("c", 40),
		"actor": "alice", "actor_id": "12", "event_name": "push",
		"workflow": "train", "workflow_ref": "acme/churn/.github/workflows/train.yml@refs/heads/main",
		"job_workflow_ref": "acme/churn/.github/workflows/train.yml@refs/heads/main",
		"run_id":           "1001", "run_number": "10", "run_attempt": "1", "runner_environment": "github-hosted",
	}
	maps.Copy(claims, i.h.Behaviour.MachineClaims)
	maps.Copy(claims, over)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	keys, err := gitHubKeys()
	if err != nil {
		return "", err
	}
	return keys.Sign(claims, RS256)
}

// GitHubEnv is what a job of GitHub Actions that has the permission id-token: write finds in its environment.
func (i *Issuers) GitHubEnv() map[string]string {
	i.h.Lock()
	defer i.h.Unlock()
	if i.requestToken == "" {
		i.requestToken = i.h.HandOut(harness.Opaque(64))
	}
	return map[string]string{
		// The real address has a query as well.
		"ACTIONS_ID_TOKEN_REQUEST_URL":   i.GitHubIssuer() + "/token?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": i.requestToken,
	}
}

// gitHubToken is where a job asks for a token.
func (i *Issuers) gitHubToken(r *http.Request) *harness.Reply {
	query := r.URL.Query()
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	refuse := func(status int, why string) *harness.Reply {
		i.h.Unexpectedf("GET %s: %s", r.URL.Path, why)
		return gitHubError(status, why)
	}
	switch {
	case !strings.EqualFold(scheme, "Bearer") || i.requestToken == "" ||
		subtle.ConstantTimeCompare([]byte(value), []byte(i.requestToken)) != 1:
		return refuse(http.StatusUnauthorized, "missing or wrong request token")
	case query.Get("api-version") != "2.0" || len(query["api-version"]) > 1:
		return refuse(http.StatusBadRequest, "the api-version of the address is gone")
	case len(query["audience"]) > 1:
		return refuse(http.StatusBadRequest, "more than one audience")
	}
	token, err := i.machineToken(cmp.Or(query.Get("audience"), "https://github.com/acme"), nil)
	if err != nil {
		return i.h.Failure(err)
	}
	return harness.JSON(http.StatusOK, map[string]any{"count": len(token), "value": i.h.HandOut(token)})
}

// gitHubError is an error of GitHub's service, and gitHubFault one with a code in the place of words.
func gitHubError(status int, message string) *harness.Reply {
	return harness.JSON(status, map[string]any{"$id": "1", "message": message, "errorCode": 0})
}

func gitHubFault(code, message string) *harness.Reply {
	return gitHubError(http.StatusBadRequest, strings.TrimSpace(code+" "+message))
}
