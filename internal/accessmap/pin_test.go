package accessmap

import (
	"fmt"
	"strings"
	"testing"
)

func TestRulesAtPublicIssuersNameAnOwner(t *testing.T) {
	t.Parallel()
	for source, c := range map[string]struct{ takes, refuses []string }{
		"token: {from: github-actions, audience: a}": {
			[]string{
				"repository: acme/*", "repository: acme/churn", "repository_owner: acme", "repository_owner_id: '123'", "repository_id: '7'",
				"sub: 'repo:acme/*:**'", "sub: repo:acme/x:ref:refs/heads/main", "sub: 'repo:acme@12/x@3:*'", "sub: 'repository_owner:acme:*'",
				"sub: repository_owner_id:123", "repository: acme/*, actor: '*'", `repository: 'acme\*/*'`,
			},
			[]string{
				"ref: refs/heads/main", "actor: alice", "environment: prod", "repository: '*'", "repository: '**'", "repository: '*/churn'",
				"repository: 'acme*'", "repository: 'acme*/x'", "repository: 'acm?/x'", "repository: '/x*'", "repository_owner: 'acme*'",
				"repository_owner_id: '12?'", "sub: 'repo:*'", "sub: 'repo:acme*'", "sub: 'repo:**/x'", "sub: '*'", "sub: environment:prod",
				"sub: 'environment:prod/**'", "sub: 'job_workflow_ref:acme/x/*'", "sub: 'repository_owner:acme*'", "sub: 'repository_owner:'",
				"job_workflow_ref: acme/x/.github/workflows/y.yml@refs/heads/main", "/repository: acme/x",
			},
		},
		"token: {from: env, name: T, audience: a}, issuer: https://gitlab.com": {
			[]string{
				"project_path: acme/*", "project_path: acme/**", "namespace_path: acme", "namespace_path: acme/**", "namespace_id: '1'",
				"project_id: '2'", "sub: 'project_path:acme/x:ref_type:branch:ref:main'", "sub: 'project_path:acme/**'",
			},
			[]string{
				"ref: main", "user_login: alice", "project_path: '**'", "namespace_path: 'acme*'", "project_id: '*'", "sub: 'project_path:*'",
				"sub: 'project_path:acme*'", "repository: acme/x",
			},
		},
		"token: {from: env, name: T, audience: a}, issuer: https://gitlab.acme.example": {[]string{"ref: main", "sub: '**'"}, nil},
		"token: {from: env, name: T, audience: a}, issuer: https://token.actions.githubusercontent.com/acme": {
			[]string{"ref: refs/heads/main"}, nil},
		// Whoever may sign in at a client of one's own is up to that client; groups there are paths below the owner's name.
		"client_id: x, issuer: https://gitlab.com": {[]string{"email: '*@acme.example'"}, nil},
	} {
		for i, match := range append(c.takes, c.refuses...) {
			identity := source + ", claims: [{match: {" + match + "}, roles: [r]}]"
			got := strings.Join(problemsOf(t, identityOf(identity)), "\n")
			if pinned := got == ""; pinned != (i < len(c.takes)) {
				t.Errorf("%s: {%s}: %s", source, match, got)
			}
		}
	}
	got := strings.Join(problemsOf(t, identityOf("token: {from: github-actions, audience: a}, claims: [{match: {ref: x}, roles: [r]}]")), "\n")
	if want := "3:60: this rule of identity x would take any account at GitHub; pin one of repository, repository_owner, repository_id, " +
		"repository_owner_id, sub, without * and ? in the owner's part"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestGroupsAtPublicIssuersNameAnOwnerToo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		claim, group string
		pinned       bool
	}{
		{"repository", "acme/*", true}, {"repository", "*/x", false}, {"groups", "admins", false}, {"repository_visibility", "private", false},
	} {
		identity := fmt.Sprintf("token: {from: github-actions, audience: a}, claims: [], groups_claim: %s, groups: {%q: [r]}", c.claim, c.group)
		got := strings.Join(problemsOf(t, identityOf(identity)), "\n")
		if (got == "") != c.pinned || !c.pinned && !strings.Contains(got, "would take any account at GitHub") {
			t.Errorf("%s: %s", identity, got)
		}
	}
}
