// Package desired is what has to stand at AWS and Databricks for an access map to hold there.
//
// In comes a map; out comes a State: identity providers, roles with their trust and permissions, statements of keys and
// buckets, and the pieces on Databricks' side. It is rendered for people (map trust, map render) and compared with what is
// there (drift). Like all answers of the map it is a pure function: it asks nobody and reads no file.
//
// It must never let in anybody whom the map does not, nor allow what no grant names. What the map says and neither IAM nor
// Databricks can hold is a Gap, with words for the person who reviews it, and not left out in silence.
package desired

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// State is what has to stand, each list sorted by the ARN or name that its entries begin with.
type State struct {
	Providers      []Provider
	Roles          []Role
	PermissionSets []PermissionSet
	Keys           []Key
	Buckets        []Bucket
	Databricks     Databricks
	Gaps           []Gap
}

// Provider is an OpenID Connect identity provider of an account.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
type Provider struct {
	ARN        string // arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH
	URL        string // the issuer, with https://
	Audiences  []string
	Context    *ContextProvider // nil for none
	Identities []string         // of the map, whose provider it is
	// Spare: no rule leads from it to a role of its account, where a role stands that no rule leads to. It is kept where it stands, and
	// nothing fails without it.
	Spare bool
}

// ContextProvider has STS say in each session who signed in, by claims of the token that the caller can't set
// (aws:OriginIdentity/… and aws:TransactionContext/IdentityProvider/…).
type ContextProvider struct {
	SubjectSourceKey string       // the claim that names the person or workload
	SubjectType      string       // user or workload
	Keys             []ContextKey // at most MaxContextKeys, sorted
	// Needed: a trust policy has a condition on one of the keys. Else the provider is for the record alone, and nothing fails
	// without it.
	Needed bool
}

// ContextKey puts a claim into the session, as aws:TransactionContext/IdentityProvider/Name.
type ContextKey struct{ Name, Claim string }

// Role is an IAM role that roles of the map stand for.
type Role struct {
	ARN         string
	For         []string         // roles of the map with this ARN, sorted
	Trust       iam.Document     // who may assume it; never without a statement
	Nobody      bool             // the map lets nobody take it, and so Trust lets in nobody
	ByAudience  bool             // a statement of Trust stands for groups, which AWS can't see, and lets in anyone who may use the application
	Permissions []iam.Document   // the least that it needs, each of at most MaxManagedPolicy characters; none where the map does not narrow it
	Managed     []string         // ARNs of the managed policies that the map sends, whose permissions the role needs too
	Unnarrowed  []string         // of For: those that the map does not narrow, so that they may do all that stands at AWS, sorted
	MaxSession  time.Duration    // the longest that the map asks for; at least an hour, which is IAM's least
	Instance    *InstanceProfile // nil for none
	Ended       []Ended          // what rules of the map that have ended let in; with Nobody, Trust is made of them
	Apart       []Apart          // how policies tell those who take the role from one another, as far as tags do
}

// Apart is what is held to some of those who take a role by their sessions' tags (aws:PrincipalTag). Tags of the role's own count as the
// same, for every session that brings none of the name.
type Apart struct {
	Role string // of the map, whose holders have it alone
	Tags map[string]string
}

// Ended is the statement by which a rule that has ended let in its people.
type Ended struct {
	Role  string // of the map, that the rule gave
	Until time.Time
	Trust iam.Statement // with the end as a condition, so that it lets in nobody any more
}

// PermissionSet is one of IAM Identity Center, as roles of the map stand on it in an account. Who is assigned to it is
// Identity Center's to say, and trust is what Identity Center writes.
type PermissionSet struct {
	AccountID   string
	Name        string
	For         []string
	Permissions []iam.Document // as of a role; Identity Center takes one inline policy, so there is one
	Managed     []string
}

// InstanceProfile is what EC2, and so Databricks' compute, takes the role by.
type InstanceProfile struct{ ARN string }

// Key is a KMS key, with the statements that its policy needs. Those that are there besides stay.
type Key struct {
	ARN        string
	Statements []iam.Statement
}

// Bucket is a bucket of S3, with the statements that its policy needs. Those that are there besides stay.
type Bucket struct {
	Name       string
	Partition  string
	Statements []iam.Statement
	// Across are those besides that a bucket in another account than the roles' needs: there both sides have to allow. Whose
	// it is, no name of a bucket says; in the roles' own account they do no harm and are of no use.
	Across []iam.Statement
}

// Databricks are the pieces on that side.
type Databricks struct {
	PassRoles          []PassRole
	StorageCredentials []StorageCredential
	ServiceCredentials []StorageCredential // of the other purpose: of services of AWS, not of storage
	Federation         []FederationPolicy
}

// PassRole lets a workspace start compute under roles: a statement for the permissions of its cross-account role. What else that may do
// is Databricks' to say.
type PassRole struct {
	CrossAccountRole string // ARN
	Workspaces       []string
	Statement        iam.Statement // for the roles that were asked for
	Others           []string      // ARNs of the map's other roles that it passes on, sorted
	Trust            iam.Document  // lets Databricks alone take the role; without a statement where Databricks is not
	// AnyAccount: the map does not say for which account of Databricks, so that Trust takes any external id, and is the most that may stand.
	AnyAccount bool
}

// StorageCredential is one of Unity Catalog's, or a service credential: they are made alike.
type StorageCredential struct {
	Name       string
	RoleARN    string
	ExternalID string // "" until Databricks has made it
}

// FederationPolicy lets an identity's tokens be exchanged at an account of Databricks, or as a service principal.
// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy
type FederationPolicy struct {
	Identity         string
	AccountID        string // "" where the map does not say
	ServicePrincipal string // application ID; "" for the account's own
	Issuer           string
	Audiences        []string
	SubjectClaim     string
	Subject          string // of a service principal's policy
}

// Gap is something that the map says and the other side can't hold.
type Gap struct {
	ID   string // as in trust-by-audience-alone
	Role string // of the map; "" where it is about more than one
	What string
	Fix  string // what would close it; "" where nothing does
}
