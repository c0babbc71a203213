package desired

import (
	"maps"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// claimsOf are the claims of an issuer's tokens that trust policies can look at, besides sub, email and amr, which they can of all:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
// They were announced for the partition aws alone. A condition on any other claim is never met.
func claimsOf(partition, host string) string {
	switch {
	case partition != "aws":
		return ""
	case host == "token.actions.githubusercontent.com", strings.HasPrefix(host, "token.actions.githubusercontent.com/"),
		strings.HasPrefix(host, "token.actions.") && strings.HasSuffix(host, ".ghe.com"):
		return " actor actor_id enterprise_id environment job_workflow_ref ref repository repository_id repository_owner_id workflow "
	case host == "gitlab.com":
		return " namespace_id pipeline_source project_id ref_protected runner_environment user_access_level user_email user_id user_login "
	case host == "agent.buildkite.com":
		return " build_branch cluster_id cluster_name organization_id organization_slug pipeline_id pipeline_slug "
	case strings.HasPrefix(host, "oidc.circleci.com/org/"):
		return " oidc.circleci.com/project-id "
	case strings.HasPrefix(host, "idcs-") && strings.HasSuffix(host, ".identity.oraclecloud.com"):
		return " rpst_id "
	}
	return ""
}

// segment is a piece of the subjects that an issuer makes of claims: a label and, behind a colon, a claim.
type segment struct{ label, claim string }

// shapeOf is what the subjects of an issuer's tokens begin with, where it makes them of claims that trust policies can't look at. The
// segments are joined by colons, which no value holds, and others may follow where open says so.
func shapeOf(host string, match map[string]string) (segments []segment, open bool) {
	switch host {
	case "token.actions.githubusercontent.com": // https://docs.github.com/en/actions/reference/security/oidc
		return []segment{{"repo", "repository"}}, true
	case "gitlab.com": // https://docs.gitlab.com/ci/secrets/id_token_authentication
		return []segment{{"project_path", "project_path"}, {"ref_type", "ref_type"}, {"ref", "ref"}}, false
	case "app.terraform.io": // https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
		return []segment{
			{"organization", "terraform_organization_name"}, {"project", "terraform_project_name"},
			{"workspace", "terraform_workspace_name"}, {"run_phase", "terraform_run_phase"},
		}, false
	case "agent.buildkite.com": // https://buildkite.com/docs/pipelines/security/oidc
		return []segment{{"organization", "organization_slug"}, {"pipeline", "pipeline_slug"}}, true
	case "oidc.vercel.com": // https://vercel.com/docs/oidc/reference
		return []segment{{"owner", "owner"}, {"project", "project"}, {"environment", "environment"}}, false
	case "oidc.codefresh.io": // https://codefresh.io/docs/docs/integrations/oidc-pipelines/
		return []segment{{"account", "account_id"}, {"pipeline", "pipeline_id"}}, true
	}
	if match[podNamespace] != "" { // https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
		return []segment{{"system:serviceaccount", podNamespace}, {"", podAccount}}, false
	}
	return nil, false
}

// The claims of a service account's token in Kubernetes, as JSON pointers.
const (
	podNamespace = "/kubernetes.io/namespace"
	podAccount   = "/kubernetes.io/serviceaccount/name"
)

// subject is the rule on sub that a rule on claims amounts to, as far as sub is made of them, and those claims; nil where it is made
// of none of them.
func subject(host string, match map[string]string) (parts []accessmap.Part, claims []string) {
	segments, open := shapeOf(host, match)
	last := -1
	for i, s := range segments {
		if _, asked := match[s.claim]; asked {
			last, claims = i, append(claims, s.claim)
		}
	}
	if last < 0 {
		return nil, nil
	}
	colon := ""
	for _, s := range segments[:last+1] {
		text := colon + s.label
		if colon = ":"; s.label != "" {
			text += ":"
		}
		parts = append(parts, accessmap.Part{Text: text})
		if rule, asked := match[s.claim]; asked {
			parts = append(parts, accessmap.Parts(rule)...)
		} else {
			parts = append(parts, accessmap.Part{Wild: accessmap.Any})
		}
	}
	if open || last < len(segments)-1 {
		parts = append(parts, accessmap.Part{Text: ":"}, accessmap.Part{Wild: accessmap.Any})
	}
	return joined(parts), claims
}

// joined has no two texts beside each other.
func joined(parts []accessmap.Part) []accessmap.Part {
	var list []accessmap.Part
	for _, p := range parts {
		if last := len(list) - 1; last >= 0 && p.Wild == accessmap.Text && list[last].Wild == accessmap.Text {
			list[last].Text += p.Text
			continue
		}
		list = append(list, p)
	}
	return list
}

// withNames writes a rule on the owner of something as one on its whole name, which begins with the owner's: policies can look at
// that.
func withNames(host string, match map[string]string) map[string]string {
	for _, n := range [...]struct{ host, owner, name string }{
		{"token.actions.githubusercontent.com", "repository_owner", "repository"},
		{"gitlab.com", "namespace_path", "project_path"},
	} {
		owner, asked := match[n.owner]
		if host != n.host || !asked {
			continue
		}
		if !strings.ContainsAny(owner, "*?") {
			owner = strings.ReplaceAll(owner, `\`, `\\`) // it becomes a part of a pattern
		}
		name, both := match[n.name]
		if both && (strings.ContainsAny(name, "*?") || !accessmap.Takes(owner+"/*", name)) {
			continue // the name says less, or something else
		}
		match = maps.Clone(match)
		delete(match, n.owner)
		if !both {
			match[n.name] = owner + "/*"
		}
	}
	return match
}

// githubSubjects are the patterns of sub that the jobs of a repository have: by names, and by names with ids. IAM takes no trust
// policy for GitHub that says nothing of sub: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
// They follow from the other conditions, so that what their wildcards take besides does not matter.
func githubSubjects(match map[string]string) iam.Words {
	id := func(claim string) string {
		if rule := match[claim]; rule != "" && !strings.ContainsAny(rule, "*?") {
			return literal(rule, true)
		}
		return "*"
	}
	name, owner, bare := "*", "*", "*"
	if rule, asked := match["repository"]; asked {
		name = written(accessmap.Parts(rule), -1, "")
		if !strings.ContainsAny(rule, "*?") {
			name = literal(rule, true)
		}
		if before, after, ok := strings.Cut(name, "/"); ok {
			owner, bare = before, after
		}
	}
	return iam.Words{"repo:" + name + ":*", "repo:" + owner + "@" + id("repository_owner_id") + "/" + bare + "@" + id("repository_id") + ":*"}
}
