package judge

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
)

// rolesOf are the roles of the map whose session or IAM role a principal is, sorted; where the text names none, the one that
// the person named, unless that was to be assumed. A session's ARN lacks the role's path.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
func (c *inquiry) rolesOf(principal string) []string {
	if principal == "" || principal == refusal.Anonymous {
		if r := c.Map.Roles[c.Role]; r != nil && r.AWS != nil && !strings.HasPrefix(c.Action, "sts:AssumeRole") {
			return []string{c.Role}
		}
		return nil
	}
	who, err := arn.Parse(principal)
	if err != nil {
		return nil
	}
	kind, rest, _ := strings.Cut(who.Resource, "/")
	var name string
	switch kind {
	case "assumed-role":
		name, _, _ = strings.Cut(rest, "/")
	case "role":
		name = lastPart(rest)
	}
	if name == "" {
		return nil
	}
	var names []string
	for role, r := range c.Map.Roles {
		if r.AWS != nil && isRole(r.AWS, who, name) {
			names = append(names, role)
		}
	}
	slices.Sort(names)
	return names
}

func isRole(aws *accessmap.AWS, who arn.ARN, name string) bool {
	if aws.RoleARN != "" {
		role, err := arn.Parse(aws.RoleARN)
		return err == nil && role.AccountID == who.AccountID && role.Partition == who.Partition && lastPart(role.Resource) == name
	}
	// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
	rest, ok := strings.CutPrefix(name, "AWSReservedSSO_"+aws.RoleName+"_")
	return ok && aws.RoleName != "" && !strings.Contains(rest, "_") && who.AccountID == aws.AccountID
}

func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// able are the roles that can be taken and whose policies allow what was refused: those the person may take first, workloads' own
// last, then by how little else they give, then by name. Idle are such roles that nobody is given, by name. Only roles with a
// fitting grant or statements of their own are looked at.
func (c *inquiry) able(at []match) (able, idle []string) {
	type candidate struct {
		name   string
		rank   int
		weight int
	}
	const theirs, peoples, workloads = 0, 1, 2
	var all []candidate
	for name, r := range c.Map.Roles {
		if r.AWS == nil {
			continue
		}
		e, err := c.Map.Effective(name)
		fits := err == nil && (len(e.Statements) > 0 || slices.ContainsFunc(at, func(m match) bool { return e.May(c.verb, m.name) }))
		if !fits || c.policyAllows(name) != yes {
			continue
		}
		one := candidate{name, workloads, len(e.Read) + 2*len(e.Write) + 2*len(e.Delete) + 10*len(e.Statements)}
		if len(e.ManagedPolicies) > 0 { // only AWS knows how much they allow
			one.weight += 1000
		}
		switch {
		case slices.Contains(c.Has, name):
			one.rank = theirs
		case c.people[name]:
			one.rank = peoples
		case !c.workloads[name]:
			idle = append(idle, name)
			continue
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.weight, b.weight), cmp.Compare(a.name, b.name))
	})
	for _, one := range all {
		able = append(able, one.name)
	}
	slices.Sort(idle)
	return able, idle
}

// forPeople reports whether a role is one that people take or ask for: not "", and not workloads' alone.
func (c *inquiry) forPeople(role string) bool {
	return role != "" && (c.people[role] || slices.Contains(c.Has, role))
}

// unable names roles whose session policy does not allow it, if there are few roles.
func (c *inquiry) unable() string {
	const few = 6
	if len(c.Map.Roles) > few {
		return ""
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.Map.Roles)) {
		if c.Map.Roles[name].AWS != nil && c.policyAllows(name) == no {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// grantOf tells by which grant a role has what was refused, and from where.
func (c *inquiry) grantOf(role string, at []match) string {
	for _, m := range at {
		e, err := c.Map.Effective(role)
		if err != nil || !e.May(c.verb, m.name) {
			continue
		}
		text := c.verb + " " + c.Map.Label(m.name)
		if from := c.origin(role, m.name); from != role {
			text += ", inherited from " + from
		}
		return text
	}
	return ""
}

// origin is the role that has the grant itself.
func (c *inquiry) origin(role, dataset string) string {
	seen := map[string]bool{role: true}
	for {
		next := ""
		for _, parent := range c.Map.Roles[role].Inherits {
			if e, err := c.Map.Effective(parent); err == nil && !seen[parent] && e.May(c.verb, dataset) {
				next = parent
				break
			}
		}
		if next == "" {
			return role
		}
		role = next
		seen[role] = true
	}
}
