package sts

import (
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Limits of a web identity token, in characters:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const minToken, maxToken = 4, 20_000

// legalName checks AWS's pattern of RoleSessionName and SourceIdentity, [\w+=,.@-]{2,64}.
func legalName(name string) bool { return len(name) >= 2 && iam.IsName(name) }

// session is what every AssumeRole call has.
type session struct {
	roleARN, name, policy string
	managed               []string
	duration              time.Duration
}

func (s session) check() error {
	switch {
	case !legalName(s.name):
		return ui.Errorf("session-name-invalid", ui.Failed, "%q can't be a session name at AWS", s.name).
			With(ui.Advice("allowed are 2 to 64 letters, digits and _+=,.@-"))
	case len(s.managed) > iam.MaxManagedPolicies:
		return ui.Errorf("managed-policies-number", ui.Failed, "role %s has %d managed policies, AWS takes %d", s.roleARN, len(s.managed), iam.MaxManagedPolicies).
			With(ui.ForAdmin("give the role fewer managed_policies in the access map"))
	case iam.SessionPolicySize(s.policy, s.managed) > iam.MaxSessionPolicy:
		return ui.Errorf("session-policy-size", ui.Failed,
			"the session policy for role %s has %d characters, AWS takes %d", s.roleARN, iam.SessionPolicySize(s.policy, s.managed), iam.MaxSessionPolicy).
			With(ui.Advice("narrow this call with --scope DATASET"), ui.ForAdmin("give the role fewer datasets"))
	}
	return checkDuration(s.roleARN, s.duration)
}

// checkDuration takes 0, which leaves the duration to AWS.
func checkDuration(roleARN string, d time.Duration) error {
	if d != 0 && (d < iam.MinDuration || d > iam.MaxDuration) {
		return ui.Errorf("role-duration", ui.Failed, "a duration of %s for role %s is out of AWS's bounds", d, roleARN).
			With(ui.ForAdmin("set `duration` between 15m and 12h in the access map"))
	}
	return nil
}

// check refuses what AWS would refuse, with a better message.
func (in AssumeRole) check() error {
	if err := (session{in.RoleARN, in.SessionName, in.Policy, in.Managed, in.Duration}).check(); err != nil {
		return err
	}
	switch {
	case in.SourceIdentity != "" && !legalName(in.SourceIdentity):
		return ui.Errorf("source-identity-invalid", ui.Failed, "%q can't be a source identity at AWS", in.SourceIdentity).
			With(ui.Advice("allowed are 2 to 64 letters, digits and _+=,.@-"))
	case in.ExternalID != "" && !legalExternalID(in.ExternalID):
		return ui.Errorf("external-id-invalid", ui.Failed, "%q can't be an external id at AWS", ui.Clean(in.ExternalID)).
			With(ui.ForAdmin("correct external_id in the access map: 2 to 1,224 letters, digits and _+=,.@:/-"))
	}
	return in.checkTags()
}

func legalExternalID(id string) bool {
	return iam.MinExternalID <= len(id) && len(id) <= iam.MaxExternalID && !strings.ContainsFunc(id, func(r rune) bool {
		return iam.NotInName(r) && r != ':' && r != '/'
	})
}

// checkTags follows https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know: keys
// that differ only in case are one key.
func (in AssumeRole) checkTags() error {
	if len(in.Tags) > iam.MaxTags {
		return noTags("role %s gets %d session tags, AWS takes %d", in.RoleARN, len(in.Tags), iam.MaxTags)
	}
	seen := map[string]bool{}
	for key, value := range in.Tags {
		folded := strings.ToLower(key)
		switch {
		case key == "" || !iam.IsTag(key, iam.MaxTagKey):
			return noTags("%q can't be the key of a session tag: 1 to 128 letters, digits, spaces and _.:/=+-@", ui.Clean(key))
		case iam.IsReservedTag(key):
			return noTags("%q can't be the key of a session tag: AWS keeps aws: to itself", key)
		case !iam.IsTag(value, iam.MaxTagValue):
			return noTags("%q can't be the value of the session tag %s: up to 256 letters, digits, spaces and _.:/=+-@", ui.Clean(value), key)
		case iam.IsReservedTag(value):
			return noTags("%q can't be the value of the session tag %s: AWS keeps aws: to itself", value, key)
		case seen[folded]:
			return noTags("role %s gets the session tag %s twice, in different case", in.RoleARN, key)
		}
		seen[folded] = true
	}
	for _, key := range in.TransitiveTags {
		if _, ok := in.Tags[key]; !ok {
			return noTags("%q can't be a transitive session tag of role %s, which gets no tag of that key", ui.Clean(key), in.RoleARN)
		}
	}
	return nil
}

func noTags(format string, args ...any) error {
	return ui.Errorf("session-tags-invalid", ui.Failed, format, args...).
		With(ui.ForAdmin("correct `tags` and transitive_tags of the role in the access map"))
}

// isSTS recognises STS of AWS (https://docs.aws.amazon.com/general/latest/gr/sts.html).
func isSTS(host string) bool { return host == globalHost || iam.IsServiceHost("sts", host) }
