// Package refusal reads what a client says when it was refused: by AWS, S3, KMS, STS, Databricks or Unity Catalog.
//
// In comes text as people paste it: one line or a stack trace of hundreds, wrapped by a terminal in the middle of a word,
// coloured, quoted in a mail, escaped as JSON or HTML, behind the prefixes of a log. Out comes who was refused what, on
// which resource, and by which kind of policy, as far as the text says. Whether the access map would allow it is package
// judge's question.
//
// The text is hostile and holds secrets: signed links, tokens, headers. Nothing of it goes out but what has the form of an
// ARN, an action, a privilege, a name or a place in S3, bounded, without control characters, and free of what looks like a
// secret. Work grows with the length of the text and no faster. No network, no map, no files.
package refusal

import "strings"

// MaxSize bounds a text, in bytes. A longer one is cut by who reads it.
const MaxSize = 4 << 20

// Kind says what refused: which kind of policy, and whether by a statement that denies (explicit) or for want of one that
// allows (implicit).
type Kind string

// The kinds. What AWS says for each stands in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
const (
	SessionImplicit  Kind = "session-implicit"
	SessionExplicit  Kind = "session-explicit"
	IdentityImplicit Kind = "identity-implicit"
	IdentityExplicit Kind = "identity-explicit"
	ResourceImplicit Kind = "resource-implicit"
	ResourceExplicit Kind = "resource-explicit"
	SCPImplicit      Kind = "scp-implicit" // service control policy
	SCPExplicit      Kind = "scp-explicit"
	RCPImplicit      Kind = "rcp-implicit" // resource control policy
	RCPExplicit      Kind = "rcp-explicit"
	BoundaryImplicit Kind = "boundary-implicit" // permissions boundary
	BoundaryExplicit Kind = "boundary-explicit"
	VPCEImplicit     Kind = "vpce-implicit" // policy of a VPC endpoint
	VPCEExplicit     Kind = "vpce-explicit"

	Trust            Kind = "trust"               // the trust policy of the role that was to be assumed
	KMSKeyPolicy     Kind = "kms-key-policy"      // KMS leaves open: another region, no key policy that allows, or one that denies
	KMSUnsaid        Kind = "kms-unsaid"          // KMS says that the key does not exist or may not be used
	PublicAccess     Kind = "block-public-access" // S3 Block Public Access
	NoCredentials    Kind = "no-credentials"      // the request was not signed, or there was nothing to sign with
	NotAuthorisation Kind = "not-authorisation"   // no policy refused: see Fault
	Encoded          Kind = "encoded"             // the reason is encoded, for STS to decode
	Databricks       Kind = "databricks-uc"       // a privilege in Unity Catalog or a permission in the workspace
	Unsaid           Kind = "unsaid"              // refused, and no reason given
)

// Anonymous is the principal of a request that was not signed.
const Anonymous = "anonymous"

// Refusal is one refusal. What the text does not say is "".
type Refusal struct {
	Principal string // an ARN, Anonymous, or at Databricks a name
	Action    string // as in s3:GetObject; at Databricks the privilege, as in READ FILES
	Resource  string // an ARN or "*"; at Databricks what the privilege is on, as in "external location acme_ml"
	Kind      Kind

	// Prefix is what was to be listed, of s3:ListBucket, where a path beside the message tells; it may lack the slash at its
	// end if the client did not send one.
	Prefix    string
	Policy    string // ARN of the policy that denies
	Denied    bool   // a statement denies, whose kind of policy the text does not say
	Operation string // of the API, as in HeadObject
	Fault     Fault  // of NotAuthorisation and NoCredentials
	// EncodedMessage is for sts:DecodeAuthorizationMessage. It may stand beside a kind that is said.
	EncodedMessage string
}

// Service is that of the action, as in s3; "" at Databricks and where no action is said.
func (r Refusal) Service() string {
	service, _, ok := strings.Cut(r.Action, ":")
	if !ok {
		return ""
	}
	return service
}
