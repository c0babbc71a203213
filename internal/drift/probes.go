package drift

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Probe is one question to AWS's policy simulator: each action on each resource, under the same circumstances. It is about a
// role with the session policy that it is taken with, for one verb on one dataset.
type Probe struct {
	RoleARN string
	Session string // policy that narrows the role; "" for none
	Bounded bool   // the role has a permissions boundary of its own

	Actions, Resources []string
	Context            map[string]string // by condition key

	role, dataset, verb string // of the map
}

// Simulated is what the simulator says to one action on one resource.
type Simulated struct {
	Action, Resource string
	Allowed          bool
	ByOrganization   bool   // false where the organisation's policies take it away
	Decision         string // in AWS's word, as in implicitDeny
}

// secureTransport is the condition key of a request over TLS.
const secureTransport = "aws:SecureTransport"

// aside is what stands in the names of objects and prefixes that nobody has: the simulator needs no object that is there.
const aside = "dbxaccess-simulated"

// Probes are the questions of the roles that IAM has, and the names of those that can't be simulated, with the reason: of a role that was
// not read whole, nobody knows what the simulator's word is to be held against. A verb is asked about within each place of its dataset,
// and beside it, where a name begins alike.
func Probes(m *accessmap.Map, roles []string, actual *Actual) (probes []Probe, left map[string]string) {
	left = make(map[string]string)
	byARN := make(map[string]*Role, len(actual.Roles))
	for i := range actual.Roles {
		byARN[actual.Roles[i].ARN] = &actual.Roles[i]
	}
	for _, name := range roles {
		e, err := m.Effective(name)
		if err != nil || !e.AtAWS || e.RoleARN == "" {
			continue // it is no role of IAM
		}
		have := byARN[e.RoleARN]
		switch {
		case have == nil:
			left[name] = "the role was not read"
			continue
		case have.Missing:
			left[name] = "IAM has no such role"
			continue
		}
		if why := actual.notWhole(have); why != "" {
			left[name] = why
			continue
		}
		session, err := m.Policy(name, nil, zero)
		switch {
		case err != nil:
			left[name] = err.Error()
			continue
		case len(e.ManagedPolicies) > 0:
			left[name] = "the simulator takes one policy in the place of the session's, and the role has managed policies beside it"
			continue
		}
		of := Probe{RoleARN: e.RoleARN, Session: session, Bounded: have.Boundary != nil, role: name}
		for _, dataset := range e.Datasets() {
			for _, verb := range e.VerbsOn(dataset) {
				of.dataset, of.verb = dataset, verb
				probes = append(probes, of.about(m.Datasets[dataset], partitionOf(e))...)
			}
		}
	}
	return probes, left
}

// notWhole is what of a role's policies was not read, or can't be understood; "" where they are known whole.
func (a *Actual) notWhole(role *Role) string {
	for _, u := range a.Unread {
		if u.ARN == role.ARN && u.Part != PartInstanceProfile {
			return "the role was not read whole"
		}
	}
	if _, err := policiesOf(role); err != nil {
		return err.Error()
	}
	return ""
}

func partitionOf(e *accessmap.Effective) string {
	return iam.PartitionOfRole(e.RoleARN, e.Region).Name
}

// about are the questions of one verb on one dataset.
func (p Probe) about(d *accessmap.Dataset, partition string) (probes []Probe) {
	verbs := verbOf(p.verb)
	var bucket []string
	if verbs&policy.Read != 0 {
		bucket = []string{"s3:ListBucket"}
	}
	ask := func(actions, resources []string, context map[string]string) {
		if len(actions) == 0 || len(resources) == 0 {
			return
		}
		next := p
		next.Actions, next.Resources, next.Context = actions, resources, context
		probes = append(probes, next)
	}
	secure := func(key, value string) map[string]string {
		return map[string]string{secureTransport: "true", key: value}
	}
	var named []string
	for _, place := range d.Locations {
		in := "arn:" + partition + ":s3:::" + place.Bucket
		within, beside := around(place.Prefix)
		named = append(named, in+"/"+within)
		ask(bucket, []string{in}, secure("s3:prefix", place.Prefix))
		if beside != "" {
			named = append(named, in+"/"+beside)
			ask(bucket, []string{in}, secure("s3:prefix", beside))
		}
	}
	ask(verbs.OnObjects(), named, map[string]string{secureTransport: "true"})
	if k, err := arn.Parse(d.KMSKey); err == nil {
		ask(verbs.OnKey(), []string{d.KMSKey}, secure("kms:ViaService", "s3."+k.Region+"."+iam.PartitionOf(k.Region).DNSSuffix))
	}
	return probes
}

// around are names within a prefix and beside it; there is none beside a whole bucket.
func around(prefix string) (within, beside string) {
	if prefix != "" {
		beside = strings.TrimSuffix(prefix, "/") + "-" + aside + "/x"
	}
	return prefix + aside, beside
}

func verbOf(verb string) policy.Verbs {
	switch verb {
	case accessmap.Read:
		return policy.Read
	case accessmap.Write:
		return policy.Write
	}
	return policy.Delete
}
