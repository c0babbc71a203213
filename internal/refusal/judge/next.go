package judge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// next are the steps that put a refusal right, the likeliest first.
func (c *inquiry) next(a *Answer) ui.Fix {
	switch c.Kind {
	case refusal.NotAuthorisation:
		return c.afterFault(a)
	case refusal.NoCredentials:
		return c.withCredentials(a)
	case refusal.Databricks:
		return c.inDatabricks()
	case refusal.Encoded:
		role := cmp.Or(c.Role, firstOf(c.used), "ROLE")
		return ui.Command("dbxaccess explain --decode --role " + role)
	case refusal.PublicAccess:
		return ui.Advice("send the request without an ACL, or ask who owns the bucket whether it has to be public")
	}
	if c.agents {
		return c.Map.ForAgents(c.Agent, "let it have more")
	}
	fix := append(c.ofKind(a), c.ofMap(a)...)
	if len(fix) == 0 {
		fix = c.otherwise()
	}
	return fix
}

// otherwise is what is left where neither the kind of the refusal nor the map has a step: more of the text, or a person to ask.
func (c *inquiry) otherwise() ui.Fix {
	owner := "who owns the access map"
	if c.Map != nil {
		owner = cmp.Or(c.Map.Contact, owner)
	}
	nobody := c.Principal == "" && c.Role == ""
	switch {
	case c.Action == "" || c.place.kind == nowhere:
		what := "paste the lines that name the bucket and the action"
		if nobody {
			what += "; --role ROLE says whose credentials were refused"
		}
		if c.Operation == "HeadBucket" {
			return ui.Advice(withoutHeadBucket, "or "+what)
		}
		return ui.Advice(what, "or ask "+owner)
	case c.Operation == "HeadBucket":
		return ui.Advice(withoutHeadBucket, "or ask "+owner)
	case nobody:
		return ui.Advice("say whose credentials were refused with --role ROLE, or ask " + owner)
	}
	return ui.Advice("ask " + owner + " for " + c.Action + " on " + cmp.Or(c.Resource, c.asked()))
}

const withoutHeadBucket = "have the client leave out its look at the bucket: create_dir=False in Arrow, --s3-no-check-bucket in rclone"

// ofKind is who else than the map's owner can help.
func (c *inquiry) ofKind(a *Answer) ui.Fix {
	what := cmp.Or(c.Action, "it")
	if c.Resource != "" {
		what += " on " + c.Resource
	}
	role := "the IAM role or user"
	if len(c.used) > 0 && c.Map.Roles[c.used[0]].AWS.RoleARN != "" {
		role = c.Map.Roles[c.used[0]].AWS.RoleARN
	}
	switch c.Kind {
	case refusal.SessionImplicit, refusal.SessionExplicit:
		if a.Verdict == Allowed {
			return slices.Concat(
				ui.Advice("take new credentials, by the map as it is now, in the place of those in the environment:"),
				ui.Command("dbxaccess exec "+a.Used+" -- COMMAND"),
			)
		}
		if len(c.used) == 0 && c.Principal != "" {
			return ui.Advice("ask who made the credentials of " + c.Principal + " for a session policy that allows " + what)
		}
	case refusal.IdentityImplicit, refusal.IdentityExplicit:
		if a.Verdict == Allowed && a.Grant != "" {
			return slices.Concat(
				ui.Command("dbxaccess map policy "+a.Used),
				ui.Advice("has what the map grants: let who owns "+role+" compare it with the role's policies, and allow "+what),
			)
		}
		if len(c.used) == 0 || a.Verdict == Allowed {
			return ui.Advice("who owns " + role + " decides; its policies have to allow " + what)
		}
	case refusal.BoundaryImplicit, refusal.BoundaryExplicit:
		return ui.Advice("who owns " + role + " has to let its permissions boundary allow " + what)
	case refusal.SCPImplicit, refusal.SCPExplicit, refusal.RCPImplicit, refusal.RCPExplicit:
		return ui.Advice("ask who runs the AWS organisation, and name " + cmp.Or(c.Policy, "the action and the resource"))
	case refusal.VPCEImplicit, refusal.VPCEExplicit:
		return ui.Advice("ask who runs the network for the policy of its VPC endpoint, which has to allow " + what)
	case refusal.ResourceImplicit, refusal.ResourceExplicit:
		return ui.Advice("ask who owns " + cmp.Or(c.Resource, "the resource") + " for its policy, and name the principal and the action")
	case refusal.Trust:
		return c.ofTrust()
	case refusal.KMSKeyPolicy, refusal.KMSUnsaid:
		return ui.Advice(
			"compare the bucket's default key with kms_key in the map: aws s3api get-bucket-encryption --bucket BUCKET",
			"if they are the same, who owns the key has to let its key policy allow "+c.Action,
		)
	case refusal.Unsaid:
		if strings.HasPrefix(c.Action, "sts:") {
			return c.ofTrust()
		}
		if c.Denied || c.verb == "" && c.Action != "" {
			return ui.Advice("ask who owns " + role + " which policy decides about " + what)
		}
	}
	return nil
}

// ofTrust is about a role that could not be assumed.
func (c *inquiry) ofTrust() ui.Fix {
	what := "who owns the role has to let its trust policy allow " + c.Action
	if c.place.kind == ofRole {
		what = "who owns " + c.place.arn + " has to let its trust policy allow " + c.Action
		if c.Principal != "" {
			what += " to the caller's role"
		}
	}
	fix := ui.Advice(what)
	if strings.HasPrefix(c.Action, "sts:AssumeRoleWith") {
		fix = append(fix, ui.Advice("if dbxaccess gave the credentials, take away what makes the library look for others:")...)
		fix = append(fix, ui.Command("unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN")...)
	}
	return append(fix, ui.Command("dbxaccess doctor")...)
}

