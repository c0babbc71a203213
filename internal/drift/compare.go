package drift

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Compare finds where IAM differs from what has to stand there, the worst first, else by ARN. What the actual side says
// nothing about was not compared, which is a finding too.
func Compare(state *desired.State, actual *Actual, by By) []Finding {
	c := comparison{state: state, actual: actual, by: by, several: len(accountsOf(state)) > 1}
	c.accounts()
	for _, p := range state.Providers {
		c.provider(p)
	}
	for _, r := range state.Roles {
		c.role(r)
	}
	for _, p := range state.Databricks.PassRoles {
		c.passRole(p)
	}
	Sort(c.findings)
	return c.findings
}

// Sort orders findings: the severest first, then by ARN.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.rank(), a.Severity.rank()), strings.Compare(a.ARN, b.ARN))
	})
}

// NotLookedAt are the parts of a state that Compare passes over, in words.
func NotLookedAt(state *desired.State) (notes []string) {
	var roles []string
	for _, r := range state.Roles {
		switch {
		case r.ByAudience && len(r.For) == 0:
			roles = append(roles, ui.Clean(r.ARN))
		case r.ByAudience:
			roles = append(roles, r.For...)
		}
	}
	if len(roles) > 0 {
		slices.Sort(roles)
		notes = append(notes, "whom trust policies of "+ui.And(roles)+" list by sub, as AWS can't see groups: name them with --subject, for one role at a time")
	}
	var open []string
	for _, r := range state.Roles {
		open = append(open, r.Unnarrowed...)
	}
	if len(open) > 0 {
		slices.Sort(open)
		notes = append(notes, "what the policies of "+ui.And(slices.Compact(open))+" allow: the map does not narrow it")
	}
	if n := len(state.PermissionSets); n > 0 {
		notes = append(notes, ui.Count(n, "permission set", "permission sets")+" of IAM Identity Center, whose roles IAM Identity Center writes")
	}
	return append(append(notes, atDatabricks(state)...), "policies of buckets and keys")
}

type comparison struct {
	state    *desired.State
	actual   *Actual
	by       By
	several  bool // accounts are compared, so that commands have to say for which they are
	findings []Finding
}

func (c *comparison) find(id ui.ID, arn string, roles []string, fix ui.Fix, format string, args ...any) *Finding {
	if c.several {
		fix = inAccount(accountOf(arn), fix)
	}
	c.findings = append(c.findings, newFinding(id, arn, roles, fmt.Sprintf(format, args...), fix))
	return &c.findings[len(c.findings)-1]
}

// notCompared tells what was not, and what may help.
func (c *comparison) notCompared(arn string, roles []string, what, why string) {
	c.find("drift-not-compared", arn, roles, ui.Advice("let the one who reads call IAM's Get… and List… actions on it, and ask again"),
		"not compared: %s: %s", what, why)
}

// accounts tells of those in which nothing was read.
func (c *comparison) accounts() {
	for _, u := range c.actual.Unread {
		if u.Part == PartAccount {
			c.find("drift-not-compared", u.ARN, nil, ui.Advice("give credentials of this account: --profile PROFILE of the AWS CLI, --as ROLE of the map, "+
				"or a role to take there, as in --role 'arn:aws:iam::{account}:role/auditor'"), "not compared: account %s: %s", u.ARN, u.Why)
		}
	}
}

// unread are the parts of what an ARN names that were not read; whole if that is all of it. Each is a finding.
func (c *comparison) unread(arn string, roles []string) (parts map[Part]bool, whole bool) {
	parts = make(map[Part]bool)
	for _, u := range c.actual.Unread {
		switch {
		case u.Part == PartAccount && u.ARN == accountOf(arn):
			whole = true // which was told once
		case u.ARN != arn || u.Part == PartAccount:
		default:
			parts[u.Part] = true
			whole = whole || u.Part == PartRole || u.Part == PartProvider
			what := string(u.Part)
			if u.Name != "" {
				what += " " + u.Name
			}
			c.notCompared(arn, roles, what, u.Why)
		}
	}
	return parts, whole
}

func accountOf(arn string) string {
	const account = 4
	if parts := strings.Split(arn, ":"); len(parts) > account {
		return parts[account]
	}
	return ""
}

