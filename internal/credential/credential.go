// Package credential is what is cached: AWS credentials or a workspace's token, with what they were made for, in the form that
// the keyring holds, and the rules by which they may be served as they are.
//
// In come bytes of the keyring, a request, the clock; out come an Item, or nothing, and whether it is fresh and right for the
// request. It must never call an item right for another role, scope, data or time than it was found right for. It is of the packages
// that a warm answer is made of, so it imports no client of AWS or Databricks and no part of the access map but its stamp.
package credential

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// The longest that credentials are believed to live. An end further away is a server's error and is cut to it.
const (
	MaxLifeAWS   = iam.MaxDuration // what AWS gives at most to credentials of a role
	MaxLifeToken = 24 * time.Hour  // Databricks ends a workspace token with the ID token it was made from
)

// AWS are credentials of a role.
type AWS struct {
	AccessKeyID     string // not secret: it names the credential in CloudTrail
	SecretAccessKey secret.String
	SessionToken    secret.String // can exceed 4 KiB
	Expires         time.Time     // UTC; zero where the machine's environment does not say
	AccountID       string        // twelve digits; empty where it is not known, as on S3-compatible servers
	// RequestID and SourceIdentity are what AWS answered them with, for the record: see audit.Record. They are not cached.
	RequestID, SourceIdentity string
	// TokenUtilization is how much of the room for policy, tags and what else a session token holds is taken, in percent;
	// 0 where it was not said.
	TokenUtilization int
	// Of credentials that STS narrowed: the access key that they were made with, and how many policies they are narrowed by
	// besides the session policy. "" and 0 where it did not.
	ParentKeyID    string
	ScopedPolicies int
	// Of credentials that were vended for data: what they reach, as in s3://bucket/prefix/*, and the ARN of the S3 access
	// point that takes the bucket's place. "" where neither is said, and for those of a role itself.
	Reaches, AccessPoint string
	// Again is for who hands them out from memory; not cached.
	Again Again
}

// Again is how the record takes what is handed out once more without the broker's being asked.
type Again struct {
	Tally string // name of the tally that counts it, see package tally; "" where that is not on this machine
	Must  bool   // it may be handed out only where that is counted
}

// Token is a workspace's access token, always of the type Bearer (RFC 6750).
type Token struct {
	Host        string // where it is good, as databricks.NormalizeHost writes it
	AccountID   string // of the account, where Host is its console or a unified host
	WorkspaceID string // of the workspace, where Host is a unified host that serves several
	AccessToken secret.String
	Expires     time.Time // UTC
	RequestID   string    // of the answer that issued it, for the record; not cached
	Again       Again     // for who hands it out from memory; not cached
}

// AtConsole reports whether the token is for an account console, which is no workspace.
func (t *Token) AtConsole() bool { return t.AccountID != "" && t.WorkspaceID == "" }
