package accessmap_test

import (
	"fmt"
	"slices"
	"strconv"
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
	name   string
	places []location
	deny   []location
	root   bool   // exact: its prefixes may be named without their slash
	key    string // of KMS
}

// location is a bucket, or what is below a prefix of it.
type location struct{ bucket, prefix string }

func (l location) String() string { return "s3://" + l.bucket + "/" + l.prefix }

type role struct {
	name                           string
	arn                            string
	inherits                       []string
	read, write, readwrite, delete []string
	statements                     []statement
	abstract                       bool      // it can only be inherited
	until                          time.Time // when the grant of the role ends; zero for never
}

// statement is one by hand. Its resources end in * or don't.
type statement struct{ actions, resources []string }

// request is one that S3 or KMS asks IAM about.
type request struct {
	action string
	bucket string
	object string  // its key; for the actions of objects
	prefix *string // of a list; nil where the client sends none
	key    string  // of KMS
	http   bool    // without TLS
	point  bool    // through an access point, in place of a bucket
	// What a put says about encryption: the method, and perhaps a key. "" is nothing.
	method, encryptionKey string
	customers             bool // it brings a key of the client's own
	when                  time.Time
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
	statements          []statement
	all                 []dataset // of the whole role, since a narrower call never gives more
	aws                 bool      // it is a role of AWS, which has TLS and KMS
	until               time.Time
}

// grants resolves a role; scope nil is all of it.
func (w world) grants(r role, scope []string) grants {
	resolved := func(names []string, scope []string) (list []dataset) {
		for _, name := range names {
			if scope == nil || slices.Contains(scope, name) {
				list = append(list, w.dataset(name))
			}
		}
		return list
	}
	of := func(verb string) []dataset { return resolved(w.granted(r, verb), scope) }
	g := grants{
		read: of("read"), write: of("write"), delete: of("delete"), aws: r.ofAWS(), until: r.until,
		all: resolved(w.datasetsOf(r), nil),
	}
	if scope == nil {
		g.statements = w.statementsOf(r)
	}
	return g
}

// allows is what the words of the map say to a request.
func (g grants) allows(q request) bool {
	return !g.denies(q) && (g.gives(q) || slices.ContainsFunc(g.statements, q.isSaidBy))
}

func (g grants) denies(q request) bool {
	switch {
	case !g.until.IsZero() && !q.when.Before(g.until):
		return true
	case q.http && g.aws && strings.HasPrefix(q.action, "s3:"):
		return true
	case g.aws && q.point && slices.ContainsFunc(g.all, func(d dataset) bool { return len(d.deny) > 0 }):
		return true // it may lead there
	case g.aws && q.action == "s3:PutObject" && q.method != "" && slices.ContainsFunc(g.all, q.needsAnotherKey):
		return true
	case g.aws && q.action == "s3:PutObject" && q.customers && slices.ContainsFunc(g.all, q.isKeyed):
		return true
	}
	return slices.ContainsFunc(g.all, func(d dataset) bool {
		return slices.ContainsFunc(d.deny, func(l location) bool {
			return l.bucket == q.bucket && (strings.HasPrefix(q.object, l.prefix) || q.prefix != nil && strings.HasPrefix(*q.prefix, l.prefix))
		})
	})
}

// gives is what the datasets give.
func (g grants) gives(q request) bool {
	switch q.action {
	case "kms:Decrypt": // to read, and for uploads in parts
		return g.aws && (slices.ContainsFunc(g.read, q.ofItsKey) || slices.ContainsFunc(g.write, q.ofItsKey))
	case "kms:GenerateDataKey":
		return g.aws && slices.ContainsFunc(g.write, q.ofItsKey)
	case "s3:GetBucketLocation":
		return slices.ContainsFunc(g.read, func(d dataset) bool {
			return slices.ContainsFunc(d.places, func(l location) bool { return l.bucket == q.bucket })
		})
	case "s3:ListBucket":
		return slices.ContainsFunc(g.read, q.lists)
	}
	switch objectActions[q.action] {
	case "read":
		return slices.ContainsFunc(g.read, func(d dataset) bool { return q.isWithin(d) || q.isRootOf(d) })
	case "write":
		return slices.ContainsFunc(g.write, q.isWithin)
	case "delete":
		return slices.ContainsFunc(g.delete, q.isWithin)
	default:
		return false
	}
}

