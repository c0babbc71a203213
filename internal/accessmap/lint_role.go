package accessmap

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// lintRole looks at one role with all that it inherits.
func (l *linter) lintRole(role *Role, e *Effective) {
	l.lintReach(role)
	l.lintTagTexts(role)
	l.lintInWorkspace(role, e)
	if vague(role.Name) {
		l.ofRole(roleVague, role, "the name of role %s says nothing about what it is for; people choose by it, and CloudTrail shows it", role.Name)
	}
	if role.AWS == nil {
		return
	}
	if named, _ := arn.Parse(role.AWS.RoleARN); named.AccountID == "" && strings.HasPrefix(named.Partition, "aws") {
		l.ofRole(accountMissing, role, "the role_arn of role %s names no account, which is right for S3-compatible servers only", role.Name)
	}
	if !iam.OfAWS(role.AWS.RoleARN) {
		for _, dataset := range e.Datasets() {
			if l.Datasets[dataset].KMSKey != "" {
				l.ofRole(keyLeftOut, role, "role %s is one of an S3-compatible server, so its session policy leaves out the kms_key of dataset %s",
					role.Name, dataset)
			}
		}
	}
	l.findGaps(role, e)
	l.lintDenials(role, e)
	l.lintOnTheWay(role)
}

// lintReach finds roles that are of no use to anybody. One that others are assumed through is of use, even where no rule
// gives it.
func (l *linter) lintReach(role *Role) {
	taken := l.taken[role.Name]
	switch {
	case role.AWS != nil && !taken:
		l.ofRole(roleUnreachable, role, "nobody can take role %s: no rule of any identity gives it", role.Name)
	case role.AWS == nil && !taken && !l.inherited[role.Name]:
		l.ofRole(roleIdle, role, "role %s has no aws, no rule gives it, and no role that can be taken inherits it, so it does nothing", role.Name)
	case role.AWS == nil && taken && role.hasDatasets:
		l.ofRole(datasetsIdle, role, "the datasets of role %s do nothing: it has no aws", role.Name)
	case role.AWS == nil && taken && role.hasStatements:
		l.ofRole(datasetsIdle, role, "the statements of role %s do nothing: it has no aws", role.Name)
	}
}

// wordsOfAnyRole tell no duty.
const wordsOfAnyRole = " access account admin administrator all any aws bar basic default demo everybody everyone everything foo full general " +
	"generic god group iam main misc my new old other owner power poweruser role root sample standard sudo super superuser temp temporary test " +
	"testing the tmp user "

// vague reports whether a role's name is made of words that fit any role.
func vague(name string) bool {
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune("._-0123456789", r) }) {
		if len(word) > 1 && !strings.Contains(wordsOfAnyRole, " "+word+" ") && !strings.Contains(wordsOfAnyRole, " "+strings.TrimSuffix(word, "s")+" ") {
			return false
		}
	}
	return true
}

// lintOnTheWay finds what is lost on the way to a role.
func (l *linter) lintOnTheWay(role *Role) {
	chained := role.AWS.Via != "" || l.fromRole[role.Name] || l.fromCenter[role.Name] && follows(role, true)
	switch {
	case chained && role.AWS.Duration > iam.MaxChained:
		l.ofRole(durationCut, role, "the duration of role %s, %s, will be cut to 1 h: AWS limits chained roles", role.Name, role.AWS.Duration)
	case role.AWS.RoleARN == "" && role.AWS.Duration > 0 && role.unbounded():
		l.ofRole(durationIdle, role, "the duration of role %s does nothing: IAM Identity Center decides how long its permission set lasts", role.Name)
	}
	if role.AWS.RoleARN == "" && len(role.effectiveTags) > 0 {
		l.ofRole(tagsIdle, role, "the tags of role %s do nothing: a permission set takes none; give it a role_arn to chain into", role.Name)
	}
}

// lintScoping finds roles that can't be taken where STS has no GetScopedCredentials, and those that are another principal where it has.
func (l *linter) lintScoping(role *Role) {
	switch size := l.policySizes()[role.Name]; {
	case size.layered():
		l.ofRole(scopingNeeded, role, "the session policy of role %s has %d characters, of which AWS takes %d: what it denies is put on by sts:GetScopedCredentials, "+
			"and where AWS does not let a session be narrowed so, the role is refused", role.Name, size.whole, iam.MaxSessionPolicy)
	case l.fromCenter[role.Name] && role.AWS.Via == "" && role.AWS.RoleARN == "" && !role.unbounded():
		l.ofRole(scopingNeeded, role, "the permission set of role %s is narrowed by sts:GetScopedCredentials, and where AWS does not let a session be narrowed so, "+
			"the role is refused; a role_arn beside it would be assumed then", role.Name)
	case l.fromCenter[role.Name] && role.AWS.Via == "" && role.AWS.RoleARN != "" && !follows(role, true) && !role.unbounded():
		l.ofRole(scopingFirst, role, "the permission set of role %s is narrowed by sts:GetScopedCredentials and has to allow what the map grants: its role_arn is assumed "+
			"only where AWS does not let a session be narrowed so", role.Name)
	}
}

// NearlyFull is how many characters a session policy may have before it is told that the bound is near: the next dataset may not fit.
const NearlyFull = iam.MaxSessionPolicy * 8 / 10

// lintPolicy looks at the whole policy of a role, without a scope.
func (l *linter) lintPolicy(role *Role) {
	size := l.policySizes()[role.Name].most
	switch {
	case role.Unrestricted:
	case role.unbounded():
		behind := "IAM role"
		if role.AWS.RoleARN == "" {
			behind = "permission set"
		}
		l.ofRole(roleUnrestricted, role, "role %s has no datasets, so it gets no session policy and may do all that its %s may", role.Name, behind)
	case size > NearlyFull && size <= iam.MaxSessionPolicy && !l.policySizes()[role.Name].layered():
		l.ofRole(policyNearlyFull, role, "the session policy of role %s has %d of the %d characters that AWS takes",
			role.Name, size, iam.MaxSessionPolicy)
	}
}

// lintTags finds sessions that AWS may refuse for their size: a token holds the policy and the tags, and those that earlier
// roles pass on count. How AWS packs them is not published, so what is counted is their text.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func (l *linter) lintTags(role *Role) {
	const nearlyFull = iam.MaxSessionToken * 7 / 10 // the rest has room for the session's names and AWS's own
	line := l.line(role)
	if len(line) == 0 || role.AWS.RoleARN == "" || len(role.effectiveTags) == 0 && len(line) == 1 {
		return
	}
	tags, incoming, policy := tagsOf(role), 0, l.policySizes()[role.Name].whole
	for _, earlier := range line[:len(line)-1] {
		for _, key := range earlier.AWS.TransitiveTags {
			if _, own := tags[key]; !own {
				tags[key] = earlier.effectiveTags[strings.ToLower(key)].value
				incoming++
			}
		}
	}
	size := 0
	for key, value := range tags {
		size += len(key) + len(value)
	}
	switch {
	case len(tags) > iam.MaxTags:
		l.ofRole(tagsTooLarge, role, "role %s has %d session tags, %d of them passed on by roles before it; AWS takes %d",
			role.Name, len(tags), incoming, iam.MaxTags)
	case size > 0 && size+policy > nearlyFull:
		l.ofRole(tagsTooLarge, role, "the session of role %s carries %d characters of tags and %d of policy, and AWS's token has room for %d bytes in all, so AWS may refuse it",
			role.Name, size, policy, iam.MaxSessionToken)
	}
}
