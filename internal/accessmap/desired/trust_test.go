package desired_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// A trust policy lets in the tokens that the map gives the role for, and no others, though they look alike. The map is read by
// accessmap.RolesFor, the policy by the judge of internal/iam/evaluate, for tokens as STS would show them.
func TestTrustAdmitsWhomTheMapDoes(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const worlds = 200
	admitted, refused, exempt := 0, 0, 0 // and what a gap told of
	for seed := range uint64(worlds) {
		random := rand.New(rand.NewPCG(seed, 62))
		text := randomTrust(random)
		yes, no, told := trustHolds(t, fmt.Sprintf("seed %d", seed), text, tokensFor(random, parse(t, text)))
		admitted, refused, exempt = admitted+yes, refused+no, exempt+told
	}
	t.Logf("%d admitted, %d refused, %d told of by a gap", admitted, refused, exempt)
	if admitted < refused/20 || refused < admitted/5 || exempt > admitted/20 {
		t.Errorf("the tokens say little: %d admitted, %d refused", admitted, refused)
	}
}

// token is one that an issuer signed: its claims, each with its texts.
type token struct {
	issuer string
	claims map[string][]string
	tags   map[string]string // signed session tags
}

// trustHolds judges tokens by the trust policies of a map, and counts what was admitted and what was not.
func trustHolds(t *testing.T, name, text string, tokens []token) (admitted, refused, exempt int) {
	t.Helper()
	m := parse(t, text)
	s := of(t, text)
	for _, r := range s.Roles {
		policies := []*evaluate.Policy{} // known, and none
		if len(r.Trust.Statement) > 0 {
			p, err := evaluate.Parse(r.Trust.JSON())
			if err != nil {
				t.Fatalf("%s: %v in %s", name, err, r.Trust.JSON())
			}
			policies = append(policies, p)
		}
		var behind []string // roles of the map to which it is the door
		for name := range m.Roles {
			if hops, err := m.Chain(name, idp.Workload); err == nil && hops[0].RoleARN == r.ARN {
				behind = append(behind, name)
			}
		}
		has := func(id string) bool {
			return slices.ContainsFunc(s.Gaps, func(g desired.Gap) bool { return g.ID == id && slices.Contains(behind, g.Role) })
		}
		for _, tok := range tokens {
			want := tok.admitted(m, behind)
			got := evaluate.Decide(evaluate.Layers{Resource: policies}, tok.asked(s, r.ARN)).Allowed
			switch {
			case got && !want && !has("claim-not-held") && !has("trust-by-audience-alone") && (!tok.unverified() || !has("verified-email-not-held")),
				want && !got && !has("pattern-narrowed") && !has("owner-not-held"):
				t.Fatalf("%s: %s: %+v: by the map %v, by the trust policy %v\n%s\n%s", name, r.ARN, tok, want, got, r.Trust.JSON(), text)
			case got != want:
				exempt++
			case got:
				admitted++
			default:
				refused++
			}
		}
	}
	return admitted, refused, exempt
}

// admitted reports whether the map gives one of the roles for the token.
func (k token) admitted(m *accessmap.Map, roles []string) bool {
	for name, i := range m.Identities {
		audience := i.ClientID
		if i.Token != nil {
			audience = i.Token.Audience
		}
		if i.Issuer != k.issuer || !slices.Contains(k.claims["aud"], audience) {
			continue
		}
		claims := accessmap.Claims{Groups: k.claims["groups"], Values: func(claim string) []string {
			if claim == "email" && k.unverified() { // as the program reads tokens
				return nil
			}
			return k.claims[claim]
		}}
		if slices.ContainsFunc(m.RolesFor(name, claims, now), func(g accessmap.Grant) bool { return slices.Contains(roles, g.Role) }) {
			return true
		}
	}
	return false
}

// unverified: the provider says that it doesn't know whose the address is.
func (k token) unverified() bool { return slices.Equal(k.claims["email_verified"], []string{"false"}) }

// asked is the request that STS would make of it: what AWS documents that it looks at, and what a context provider puts there.
func (k token) asked(s *desired.State, roleARN string) evaluate.Request {
	host := strings.TrimPrefix(k.issuer, "https://")
	r := evaluate.Request{
		Action: "sts:AssumeRoleWithWebIdentity", Resource: roleARN, Principal: strings.Split(roleARN, ":role/")[0] + ":oidc-provider/" + host,
		Context: map[string][]string{"aws:CurrentTime": {now.Format(time.RFC3339)}},
	}
	show := func(key, claim string) {
		if values := k.claims[claim]; len(values) > 0 {
			r.Context[key] = values
		}
	}
	for _, claim := range []string{"aud", "sub", "email", "amr"} {
		show(host+":"+claim, claim)
	}
	show(host+":oaud", "aud")
	show(host+":aud", "azp")
	switch host {
	case "token.actions.githubusercontent.com":
		for _, claim := range []string{"actor", "environment", "job_workflow_ref", "ref", "repository", "repository_id", "repository_owner_id", "workflow"} {
			show(host+":"+claim, claim)
		}
	case "agent.buildkite.com":
		for _, claim := range []string{"build_branch", "organization_id", "organization_slug", "pipeline_id", "pipeline_slug"} {
			show(host+":"+claim, claim)
		}
	case "gitlab.com":
		for _, claim := range []string{"namespace_id", "project_id", "ref_protected", "user_login"} {
			show(host+":"+claim, claim)
		}
	}
	if host == "accounts.google.com" {
		r.Principal = host
	}
	for key, value := range k.tags {
		r.Context["aws:RequestTag/"+key] = []string{value}
	}
	for _, p := range s.Providers {
		if p.ARN != r.Principal || p.Context == nil {
			continue
		}
		for _, key := range p.Context.Keys {
			if values := k.claims[key.Claim]; len(values) == 1 && len([]rune(values[0])) <= 128 {
				r.Context["aws:TransactionContext/IdentityProvider/"+key.Name] = values
			}
		}
	}
	return r
}

