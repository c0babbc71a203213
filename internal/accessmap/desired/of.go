package desired

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Options are what is known besides the map.
type Options struct {
	Now time.Time // rules that have ended by then let in nobody; zero: all count
	// Subjects are the people, by the claim sub of their ID tokens, whom the trust policies list where nothing else that AWS can see tells
	// them from others at the same provider; nil leaves it to the audience. They are people of one provider, for one IAM role: Of refuses them
	// where they would be listed for more.
	Subjects []string
}

// Of is what has to stand for roles of a map, and the roles through which they are reached; nil is all roles. A trust policy is one
// document, so that of a role says all that the map does, whichever roles were asked for, and so do its permissions. Errors are those of
// accessmap.Effective, a role that the map does not have, and subjects that would be listed in more than one place.
func Of(m *accessmap.Map, roles []string, o Options) (*State, error) {
	b := &builder{
		m: m, o: o, roles: make(map[string]*role), sets: make(map[string]*permissionSet), providers: make(map[string]*provider),
		gapped: make(map[Gap]bool),
	}
	for _, name := range roles {
		if _, err := m.Effective(name); err != nil {
			return nil, err
		}
	}
	if roles == nil {
		roles = slices.Sorted(maps.Keys(m.Roles))
	}
	b.waysOf()
	b.sharing = m.Sharing(o.Now)
	b.places()
	b.unproved()
	b.wants()
	for _, w := range b.ways {
		b.trust(w)
	}
	b.endings()
	if err := b.permit(); err != nil {
		return nil, err
	}
	b.spare()
	s := b.state(roles)
	if err := b.listedOnce(s); err != nil {
		return nil, err
	}
	return s, nil
}

// way is how a rule of the map leads to a role.
type way struct {
	rule     accessmap.Rule
	given    accessmap.Given
	identity *accessmap.Identity
	hops     []accessmap.Hop // the first is taken with what the identity has
}

// byToken: the first role trusts the identity's provider.
func (w way) byToken() bool { return w.identity.Method() != idp.IdentityCenter && !ambient(w.identity) }

// builder collects what has to stand.
type builder struct {
	m           *accessmap.Map
	o           Options
	ways        []way // in force
	ended       []way // those that were
	over        bool  // it is those that are being written
	sharing     *accessmap.Sharing
	roles       map[string]*role
	sets        map[string]*permissionSet // by account and name
	providers   map[string]*provider      // by principal
	gaps        []Gap
	credentials []credential
	gapped      map[Gap]bool
}

// role is one of IAM's that is being put together.
type role struct {
	Role

	trust   []iam.Statement
	next    []iam.Statement   // that let it assume others
	taken   []string          // roles of the map that end here, sorted
	through []string          // those that only come by, sorted
	listed  map[string]string // hosts of providers whose people Options.Subjects are here, to a role of the map that they are given
}

type permissionSet struct {
	PermissionSet

	next  []iam.Statement
	taken []string
}

// provider is one of an account's that is being put together.
type provider struct {
	Provider

	wanted map[string]bool // claims that a context provider would have to put into sessions
	names  map[string]string
	roles  []string            // of the map, which are reached by it
	says   *accessmap.Identity // whose sign-ins Context is made for

	proof     bool // data behind them asks for how people signed in
	acr       bool // with a certain acr
	acrIsText bool // which the tokens of one of its identities hold as a text of that name
}

// waysOf lists all ways by the map's rules, in a fixed order.
func (b *builder) waysOf() {
	for _, rule := range b.m.Rules() {
		identity := b.m.Identities[rule.Identity]
		for _, given := range rule.Gives {
			hops, err := b.m.Chain(given.Role, identity.Method())
			if err != nil { // it is for a workspace alone
				continue
			}
			if slices.ContainsFunc(hops, func(h accessmap.Hop) bool { return !iam.OfAWS(h.RoleARN) }) {
				b.gap(Gap{
					ID: "role-not-at-aws", Role: given.Role, What: "its ARN is that of an S3-compatible server, which has policies of its own",
				})
				continue
			}
			if w := (way{rule, given, identity, hops}); !b.o.Now.IsZero() && given.Ended(b.o.Now) {
				b.ended = append(b.ended, w)
			} else {
				b.ways = append(b.ways, w)
			}
		}
	}
}

