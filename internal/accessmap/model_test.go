package accessmap_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// world is what a map says about data, in the words of README.md. Its meaning is written out here a second time, as
// plainly as the words have it, and without a look at how policies are compiled.
type world struct {
	datasets []dataset
	roles    []role
}

type dataset struct {
	name  string
	place location
	key   string // of KMS
}

// location is a bucket, or what is below a prefix of it.
type location struct{ bucket, prefix string }

func (l location) String() string { return "s3://" + l.bucket + "/" + l.prefix }

type role struct {
	name                string
	arn                 string
	inherits            []string
	read, write, delete []string
	abstract            bool      // it can only be inherited
	until               time.Time // when the grant of the role ends; zero for never
}

// request is one that S3 or KMS asks IAM about.
type request struct {
	action string
	bucket string
	object string  // its key; for the actions of objects
	prefix *string // of a list; nil where the client sends none
	key    string  // of KMS
	when   time.Time
}

// today is before every end.
var today = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// Actions of objects behind each verb, and those that no verb gives.
var (
	objectActions = map[string]string{
		"s3:GetObject": "read", "s3:PutObject": "write", "s3:AbortMultipartUpload": "write",
		"s3:ListMultipartUploadParts": "write", "s3:DeleteObject": "delete",
		"s3:GetObjectVersion": "", "s3:DeleteObjectVersion": "", "s3:PutObjectAcl": "", "s3:GetObjectTagging": "",
		"s3:PutObjectTagging": "", "s3:BypassGovernanceRetention": "",
	}
	bucketActions = []string{
		"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:PutBucketPolicy",
		"s3:DeleteBucket", "s3:PutEncryptionConfiguration",
	}
	keyActions = []string{"kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt", "kms:DescribeKey", "kms:CreateGrant"}
)

// grants are what a role may do, narrowed to some of its datasets.
type grants struct {
	read, write, delete []dataset
	keys                bool // they are at AWS, which has KMS
	until               time.Time
}

// grants resolves a role; scope nil is all of it.
func (w world) grants(r role, scope []string) grants {
	of := func(verb string) (list []dataset) {
		for _, name := range w.granted(r, verb) {
			if scope == nil || slices.Contains(scope, name) {
				list = append(list, w.dataset(name))
			}
		}
		return list
	}
	return grants{of("read"), of("write"), of("delete"), r.hasKeys(), r.until}
}

// allows is what the words of the map say to a request.
func (g grants) allows(q request) bool {
	if !g.until.IsZero() && !q.when.Before(g.until) {
		return false
	}
	switch q.action {
	case "kms:Decrypt": // to read, and for uploads in parts
		return g.keys && (slices.ContainsFunc(g.read, q.ofItsKey) || slices.ContainsFunc(g.write, q.ofItsKey))
	case "kms:GenerateDataKey":
		return g.keys && slices.ContainsFunc(g.write, q.ofItsKey)
	case "s3:GetBucketLocation":
		return slices.ContainsFunc(g.read, func(d dataset) bool { return d.place.bucket == q.bucket })
	case "s3:ListBucket":
		return slices.ContainsFunc(g.read, q.lists)
	}
	switch objectActions[q.action] {
	case "read":
		return slices.ContainsFunc(g.read, q.isWithin)
	case "write":
		return slices.ContainsFunc(g.write, q.isWithin)
	case "delete":
		return slices.ContainsFunc(g.delete, q.isWithin)
	default:
		return false
	}
}

func (q request) ofItsKey(d dataset) bool { return d.key == q.key }

func (q request) isWithin(d dataset) bool {
	return d.place.bucket == q.bucket && strings.HasPrefix(q.object, d.place.prefix)
}

// lists: of a part of a bucket only what names that part, its slash included.
func (q request) lists(d dataset) bool {
	return d.place.bucket == q.bucket && (d.place.prefix == "" || q.prefix != nil && strings.HasPrefix(*q.prefix, d.place.prefix))
}

// hasKeys: S3-compatible servers know no KMS, and are in no partition of AWS.
func (r role) hasKeys() bool { return !strings.HasPrefix(r.arn, "arn:minio") }

// partition is that of the role's ARN, in which buckets are named.
func (r role) partition() string {
	if name := strings.SplitN(r.arn, ":", 3)[1]; r.hasKeys() {
		return name
	}
	return "aws"
}

// granted are the datasets that a role may do something with, its own and those of the roles that it inherits.
func (w world) granted(r role, verb string) []string {
	names := map[string][]string{"read": r.read, "write": r.write, "delete": r.delete}[verb]
	names = slices.Clone(names)
	for _, parent := range r.inherits {
		names = append(names, w.granted(w.role(parent), verb)...)
	}
	return names
}

func (w world) datasetsOf(r role) []string {
	names := slices.Concat(w.granted(r, "read"), w.granted(r, "write"), w.granted(r, "delete"))
	slices.Sort(names)
	return slices.Compact(names)
}

func (w world) dataset(name string) dataset {
	return w.datasets[slices.IndexFunc(w.datasets, func(d dataset) bool { return d.name == name })]
}

func (w world) role(name string) role {
	return w.roles[slices.IndexFunc(w.roles, func(r role) bool { return r.name == name })]
}

// text is the map.
func (w world) text() string {
	var b strings.Builder
	b.WriteString("version: 1\nidentities: {idp: {issuer: https://idp.example, client_id: x, groups: {}}}\n")
	section := func(name string, empty bool) {
		if !empty {
			b.WriteString(name + ":\n")
		}
	}
	section("datasets", len(w.datasets) == 0)
	for _, d := range w.datasets {
		fmt.Fprintf(&b, "  %s: {location: %q", d.name, d.place)
		if d.key != "" {
			fmt.Fprintf(&b, ", kms_key: %q", d.key)
		}
		b.WriteString("}\n")
	}
	section("roles", len(w.roles) == 0)
	for _, r := range w.roles {
		fmt.Fprintf(&b, "  %s: {aws: {role_arn: %q, region: us-east-1}", r.name, r.arn)
		lists := map[string][]string{"inherits": r.inherits, "read": r.read, "write": r.write, "delete": r.delete}
		for _, word := range slices.Sorted(maps.Keys(lists)) {
			if len(lists[word]) > 0 {
				fmt.Fprintf(&b, ", %s: [%s]", word, strings.Join(lists[word], ", "))
			}
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// asked is the request as IAM is asked in a partition.
func (q request) asked(partition string) evaluate.Request {
	r := evaluate.Request{
		Action: q.action, Resource: "arn:" + partition + ":s3:::" + q.bucket,
		Principal: "arn:" + partition + ":sts::111122223333:assumed-role/x/ada@acme.com",
		Context:   map[string][]string{"aws:SecureTransport": {"true"}, "aws:CurrentTime": {q.when.Format(time.RFC3339)}},
	}
	if _, ok := objectActions[q.action]; ok {
		r.Resource += "/" + q.object
	}
	if q.key != "" {
		r.Resource = q.key
	}
	if q.prefix != nil {
		r.Context["s3:prefix"] = []string{*q.prefix}
	}
	return r
}

func (q request) String() string {
	r := q.asked("aws")
	return fmt.Sprintf("%s on %q %v", r.Action, r.Resource, r.Context)
}
