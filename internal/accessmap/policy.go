package accessmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// MaxPolicy bounds a session policy, in characters:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const MaxPolicy = 2048

// Policy compiles the IAM session policy of a role: minified JSON in ASCII, the same bytes for the same grants, so that
// its digest may name a cached credential. A session policy intersects with what the IAM role may do; what it does not
// name is denied, KMS included.
//
// scope narrows it to the named datasets; nil or empty means all. "" is returned for a role without datasets, which
// gets no session policy and so all that the IAM role may do.
//
// Errors are Faults: NoSuchRole for a role that the map does not have or that nobody can take, and for a scope with a
// dataset that the role has no grant on; Failed for a policy of more than MaxPolicy characters.
func (m *Map) Policy(role string, scope []string) (string, error) {
	r, err := m.takeable(role)
	if err != nil {
		return "", err
	}
	e := m.effective(r)
	if err := e.narrow(scope); err != nil {
		return "", err
	}
	policy := m.compile(e)
	if len(policy) > MaxPolicy {
		return "", ui.Fault(ui.Failed,
			"narrow it to the datasets you need with --scope DATASET, or have the role split in the access map",
			"the session policy of role %s has %d characters, AWS takes %d", role, len(policy), MaxPolicy)
	}
	return policy, nil
}

// narrow drops the grants on datasets outside scope.
func (e *Effective) narrow(scope []string) error {
	if len(scope) == 0 {
		return nil
	}
	has := set(slices.Concat(e.Read, e.Write, e.Delete))
	for _, name := range scope {
		if slices.Contains(has, name) {
			continue
		}
		hint := "it has " + strings.Join(has, ", ")
		if len(has) == 0 {
			hint = "it has no datasets; leave --scope out"
		}
		return ui.Fault(ui.NoSuchRole, hint, "role %s has no dataset %s%s", e.Role, shown(name),
			didYouMean(name, slices.Values(has)))
	}
	for _, grants := range []*[]string{&e.Read, &e.Write, &e.Delete} {
		*grants = slices.DeleteFunc(*grants, func(name string) bool { return !slices.Contains(scope, name) })
	}
	return nil
}

// The actions behind the three verbs on a dataset's objects and on its key. None of them implies another: who may
// write can't read back what is there, and nothing but delete deletes.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions says which of them a
// multipart upload takes, kms:Decrypt included.
var (
	readObjects   = []string{"s3:GetObject"}
	readKey       = []string{"kms:Decrypt"}
	writeObjects  = []string{"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"}
	writeKey      = []string{"kms:Decrypt", "kms:GenerateDataKey"}
	deleteObjects = []string{"s3:DeleteObject"}
)

// compile writes the policy of what a role may do, or "" where that is nothing.
func (m *Map) compile(e *Effective) string {
	if len(e.Read)+len(e.Write)+len(e.Delete) == 0 {
		return ""
	}
	s3 := fmt.Sprintf("arn:%s:s3:::", s3Partition(e))
	p := policyBuilder{actions: make(map[string][]string), prefixes: make(map[string][]string)}
	objects := func(d *Dataset) string { return s3 + d.Bucket + "/" + d.Prefix + "*" }
	for _, name := range e.Read {
		d := m.Datasets[name]
		p.allow(readObjects, objects(d))
		p.allow([]string{"s3:GetBucketLocation"}, s3+d.Bucket)
		if d.Prefix == "" {
			p.allow([]string{"s3:ListBucket"}, s3+d.Bucket)
		} else {
			p.allowList(s3+d.Bucket, d.Prefix+"*")
		}
		p.allowKey(readKey, d)
	}
	for _, name := range e.Write {
		p.allow(writeObjects, objects(m.Datasets[name]))
		p.allowKey(writeKey, m.Datasets[name])
	}
	for _, name := range e.Delete {
		p.allow(deleteObjects, objects(m.Datasets[name]))
	}
	return p.json()
}

// s3Partition is the partition of the role's cloud. S3-compatible servers have partitions of their own for roles and
// write their buckets' ARNs like AWS.
func s3Partition(e *Effective) string {
	if e.RoleARN == "" {
		return partitionOfRegion(e.Region)
	}
	partition, _ := splitRoleARN(e.RoleARN)
	if strings.HasPrefix(partition, "aws") {
		return partition
	}
	return "aws"
}
