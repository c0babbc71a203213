package policy

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Names of conditions:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
const (
	encryption    = "s3:x-amz-server-side-encryption"
	encryptionKey = "s3:x-amz-server-side-encryption-aws-kms-key-id"
	customersKey  = "s3:x-amz-server-side-encryption-customer-algorithm" // there where the client brings a key (SSE-C)
)

// denials are the statements that win over everything that is allowed, here and in managed policies. They alone have a
// wildcard among their actions: what AWS adds to it is denied.
func (g Grants) denials() (statements []iam.Statement) {
	if g.TLS && (len(g.Places) > 0 || g.open("s3:")) {
		statements = append(statements, deny("s3:*", iam.Words{"*"}, iam.Conditions{"Bool": {"aws:SecureTransport": {"false"}}}))
	}
	if g.Beside && !g.Until.IsZero() {
		statements = append(statements, deny("*", iam.Words{"*"}, iam.Conditions{"DateGreaterThanEquals": {"aws:CurrentTime": {g.Until.UTC().Format(time.RFC3339)}}}))
	}
	return slices.Concat(statements, g.deniedPlaces(), g.otherKeys())
}

func deny(action string, resources iam.Words, on iam.Conditions) iam.Statement {
	return iam.Statement{Effect: "Deny", Action: iam.Words{action}, Resource: resources, Condition: on}
}

// open reports whether something may be allowed, for a service, that no place says: by hand or beside this policy.
func (g Grants) open(service string) bool {
	return g.Beside || slices.ContainsFunc(g.Statements, func(s Statement) bool {
		return slices.ContainsFunc(s.Actions, func(action string) bool { return strings.HasPrefix(strings.ToLower(action), service) })
	})
}

// deniedPlaces denies all that can be done with their objects, and to name them in a list. What no grant reaches anyway
// is left out. A list from further up shows their names still: IAM does not look into answers.
func (g Grants) deniedPlaces() (statements []iam.Statement) {
	if len(g.Denied) == 0 {
		return nil
	}
	var objects iam.Words
	prefixes := make(map[string]iam.Words)
	action := "s3:ListBucket"
	if g.open("s3:") {
		action = "s3:*" // of versions and of uploads too
	}
	granted, listed := g.where(everyVerb), g.where(Read)
	for _, l := range NewLocations(slices.Values(g.Denied)).outermost() {
		if g.open("s3:") || granted.Meet(l) {
			objects = append(objects, g.objects(l))
		}
		if g.open("s3:") || listed.Meet(l) {
			prefixes[g.bucket(l)] = append(prefixes[g.bucket(l)], l.Prefix+"*")
		}
	}
	if len(objects) > 0 {
		if g.TLS && g.openAside() {
			objects = append(objects, g.aside()...)
		}
		statements = append(statements, deny("s3:*", objects, nil))
	}
	for patterns, buckets := range grouped(prefixes) {
		statements = append(statements, listing("Deny", action, buckets, patterns))
	}
	return statements
}

// openAside reports whether something may be allowed on S3 that names no bucket.
func (g Grants) openAside() bool {
	return g.Beside || g.open("s3:") && slices.ContainsFunc(g.Statements, func(s Statement) bool {
		return slices.ContainsFunc(s.Resources, func(r string) bool { return !strings.HasPrefix(r, "arn:"+g.Partition+":s3:::") })
	})
}

// aside are the ways to objects that do not name their bucket, so that no denial of a place meets them: access points,
// of one region or of several, and S3 Access Grants, which hand out credentials of another role. Which places are behind
// them can't be seen from here. They have an account, which a bucket of the same name has not.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies
func (g Grants) aside() iam.Words {
	return iam.Words{"arn:" + g.Partition + ":s3:*:?*:accesspoint/*", "arn:" + g.Partition + ":s3:*:?*:access-grants/*"}
}

// otherKeys denies, wherever the role has a place with a key and something of it may put there, to write under another
// key than the place's, or under one of S3's own. It looks at what a request says about encryption, if it says anything:
// who says nothing gets the bucket's default, and the parts of an upload can't say anything. A request for KMS without a
// key means S3's own, and lacks the second condition's key, which a
// negated operator takes for another one:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// A request that brings the client's own key has none of this; it is denied at all these places at once.
func (g Grants) otherKeys() (statements []iam.Statement) {
	hasKey := func(p Place) bool { return p.KMSKey != "" }
	if !slices.ContainsFunc(g.Places, hasKey) && !slices.ContainsFunc(g.Keyed, hasKey) {
		return nil
	}
	keyed := slices.DeleteFunc(slices.Concat(g.Places, g.Keyed), func(p Place) bool { return !hasKey(p) })
	all, anywhere := g.where(Write), g.open("s3:putobject")
	var places []Location
	with := make(map[string][]Location) // key to what is encrypted with it, as far as anything may be written there
	for _, p := range keyed {
		if anywhere || all.Meet(p.Location) {
			places, with[p.KMSKey] = append(places, p.Location), append(with[p.KMSKey], p.Location)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(with)) {
		objects := g.writtenWith(NewLocations(slices.Values(with[key])), all)
		statements = append(statements, deny("s3:PutObject", objects, iam.Conditions{
			"Null": {encryption: {"false"}}, "StringNotEquals": {encryptionKey: {key}},
		}))
	}
	if len(places) > 0 {
		objects := g.writtenWith(NewLocations(slices.Values(places)), all)
		statements = append(statements, deny("s3:PutObject", objects, iam.Conditions{"Null": {customersKey: {"false"}}}))
	}
	return statements
}

// writtenWith are the objects that are written with a key, or with one of several, of all that are: simply all, or all
// of a bucket, where the role may write no other anyway. That is shorter.
func (g Grants) writtenWith(these, all Locations) (objects iam.Words) {
	anywhere := g.open("s3:putobject")
	free := !anywhere // there are no others
	mixed := make(map[string]bool)
	for _, l := range all {
		if !these.Hold(l) {
			free, mixed[l.Bucket] = false, true
		}
	}
	if free {
		return iam.Words{"*"}
	}
	for _, l := range these.outermost() {
		if !anywhere && !mixed[l.Bucket] {
			l.Prefix = ""
		}
		objects = append(objects, g.objects(l))
	}
	return slices.Compact(objects)
}

// where are the locations in which one of the verbs is granted.
func (g Grants) where(verbs Verbs) Locations {
	return NewLocations(func(yield func(Location) bool) {
		for _, p := range g.Places {
			if p.Verbs&verbs != 0 && !yield(p.Location) {
				return
			}
		}
	})
}