// Issuers with the claims that rules are about, and values that look alike.
var (
	worldsIssuers = []struct {
		issuer string
		claims []string
		pins   string
	}{
		{"https://token.actions.githubusercontent.com", []string{"repository_owner", "repository_id", "ref", "environment", "event_name"}, "repository"},
		{"https://gitlab.com", []string{"ref", "ref_type", "project_id", "pipeline_note"}, "project_path"},
		{"https://app.terraform.io", []string{"terraform_workspace_name", "terraform_run_phase", "terraform_full_workspace"}, "terraform_organization_name"},
		{"https://idp.example/realms/ml", []string{"department", "email", "sub"}, "sub"},
		{"https://kubernetes.example", []string{"/kubernetes.io/serviceaccount/name"}, "/kubernetes.io/namespace"},
	}
	names = []string{"acme", "acme-evil", "Acme", "a*me", "a${x}", "evil/acme"}
	paths = []string{"acme/churn", "acme/churn-evil", "acme-evil/churn", "Acme/churn", "acme/churn/x", "evil/acme/churn", "acme/ch?rn", "acme/"}
	refs  = []string{"refs/heads/main", "refs/heads/main2", "refs/heads/feature/x", "refs/heads/", "main"}
	rules = map[string][]string{
		"repository": {"acme/churn", "acme/*", "acme/ch?rn", "acme/**", "acme/c*n"}, "repository_owner": {"acme"}, "project_path": {"acme/churn", "acme/*", "acme/**"},
		"ref": {"refs/heads/main", "refs/heads/*", "refs/heads/**", "refs/*/main"}, "terraform_organization_name": {"acme"},
	}
)

func valuesOf(claim string) []string {
	switch claim {
	case "repository", "project_path":
		return paths
	case "ref":
		return refs
	}
	return names
}

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

// randomTrust is a map with rules at one issuer, which give one of two roles on IAM roles of their own.
func randomTrust(random *rand.Rand) string {
	from := pick(random, worldsIssuers)
	var rules strings.Builder
	for range 1 + random.IntN(3) {
		match := []string{fmt.Sprintf("%q: %q", from.pins, randomRule(random, from.pins))}
		for _, claim := range from.claims {
			if claim != from.pins && random.IntN(3) == 0 {
				match = append(match, fmt.Sprintf("%q: %q", claim, randomRule(random, claim)))
			}
		}
		fmt.Fprintf(&rules, "      - { match: { %s }, roles: [%s] }\n", strings.Join(match, ", "), pick(random, []string{"one", "two"}))
	}
	return fmt.Sprintf("version: 1\nidentities:\n  ci:\n    token: { from: env, name: TOKEN, audience: aws }\n    issuer: %s\n    claims:\n%s"+
		"datasets: { d: { location: s3://lake/d/ } }\nroles:\n"+
		"  one: { aws: { role_arn: \"arn:aws:iam::111122223333:role/one\", region: us-east-1 }, read: [d] }\n"+
		"  two: { aws: { role_arn: \"arn:aws:iam::111122223333:role/two\", region: us-east-1 }, read: [d] }\n", from.issuer, rules.String())
}

func randomRule(random *rand.Rand, claim string) string {
	if of := rules[claim]; of != nil {
		return pick(random, of)
	}
	return pick(random, []string{"acme", "ac*", "a?me", "**", `a\*me`, "a${x}"})
}

