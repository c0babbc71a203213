// Package policy compiles what a role may do with its datasets into an IAM session policy.
//
// In come the places that are granted, by verb, and the partition they are in; out comes the policy. A session policy
// intersects with what the IAM role may do, so what it does not name is denied, KMS included. It must never allow what
// no grant names: a bucket's prefixes are not joined with another bucket's, no verb implies another, and nothing covers
// a neighbour whose name begins alike.
package policy

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Place is a part of a bucket.
type Place struct {
	Bucket string
	Prefix string // ends in "/"; "" is the whole bucket
	KMSKey string // ARN of the key its objects are encrypted with; "" where there is none of its own
}

// Grants are what a role may do, and where.
type Grants struct {
	Partition           string // of AWS, as in ARNs
	Read, Write, Delete []Place
	Until               time.Time // when they end; zero for no end
}

// The actions behind the three verbs on a place's objects and on its key. None of them implies another: who may write
// can't read back what is there, and nothing but delete deletes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions says which of them a
// multipart upload takes, kms:Decrypt included.
var (
	readObjects   = []string{"s3:GetObject"}
	readKey       = []string{"kms:Decrypt"}
	writeObjects  = []string{"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"}
	writeKey      = []string{"kms:Decrypt", "kms:GenerateDataKey"}
	deleteObjects = []string{"s3:DeleteObject"}
)

// Compile writes the policy as minified JSON in ASCII, the same bytes for the same grants, however long it is. Without
// grants it is "": there is no policy that allows nothing.
func Compile(g Grants) string {
	if len(g.Read)+len(g.Write)+len(g.Delete) == 0 {
		return ""
	}
	s3 := "arn:" + g.Partition + ":s3:::"
	b := builder{actions: make(map[string][]string), prefixes: make(map[string][]string)}
	objects := func(p Place) string { return s3 + p.Bucket + "/" + p.Prefix + "*" }
	for _, p := range g.Read {
		b.allow(objects(p), readObjects...)
		b.allow(p.KMSKey, readKey...)
		b.allow(s3+p.Bucket, "s3:GetBucketLocation")
		if p.Prefix == "" {
			b.allow(s3+p.Bucket, "s3:ListBucket")
		} else {
			// "churn/*" covers a request for "churn/" and for everything below it. A request for "churn" without the slash is not
			// covered on purpose: S3 would answer it with the names of everything in "churn-secret/" as well.
			b.prefixes[s3+p.Bucket] = append(b.prefixes[s3+p.Bucket], p.Prefix+"*")
		}
	}
	for _, p := range g.Write {
		b.allow(objects(p), writeObjects...)
		b.allow(p.KMSKey, writeKey...)
	}
	for _, p := range g.Delete {
		b.allow(objects(p), deleteObjects...)
	}
	return ending(b.policy(), g.Until).JSON()
}

// builder collects what is allowed, and writes it with as few statements as say the same.
type builder struct {
	actions  map[string][]string // resource to what is allowed on it
	prefixes map[string][]string // bucket to the patterns of keys that may be listed
}

// allow adds actions on a resource, without condition; nothing for "".
func (b *builder) allow(resource string, actions ...string) {
	if resource != "" {
		b.actions[resource] = append(b.actions[resource], actions...)
	}
}

// policy makes the document. Resources on which the same is allowed share a statement, so each is named once (listing
// under a prefix apart); a bucket's prefixes are never joined with another bucket's.
func (b *builder) policy() iam.Document {
	var statements []iam.Statement
	for actions, resources := range grouped(b.actions) {
		statements = append(statements, iam.Statement{Effect: "Allow", Action: actions, Resource: resources})
	}
	for prefixes, buckets := range grouped(b.prefixes) {
		statements = append(statements, iam.Statement{
			Effect: "Allow", Action: iam.Words{"s3:ListBucket"}, Resource: buckets,
			Condition: iam.Conditions{"StringLike": {"s3:prefix": prefixes}},
		})
	}
	return iam.Policy(statements...)
}

// grouped joins the resources that have the same set of words, in a fixed order.
func grouped(byResource map[string][]string) iter.Seq2[iam.Words, iam.Words] {
	const separator = "\n" // in no word
	resources := make(map[string]iam.Words)
	for _, resource := range slices.Sorted(maps.Keys(byResource)) {
		shared := strings.Join(slices.Compact(slices.Sorted(slices.Values(byResource[resource]))), separator)
		resources[shared] = append(resources[shared], resource)
	}
	return func(yield func(shared, resources iam.Words) bool) {
		for _, shared := range slices.Sorted(maps.Keys(resources)) {
			if !yield(strings.Split(shared, separator), resources[shared]) {
				return
			}
		}
	}
}
