package accessmap

import (
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Policy compiles the IAM session policy of a role: minified JSON in ASCII, the same bytes for the same grants, so that
// its digest may name a cached credential. A session policy intersects with what the IAM role may do; what it does not
// name is denied, KMS included.
//
// scope narrows it to the named datasets; nil or empty means all. From until on it allows nothing; zero means that it has no
// end. "" is returned for a role without datasets, which
// gets no session policy and so all that the IAM role may do.
//
// Errors have the code NoSuchRole for a role that the map does not have or that can only be inherited, and for a scope
// with a dataset that the role has no grant on; Failed for a policy of more than iam.MaxSessionPolicy characters.
func (m *Map) Policy(role string, scope []string, until time.Time) (string, error) {
	r, err := m.takeable(role)
	if err != nil {
		return "", err
	}
	e := m.effective(r)
	if err := e.narrow(scope); err != nil {
		return "", err
	}
	text := m.compile(e, until)
	if len(text) > iam.MaxSessionPolicy {
		return "", ui.Errorf("session-policy-size", ui.Failed,
			"the session policy of role %s has %d characters, AWS takes %d", role, len(text), iam.MaxSessionPolicy).
			With(ui.Advice("narrow it to the datasets you need with --scope DATASET, or have the role split in the access map"))
	}
	return text, nil
}

// narrow drops the grants on datasets outside scope.
func (e *Effective) narrow(scope []string) error {
	if len(scope) == 0 {
		return nil
	}
	has := e.Datasets()
	for _, name := range scope {
		if slices.Contains(has, name) {
			continue
		}
		hint := "it has " + strings.Join(has, ", ")
		if len(has) == 0 {
			hint = "it has no datasets; leave --scope out"
		}
		return ui.Errorf("scope-unknown", ui.NoSuchRole, "role %s has no dataset %s%s", e.Role, shown(name), didYouMean(name, slices.Values(has))).
			With(ui.Advice(hint))
	}
	for _, grants := range []*[]string{&e.Read, &e.Write, &e.Delete} {
		*grants = slices.DeleteFunc(*grants, func(name string) bool { return !slices.Contains(scope, name) })
	}
	return nil
}

// compile writes the policy of what a role may do, or "" where that is nothing.
func (m *Map) compile(e *Effective, until time.Time) string {
	places := func(datasets []string) []policy.Place {
		list := make([]policy.Place, len(datasets))
		for i, name := range datasets {
			d := m.Datasets[name]
			list[i] = policy.Place{Bucket: d.Bucket, Prefix: d.Prefix}
			if iam.OfAWS(e.RoleARN) { // MinIO refuses a session policy that names a key of KMS
				list[i].KMSKey = d.KMSKey
			}
		}
		return list
	}
	return policy.Compile(policy.Grants{
		Partition: s3Partition(e), Read: places(e.Read), Write: places(e.Write), Delete: places(e.Delete), Until: until,
	})
}

// s3Partition is the partition of the role's cloud. S3-compatible servers have partitions of their own for roles and
// write their buckets' ARNs like AWS.
func s3Partition(e *Effective) string {
	if partition := iam.PartitionOfRole(e.RoleARN, e.Region).Name; strings.HasPrefix(partition, "aws") {
		return partition
	}
	return "aws"
}
