package desired

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// holder is who reaches data: an IAM role, or what IAM Identity Center makes of a permission set.
type holder struct {
	principal string
	on        iam.Conditions // nil for none
}

// holders are those on which a role of the map stands for its data.
func (b *builder) holders(name string) (list []holder) {
	a := b.m.Roles[name].AWS
	switch {
	case a == nil || !iam.OfAWS(a.RoleARN):
		return nil
	case a.RoleARN != "" && slices.Contains(b.role(a.RoleARN).taken, name):
		for _, s := range under(iam.Statement{}, b.sharing.Holds(a.RoleARN, name)) {
			list = append(list, holder{a.RoleARN, s.Condition})
		}
	}
	if a.RoleName != "" && slices.Contains(b.set(a.AccountID, a.RoleName).taken, name) { // narrowed by STS itself, where that is to be had
		partition := iam.PartitionOf(a.Region).Name
		s := iam.RolesTrust(partition, a.AccountID, iam.PermissionSetRole(a.RoleName), nil, "")
		for _, one := range under(s, b.sharing.Holds(a.AccountID+"/"+a.RoleName, name)) {
			list = append(list, holder{s.Principal["AWS"][0], one.Condition})
		}
	}
	return list
}

// data writes the statements of keys and buckets for the data that roles of the map are granted.
func (b *builder) data(roles []string) (keys []Key, buckets []Bucket) {
	byKey, byBucket := make(map[string]*resource), make(map[string]*resource)
	for _, name := range roles {
		g, err := b.m.Granted(name)
		if err != nil || !g.TLS { // of an S3-compatible server
			continue
		}
		for _, h := range b.holders(name) {
			for key, actions := range keyActions(g) {
				s := iam.Statement{Effect: "Allow", Action: actions, Resource: iam.Words{"*"}, Condition: viaS3(key)}
				entry(byKey, key).let(h, s)
			}
			for bucket, statements := range inBuckets(g) {
				e := entry(byBucket, bucket)
				e.partition = g.Partition
				for _, s := range statements {
					e.let(h, s)
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		keys = append(keys, Key{ARN: key, Statements: byKey[key].list})
	}
	for _, name := range slices.Sorted(maps.Keys(byBucket)) {
		e := byBucket[name]
		bucket := "arn:" + e.partition + ":s3:::" + name
		buckets = append(buckets, Bucket{Name: name, Partition: e.partition, Across: e.list, Statements: []iam.Statement{{
			Effect: "Deny", Principal: map[string]iam.Words{"AWS": {"*"}}, Action: iam.Words{"s3:*"}, Resource: iam.Words{bucket, bucket + "/*"},
			Condition: iam.Conditions{"Bool": {"aws:SecureTransport": {"false"}}},
		}}})
	}
	return keys, buckets
}

// resource are statements of one resource, those of several principals together where they say the same.
type resource struct {
	partition string
	at        map[string]int // a statement without its principal to its place
	list      []iam.Statement
}

func entry(all map[string]*resource, name string) *resource {
	if all[name] == nil {
		all[name] = &resource{at: make(map[string]int)}
	}
	return all[name]
}

func (s *resource) let(h holder, what iam.Statement) {
	what.Condition = clone(what.Condition)
	for operator, keys := range h.on { // no key of these is among the statement's
		if what.Condition[operator] == nil {
			what.Condition[operator] = make(map[string]iam.Words)
		}
		maps.Copy(what.Condition[operator], keys)
	}
	text := what.JSON()
	if at, there := s.at[text]; there {
		principals := with(s.list[at].Principal["AWS"], h.principal)
		s.list[at].Principal = map[string]iam.Words{"AWS": principals}
		return
	}
	what.Principal = map[string]iam.Words{"AWS": {h.principal}}
	s.at[text], s.list = len(s.list), append(s.list, what)
}

// keyActions are what grants need of each key.
func keyActions(g policy.Grants) map[string]iam.Words {
	verbs := make(map[string]policy.Verbs)
	for _, p := range g.Places {
		if p.KMSKey != "" {
			verbs[p.KMSKey] |= p.Verbs
		}
	}
	actions := make(map[string]iam.Words)
	for key, v := range verbs {
		if on := v.OnKey(); len(on) > 0 {
			actions[key] = on
		}
	}
	return actions
}

// viaS3: a key is used by S3 in its own region, for who asks S3.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func viaS3(key string) iam.Conditions {
	a, _ := arn.Parse(key)
	return iam.Conditions{"StringEquals": {"kms:ViaService": {"s3." + a.Region + "." + iam.PartitionOf(a.Region).DNSSuffix}}}
}

// inBuckets are the statements of a role's permissions that are about each bucket, written by grants on it alone.
func inBuckets(g policy.Grants) map[string][]iam.Statement {
	byBucket := make(map[string]policy.Grants)
	for _, p := range g.Places {
		one, there := byBucket[p.Bucket]
		if !there {
			one = policy.Grants{Partition: g.Partition}
		}
		p.KMSKey = ""
		one.Places = append(one.Places, p)
		byBucket[p.Bucket] = one
	}
	statements := make(map[string][]iam.Statement)
	for bucket, one := range byBucket {
		for _, d := range g.Denied {
			if d.Bucket == bucket {
				one.Denied = append(one.Denied, d)
			}
		}
		for _, s := range policy.Statements(one) {
			if s.Effect == "Allow" {
				statements[bucket] = append(statements[bucket], s)
			}
		}
	}
	return statements
}
