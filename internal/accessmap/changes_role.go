package accessmap

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// role compares what a role is and does, with everything inherited. What only AWS decides about, as with the life of
// credentials, asks nobody.
func (c *comparison) role(name string, before, after *Role) {
	of := "role " + name
	if c.unchanged(name) {
		return
	}
	if c.spent(before, c.old) || c.spent(after, c.next) {
		return
	}
	if after == nil {
		c.add(Narrows, AboutRole, "%s is gone", of)
		return
	}
	if before == nil {
		c.newRole(after)
		return
	}
	c.behind(of, before, after)
	c.grants(of, before, after)
	c.inWorkspaceOfRole(of, before, after)
	had, has := quotedTags(before), quotedTags(after)
	for _, key := range union(maps.Keys(had), maps.Keys(has)) { // policies at AWS may go by them
		c.value(Widens, AboutRole, of, "tag "+key, had[key], has[key])
	}
	c.value(Differs, AboutRole, of, "description", before.Description, after.Description)
	c.value(Differs, AboutRole, of, "inherits", strings.Join(before.Inherits, ", "), strings.Join(after.Inherits, ", "))
}

// newRole says in one line what a role is and does.
func (c *comparison) newRole(r *Role) {
	e := c.next.effective(r)
	parts := []string{"role " + r.Name + " is new: " + cmp.Or(identityAtAWS(r), "no AWS role")}
	if len(r.effectiveWorkspaces) > 0 {
		parts = append(parts, "workspace "+strings.Join(r.effectiveWorkspaces, ", "))
	}
	if r.effectiveScopes != nil {
		parts = append(parts, "with the scopes "+strings.Join(r.effectiveScopes, ", "))
	}
	if e.ServicePrincipal != "" {
		parts = append(parts, "as the service principal "+e.ServicePrincipal)
	}
	if r.InstanceProfile != "" {
		parts = append(parts, "instance profile "+r.InstanceProfile)
	}
	if r.StorageCredential != nil {
		parts = append(parts, "storage credential "+r.StorageCredential.words())
	}
	if r.ServiceCredential != nil {
		parts = append(parts, "service credential "+r.ServiceCredential.words())
	}
	if len(e.Entitlements) > 0 {
		parts = append(parts, "entitlements "+strings.Join(e.Entitlements, ", "))
	}
	parts = append(parts, unityWords(e.Grants)...)
	for _, verb := range Verbs() {
		if datasets := e.On(verb); len(datasets) > 0 {
			parts = append(parts, verb+"s "+strings.Join(c.next.Labels(datasets), ", "))
		}
	}
	for _, statement := range e.Statements {
		parts = append(parts, "may "+inWords(statement))
	}
	if len(e.ManagedPolicies) > 0 {
		parts = append(parts, "managed policies "+strings.Join(e.ManagedPolicies, ", "))
	}
	if r.unbounded() {
		parts = append(parts, "no session policy")
	}
	effect := Widens
	if r.AWS == nil && e.Workspace == "" {
		effect = Differs // it can only be inherited: what it has counts with those who do
	}
	c.add(effect, AboutRole, "%s", strings.Join(parts, ", "))
}

// quotedTags are a role's tags, the values in quotes, as one may be empty.
func quotedTags(r *Role) map[string]string {
	tags := tagsOf(r)
	for key, value := range tags {
		tags[key] = strconv.Quote(value)
	}
	return tags
}

// identityAtAWS is who a role is at AWS; "" for nobody.
func identityAtAWS(r *Role) string {
	if r.AWS == nil {
		return ""
	}
	var parts []string
	if r.AWS.RoleARN != "" {
		parts = append(parts, r.AWS.RoleARN)
	}
	if r.AWS.RoleName != "" {
		parts = append(parts, "permission set "+r.AWS.RoleName+" in account "+r.AWS.AccountID)
	}
	if r.AWS.Via != "" {
		parts = append(parts, "via "+r.AWS.Via)
	}
	return strings.Join(parts, ", ")
}

// behind compares who a role is, at AWS and in its workspace.
func (c *comparison) behind(of string, before, after *Role) {
	effect := Widens
	if identityAtAWS(after) == "" {
		effect = Narrows
	}
	c.value(effect, AboutRole, of, "is", identityAtAWS(before), identityAtAWS(after))
	c.workspacesOfRole(of, before, after)
	c.scopesOfRole(of, before, after)
	// Losing it leaves the person themselves, who may be able to do more.
	c.value(Widens, AboutRole, of, "service principal", before.ServicePrincipal, after.ServicePrincipal)

	c.asideOfRole(of, before, after)

	a, b := before.AWS, after.AWS
	if a == nil || b == nil {
		return
	}
	region := Differs
	if iam.PartitionOf(a.Region).Name != iam.PartitionOf(b.Region).Name {
		region = Widens // tokens go to the hosts of another partition
	}
	c.value(region, AboutRole, of, "region", a.Region, b.Region)
	c.value(Differs, AboutRole, of, "duration", Span(a.Duration), Span(b.Duration))
	if a.ExternalID != b.ExternalID {
		c.add(Differs, AboutRole, "%s: another external id", of)
	}
	c.value(Widens, AboutRole, of, "transitive tags", strings.Join(a.TransitiveTags, ", "), strings.Join(b.TransitiveTags, ", "))
	switch {
	case a.SourceIdentity && !b.SourceIdentity:
		c.add(Widens, AboutRole, "%s: no longer names the person to AWS as source identity", of)
	case b.SourceIdentity && !a.SourceIdentity:
		c.add(Differs, AboutRole, "%s: names the person to AWS as source identity", of)
	}
}

// Span writes a time as a map has it: 90m, 12h, 30d; "" for none.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return ""
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
