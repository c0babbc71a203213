package accessmap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// maxWorkspaceGroups bounds the groups at Databricks of one role.
const maxWorkspaceGroups = 50

// Entitlements of a workspace: https://docs.databricks.com/aws/en/security/auth/entitlements
const (
	WorkspaceAccess = "workspace-access"
	SQLAccess       = "databricks-sql-access"
	ClusterCreate   = "allow-cluster-create"
	PoolCreate      = "allow-instance-pool-create"
	Consume         = "workspace-consume"
)

// Entitlements are all that a role can give, sorted.
func Entitlements() []string {
	return []string{ClusterCreate, PoolCreate, SQLAccess, WorkspaceAccess, Consume}
}

var (
	entitlementForm  = &form{words: Entitlements}
	entitlementsForm = &form{each: entitlementForm, schema: schema{MinItems: 1, MaxItems: len(Entitlements())}}
	// Names at Databricks: free text, as providers' are.
	workspaceGroupForm  = &form{check: checkWorkspaceGroup, longest: 255, schema: schema{MinLength: 1}}
	workspaceGroupsForm = &form{each: workspaceGroupForm, schema: schema{MinItems: 1, MaxItems: maxWorkspaceGroups}}
)

func checkWorkspaceGroup(s string) (string, error) {
	if strings.TrimSpace(s) != s || s == "" {
		return "", fmt.Errorf("%s is not the name of a group", shown(s))
	}
	return checkPrintable(s)
}

// WorkspaceGroups are the names of the groups at Databricks whose members have a role, sorted: those that the role names, else those that
// rules on groups name. sure is false where a rule gives it besides to people of whom no group is known there: by a pattern, other claims,
// or a group's ID. What has ended counts no more; at a zero time, all does.
func (m *Map) WorkspaceGroups(role string, now time.Time) (groups []string, sure bool) {
	r := m.Roles[role]
	if r == nil {
		return nil, true
	}
	if len(r.WorkspaceGroups) > 0 {
		return r.WorkspaceGroups, true
	}
	gives := func(list []Given) bool {
		return slices.ContainsFunc(list, func(g Given) bool { return g.Role == role && (now.IsZero() || !g.Ended(now)) })
	}
	sure = true
	for _, name := range slices.Sorted(maps.Keys(m.Identities)) {
		i := m.Identities[name]
		for _, group := range slices.Sorted(maps.Keys(i.Groups)) {
			switch {
			case !gives(i.Groups[group]):
			case isPattern(group) || uuidForm.matches(group):
				sure = false
			default:
				groups = append(groups, group)
			}
		}
		for _, rule := range i.Claims {
			sure = sure && !gives(rule.Roles)
		}
		sure = sure && (i.Method() != idp.IdentityCenter || !gives(i.Roles))
	}
	return set(groups), sure
}

// inWorkspace checks what roles have at Databricks besides tokens.
func (d *decoder) inWorkspace(m *Map) {
	for _, r := range m.Roles {
		if len(r.WorkspaceGroups) > 0 && r.ServicePrincipal != "" {
			d.add(r.at, "role %s has workspace_groups beside a service_principal, which has there what the role gives", r.Name)
		}
	}
}

// lintInWorkspace finds what a role gives at Databricks where it works nowhere, or where nobody is known who could have it.
func (l *linter) lintInWorkspace(role *Role, e *Effective) {
	if len(e.Entitlements) == 0 && len(e.Grants) == 0 && role.ServiceCredential == nil && role.InstanceProfile == "" || !l.givenByAny(role.Name) {
		return
	}
	if !slices.ContainsFunc(e.Workplaces, func(w Workplace) bool { return !w.AtConsole() }) {
		if len(e.Entitlements) > 0 || len(e.Grants) > 0 {
			l.ofRole(entitlementsIdle, role, "the entitlements and grants of role %s do nothing: it works in no workspace", role.Name)
		}
		return
	}
	if groups, sure := l.WorkspaceGroups(role.Name, time.Time{}); !sure && role.ServicePrincipal == "" {
		known := "no group"
		if len(groups) > 0 {
			known = "nobody but " + strings.Join(groups, ", ")
		}
		l.ofRole(principalUnknown, role, "what role %s gives at Databricks goes to %s: rules give it by patterns, IDs or claims, of which the map does not say which group there they are; name the groups as workspace_groups",
			role.Name, known)
	}
}

// inWorkspaceOfRole compares what a role gives at Databricks.
func (c *comparison) inWorkspaceOfRole(of string, before, after *Role) {
	e, f := c.old.effective(before), c.next.effective(after)
	for _, word := range beyond(f.Entitlements, e.Entitlements) {
		c.add(Widens, AboutGrant, "%s: has the entitlement %s", of, word)
	}
	for _, word := range beyond(e.Entitlements, f.Entitlements) {
		c.add(Narrows, AboutGrant, "%s: no longer has the entitlement %s", of, word)
	}
	for _, text := range beyond(unityWords(f.Grants), unityWords(e.Grants)) {
		c.add(Widens, AboutGrant, "%s: has %s", of, text)
	}
	for _, text := range beyond(unityWords(e.Grants), unityWords(f.Grants)) {
		c.add(Narrows, AboutGrant, "%s: no longer has %s", of, text)
	}
	c.value(Widens, AboutRole, of, "groups at Databricks", strings.Join(before.WorkspaceGroups, ", "), strings.Join(after.WorkspaceGroups, ", "))
}

// unityWords are grants in words, one for each privilege.
func unityWords(grants []UnityGrant) []string {
	var texts []string
	for _, g := range grants {
		for _, p := range g.Privileges {
			texts = append(texts, p+" on "+g.On())
		}
	}
	return set(texts)
}
