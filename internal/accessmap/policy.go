package accessmap

import (
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Policies are what narrows the sessions of a role.
type Policies struct {
	// Session is the session policy: minified JSON in ASCII. "" for a role that nothing narrows.
	Session string
	// Layer is a policy that STS narrows the session by afterwards (GetScopedCredentials): what is denied, where the session
	// policy has no room for it. Both have to allow what is done. "" where Session says all.
	Layer string
	// Whole says the same in one policy, which may be longer than AWS takes.
	Whole string
}

// Policies compiles the IAM session policy of a role, the same bytes for the same grants, so that their digest may name a
// cached credential. A session policy intersects with what the IAM role may do; what neither it nor
// the role's managed policies (see Effective.ManagedWithin) name is denied, KMS included.
//
// scope narrows it to the named datasets; nil or empty means all, and statements and managed policies besides. What a
// dataset of the role denies stays denied in any scope. From until on it allows nothing; zero means that it has no end.
//
// Errors have the code NoSuchRole for a role that the map does not have or that can only be inherited, and for a scope
// with a dataset that the role has no grant on; Failed for a policy that with the ARNs of managed policies has more than
// iam.MaxSessionPolicy characters, and that two layers have no room for either.
func (m *Map) Policies(role string, scope []string, until time.Time) (Policies, error) {
	r, err := m.takeable(role)
	if err != nil {
		return Policies{}, err
	}
	e := m.effective(r)
	if err := m.narrow(e, scope); err != nil {
		return Policies{}, err
	}
	p := m.compile(e, until)
	if size := p.size(e); size > iam.MaxSessionPolicy {
		size := m.explainSize(e, until, size)
		return Policies{}, ui.Errorf("session-policy-size", ui.Failed, "%s", size).With(size.fix())
	}
	return p, nil
}

// Policy is what Policies amount to, as one document, for those who look at it: what is sent is Policies.
func (m *Map) Policy(role string, scope []string, until time.Time) (string, error) {
	p, err := m.Policies(role, scope, until)
	return p.Whole, err
}

// size is how many characters AWS counts of the longer of a role's policies.
func (p Policies) size(e *Effective) int {
	return max(iam.SessionPolicySize(p.Session, e.ManagedPolicies), len(p.Layer))
}

// PolicySize is how many of most characters a role's session policy takes at AWS, or the longer of its layers, narrowed as Policies
// does it, where it is longest: with the end that some rule gives the role until, which may have been asked without. Errors are those of Policies.
func (m *Map) PolicySize(role string, scope []string) (size, most int, err error) {
	p, err := m.Policies(role, scope, m.ends()[role])
	if err != nil {
		return 0, iam.MaxSessionPolicy, err
	}
	e, err := m.Effective(role)
	if err != nil {
		return 0, iam.MaxSessionPolicy, err
	}
	e.ManagedPolicies = e.ManagedWithin(scope)
	return p.size(e), iam.MaxSessionPolicy, nil
}

// narrow drops the grants on datasets outside scope, and what is allowed on none.
func (m *Map) narrow(e *Effective, scope []string) error {
	if len(scope) == 0 {
		return nil
	}
	has := e.Datasets()
	for _, name := range scope {
		if slices.Contains(has, name) {
			continue
		}
		hint := "it has " + strings.Join(m.Labels(has), ", ")
		if len(has) == 0 {
			hint = "it has no datasets; leave --scope out"
		}
		unknown := ui.Errorf("scope-unknown", ui.NoSuchRole, "role %s has no dataset %s%s", e.Role, shown(name), didYouMean(name, slices.Values(has))).
			With(ui.Advice(hint))
		if m.Datasets[name] != nil {
			unknown = unknown.With(ui.Command("dbxaccess map request " + name))
		}
		return unknown
	}
	e.Statements, e.ManagedPolicies, e.keyed = nil, e.ManagedWithin(scope), e.all
	for _, grants := range []*[]string{&e.Read, &e.Write, &e.Delete} {
		*grants = slices.DeleteFunc(*grants, func(name string) bool { return !slices.Contains(scope, name) })
	}
	return nil
}

// compile writes the policies of what a role may do, however long they are: in one, or in two layers where AWS takes those alone.
// Where agents may have something of the role, its sessions may be narrowed for them, if there is room to say so.
func (m *Map) compile(e *Effective, until time.Time) Policies {
	g := m.granted(e)
	g.Until = until
	if g.Narrowed = m.forSomeAgent(e); g.Narrowed {
		whole := policy.Compile(g)
		if p := (Policies{Session: whole, Whole: whole}); p.size(e) <= iam.MaxSessionPolicy {
			return p
		}
		g.Narrowed = false
	}
	whole := policy.Compile(g)
	one := Policies{Session: whole, Whole: whole}
	if one.size(e) <= iam.MaxSessionPolicy || !iam.OfAWS(e.RoleARN) {
		return one
	}
	two := Policies{Whole: whole}
	if two.Session, two.Layer = policy.Layers(g); two.Layer == "" || two.size(e) > iam.MaxSessionPolicy {
		return one
	}
	return two
}

// granted is what a role may do, as the compiler takes it. A place that the role is denied stays denied where the role
// is narrowed to a dataset that would give it, and a key is the only one there still: a scope never gives more.
func (m *Map) granted(e *Effective) policy.Grants {
	ofAWS := iam.OfAWS(e.RoleARN)
	g := policy.Grants{
		Partition: s3Partition(e), TLS: ofAWS, Statements: e.Statements, Beside: len(e.ManagedPolicies) > 0, Denied: m.denied(e.all),
		Places: make([]policy.Place, 0, len(e.Read)+len(e.Write)+len(e.Delete)),
	}
	for _, grant := range []struct {
		into     *[]policy.Place
		datasets []string
		verb     policy.Verbs
	}{{&g.Places, e.Read, policy.Read}, {&g.Places, e.Write, policy.Write}, {&g.Places, e.Delete, policy.Delete}, {&g.Keyed, e.keyed, 0}} {
		for _, name := range grant.datasets {
			d := m.Datasets[name]
			place := policy.Place{Verbs: grant.verb, Root: d.RootExact}
			if ofAWS { // MinIO refuses a session policy that names a key of KMS
				place.KMSKey = d.KMSKey
			}
			for _, place.Location = range d.Locations {
				*grant.into = append(*grant.into, place)
			}
		}
	}
	return g
}

// s3Partition is the partition of the role's cloud. S3-compatible servers have partitions of their own for roles and
// write their buckets' ARNs like AWS.
func s3Partition(e *Effective) string {
	if partition := iam.PartitionOfRole(e.RoleARN, e.Region).Name; strings.HasPrefix(partition, "aws") {
		return partition
	}
	return "aws"
}
