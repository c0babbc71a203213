package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

const (
	hopARN  = "arn:aws:iam::111122223333:role/ml-hop"
	deepARN = "arn:aws:iam::111122223333:role/ml-deep"
)

// as signs with credentials that the sandbox issued.
func as(c *types.Credentials) func(*sts.Options) {
	return func(o *sts.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: aws.ToString(c.AccessKeyId), SecretAccessKey: aws.ToString(c.SecretAccessKey),
				SessionToken: aws.ToString(c.SessionToken),
			}, nil
		})
	}
}

// hop assumes ml-hop with alice's token.
func hop(t *testing.T, s *Server, policy string, claims map[string]any) *types.Credentials {
	t.Helper()
	in := assumeInput(mint(t, s, claims))
	in.RoleArn = aws.String(hopARN)
	if policy != "" {
		in.Policy = aws.String(policy)
	}
	out, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Credentials
}

func deepInput() *sts.AssumeRoleInput {
	return &sts.AssumeRoleInput{
		RoleArn: aws.String(deepARN), RoleSessionName: aws.String("alice@example.com"), ExternalId: aws.String("x1"),
	}
}

func tagged(pairs ...string) []types.Tag {
	var tags []types.Tag
	for i := 0; i < len(pairs); i += 2 {
		tags = append(tags, types.Tag{Key: aws.String(pairs[i]), Value: aws.String(pairs[i+1])})
	}
	return tags
}

func TestARoleIsReachedThroughAnother(t *testing.T) {
	s, c := start(t)
	in := deepInput()
	in.DurationSeconds = aws.Int32(1800)
	in.Policy = aws.String(`{"Statement":[]}`)
	in.SourceIdentity = aws.String("alice")
	in.Tags = tagged("team", "churn", "cost-center", "")
	in.TransitiveTagKeys = []string{"Team"}
	from := hop(t, s, "", nil)
	out, err := sdk(s).AssumeRole(t.Context(), in, as(from))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:sts::111122223333:assumed-role/ml-deep/alice@example.com"
	if aws.ToString(out.AssumedRoleUser.Arn) != arn || aws.ToString(out.SourceIdentity) != "alice" ||
		!out.Credentials.Expiration.Equal(c.Now().Add(30*time.Minute)) {
		t.Errorf("answer %+v", out)
	}
	//nolint:staticcheck // Deprecated by AWS in favour of SessionTokenUtilization, and still sent.
	if packed := aws.ToInt32(out.PackedPolicySize); packed != 2 {
		t.Errorf("policy and tags of %d percent", packed)
	}
	who, err := sdk(s).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}, as(out.Credentials))
	if err != nil || aws.ToString(who.Arn) != arn || aws.ToString(who.Account) != Account ||
		aws.ToString(who.UserId) != aws.ToString(out.AssumedRoleUser.AssumedRoleId) {
		t.Errorf("who that is: %+v, %v", who, err)
	}
	calls := s.STSCalls()
	want := STSCall{
		Time: c.Now(), Action: "AssumeRole", RoleARN: deepARN, SessionName: "alice@example.com", Policy: *in.Policy, Duration: 30 * time.Minute,
		AccessKeyID: *out.Credentials.AccessKeyId, Caller: "arn:aws:sts::111122223333:assumed-role/ml-hop/alice", Region: "us-east-1",
		ExternalID: "x1", Tags: map[string]string{"team": "churn", "cost-center": ""}, TransitiveTagKeys: []string{"Team"}, SourceIdentity: "alice",
	}
	if diff := cmp.Diff(want, calls[1]); diff != "" {
		t.Error(diff)
	}
	if calls[2].Action != "GetCallerIdentity" || calls[2].Caller != arn {
		t.Errorf("recorded %+v", calls[2])
	}
	got := s.Calls()
	if got[STS] != 3 || got[harness.STSAssumeRole] != 1 || got[harness.STSWebIdentity] != 1 || got[harness.STSGetCallerIdentity] != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestWhatComesAlongGoesOn(t *testing.T) {
	for form, tags := range map[string]map[string]any{
		"an object": {"https://aws.amazon.com/tags": map[string]any{
			"principal_tags":      map[string]any{"department": []string{"research"}, "floor": []string{"4"}},
			"transitive_tag_keys": []string{"department"},
		}},
		"one by one": {
			principalTags + "department":                      "research",
			principalTags + "floor":                           []string{"4"},
			"https://aws.amazon.com/tags/transitive_tag_keys": []string{"department"},
		},
	} {
		t.Run(form, func(t *testing.T) { goesOn(t, tags) })
	}
}