// tokensFor are tokens that fit rules, and such as differ from them in one thing.
func tokensFor(random *rand.Rand, m *accessmap.Map) (tokens []token) {
	i := m.Identities["ci"]
	from := worldsIssuers[slices.IndexFunc(worldsIssuers, func(w struct {
		issuer string
		claims []string
		pins   string
	}) bool {
		return w.issuer == i.Issuer
	})]
	for range 60 {
		k := token{issuer: i.Issuer, claims: map[string][]string{"aud": {"aws"}}}
		for _, claim := range append([]string{from.pins}, from.claims...) {
			k.claims[claim] = []string{pick(random, valuesOf(claim))}
		}
		if rule := pick(random, i.Claims); random.IntN(4) > 0 { // one that fits, but perhaps for a claim
			for claim, text := range rule.Match {
				if fitting := slices.DeleteFunc(slices.Clone(valuesOf(claim)), func(v string) bool { return !accessmap.Takes(text, v) }); len(fitting) > 0 && random.IntN(8) > 0 {
					k.claims[claim] = []string{pick(random, fitting)}
				}
			}
		}
		if k.claims["email"] != nil && random.IntN(2) == 0 {
			k.claims["email_verified"] = []string{pick(random, []string{"true", "false"})}
		}
		k.subject(random)
		switch random.IntN(12) {
		case 0:
			k.claims["aud"] = []string{pick(random, []string{"aws2", "AWS", "aw", ""})}
		case 1:
			k.issuer += pick(random, []string{"/", ".evil.test", "2"})
		case 2: // where sub is not made of it
			if strings.Contains(k.issuer, "gitlab") || strings.Contains(k.issuer, "terraform") || strings.Contains(k.issuer, "kubernetes") {
				break
			}
			delete(k.claims, pick(random, slices.Sorted(maps.Keys(k.claims))))
			k.subject(random)
		}
		tokens = append(tokens, k)
	}
	return tokens
}

// subject is what the issuer makes of the claims.
func (k token) subject(random *rand.Rand) {
	one := func(claim string) string { return strings.Join(k.claims[claim], "") }
	switch {
	case strings.Contains(k.issuer, "githubusercontent"):
		owner, name, _ := strings.Cut(one("repository"), "/")
		if k.claims["repository"] != nil {
			k.claims["repository_owner"] = []string{owner}
		}
		if repository := one("repository"); random.IntN(2) == 0 {
			k.claims["sub"] = []string{"repo:" + repository + ":ref:" + one("ref")}
		} else {
			k.claims["sub"] = []string{"repo:" + owner + "@1/" + name + "@" + one("repository_id") + ":ref:" + one("ref")}
		}
	case strings.Contains(k.issuer, "gitlab"):
		k.claims["sub"] = []string{"project_path:" + one("project_path") + ":ref_type:" + one("ref_type") + ":ref:" + one("ref")}
	case strings.Contains(k.issuer, "buildkite"):
		k.claims["sub"] = []string{"organization:" + one("organization_slug") + ":pipeline:" + one("pipeline_slug") + ":ref:refs/heads/" + one("build_branch") + ":commit:0:step:"}
	case strings.Contains(k.issuer, "terraform"):
		k.claims["sub"] = []string{"organization:" + one("terraform_organization_name") + ":project:p:workspace:" + one("terraform_workspace_name") + ":run_phase:" + one("terraform_run_phase")}
	case k.claims["/kubernetes.io/namespace"] != nil:
		k.claims["sub"] = []string{"system:serviceaccount:" + one("/kubernetes.io/namespace") + ":" + one("/kubernetes.io/serviceaccount/name")}
	}
}

// account has a service account's token say what its subject does.
func (k token) account() {
	delete(k.claims, "/kubernetes.io/namespace")
	delete(k.claims, "/kubernetes.io/serviceaccount/name")
	if of, is := strings.CutPrefix(strings.Join(k.claims["sub"], ""), "system:serviceaccount:"); is {
		namespace, name, _ := strings.Cut(of, ":")
		k.claims["/kubernetes.io/namespace"], k.claims["/kubernetes.io/serviceaccount/name"] = []string{namespace}, []string{name}
	}
}

// Groups are told apart by what the provider signs.
func TestTrustBySignedTags(t *testing.T) {
	t.Parallel()
	s := of(t, pieces)
	p, err := evaluate.Parse(role(t, s, "trainer").Trust.JSON())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		tags     map[string]string
		audience string
		admitted bool
	}{
		"the group's":     {map[string]string{"team": "churn"}, "dbxaccess", true},
		"and another":     {map[string]string{"team": "churn", "site": "x"}, "dbxaccess", true},
		"no tag":          {nil, "dbxaccess", false},
		"another group's": {map[string]string{"team": "ops"}, "dbxaccess", false},
		"another case":    {map[string]string{"team": "Churn"}, "dbxaccess", false},
		"more behind it":  {map[string]string{"team": "churn2"}, "dbxaccess", false},
		"for another":     {map[string]string{"team": "churn"}, "dbxaccess2", false},
	} {
		k := token{issuer: "https://login.example.com", claims: map[string][]string{"aud": {c.audience}, "sub": {"alice"}}, tags: c.tags}
		for _, action := range []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"} {
			r := k.asked(s, "arn:aws:iam::111122223333:role/ml/trainer")
			r.Action = action
			if got := evaluate.Decide(evaluate.Layers{Resource: []*evaluate.Policy{p}}, r).Allowed; got != c.admitted {
				t.Errorf("%s: %s: %v", name, action, got)
			}
		}
	}
}