func (q request) ofItsKey(d dataset) bool { return d.key == q.key }

func (q request) needsAnotherKey(d dataset) bool { return d.key != q.encryptionKey && q.isKeyed(d) }

func (q request) isKeyed(d dataset) bool { return d.key != "" && q.isWithin(d) }

func (q request) isWithin(d dataset) bool {
	return slices.ContainsFunc(d.places, func(l location) bool {
		return l.bucket == q.bucket && strings.HasPrefix(q.object, l.prefix)
	})
}

// isRootOf: the one key that is the prefix without its slash.
func (q request) isRootOf(d dataset) bool {
	return d.root && slices.Contains(d.places, location{q.bucket, q.object + "/"})
}

// lists: of a part of a bucket only what names that part, with its slash or, where the root says so, exactly without.
func (q request) lists(d dataset) bool {
	return slices.ContainsFunc(d.places, func(l location) bool {
		return l.bucket == q.bucket && (l.prefix == "" ||
			q.prefix != nil && (strings.HasPrefix(*q.prefix, l.prefix) || d.root && *q.prefix+"/" == l.prefix))
	})
}

func (q request) isSaidBy(s statement) bool {
	arn := q.asked("aws").Resource
	return slices.Contains(s.actions, q.action) && slices.ContainsFunc(s.resources, func(resource string) bool {
		begin, open := strings.CutSuffix(resource, "*")
		return resource == arn || open && strings.HasPrefix(arn, begin)
	})
}

// ofAWS: S3-compatible servers know no KMS, may have no TLS, and are in no partition of AWS.
func (r role) ofAWS() bool { return !strings.HasPrefix(r.arn, "arn:minio") }

// partition is that of the role's ARN, in which buckets are named.
func (r role) partition() string {
	if name := strings.SplitN(r.arn, ":", 3)[1]; r.ofAWS() {
		return name
	}
	return "aws"
}

// granted are the datasets that a role may do something with, its own and those of the roles that it inherits.
func (w world) granted(r role, verb string) []string {
	names := slices.Clone(map[string][]string{"read": r.read, "write": r.write, "delete": r.delete}[verb])
	if verb != "delete" {
		names = append(names, r.readwrite...)
	}
	for _, parent := range r.inherits {
		names = append(names, w.granted(w.role(parent), verb)...)
	}
	return names
}

// statementsOf are those of a role and of the roles that it inherits.
func (w world) statementsOf(r role) []statement {
	list := slices.Clone(r.statements)
	for _, parent := range r.inherits {
		list = append(list, w.statementsOf(w.role(parent))...)
	}
	return list
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

// asked is the request as IAM is asked in a partition.
func (q request) asked(partition string) evaluate.Request {
	r := evaluate.Request{
		Action: q.action, Resource: "arn:" + partition + ":s3:::" + q.bucket,
		Principal: "arn:" + partition + ":sts::111122223333:assumed-role/x/ada@acme.com",
		Context:   map[string][]string{"aws:SecureTransport": {strconv.FormatBool(!q.http)}, "aws:CurrentTime": {q.when.Format(time.RFC3339)}},
	}
	if _, ok := objectActions[q.action]; ok {
		r.Resource += "/" + q.object
	}
	if q.point {
		r.Resource = "arn:" + partition + ":s3:us-east-1:111122223333:accesspoint/lake/object/" + q.object
	}
	if q.key != "" {
		r.Resource = q.key
	}
	if q.method != "" {
		r.Context["s3:x-amz-server-side-encryption"] = []string{q.method}
	}
	if q.encryptionKey != "" {
		r.Context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = []string{q.encryptionKey}
	}
	if q.customers {
		r.Context["s3:x-amz-server-side-encryption-customer-algorithm"] = []string{"AES256"}
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
