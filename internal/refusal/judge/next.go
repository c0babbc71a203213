package judge

import (
	"cmp"
	"slices"
	"strings"

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
	fix := c.ofKind(a)
	return append(fix, c.ofMap(a)...)
}

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
		return ui.Command("dbxaccess map request " + a.Dataset + " --action " + string(c.verb))
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
	if c.verb != read {
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

// inDatabricks is the grant, as its owner types it.
// https://docs.databricks.com/aws/en/sql/language-manual/security-grant
func (c *inquiry) inDatabricks() ui.Fix {
	kind, name := securable(c.Resource)
	to := cmp.Or(c.Refusal.Principal, c.Person, "PRINCIPAL")
	switch {
	case c.Action == "EXTERNAL ACCESS":
		return ui.Advice("an administrator of the metastore has to switch external data access on (catalog, metastore settings)")
	case c.Action == "OWNERSHIP":
		return ui.Advice("its owner, or who has MANAGE on it, has to do this or to grant MANAGE")
	case kind == "" || c.Action == "":
		return ui.Advice("ask the owner of " + cmp.Or(c.Resource, "what was asked for") + ", or an administrator of the workspace")
	}
	on := strings.ToUpper(kind)
	if name != "" {
		on += " " + quoteSQL(name)
	}
	fix := slices.Concat(
		ui.Advice("its owner, or who has MANAGE on it, types:"),
		ui.Command("GRANT "+c.Action+" ON "+on+" TO `"+strings.ReplaceAll(to, "`", "``")+"`;"),
	)
	if (kind == "any file" || kind == "external location") && strings.HasPrefix(c.Action, "READ") || kind == "any file" {
		fix = append(fix, ui.Advice("or read the table by its name, in the place of its path; from outside Databricks: dbxaccess exec --from-table CATALOG.SCHEMA.TABLE -- COMMAND")...)
	}
	return fix
}

// securable parts a resource of Databricks into its type and its name; both are "" for what GRANT knows not.
func securable(resource string) (kind, name string) {
	for _, kind := range [...]string{
		"any file", "anonymous function", "external location", "storage credential", "service credential", "materialized view",
		"catalog", "schema", "table", "view", "volume", "function", "metastore", "connection", "share", "recipient", "provider", "model",
	} {
		if rest, ok := strings.CutPrefix(resource, kind); ok && (rest == "" || rest[0] == ' ') {
			return kind, strings.TrimSpace(rest)
		}
	}
	return "", ""
}

// quoteSQL quotes the parts of a name where they need it.
func quoteSQL(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			parts[i] = "`" + strings.ReplaceAll(part, "`", "``") + "`"
		}
	}
	return strings.Join(parts, ".")
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
	case refusal.Address:
		return ui.Advice("connect through the company's network or VPN, or ask an administrator of the workspace")
	}
	return nil
}