// ofMap is what the map gives, to the person or to others.
func (c *inquiry) ofMap(a *Answer) ui.Fix {
	if c.Map == nil || a.Verdict == Allowed {
		return nil
	}
	if fix := c.withSlash(a); fix != nil {
		return fix
	}
	switch {
	case a.Role != "" && a.Role != a.Used && slices.Contains(c.Has, a.Role):
		return ui.Command("dbxaccess exec " + a.Role + " -- COMMAND")
	case a.Role != a.Used && c.forPeople(a.Role):
		return ui.Command("dbxaccess map request " + a.Role)
	case c.verb == "" || c.Operation == "HeadBucket" || a.Verdict != Denied:
		return nil
	case c.deniedAt(c.datasetsAt()) != "":
		return ui.Advice("the map denies it on purpose: ask " + cmp.Or(c.Map.Contact, "who owns the access map"))
	case a.Dataset != "":
		return ui.Command("dbxaccess map request " + a.Dataset + " --action " + c.verb)
	case c.place.kind == inBucket:
		return ui.Advice("no dataset covers the place, so there is none to ask for: ask " + cmp.Or(c.Map.Contact, "who owns the access map") + " for one")
	}
	return nil
}

// withSlash is about a place that was asked for, or may have been, without the slash at its end.
func (c *inquiry) withSlash(a *Answer) ui.Fix {
	if c.open() && len(c.used) > 0 {
		if places := c.listable(c.used[0]); len(places) > 0 {
			return ui.Advice("list with the slash at the end, as in " + places[0])
		}
	}
	if c.verb != accessmap.Read {
		return nil
	}
	for _, m := range c.datasetsAt() {
		if !m.root {
			continue
		}
		if e, err := c.Map.Effective(a.Used); err == nil && !slices.Contains(e.Read, m.name) {
			return nil // it would not help
		}
		return ui.Advice("end the path with a slash: "+c.asked()+"/",
			"or ask "+cmp.Or(c.Map.Contact, "who owns the access map")+" for `root: exact` on the dataset "+m.name)
	}
	return nil
}

// withCredentials is about a client that had none.
func (c *inquiry) withCredentials(a *Answer) ui.Fix {
	able := ""
	if c.forPeople(a.Role) {
		able = a.Role
	}
	role := cmp.Or(c.Role, able, "ROLE")
	fix := ui.Command("dbxaccess exec " + role + " -- COMMAND")
	if len(c.Has) > 0 && able != "" && !slices.Contains(c.Has, role) {
		fix = ui.Command("dbxaccess map request " + role)
	}
	if c.Fault == refusal.Unsigned {
		fix = append(fix, ui.Advice("on a Databricks cluster: give it an instance profile, or read by Unity Catalog (a table, volume or external location) instead of the path")...)
	}
	if c.Map == nil || len(c.Has) == 0 {
		fix = append(fix, ui.Command("dbxaccess status")...)
	}
	return fix
}

func firstOf(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// afterFault is what helps where no policy refused.
func (c *inquiry) afterFault(*Answer) ui.Fix {
	switch c.Fault {
	case refusal.Expired, refusal.BadRequest:
		fix := slices.Concat(
			ui.Advice("take new credentials; a program that runs for long gets them renewed:"),
			ui.Command("dbxaccess exec "+cmp.Or(c.Role, "ROLE")+" -- COMMAND"),
			ui.Advice("or in this shell:"),
			ui.Command(`eval "$(dbxaccess env `+cmp.Or(c.Role, "ROLE")+`)"`),
		)
		if c.Fault == refusal.BadRequest {
			fix = append(fix, ui.Advice("if they are new, name the bucket's region in the client")...)
		}
		return fix
	case refusal.Clock:
		return ui.Advice("set this machine's clock")
	case refusal.UnknownKey, refusal.Signature, refusal.TokenRefused, refusal.TLS, refusal.Network:
		return ui.Command("dbxaccess doctor")
	case refusal.WrongRegion:
		return ui.Advice("name the bucket's region in the client: aws s3api get-bucket-location --bucket BUCKET, or AWS_REGION")
	case refusal.NoBucket, refusal.NoObject:
		return ui.Advice("check the name; that it is missing is sure, as the listing was allowed")
	case refusal.Archived:
		return ui.Advice("have it restored (aws s3api restore-object), by who may")
	case refusal.NoKey:
		return ui.Advice("compare the bucket's default key with kms_key in the map: aws s3api get-bucket-encryption --bucket BUCKET")
	case refusal.KeyDisabled:
		return ui.Advice("who owns the key has to enable it, or to cancel its deletion")
	case refusal.Throttled:
		return ui.Advice("try again, with fewer requests at a time")
	case refusal.NoACLs:
		return ui.Advice("send the request without an ACL")
	case refusal.PolicySize:
		return ui.Command("dbxaccess map check", "dbxaccess exec ROLE --scope DATASET -- COMMAND")
	case refusal.PolicyMalformed:
		return ui.Command("dbxaccess map check")
	case refusal.AccountOff:
		return ui.Advice("ask who runs the AWS account")
	case refusal.Address:
		return ui.Advice("connect through the company's network or VPN, or ask an administrator of the workspace")
	}
	return nil
}
