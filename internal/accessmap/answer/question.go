package answer

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Question is one action on one thing.
type Question struct {
	Action   string // as IAM names it, s3:GetObject
	Resource string // an ARN; s3://bucket/key, or as Hadoop's clients write that; or * for actions that know no resource

	bucket, key string // of S3, where the resource is there
}

// maxResource bounds a resource, in bytes: an S3 key has 1,024 at most.
const maxResource = 2048

// NewQuestion reads a question as a person types it. Errors have the ids action-invalid and resource-invalid, and the code Usage.
func NewQuestion(action, resource string) (Question, error) {
	q := Question{Action: action, Resource: resource}
	if !isAction(action) {
		return q, ui.Errorf("action-invalid", ui.Usage, "%s is not an action", ui.Named(ui.Cut(action, 80))).
			With(ui.Advice("write it as IAM does, service and name: s3:GetObject, kms:Decrypt"))
	}
	if err := checkKnown(action); err != nil {
		return q, err
	}
	invalid := ui.Errorf("resource-invalid", ui.Usage, "%s is not a resource", ui.Named(ui.Cut(resource, 80))).
		With(ui.Advice("write an ARN, or s3://BUCKET/KEY"))
	if len(resource) > maxResource || resource == "" || ui.Clean(resource) != resource {
		return q, invalid
	}
	if address, ok := cutScheme(resource); ok {
		q.bucket, q.key, _ = strings.Cut(address, "/")
		if q.bucket == "" {
			return q, invalid
		}
		return q, nil
	}
	if resource == "*" {
		return q, nil
	}
	named, err := arn.Parse(resource)
	if err != nil {
		return q, invalid
	}
	if named.Service == "s3" && named.AccountID == "" {
		q.bucket, q.key, _ = strings.Cut(named.Resource, "/")
	}
	return q, nil
}

// isAction accepts a service and the name of one of its actions, without wildcards.
func isAction(s string) bool {
	service, name, ok := strings.Cut(s, ":")
	return ok && service != "" && name != "" && len(s) <= 200 && ui.IsPlain(service, "-") && ui.IsPlain(name, "")
}

// checkKnown refuses what looks like an action of S3 or KMS and is none, since the answer to it would be "denied" whatever the map
// gives: operations of their APIs that IAM checks as something else, and slips of the finger. What resembles no action may be a new one.
func checkKnown(action string) error {
	service, name, _ := strings.Cut(action, ":")
	service = strings.ToLower(service)
	for known := range iam.Actions(service) {
		if strings.EqualFold(known, action) {
			return nil
		}
	}
	checked := iam.ActionsOfOperation(name)
	if len(checked) > 0 && strings.HasPrefix(checked[0], service+":") {
		return ui.Errorf("action-invalid", ui.Usage, "%s is an operation of the API and no action: IAM checks %s", action, ui.And(checked)).
			With(ui.Advice("ask about it with --action " + or(checked)))
	}
	if near := ui.Nearest(service+":"+name, iam.Actions(service)); near != "" {
		return ui.Errorf("action-invalid", ui.Usage, "%s is not an action", action).With(ui.Advice("did you mean: --action " + near))
	}
	return nil
}

// cutScheme takes the scheme off a place in S3, be it one of Hadoop's: https://hadoop.apache.org/docs/stable/hadoop-aws/
func cutScheme(place string) (address string, ok bool) {
	for _, scheme := range [...]string{"s3://", "s3a://", "s3n://"} {
		if address, ok = strings.CutPrefix(place, scheme); ok {
			return address, true
		}
	}
	return "", false
}

// lists reports a question about listing a bucket.
func (q Question) lists() bool {
	return strings.EqualFold(q.Action, "s3:ListBucket") || strings.EqualFold(q.Action, "s3:ListBucketVersions")
}

// Place is the resource as a place in S3, s3://bucket/key; "" where it is elsewhere.
func (q Question) Place() string {
	if q.bucket == "" {
		return ""
	}
	return "s3://" + q.bucket + "/" + q.key
}

// request is what AWS would be asked with a role's credentials, over TLS. Listing what is below a key is asked of its bucket, with
// the key as prefix.
func (q Question) request(role *accessmap.Effective, now time.Time) evaluate.Request {
	r := evaluate.Request{
		Action: q.Action, Resource: q.Resource, Principal: role.RoleARN,
		Context: map[string][]string{"aws:SecureTransport": {"true"}, "aws:CurrentTime": {now.UTC().Format(time.RFC3339)}},
	}
	if q.bucket == "" {
		return r
	}
	partition := iam.PartitionOfRole(role.RoleARN, role.Region).Name
	if !strings.HasPrefix(partition, "aws") { // S3-compatible servers write their buckets' ARNs like AWS
		partition = "aws"
	}
	if named, err := arn.Parse(q.Resource); err == nil {
		partition = named.Partition
	}
	r.Resource = "arn:" + partition + ":s3:::" + q.bucket
	switch {
	case q.lists() && q.key != "":
		r.Context["s3:prefix"] = []string{strings.TrimSuffix(q.key, "*")}
	case q.key != "":
		r.Resource += "/" + q.key
	}
	return r
}

// about are the datasets that a question may be about, by name: those with a place in its bucket, or with its key.
func (x *Index) about(q Question) []*accessmap.Dataset {
	var list []*accessmap.Dataset
	for _, name := range x.datasets {
		d := x.m.Datasets[name]
		at := d.KMSKey != "" && d.KMSKey == q.Resource
		for _, place := range d.Locations {
			at = at || q.bucket != "" && place.Bucket == q.bucket
		}
		if at {
			list = append(list, d)
		}
	}
	return list
}
