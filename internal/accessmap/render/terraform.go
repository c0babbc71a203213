package render

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Terraform writes a module for Terraform 1.5 or later. With several accounts, it has a provider of AWS for each, which the person who
// uses the module passes to it; the top says so.
func Terraform(s *desired.State) string {
	t := &terraform{State: s, several: len(Accounts(s)) > 1}
	if aliases, _ := databricksAliases(s); t.several || len(aliases) > 0 {
		t.within = "module.dbxaccess."
	}
	t.top()
	for _, p := range s.Providers {
		if own(p) {
			t.provider(p)
		}
	}
	for _, r := range s.Roles {
		t.role(r)
	}
	t.passRoles()
	t.statements()
	t.databricks()
	return strings.TrimRight(t.String(), "\n") + "\n"
}

type terraform struct {
	hcl
	*desired.State

	several bool   // accounts
	within  string // what addresses begin with where the text is a module of another
}

// under are the members of what stands in an account: its provider, then the others.
func (t *terraform) under(account string, members ...any) []any {
	if !t.several {
		return members
	}
	return append([]any{member{"provider", awsAlias(account)}}, members...)
}

func awsAlias(account string) reference { return reference("aws.account_" + account) }

// standing writes a resource, and above it, for who has it already, the block that imports it by its ID:
// https://developer.hashicorp.com/terraform/language/block/import
func (t *terraform) standing(c comment, kind, name, id string, members []any) {
	if len(c) > 0 {
		c = append(c, "")
	}
	c.code("import {", "  to = "+t.within+kind+"."+name, "  id = "+quoted(id), "}")
	t.comment(c)
	t.block(`resource "`+kind+`" "`+name+`"`, members...)
}

func (t *terraform) provider(p desired.Provider) {
	var c comment
	c.say("The identity provider of "+strings.Join(p.Identities, ", ")+". AWS checks its certificate by itself, so no thumbprint is given.", "")
	c.context(p, "Terraform's provider of AWS")
	t.standing(c, "aws_iam_openid_connect_provider", address(p.ARN), p.ARN, t.under(accountOf(p.ARN),
		member{"url", p.URL}, member{"client_id_list", texts(p.Audiences)}, ofOthers()))
}

func (t *terraform) role(r desired.Role) {
	var c comment
	c.say("Roles of the map: "+strings.Join(r.For, ", "), "")
	for _, gap := range gapsOf(t.State, r) {
		c.gap(gap)
	}
	c.untagged(r, "default_tags of the provider")
	account, name := accountOf(r.ARN), address(r.ARN)
	path, base := rolePath(r.ARN)
	members := []any{member{"name", base}}
	if path != "/" {
		members = append(members, member{"path", path})
	}
	if r.MaxSession > 0 {
		members = append(members, member{"max_session_duration", int(r.MaxSession / time.Second)})
	}
	members = append(members, member{"assume_role_policy", call{"jsonencode", ofDocument(r.Trust, t.refer(r.ARN))}})
	members = append(members, ofOthers("permissions_boundary", "description"))
	t.standing(c, "aws_iam_role", name, base, t.under(account, members...))
	t.permissions(r)
	for _, policy := range r.Managed {
		t.attach(r, name+"_"+digest(r.ARN+"\x00"+policy), policy, policy)
	}
	if r.Instance != nil {
		path, base := rolePath(r.Instance.ARN)
		t.standing(nil, "aws_iam_instance_profile", address(r.Instance.ARN), base, t.under(account,
			member{"name", base}, member{"path", path}, member{"role", t.roleName(r.ARN)}, ofOthers()))
	}
}

// ofOthers has Terraform leave alone what the map says nothing of, the tags and what else is named: it would take off what an imported
// resource has and the text does not, a permissions boundary first of all.
func ofOthers(besides ...string) nested {
	left := make(list, 0, len(besides)+2)
	for _, name := range append(besides, "tags", "tags_all") {
		left = append(left, reference(name))
	}
	return nested{"lifecycle", []any{member{"ignore_changes", left}}}
}