func (c *comparison) role(want desired.Role) {
	parts, whole := c.unread(want.ARN, want.For)
	if whole {
		return
	}
	at := slices.IndexFunc(c.actual.Roles, func(r Role) bool { return r.ARN == want.ARN })
	if at < 0 {
		c.notCompared(want.ARN, want.For, "the role", "nothing was read of it")
		return
	}
	have := c.actual.Roles[at]
	if have.Missing {
		c.find("drift-role-missing", want.ARN, want.For, c.render(want), "can do less: IAM has no such role")
		return
	}
	c.trust(want, have, false)
	c.tags(want, have)
	c.permissions(want, have, parts)
	c.session(want, have)
	c.instanceProfiles(want, parts)
}

func (c *comparison) session(want desired.Role, have Role) {
	if have.MaxSession == 0 || have.MaxSession == want.MaxSession {
		return
	}
	fix := ui.Command(fmt.Sprintf("aws iam update-role --role-name %s --max-session-duration %d", ui.Word(nameOf(want.ARN)), int(want.MaxSession/time.Second)))
	if have.MaxSession < want.MaxSession {
		c.find("drift-session-shorter", want.ARN, want.For, fix, "can do less: its sessions last at most %s; the map asks for %s", words(have.MaxSession), words(want.MaxSession))
		return
	}
	c.find("drift-session-longer", want.ARN, want.For, fix, "can do more: its sessions may last %s; the map asks for no more than %s", words(have.MaxSession), words(want.MaxSession))
}

// words are a duration without minutes and seconds that are none: IAM's are of whole hours, as a rule.
func words(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "0s")
	if hours, whole := strings.CutSuffix(text, "h0m"); whole {
		return hours + "h"
	}
	return text
}

func (c *comparison) instanceProfiles(want desired.Role, parts map[Part]bool) {
	for _, p := range c.actual.InstanceProfiles {
		if p.Role == want.ARN && (want.Instance == nil || want.Instance.ARN != p.ARN) {
			c.find("drift-instance-profile-extra", want.ARN, want.For,
				takeOut(p.ARN, want.ARN),
				"can do more: it is in the instance profile %s, which the map does not name", p.ARN)
		}
	}
	if want.Instance == nil || parts[PartInstanceProfile] {
		return
	}
	if unread, _ := c.unread(want.Instance.ARN, want.For); len(unread) > 0 {
		return
	}
	at := slices.IndexFunc(c.actual.InstanceProfiles, func(p InstanceProfile) bool { return p.ARN == want.Instance.ARN })
	switch {
	case at < 0:
		c.notCompared(want.Instance.ARN, want.For, "the instance profile", "nothing was read of it")
	case c.actual.InstanceProfiles[at].Missing:
		create := "aws iam create-instance-profile" + option("instance-profile-name", nameOf(want.Instance.ARN))
		if path := pathOf(want.Instance.ARN); path != "/" {
			create += option("path", path)
		}
		c.find("drift-instance-profile-missing", want.Instance.ARN, want.For, append(ui.Command(create), putIn(want.Instance.ARN, want.ARN)...),
			"can do less: IAM has no such instance profile")
	case c.actual.InstanceProfiles[at].Role != want.ARN:
		fix := putIn(want.Instance.ARN, want.ARN)
		other := c.actual.InstanceProfiles[at].Role
		if other != "" { // IAM puts at most one in
			fix = append(takeOut(want.Instance.ARN, other), fix...)
		}
		c.find("drift-instance-profile-missing", want.Instance.ARN, want.For, fix, "can do less: its role is %s, not %s", cmp.Or(other, "none"), want.ARN)
	}
}

func putIn(profile, role string) ui.Fix {
	return ui.Command("aws iam add-role-to-instance-profile" + option("instance-profile-name", nameOf(profile)) + option("role-name", nameOf(role)))
}

func takeOut(profile, role string) ui.Fix {
	return ui.Command("aws iam remove-role-from-instance-profile" + option("instance-profile-name", nameOf(profile)) + option("role-name", nameOf(role)))
}

// nameOf is the name in an ARN, without its path.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// pathOf is the path in an ARN, from slash to slash.
func pathOf(arn string) string {
	return arn[strings.IndexByte(arn, '/') : strings.LastIndexByte(arn, '/')+1]
}