func goesOn(t *testing.T, claims map[string]any) {
	t.Helper()
	// Three roles, one after the other.
	chain := []string{"ml-one", "ml-two", "ml-three"}
	var trust []Trust
	for i, name := range chain {
		next := Trust{RoleARN: "arn:aws:iam::111122223333:role/" + name, AllowTags: true, AllowSourceIdentity: true}
		if i > 0 {
			next.Principals = []string{trust[i-1].RoleARN}
		}
		trust = append(trust, next)
	}
	s := startWith(t, Options{Trust: trust})
	claims["https://aws.amazon.com/source_identity"] = "alice"
	in := assumeInput(mint(t, s, claims))
	in.RoleArn = aws.String(trust[0].RoleARN)
	out, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	at := out.Credentials
	for i, tags := range [][]types.Tag{tagged("team", "churn", "day", "1"), tagged("day", "2")} {
		next := &sts.AssumeRoleInput{RoleArn: aws.String(trust[i+1].RoleARN), RoleSessionName: aws.String("alice"), Tags: tags}
		if i == 0 {
			next.TransitiveTagKeys = []string{"team"}
			next.SourceIdentity = aws.String("alice")
		}
		out, err := sdk(s).AssumeRole(t.Context(), next, as(at))
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToString(out.SourceIdentity) != "alice" {
			t.Errorf("source identity %v", out.SourceIdentity)
		}
		at = out.Credentials
	}
	vouched, err := sdk(s).GetWebIdentityToken(t.Context(), tokenInput(), as(at))
	if err != nil {
		t.Fatal(err)
	}
	about := claimsOf(t, *vouched.WebIdentityToken)["https://sts.amazonaws.com/"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"department": "research", "team": "churn", "day": "2"}, about["principal_tags"]); diff != "" {
		t.Error(diff)
	}
	if u := s.Unexpected(); len(u) > 0 {
		t.Errorf("unexpected: %q", u)
	}
}

const principalTags = "https://aws.amazon.com/tags/principal_tags/"

func TestTokensNeedTheTrustsPermissionForTagsToo(t *testing.T) {
	s := startWith(t, Options{Trust: []Trust{{RoleARN: trainerARN}}})
	for claim, c := range map[string]struct {
		value any
		want  string
	}{
		"https://aws.amazon.com/source_identity": {"alice", "sts:SetSourceIdentity"},
		"https://aws.amazon.com/tags":            {map[string]any{"principal_tags": map[string]any{"a": "b"}}, "sts:TagSession"},
		principalTags + "a":                      {"b", "sts:TagSession"},
	} {
		_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), assumeInput(mint(t, s, map[string]any{claim: c.value})))
		wantAPIError(t, claim, err, "AccessDenied", http.StatusForbidden)
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", claim, err)
		}
	}
}

func TestPrincipalsAloneLetNoTokenIn(t *testing.T) {
	s, _ := start(t)
	in := assumeInput(mint(t, s, nil))
	in.RoleArn = aws.String(deepARN)
	_, err := sdk(s).AssumeRoleWithWebIdentity(t.Context(), in)
	wantAPIError(t, "ml-deep by a token", err, "AccessDenied", http.StatusForbidden)
}

func TestChainedCredentialsHaveNoSessionDurationAtTheConsole(t *testing.T) {
	s := startWith(t, Options{})
	out, err := sdk(s).AssumeRole(t.Context(), deepInput(), as(hop(t, s, "", nil)))
	if err != nil {
		t.Fatal(err)
	}
	session := fmt.Sprintf(`{"sessionId":%q,"sessionKey":%q,"sessionToken":%q}`,
		*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	address := s.SigninURL() + federationPath
	if a := post(t, address, "Action", actionGetSigninToken, "Session", session); a.status != http.StatusOK {
		t.Errorf("without a duration: %s", a.body)
	}
	a := post(t, address, "Action", actionGetSigninToken, "Session", session, "SessionDuration", "3600")
	if a.status != http.StatusBadRequest || len(s.Unexpected()) != 1 {
		t.Errorf("with one: %d, %q", a.status, s.Unexpected())
	}
}