// permissions writes a role's own policies into it where they fit, else beside it. Neither touches other policies of the role.
func (t *terraform) permissions(r desired.Role) {
	documents := permissions(r.Permissions)
	inline := fitInline(documents)
	account, name := accountOf(r.ARN), address(r.ARN)
	_, base := rolePath(r.ARN)
	for i, document := range documents {
		policy := member{"policy", call{"jsonencode", ofDocument(document, nil)}}
		part := name
		if i > 0 {
			part = partName(name, i)
		}
		if inline {
			called := partName(policyName, i)
			t.standing(nil, "aws_iam_role_policy", part, base+":"+called, t.under(account,
				member{"name", called}, member{"role", t.roleName(r.ARN)}, policy))
			continue
		}
		called := partName(policyName+"-"+base, i)
		a := arn.ARN{Partition: partitionOf(r.ARN), Service: "iam", AccountID: account, Resource: "policy/" + called}.String()
		t.standing(nil, "aws_iam_policy", part, a, t.under(account, member{"name", called}, policy, ofOthers("description")))
		t.attach(r, part, a, reference("aws_iam_policy."+part+".arn"))
	}
}

func (t *terraform) attach(r desired.Role, name, policyARN string, policy value) {
	_, base := rolePath(r.ARN)
	t.standing(nil, "aws_iam_role_policy_attachment", name, base+"/"+policyARN, t.under(accountOf(r.ARN),
		member{"role", t.roleName(r.ARN)}, member{"policy_arn", policy}))
}

// roleName is a role's name, by reference where the role is written here.
func (t *terraform) roleName(text string) value {
	if findRole(t.State, text) != nil {
		return reference("aws_iam_role." + address(text) + ".name")
	}
	_, name := rolePath(text)
	return name
}

func (t *terraform) roleARN(text string) value {
	if findRole(t.State, text) != nil {
		return reference("aws_iam_role." + address(text) + ".arn")
	}
	return text
}

// refer makes principals of a role's trust policy references to what is written here: IAM refuses a policy that names a
// role or provider that is not there yet. Where roles trust each other in a circle, one ARN has to stay as it is.
func (t *terraform) refer(of string) referring {
	return func(text string) value {
		switch {
		case hasProvider(t.State, text):
			return reference("aws_iam_openid_connect_provider." + address(text) + ".arn")
		case findRole(t.State, text) != nil && !trusts(t.State, text, of):
			return reference("aws_iam_role." + address(text) + ".arn")
		}
		return nil
	}
}

// hasProvider reports whether an ARN is that of a provider which is written here.
func hasProvider(s *desired.State, text string) bool {
	return slices.ContainsFunc(s.Providers, func(p desired.Provider) bool { return p.ARN == text && own(p) })
}

// trusts reports whether a role's trust policy names the other one, or one that does.
func trusts(s *desired.State, role, other string) bool {
	seen := make(map[string]bool)
	var reach func(text string) bool
	reach = func(text string) bool {
		if text == other {
			return true
		}
		r := findRole(s, text)
		if r == nil || seen[text] {
			return false
		}
		seen[text] = true
		return slices.ContainsFunc(r.Trust.Statement, func(st iam.Statement) bool {
			return slices.ContainsFunc(st.Principal["AWS"], reach)
		})
	}
	return reach(role)
}

// passRoles lets workspaces start compute under the roles, each by a policy of its own in the workspace's role.
func (t *terraform) passRoles() {
	for _, one := range passRolesOf(t.State) {
		var c comment
		c.say("The role that Databricks starts compute by in "+strings.Join(one.workspaces, ", ")+" stands already; this policy is put into it.", "")
		_, base := rolePath(one.role)
		t.standing(c, "aws_iam_role_policy", address(one.role)+"_pass_role", base+":"+passRoleName, t.under(accountOf(one.role),
			member{"name", passRoleName}, member{"role", t.roleName(one.role)},
			member{"policy", call{"jsonencode", ofDocument(one.document, nil)}}))
	}
}

// statements hands out what policies of one owner need.
func (t *terraform) statements() {
	all := handedOut(t.State, "")
	if len(all) == 0 {
		return
	}
	var c comment
	c.say("These policies have one owner, and setting one replaces it whole. So what they need is only handed out, to be merged where the policy is written:", "")
	c.command(`data "aws_iam_policy_document" "merged" {`)
	c.command(`  source_policy_documents = [local.own_policy, module.dbxaccess.bucket_policies["BUCKET"]]`)
	c.command(`}`)
	t.comment(c)
	for _, one := range all {
		var policies object
		for _, p := range one.policies {
			policies = append(policies, member{p.of, call{"jsonencode", ofDocument(p.document, nil)}})
		}
		t.block(`output "`+one.output+`"`, member{"description", one.description}, member{"value", policies})
	}
}
