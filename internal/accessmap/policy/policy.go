// Package policy compiles what a role may do with its datasets into an IAM session policy.
//
// In come the places that are granted with what may be done there, places that are denied, statements written by hand,
// and the partition it is all in; out comes the policy. A session policy intersects with what the IAM role may do, so
// what it does not name is denied, KMS included. It must never allow what no grant names: a bucket's prefixes are not
// joined with another bucket's, no verb implies another, and nothing covers a neighbour whose name begins alike.
package policy

import (
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Verbs are what may be done with a place's objects. None of them implies another: who may write can't read back what
// is there, and nothing but Delete deletes.
type Verbs uint8

// The verbs.
const (
	Read   Verbs = 1 << iota // list and get
	Write                    // put, in several parts too
	Delete                   // of an object, not of its versions
)

const everyVerb = Read | Write | Delete

// Place is a location, and what a role may do there.
type Place struct {
	Location
	Verbs  Verbs
	Root   bool   // with Read: its prefix may be listed and headed without the slash too
	KMSKey string // ARN of the key its objects are encrypted with, the only one to write with; "" where there is none of its own
}

// Statement is one that was written by hand.
type Statement struct {
	Actions   []string // as in glue:GetTable, without wildcards
	Resources []string // ARNs, in which * and ? stand for any characters; or * alone
}

// Grants are what a role may do, and where.
type Grants struct {
	Partition string // of AWS, as in ARNs
	Places    []Place
	Denied    []Location // whatever else is granted
	// Keyed are places whose key is the only one to write with, as is that of Places, though nothing is granted on them.
	Keyed      []Place
	Statements []Statement
	// TLS denies S3 over plain http. A server of one's own may have nothing else, and no access points either.
	TLS bool
	// Beside says that managed policies go to AWS beside this one. What either allows is allowed, so that nothing is held
	// back by being left out here.
	Beside bool
	// Narrowed says that a session with this policy is to be narrowed further by STS, which AWS may want to be allowed like any
	// other call.
	Narrowed bool
	Until    time.Time // when they end; zero for no end
}

// OnObjects are the actions behind the verbs on a place's objects.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions says which of them a
// multipart upload takes, kms:Decrypt included.
func (v Verbs) OnObjects() []string {
	actions := make([]string, 0, 5)
	if v&Write != 0 {
		actions = append(actions, "s3:AbortMultipartUpload")
	}
	if v&Delete != 0 {
		actions = append(actions, "s3:DeleteObject")
	}
	if v&Read != 0 {
		actions = append(actions, "s3:GetObject")
	}
	if v&Write != 0 {
		actions = append(actions, "s3:ListMultipartUploadParts", "s3:PutObject")
	}
	return actions
}

// OnKey are the actions on a key of KMS that they take for objects which are encrypted with it.
func (v Verbs) OnKey() []string {
	switch {
	case v&Write != 0:
		return []string{"kms:Decrypt", "kms:GenerateDataKey"}
	case v&Read != 0:
		return []string{"kms:Decrypt"}
	}
	return nil
}

// Compile writes the policy as minified JSON in ASCII, the same bytes for the same grants, however long it is. Without
// grants it is "": there is no policy that allows nothing. With managed policies beside it, there is always one.
func Compile(g Grants) string {
	statements := Statements(g)
	if statements == nil {
		return ""
	}
	return iam.Policy(statements...).JSON()
}

// Statements are those of the policy: first all that allow, then all that deny. nil without grants.
func Statements(g Grants) []iam.Statement {
	if len(g.Places)+len(g.Statements) == 0 && !g.Beside {
		return nil
	}
	return ending(iam.Policy(append(g.allowances(), g.denials()...)...), g.Until).Statement
}

// Layers writes the same as two policies, of which both have to allow what is done: session is what is allowed, and layer is put
// on that session afterwards, allows everything and denies what is denied. The session may be narrowed so. layer is "" where nothing
// is denied.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetScopedCredentials.html
func Layers(g Grants) (session, layer string) {
	denials := g.denials()
	if len(g.Places)+len(g.Statements) == 0 || len(denials) == 0 {
		return Compile(g), ""
	}
	g.Narrowed = true
	anything := iam.Statement{Effect: "Allow", Action: iam.Words{"*"}, Resource: iam.Words{"*"}}
	return ending(iam.Policy(g.allowances()...), g.Until).JSON(), iam.Policy(append([]iam.Statement{anything}, denials...)...).JSON()
}

// allowances are the statements that allow.
func (g Grants) allowances() []iam.Statement {
	b := g.gather()
	statements := slices.Concat(b.shared(), b.listings(), byHand(g.Statements))
	if g.Narrowed {
		statements = append(statements, iam.Statement{Effect: "Allow", Action: iam.Words{"sts:GetScopedCredentials"}, Resource: iam.Words{"*"}})
	}
	return statements
}
