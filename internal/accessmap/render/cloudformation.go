package render

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
)

// Bounds of a template: resources, and bytes where it is passed by way of S3.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	MaxResources = 500
	MaxTemplate  = 1_000_000
	// MaxDirect bounds a template that is passed with the request, in bytes.
	MaxDirect = 51_200
)

// CloudFormation writes the template of one account, and says how many resources it has. What stands in other accounts, and on
// Databricks' side, is not in it.
func CloudFormation(s *desired.State, account string) (template string, resources int) {
	t := &stack{state: s, account: account}
	for _, p := range s.Providers {
		if accountOf(p.ARN) == account {
			t.provider(p)
		}
	}
	for _, r := range s.Roles {
		if accountOf(r.ARN) == account {
			t.role(r)
		}
	}
	for _, p := range passRolesOf(s) {
		if accountOf(p.role) == account {
			_, name := rolePath(p.role)
			t.add(logicalID("PassRole", p.role), "AWS::IAM::RolePolicy", object{
				{"RoleName", name}, {"PolicyName", passRoleName}, {"PolicyDocument", ofDocument(p.document, nil)},
			}, comment{})
		}
	}
	return t.write(), len(t.resources)
}

type stack struct {
	state     *desired.State
	account   string
	resources object
}

// inAccount is the condition that each resource has: in another account, nothing is made.
const inAccount = "InItsAccount"

func (t *stack) write() string {
	var c comment
	c.say("What has to stand in the AWS account "+t.account+" for the access map to hold. Rendered by `dbxaccess map render`: change the map, and render again.", "")
	c = append(c, "")
	c.say("What stands already has to be imported into the stack, or its creation fails and changes nothing there. What falls out of the stack, "+
		"or the stack itself being deleted, deletes nothing. Permissions boundaries, descriptions and tags are not in here: the import leaves those that are there, "+
		"and what a later update does with them AWS does not say, so write them in before. The stack needs the capability CAPABILITY_NAMED_IAM. What other accounts and Databricks need is not in here.", "")
	c.otherGaps(t.state)
	var h hcl // comments are the same in both
	h.comment(c)

	all := object{
		{"AWSTemplateFormatVersion", "2010-09-09"},
		{"Description", "IAM as the access map of dbxaccess needs it"},
	}
	if handed := t.statements(); len(handed) > 0 {
		var c comment
		c.say("These policies have one owner, and setting one replaces it whole. So what they need is only handed out, to be merged where "+
			"the policy is written.", "")
		all = append(all, member{"Metadata", commented{c, handed}})
	}
	all = append(all,
		member{"Conditions", object{{inAccount, object{{"Fn::Equals", list{object{{"Ref", "AWS::AccountId"}}, t.account}}}}}},
		member{"Resources", t.resources})
	return h.String() + document(all)
}

// add adds a resource. Who has it already has to import it, which CloudFormation does with a DeletionPolicy alone; and as others may use
// it, it is never deleted: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
func (t *stack) add(id, kind string, properties object, c comment) {
	r := object{{"Type", kind}, {"Condition", inAccount}, {"DeletionPolicy", "Retain"}, {"UpdateReplacePolicy", "Retain"}, {"Properties", properties}}
	t.resources = append(t.resources, member{id, commented{c, r}})
}

func (t *stack) provider(p desired.Provider) {
	var c comment
	c.say("The identity provider of "+strings.Join(p.Identities, ", "), "")
	c.context(p, "CloudFormation")
	t.add(logicalID("Provider", p.ARN), "AWS::IAM::OIDCProvider", object{{"Url", p.URL}, {"ClientIdList", texts(p.Audiences)}}, c)
}

func (t *stack) role(r desired.Role) {
	var c comment
	c.say("Roles of the map: "+strings.Join(r.For, ", "), "")
	for _, gap := range gapsOf(t.state, r) {
		c.gap(gap)
	}
	c.untagged(r, "the tags of a stack")
	id := logicalID("Role", r.ARN)
	path, base := rolePath(r.ARN)
	properties := object{{"RoleName", base}, {"Path", path}}
	if r.MaxSession > 0 {
		properties = append(properties, member{"MaxSessionDuration", int(r.MaxSession / time.Second)})
	}
	properties = append(properties, member{"AssumeRolePolicyDocument", ofDocument(r.Trust, t.refer(r.ARN))})
	if len(r.Managed) > 0 {
		properties = append(properties, member{"ManagedPolicyArns", texts(r.Managed)})
	}
	t.add(id, "AWS::IAM::Role", properties, c)
	name := object{{"Ref", id}}
	documents := permissions(r.Permissions)
	inline := fitInline(documents)
	for i, d := range documents {
		kind := "Permissions" + strings.TrimPrefix(partName("", i), "-")
		if inline {
			t.add(logicalID(kind, r.ARN), "AWS::IAM::RolePolicy", object{
				{"RoleName", name}, {"PolicyName", partName(policyName, i)}, {"PolicyDocument", ofDocument(d, nil)},
			}, nil)
		} else {
			t.add(logicalID(kind, r.ARN), "AWS::IAM::ManagedPolicy", object{
				{"ManagedPolicyName", partName(policyName+"-"+base, i)}, {"PolicyDocument", ofDocument(d, nil)}, {"Roles", list{name}},
			}, nil)
		}
	}
	if r.Instance != nil {
		path, base := rolePath(r.Instance.ARN)
		t.add(logicalID("InstanceProfile", r.Instance.ARN), "AWS::IAM::InstanceProfile", object{
			{"InstanceProfileName", base}, {"Path", path}, {"Roles", list{name}},
		}, nil)
	}
}

// refer is terraform's, within the account.
func (t *stack) refer(of string) referring {
	return func(text string) value {
		switch {
		case accountOf(text) != t.account:
		case hasProvider(t.state, text):
			return reference(logicalID("Provider", text))
		case findRole(t.state, text) != nil && !trusts(t.state, text, of):
			return reference(logicalID("Role", text))
		}
		return nil
	}
}

// statements are what policies of one owner need.
func (t *stack) statements() object {
	var all object
	for _, one := range handedOut(t.state, t.account) {
		var policies object
		for _, p := range one.policies {
			policies = append(policies, member{p.of, ofDocument(p.document, nil)})
		}
		all = append(all, member{one.title, policies})
	}
	return all
}
