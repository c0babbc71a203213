package aws

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Sizes in bytes. Since September 2026 AWS's session tokens have up to 4,096.
const (
	secretKeySize     = 40
	sessionTokenSize  = 1040
	sessionTokenSpace = 4096
)

// Credentials are a role's session, which they stand for.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expires                                    time.Time

	roleARN, roleID, sessionName string
	policy                       string   // the session policy; "": none
	policyARNs                   []string // managed session policies
	scoped                       []string // policies that GetScopedCredentials narrowed it by, one a call
	packed, least                int      // bytes that these add to the token, and that it was asked to have at least
	chained                      bool     // assumed with another role's credentials
	tags                         map[string]string
	transitive                   []string // keys of tags that go on to the next role
	sourceIdentity               string
	origin                       map[string]string // what a context provider says of who signed in; nil for none
}

// arn is the session's: arn:aws:iam::ACCOUNT:role/path/NAME becomes arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
func (c Credentials) arn() string {
	of := strings.Split(c.roleARN, ":")
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", of[1], of[4], of[5][strings.LastIndexByte(of[5], '/')+1:], c.sessionName)
}

// account is the role's.
func (c Credentials) account() string { return strings.Split(c.roleARN, ":")[4] }

// userID is how AWS calls the session where ARNs can't be used.
func (c Credentials) userID() string { return c.roleID + ":" + c.sessionName }

// Issue makes credentials of a role for some time, or for as long as the behaviour says. The lock must be held.
func (a *Account) Issue(roleARN, sessionName string, life time.Duration) Credentials {
	return a.issue(Credentials{roleARN: roleARN, sessionName: sessionName}, life)
}

func (a *Account) issue(made Credentials, life time.Duration) Credentials {
	expires := a.h.Clock().Add(cmp.Or(a.h.Behaviour.CredentialLifetime, life))
	if made.Expires.IsZero() || expires.Before(made.Expires) { // a session that is narrowed has an end, and keeps it
		made.Expires = expires
	}
	made.AccessKeyID = "ASIA" + rand.Text()[:16]
	made.roleID = cmp.Or(made.roleID, "AROA"+rand.Text()[:16])
	made.SecretAccessKey = a.h.HandOut(random64(secretKeySize))
	made.SessionToken = a.h.HandOut(("IQoJb3JpZ2luX2Vj" + random64(made.size()))[:made.size()])
	a.issued[made.AccessKeyID] = made
	return made
}

// assumed opens the session that a request to assume a role asks for, and answers with its credentials. A duration of 0 is
// the default; percent is what policy and tags take of their space.
func (a *Account) assumed(call *Call, made Credentials, percent int, more map[string]any) *harness.Reply {
	made.roleARN, made.sessionName, made.policy, made.policyARNs = call.RoleARN, call.SessionName, call.Policy, call.PolicyARNs
	made = a.issue(made, cmp.Or(call.Duration, defaultDuration))
	call.AccessKeyID = made.AccessKeyID
	fields := map[string]any{
		"Arn":                     made.arn(),
		"AssumedRoleId":           made.userID(),
		"AccessKeyId":             made.AccessKeyID,
		"SecretAccessKey":         made.SecretAccessKey,
		"SessionToken":            made.SessionToken,
		"SessionTokenSize":        made.size(),
		"SessionTokenUtilization": made.utilization(),
		"Expiration":              made.Expires.UTC().Format(time.RFC3339),
	}
	if percent > 0 {
		fields["PackedPolicySize"] = percent
	}
	if made.sourceIdentity != "" {
		fields["SourceIdentity"] = made.sourceIdentity
	}
	harness.Overlay(fields, more)
	return stsReply(call.Action, fields, "SubjectFromWebIdentityToken", "Audience",
		"AssumedRoleUser>Arn", "AssumedRoleUser>AssumedRoleId",
		"Credentials>SessionToken", "Credentials>SecretAccessKey", "Credentials>Expiration", "Credentials>AccessKeyId",
		"SourceIdentity", "PackedPolicySize", "SessionTokenSize", "SessionTokenUtilization", "Provider")
}

// size is that of the session token, in bytes.
func (c Credentials) size() int { return max(sessionTokenSize+c.packed, c.least) }

// utilization is how much of the space for a session token it takes, in percent.
func (c Credentials) utilization() int {
	return (c.size()*100 + sessionTokenSpace - 1) / sessionTokenSpace
}

// random64 is n random characters of base64.
func random64(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return base64.StdEncoding.EncodeToString(raw)[:n]
}

// MachineRole is the role whose credentials AWS gives the sandbox's machines.
const MachineRole = "arn:aws:iam::" + harness.Account + ":role/ml-node"

// OtherAccount is one that the machines may look into.
const OtherAccount = "444455556666"

// AWSEnv is what a machine finds in its environment that AWS gives credentials of MachineRole. They live six hours.
func (a *Account) AWSEnv() map[string]string {
	a.h.Lock()
	defer a.h.Unlock()
	made := a.Issue(MachineRole, "i-"+strings.ToLower(rand.Text()[:17]), 6*time.Hour)
	return map[string]string{
		"AWS_ACCESS_KEY_ID":     made.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": made.SecretAccessKey,
		"AWS_SESSION_TOKEN":     made.SessionToken,
	}
}
