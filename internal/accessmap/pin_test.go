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
		// Whoever may sign in at a client of one's own is up to that client; groups there are paths below the owner's
		// name.
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
	if want := "3:60: this rule of identity x would match any account at GitHub; pin one of repository, repository_owner, repository_id, " +
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
		if (got == "") != c.pinned || !c.pinned && !strings.Contains(got, "would match any account at GitHub") {
			t.Errorf("%s: %s", identity, got)
		}
	}
}

func TestPublicIssuersOfEverySort(t *testing.T) {
	t.Parallel()
	for issuer, c := range map[string]struct{ takes, refuses []string }{
		"https://app.terraform.io": {
			[]string{"terraform_organization_name: acme", "terraform_organization_id: org-1", "terraform_workspace_id: ws-1",
				"sub: 'organization:acme:project:*:workspace:churn:run_phase:apply'"},
			[]string{"terraform_workspace_name: churn", "terraform_organization_name: 'acme*'", "sub: 'organization:acme*'", "sub: '*:acme:**'"},
		},
		"https://agent.buildkite.com": {
			[]string{"organization_slug: acme", "organization_id: o1", "sub: 'organization:acme:pipeline:churn:ref:**'"},
			[]string{"pipeline_slug: churn", "build_branch: main", "sub: 'organization:*:pipeline:churn:**'", "organization_slug: 'acme-*'"},
		},
		"https://oidc.vercel.com": {
			[]string{"owner: acme", "owner_id: team_1", "sub: 'owner:acme:project:churn:*'"},
			[]string{"project: churn", "environment: production", "sub: 'owner:acme*'"},
		},
		"https://oidc.vercel.com/acme": {[]string{"environment: production"}, nil},
		"https://oidc.codefresh.io": {
			[]string{"account_id: a1", "sub: 'account:a1:pipeline:*'"}, []string{"scm_ref: main", "sub: 'account:a*'"},
		},
		"https://scalr.io": {
			[]string{"sub: 'account:acme:environment:*:workspace:*'"}, []string{"sub: 'account:acme*'", "sub: '*'", "workspace: w"},
		},
		"https://proidc.upbound.io": {
			[]string{"sub: 'mcp:acme/churn:provider:provider-aws'", "sub: 'mcp:acme/*'"}, []string{"sub: 'mcp:acme*'", "sub: 'mcp:*/churn:**'"},
		},
		"https://api.pulumi.com/oidc": {
			[]string{"sub: 'pulumi:deploy:org:acme:project:churn:*'", "sub: pulumi:environments:org:acme:env:prod",
				"sub: 'pulumi:environments:pulumi.organization.login:acme:currentEnvironment.name:*'"},
			[]string{"sub: 'pulumi:deploy:*'", "sub: 'pulumi:deploy:org:*'", "operation: update"},
		},
		"https://api.pulumi.com/oidc/v2": {
			[]string{"https://pulumi.com/org: acme", "https://pulumi.com/org_id: o1"}, []string{"https://pulumi.com/actor: alice"},
		},
		"https://identity.depot.dev": {[]string{"org_id: org_1"}, []string{"ref: refs/heads/main", "org_id: 'org_*'"}},
		"https://oidc.modal.com": {
			[]string{"workspace_id: ac-1", "sub: 'modal:workspace_id:ac-1:environment_name:main:**'"},
			[]string{"environment_name: main", "sub: 'modal:workspace_id:ac-*'"},
		},
		"https://login.app.env0.com/":                                        {[]string{"sub: s1"}, []string{"sub: 's*'", "name: x"}},
		"https://accounts.google.com":                                        {forGoogle, notForGoogle},
		"https://Accounts.google.com":                                        {nil, notForGoogle},
		"https://oidc.circleci.com/org/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0": {[]string{"vcs-ref: refs/heads/main"}, nil},
	} {
		for i, match := range append(c.takes, c.refuses...) {
			identity := "token: {from: command, argv: [x], audience: a}, issuer: " + issuer + ", claims: [{match: {" + match + "}, roles: [r]}]"
			got := strings.Join(problemsOf(t, identityOf(identity)), "\n")
			if pinned := got == ""; pinned != (i < len(c.takes)) || !pinned && !strings.Contains(got, "would match any account at") {
				t.Errorf("%s: {%s}: %s", issuer, match, got)
			}
		}
	}
}

var (
	forGoogle = []string{
		"sub: '110000000000000000001'", "hd: example.com", "email: alice@gmail.com", "email: '*@example.com'", "email: 'a?ice@example.com'",
		"email: '*@acme.iam.gserviceaccount.com'", "email: 123-compute@developer.gserviceaccount.com", "hd: example.com, email: '*'",
	}
	notForGoogle = []string{
		"email_verified: 'true'", "iss: https://accounts.google.com", "sub: '1100*'", "sub: '*'", "hd: '*'", "hd: '*.example.com'", "hd: 'example.*'",
		"email: '*'", "email: 'alice@*'", "email: 'alice*'", "email: '*example.com'", "email: '*@*.example.com'", "email: '*@example.co?'",
		"email: '*@'", "email: '*@gmail.com'", "email: '*@GoogleMail.com'", "email: '*-compute@developer.gserviceaccount.com'",
		"email: '*@appspot.gserviceaccount.com'", "email: '*@*.iam.gserviceaccount.com'", "email: '*@gcp-sa-pubsub.iam.gserviceaccount.com'",
		"/email: '*@example.com'", "name: Alice",
	}
)

// Whether only the organisation's own people may sign in at a client is a setting at Google.
func TestPeopleAtGoogleArePinnedToo(t *testing.T) {
	t.Parallel()
	for i, match := range append(forGoogle[:len(forGoogle):len(forGoogle)], notForGoogle...) {
		identity := "issuer: https://accounts.google.com, client_id: x, claims: [{match: {" + match + "}, roles: [r]}]"
		got := strings.Join(problemsOf(t, identityOf(identity)), "\n")
		if pinned := got == ""; pinned != (i < len(forGoogle)) {
			t.Errorf("{%s}: %s", match, got)
		}
	}
	for groups, pinned := range map[string]bool{
		"groups: {g: [r]}": true, // there are none
		"groups_claim: hd, groups: {example.com: [r]}": true,
		"groups_claim: locale, groups: {en: [r]}":      false,
		"groups_claim: email, groups: {'*': [r]}":      false,
	} {
		got := strings.Join(problemsOf(t, identityOf("issuer: https://accounts.google.com, client_id: x, "+groups)), "\n")
		if (got == "") != pinned {
			t.Errorf("%s: %s", groups, got)
		}
	}
	got := strings.Join(problemsOf(t, identityOf("issuer: https://accounts.google.com, client_id: x, claims: [{match: {name: Alice}, roles: [r]}]")), "\n")
	if want := "3:67: this rule of identity x would match any account at Google; pin one of sub, hd, email, without * and ? in the owner's part"; got != want {
		t.Errorf("got %s", got)
	}
}
