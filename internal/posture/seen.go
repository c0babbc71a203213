// Package posture holds what AWS has around the datasets of an access map against what the map intends: encryption, who is let in
// beside the map, what is logged.
//
// In come a map and what was seen at AWS (Seen); out come findings, each with what is so and what mends it. How severe one is
// depends on the sensitivity of the data. It asks nobody. It must never take what was not seen for right: each part that could not be
// read is a finding of its own.
package posture

import (
	"slices"
	"time"
)

// Seen is what was read at AWS. Its texts may be hostile: findings are cleaned.
type Seen struct {
	Buckets  []Bucket
	Keys     []Key
	Accounts []string  // that were read, sorted
	Shut     []Refusal // accounts to which there were no credentials: Of is the number
	Blocks   []AccountBlock
	Trails   []Trail
	Grants   []Grant
	Lakes    []Lake
	Unread   []Refusal
}

// Refusal is a part that could not be read.
type Refusal struct {
	Of     string // what the part is of: a bucket, a key, an account with its region: see Regional
	Action string // that it takes, as in s3:GetBucketPolicy
	Why    string
}

// Regional names what an account has in a region.
func Regional(account, region string) string { return account + " in " + region }

// Bucket is one that a dataset lies in. A pointer that is nil was not read, which is a Refusal.
type Bucket struct {
	Name string
	// Account owns it; "" where none of the accounts that were read does.
	Account, Region string
	Missing         bool // there is no bucket of the name at all

	Encryption *Encryption
	Block      *Block
	Ownership  *string // BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter
	ACL        []ACLGrant
	Policy     *string // "" for none
	Public     *bool   // by S3's own judgement of the policy
	Versioning *string // Enabled, Suspended, "" for never
	Points     []AccessPoint
}

// Encryption is what objects are encrypted with whose writer names nothing.
type Encryption struct {
	Algorithm string // AES256, aws:kms, aws:kms:dsse; "" for none
	Key       string // ARN, ID or alias; "" for the key that AWS manages
	BucketKey bool
}

// Block are the four settings that block public access.
type Block struct{ PublicACLs, IgnoreACLs, PublicPolicy, RestrictPolicy bool }

// Or is what holds where one of two has it.
func (b Block) Or(o Block) Block {
	return Block{b.PublicACLs || o.PublicACLs, b.IgnoreACLs || o.IgnoreACLs, b.PublicPolicy || o.PublicPolicy, b.RestrictPolicy || o.RestrictPolicy}
}

// AccountBlock is that of a whole account.
type AccountBlock struct {
	Account string
	Block   Block
}

// ACLGrant lets a grantee in by an access control list.
type ACLGrant struct {
	Grantee    string // canonical ID, address or URI
	Group      bool   // it is a URI of a group, such as all users
	Permission string
	Owner      bool // the grantee is the bucket's owner
}

// AccessPoint is another way into a bucket, with a policy of its own.
type AccessPoint struct {
	ARN, Account, Name string
	VPC                string  // from which alone it can be used; "" for from everywhere
	Policy             *string // nil where it could not be read
	Block              *Block
}

// Key is one of KMS.
type Key struct {
	ARN      string
	Missing  bool
	State    string // Enabled, Disabled, PendingDeletion, …
	Deletion time.Time
	AWSOwned bool // AWS manages it
	// Rotates says whether KMS makes new material by itself; nil where it was not read. Rotatable is false for keys whose material
	// KMS did not make, or that are not symmetric.
	Rotates   *bool
	Rotatable bool
	Policy    *string
}

// Trail is one of CloudTrail's that works in a region. Selectors are nil where they could not be read.
type Trail struct {
	ARN, Account, Region string // Account and Region of the buckets it is looked at for
	Home                 string // region in which it is changed
	Logging              bool
	Validated            bool
	Failing              string // why its files could not be delivered last
	Selectors            []Selector
	Classic              []ClassicSelector
}

// ClassicSelector is an event selector as CloudTrail had them first.
type ClassicSelector struct {
	ReadWrite  string // All, ReadOnly, WriteOnly
	Management bool
	Excluded   []string // sources of management events
	Data       map[string][]string
}

// Selector is an advanced event selector: all its fields have to hold.
type Selector struct {
	Name   string
	Fields []Field
}

// Field is a condition of a selector; each list that there is has to hold.
type Field struct {
	Name                                                                string
	Equals, StartsWith, EndsWith, NotEquals, NotStartsWith, NotEndsWith []string
}

// Grant is one of S3 Access Grants.
type Grant struct {
	ID, Account, Region                     string
	Scope, Permission, GranteeType, Grantee string
}

// Lake is a place that is registered with Lake Formation.
type Lake struct {
	Account, Region string
	ARN             string // as in arn:aws:s3:::bucket/prefix
	Role            string // with which it reads there
	Hybrid          bool   // IAM goes on to decide beside it
}

// bucket is one by name.
func (s *Seen) bucket(name string) *Bucket {
	if i := slices.IndexFunc(s.Buckets, func(b Bucket) bool { return b.Name == name }); i >= 0 {
		return &s.Buckets[i]
	}
	return nil
}

// block is that of an account; known says whether it was read.
func (s *Seen) block(account string) (b Block, known bool) {
	for _, of := range s.Blocks {
		if of.Account == account {
			return of.Block, true
		}
	}
	return Block{}, false
}
