package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"maps"
	"net/http"
	"strings"
	"time"
)

// What the sandbox's jobs are.
const (
	// MachineAudience is what AWS's documentation has tokens of GitHub Actions asked for.
	MachineAudience = "sts.amazonaws.com"

	gitHubTokenPath     = GitHubIssuerPath + "/token"
	gitHubTokenLifetime = 5 * time.Minute
	// gitHubHeadStart is how long before they are issued tokens of GitHub are valid.
	gitHubHeadStart = 10 * time.Minute
)

// gitHubClaims are those of a job on the main branch of acme/churn.
// https://docs.github.com/en/actions/reference/security/oidc
func (s *Server) gitHubClaims(audience string, now time.Time) map[string]any {
	claims := map[string]any{
		"iss": s.GitHubIssuer(), "sub": "repo:acme/churn:ref:refs/heads/main", "aud": audience,
		"iat": now.Unix(), "nbf": now.Add(-gitHubHeadStart).Unix(), "exp": now.Add(gitHubTokenLifetime).Unix(),
		"jti":        requestID(),
		"repository": "acme/churn", "repository_id": "74", "repository_owner": "acme", "repository_owner_id": "65",
		"repository_visibility": "private",
		"ref":                   "refs/heads/main", "ref_type": "branch", "ref_protected": "true", "sha": strings.Repeat("c", 40),
		"actor": "alice", "actor_id": "12", "event_name": "push",
		"workflow": "train", "workflow_ref": "acme/churn/.github/workflows/train.yml@refs/heads/main",
		"job_workflow_ref": "acme/churn/.github/workflows/train.yml@refs/heads/main",
		"run_id":           "1001", "run_number": "10", "run_attempt": "1", "runner_environment": "github-hosted",
	}
	maps.Copy(claims, s.behaviour.MachineClaims)
	return claims
}

// MachineToken signs a token as GitHub Actions does, which a test puts where its machine has one. Claims are laid over
// those of Behaviour.MachineClaims; a nil value takes a claim away. The token is not among Secrets, as it was not the
// sandbox that gave it to the program.
func (s *Server) MachineToken(audience string, claims map[string]any) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machineToken(audience, claims)
}

func (s *Server) machineToken(audience string, over map[string]any) (string, error) {
	claims := s.gitHubClaims(audience, s.clock())
	maps.Copy(claims, over)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	keys, err := gitHubKeys()
	if err != nil {
		return "", err
	}
	return keys.sign(claims, algorithmRS256)
}

// GitHubEnv is what a job of GitHub Actions that has the permission id-token: write finds in its environment.
func (s *Server) GitHubEnv() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requestToken == "" {
		s.requestToken = s.handOut(opaque(64))
	}
	return map[string]string{
		// The real address has a query as well.
		"ACTIONS_ID_TOKEN_REQUEST_URL":   s.origin() + gitHubTokenPath + "?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": s.requestToken,
	}
}

// gitHubToken is where a job asks for a token.
func (s *Server) gitHubToken(r *http.Request) reply {
	query := r.URL.Query()
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	refuse := func(status int, why string) reply {
		s.unexpectedf("GET %s: %s", r.URL.Path, why)
		return gitHubError(status, why)
	}
	switch {
	case !strings.EqualFold(scheme, "Bearer") || s.requestToken == "" ||
		subtle.ConstantTimeCompare([]byte(value), []byte(s.requestToken)) != 1:
		return refuse(http.StatusUnauthorized, "missing or wrong request token")
	case query.Get("api-version") != "2.0" || len(query["api-version"]) > 1:
		return refuse(http.StatusBadRequest, "the api-version of the address is gone")
	case len(query["audience"]) > 1:
		return refuse(http.StatusBadRequest, "more than one audience")
	}
	audience := query.Get("audience")
	if audience == "" {
		audience = "https://github.com/acme"
	}
	token, err := s.machineToken(audience, nil)
	if err != nil {
		return s.failure(err)
	}
	return jsonReply(http.StatusOK, map[string]any{"count": len(token), "value": s.handOut(token)})
}

// gitHubError is an error of GitHub's service.
func gitHubError(status int, message string) reply {
	return jsonReply(status, map[string]any{"$id": "1", "message": message, "errorCode": 0})
}

// MachineRole is the role whose credentials AWS gives the sandbox's machines.
const MachineRole = "arn:aws:iam::" + Account + ":role/ml-node"

// AWSEnv is what a machine finds in its environment that AWS gives credentials of MachineRole. They live six hours.
func (s *Server) AWSEnv() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := credentials{
		roleARN: MachineRole, sessionName: "i-" + strings.ToLower(rand.Text()[:17]), expires: s.clock().Add(s.lifeOf(6 * time.Hour)),
	}
	s.equip(&made)
	return map[string]string{
		"AWS_ACCESS_KEY_ID":     made.accessKeyID,
		"AWS_SECRET_ACCESS_KEY": made.secretKey,
		"AWS_SESSION_TOKEN":     made.sessionToken,
	}
}