// places makes an entry for every IAM role and permission set that the map names, those that nobody gets included.
func (b *builder) places() {
	for _, name := range slices.Sorted(maps.Keys(b.m.Roles)) {
		a := b.m.Roles[name].AWS
		if a == nil || !iam.OfAWS(a.RoleARN) {
			continue
		}
		if a.RoleARN != "" {
			r := b.role(a.RoleARN)
			r.For = append(r.For, name)
		}
		if a.RoleName != "" {
			s := b.set(a.AccountID, a.RoleName)
			s.For = append(s.For, name)
		}
	}
	for _, w := range b.ways {
		for i, h := range w.hops {
			switch last := i == len(w.hops)-1; {
			case h.RoleARN == "" && h.Role == w.given.Role: // also where a role follows: STS can narrow the permission set itself
				s := b.set(h.AccountID, h.RoleName)
				s.taken = with(s.taken, w.given.Role)
			case h.RoleARN != "" && last:
				r := b.role(h.RoleARN)
				r.taken = with(r.taken, w.given.Role)
			case h.RoleARN != "":
				r := b.role(h.RoleARN)
				r.through = with(r.through, w.given.Role)
			}
		}
	}
}

func (b *builder) role(roleARN string) *role {
	if b.roles[roleARN] == nil {
		b.roles[roleARN] = &role{Role: Role{ARN: roleARN, MaxSession: time.Hour}, listed: make(map[string]string)}
	}
	return b.roles[roleARN]
}

func (b *builder) set(account, name string) *permissionSet {
	key := account + "/" + name
	if b.sets[key] == nil {
		b.sets[key] = &permissionSet{PermissionSet: PermissionSet{AccountID: account, Name: name}}
	}
	return b.sets[key]
}

// gap notes one, once. What a rule that has ended asked for is held by its end.
func (b *builder) gap(g Gap) {
	if !b.over && !b.gapped[g] {
		b.gapped[g] = true
		b.gaps = append(b.gaps, g)
	}
}

// with is a sorted list with one more.
func with(list []string, one string) []string {
	at, there := slices.BinarySearch(list, one)
	if there {
		return list
	}
	return slices.Insert(list, at, one)
}

func partitionOf(roleARN string) string {
	a, _ := arn.Parse(roleARN)
	return a.Partition
}

// state puts together what was asked for.
func (b *builder) state(roles []string) *State {
	asked := make(map[string]bool)
	for _, name := range roles {
		asked[name] = true
	}
	ofAny := func(names ...[]string) bool {
		return slices.ContainsFunc(slices.Concat(names...), func(name string) bool { return asked[name] })
	}
	s := &State{}
	for _, key := range slices.Sorted(maps.Keys(b.roles)) {
		if r := b.roles[key]; ofAny(r.For, r.taken, r.through) {
			s.Roles = append(s.Roles, r.Role)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.sets)) {
		if set := b.sets[key]; ofAny(set.For, set.taken) {
			s.PermissionSets = append(s.PermissionSets, set.PermissionSet)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.providers)) {
		if p := b.providers[key]; ofAny(p.roles) {
			s.Providers = append(s.Providers, p.Provider)
			if n := len(p.Audiences); n > MaxAudiences {
				b.gap(Gap{
					ID: "audiences-beyond-quota", What: fmt.Sprintf("the identity provider %s needs %d audiences, and IAM takes %d", p.ARN, n, MaxAudiences),
					Fix: "let identities share a client id or an audience, or have roles in another account",
				})
			}
		}
	}
	s.Keys, s.Buckets = b.data(roles)
	s.Databricks = b.databricks(asked)
	for _, g := range b.gaps {
		if g.Role == "" || asked[g.Role] {
			s.Gaps = append(s.Gaps, g)
		}
	}
	slices.SortFunc(s.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Role, b.Role), cmp.Compare(a.What, b.What))
	})
	return s
}
