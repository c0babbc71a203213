package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace"
)

const ciARN = "arn:aws:iam::111122223333:role/ml-ci"

func verifiedClaims(t *testing.T, c *clock, issuer, audience, token string) map[string]any {
	t.Helper()
	claims, err := verify(t, c, issuer, audience, token)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// gitHubJob asks for a token as a job does.
func gitHubJob(t *testing.T, s *Server, audience string) answer {
	t.Helper()
	env := s.GitHubEnv()
	r := request(t, http.MethodGet, env["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience="+audience, "", "")
	r.Header.Set("Authorization", "bearer "+env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	a, err := do(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAJobGetsItsToken(t *testing.T) {
	s, c := start(t)
	a := gitHubJob(t, s, MachineAudience)
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	claims := verifiedClaims(t, c, s.GitHubIssuer(), MachineAudience, a.text("value"))
	if claims["sub"] != "repo:acme/churn:ref:refs/heads/main" || claims["repository"] != "acme/churn" || claims["ref"] != "refs/heads/main" ||
		claims["exp"] != float64(c.Now().Add(5*time.Minute).Unix()) {
		t.Errorf("claims %v", claims)
	}
	if !slices.Contains(s.Secrets(), a.text("value")) || !slices.Contains(s.Secrets(), s.GitHubEnv()["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]) {
		t.Error("the token, or that of the request, is not among the secrets")
	}
	if err := s.Configure(`{"machine_claims": {"ref": "refs/heads/x", "environment": "prod", "sha": null}}`); err != nil {
		t.Fatal(err)
	}
	claims = verifiedClaims(t, c, s.GitHubIssuer(), "other", gitHubJob(t, s, "other").text("value"))
	if _, there := claims["sha"]; claims["ref"] != "refs/heads/x" || claims["environment"] != "prod" || there {
		t.Errorf("claims %v", claims)
	}
	if claims := verifiedClaims(t, c, s.GitHubIssuer(), "https://github.com/acme", gitHubJob(t, s, "").text("value")); claims["ref"] != "refs/heads/x" {
		t.Errorf("without an audience: %v", claims)
	}
	if s.Calls()[GitHubToken] != 3 || s.Calls()[harness.MachineJWKS] != 3 {
		t.Errorf("counted %v", s.Calls())
	}
}

func TestJobsWithoutPermissionGetNoToken(t *testing.T) {
	env := func(s *Server) (address, token string) {
		e := s.GitHubEnv()
		return e["ACTIONS_ID_TOKEN_REQUEST_URL"], e["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
	}
	for name, c := range map[string]struct {
		change func(r *http.Request)
		status int
	}{
		"no request token":    {func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"wrong request token": {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401},
		"query lost":          {func(r *http.Request) { r.URL.RawQuery = "audience=x" }, 400},
		"query broken":        {func(r *http.Request) { r.URL.RawQuery += "?audience=x" }, 400},
		"audience twice":      {func(r *http.Request) { r.URL.RawQuery += "&audience=x&audience=y" }, 400},
	} {
		s := startWith(t, Options{})
		address, token := env(s)
		r := request(t, http.MethodGet, address, "", "")
		r.Header.Set("Authorization", "Bearer "+token)
		c.change(r)
		a, err := do(t, r)
		if err != nil || a.status != c.status || a.text("value") != "" || len(s.Unexpected()) != 1 {
			t.Errorf("%s: %v, status %d, unexpected %q", name, err, a.status, s.Unexpected())
		}
	}
}

func machineToken(t *testing.T, s *Server, audience string, claims map[string]any) string {
	t.Helper()
	token, err := s.MachineToken(audience, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestMachinesTokensAreTakenByTrust(t *testing.T) {
	s, c := start(t)
	assume := func(token string) error {
		in := assumeInput(token)
		in.RoleArn = aws.String(ciARN)
		_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), in)
		return err
	}
	if err := assume(machineToken(t, s, MachineAudience, nil)); err != nil {
		t.Error(err)
	}
	last := s.STSCalls()[0]
	if last.Subject != "repo:acme/churn:ref:refs/heads/main" || last.Audience != MachineAudience {
		t.Errorf("recorded %+v", last)
	}
	for name, c := range map[string]struct{ token, code string }{
		"another branch":          {machineToken(t, s, MachineAudience, map[string]any{"sub": "repo:acme/churn:ref:refs/heads/x"}), "AccessDenied"},
		"another audience":        {machineToken(t, s, "other", nil), "InvalidIdentityToken"},
		"the person's audience":   {machineToken(t, s, s.ClientID(), nil), "InvalidIdentityToken"},
		"another issuer's key":    {machineToken(t, s, MachineAudience, map[string]any{"iss": s.Issuer()}), "InvalidIdentityToken"},
		"a person's token":        {mint(t, s, map[string]any{"sub": "repo:acme/churn:ref:refs/heads/main"}), "AccessDenied"},
		"a person's for the role": {mint(t, s, map[string]any{"aud": MachineAudience}), "InvalidIdentityToken"},
	} {
		if err := assume(c.token); err == nil || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	in := assumeInput(machineToken(t, s, MachineAudience, nil))
	_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), in)
	wantAPIError(t, "a person's role", err, "AccessDenied", http.StatusForbidden)
	c.advance(5 * time.Minute)
	err = assume(machineToken(t, s, MachineAudience, map[string]any{"exp": c.Now().Unix()}))
	wantAPIError(t, "expired", err, "ExpiredTokenException", http.StatusBadRequest)
}

func TestMachinesMayActAsTheServicePrincipal(t *testing.T) {
	s, _ := start(t)
	for name, c := range map[string]struct {
		token string
		code  string
	}{
		"job":            {machineToken(t, s, MachineAudience, nil), ""},
		"account":        {machineToken(t, s, DatabricksAccount, nil), ""},
		"audience":       {machineToken(t, s, "other", nil), errInvalidGrant},
		"another branch": {machineToken(t, s, MachineAudience, map[string]any{"sub": "repo:acme/churn:ref:refs/heads/x"}), errInvalidGrant},
		"a person":       {mint(t, s, nil), errInvalidGrant},
	} {
		a := post(t, s.WorkspaceHost()+exchangePath, "grant_type", grantExchange, "client_id", workspace.MachinePrincipal, "scope", scopeAllAPIs,
			"subject_token", c.token, "subject_token_type", tokenTypeJWT)
		if a.text("error") != c.code {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	// As themselves, machines are nobody in the workspace.
	a := post(t, s.WorkspaceHost()+exchangePath, "grant_type", grantExchange, "scope", scopeAllAPIs,
		"subject_token", machineToken(t, s, MachineAudience, nil), "subject_token_type", tokenTypeJWT)
	if a.text("error") != errInvalidGrant {
		t.Errorf("without the principal: %s", a.body)
	}
}

// machine signs with what AWS gave the machine.
func machine(s *Server) func(*sts.Options) {
	env := s.AWSEnv()
	return as(&types.Credentials{
		AccessKeyId: aws.String(env["AWS_ACCESS_KEY_ID"]), SecretAccessKey: aws.String(env["AWS_SECRET_ACCESS_KEY"]),
		SessionToken: aws.String(env["AWS_SESSION_TOKEN"]),
	})
}

func tokenInput() *sts.GetWebIdentityTokenInput {
	return &sts.GetWebIdentityTokenInput{Audience: []string{MachineAudience}, SigningAlgorithm: aws.String("RS256")}
}

func TestAWSVouchesForAMachine(t *testing.T) {
	s, c := start(t)
	for _, algorithm := range []string{"RS256", "ES384"} {
		in := tokenInput()
		in.SigningAlgorithm = aws.String(algorithm)
		in.DurationSeconds = aws.Int32(600)
		in.Tags = tagged("job", "7")
		out, err := sdk(s).GetWebIdentityToken(t.Context(), in, machine(s))
		if err != nil {
			t.Fatal(err)
		}
		if !out.Expiration.Equal(c.Now().Add(10 * time.Minute)) {
			t.Errorf("expiration %s", out.Expiration)
		}
		claims := verifiedClaims(t, c, s.AWSIssuer(), MachineAudience, *out.WebIdentityToken)
		about, _ := json.Marshal(claims["https://sts.amazonaws.com/"])
		if claims["sub"] != machineRole || !strings.Contains(string(about), `"request_tags":{"job":"7"}`) || !strings.Contains(string(about), Account) {
			t.Errorf("claims %v", claims)
		}
		last := s.STSCalls()[len(s.STSCalls())-1]
		if last.Action != "GetWebIdentityToken" || last.Subject != machineRole || last.Audience != MachineAudience ||
			last.Duration != 10*time.Minute || !strings.Contains(last.Caller, ":assumed-role/ml-node/i-") {
			t.Errorf("recorded %+v", last)
		}
		a := post(t, s.WorkspaceHost()+exchangePath, "grant_type", grantExchange, "client_id", workspace.MachinePrincipal, "scope", scopeAllAPIs,
			"subject_token", *out.WebIdentityToken, "subject_token_type", tokenTypeJWT)
		if a.status != http.StatusOK {
			t.Errorf("the workspace: %s", a.body)
		}
		// IAM takes no provider that is AWS itself.
		assume := assumeInput(*out.WebIdentityToken)
		assume.RoleArn = aws.String(ciARN)
		_, err = sdk(s).AssumeRoleWithWebIdentity(t.Context(), assume)
		wantAPIError(t, "STS", err, "InvalidIdentityToken", http.StatusBadRequest)
	}
	// It may assume the role by its credentials instead.
	chained := &sts.AssumeRoleInput{RoleArn: aws.String(ciARN), RoleSessionName: aws.String("ci")}
	if _, err := sdk(s).AssumeRole(t.Context(), chained, machine(s)); err != nil {
		t.Error(err)
	}
}

func TestSeveralAudiences(t *testing.T) {
	s, c := start(t)
	in := tokenInput()
	in.Audience = []string{"a", "b"}
	out, err := sdk(s).GetWebIdentityToken(t.Context(), in, machine(s))
	if err != nil || !out.Expiration.Equal(c.Now().Add(5*time.Minute)) {
		t.Fatalf("%+v, %v", out, err)
	}
	verifiedClaims(t, c, s.AWSIssuer(), "b", *out.WebIdentityToken)
}

func TestAWSVouchesForNobodyElse(t *testing.T) {
	type input = sts.GetWebIdentityTokenInput
	for name, c := range map[string]struct {
		set        Behaviour
		policy     string
		change     func(*input)
		code       string
		status     int
		unexpected int
	}{
		"disabled": {set: Behaviour{OutboundFederationDisabled: true}, code: "OutboundWebIdentityFederationDisabledException", status: 403},
		"session policy": {
			policy: `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, code: "AccessDenied", status: 403,
		},
		"longer than the session": {
			set: Behaviour{CredentialLifetime: 10 * time.Minute}, change: func(i *input) { i.DurationSeconds = aws.Int32(601) },
			code: "SessionDurationEscalationException", status: 403,
		},
		"short":     {change: func(i *input) { i.DurationSeconds = aws.Int32(59) }, code: "ValidationError", status: 400, unexpected: 1},
		"long":      {change: func(i *input) { i.DurationSeconds = aws.Int32(3601) }, code: "ValidationError", status: 400, unexpected: 1},
		"algorithm": {change: func(i *input) { i.SigningAlgorithm = aws.String("HS256") }, code: "ValidationError", status: 400, unexpected: 1},
		"audiences": {
			change: func(i *input) { i.Audience = strings.Split("a b c d e f g h i j k", " ") },
			code:   "ValidationError", status: 400, unexpected: 1,
		},
		"tag": {change: func(i *input) { i.Tags = tagged("aws:x", "") }, code: "InvalidParameterValue", status: 400, unexpected: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWith(t, Options{Now: newClock().Now})
			s.Set(func(b *Behaviour) {
				b.OutboundFederationDisabled, b.CredentialLifetime = c.set.OutboundFederationDisabled, c.set.CredentialLifetime
			})
			in := tokenInput()
			if c.change != nil {
				c.change(in)
			}
			_, err := sdk(s).GetWebIdentityToken(t.Context(), in, as(hop(t, s, c.policy, nil)))
			wantAPIError(t, name, err, c.code, c.status)
			if u := s.Unexpected(); len(u) != c.unexpected {
				t.Errorf("unexpected: %q", u)
			}
		})
	}
}

func TestFaultsByAction(t *testing.T) {
	s, _ := start(t)
	s.Inject(Fault{Endpoint: harness.STSAssumeRole, Error: "AccessDenied", Message: "no"})
	from := hop(t, s, "", nil)
	_, err := sdk(s).AssumeRole(context.WithoutCancel(t.Context()), deepInput(), as(from))
	wantAPIError(t, "the next", err, "AccessDenied", http.StatusForbidden)
	s.Inject(Fault{Endpoint: GitHubToken, Error: "Unavailable", Status: 503})
	if a := gitHubJob(t, s, "x"); a.status != 503 || a.text("message") != "Unavailable" {
		t.Errorf("GitHub: %d %s", a.status, a.body)
	}
}
