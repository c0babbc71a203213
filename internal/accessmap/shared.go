package accessmap

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// Sharing tells who comes to the IAM roles and permission sets of a map besides those whom a role is given to: what is
// narrowed by session policies here is one set of permissions there, open to everybody who is let in with a token of
// their own.
type Sharing struct {
	m     *Map
	at    map[string][]*visit    // by place: an IAM role's ARN, or ACCOUNT/NAME of a permission set
	onto  map[[2]string][]*visit // by place and the one behind it: those that go on there
	held  map[[2]string]Held     // by place and role, as far as it was asked for
	says  map[string]said        // by role
	all   map[string]*Effective  // by role, as far as it was asked for
	tried int                    // how often one was held against another, of maxTried
}

// maxTried bounds the work on a hostile map, where ten thousand rules lead to one place. From then on nobody is told from others.
const maxTried = 2_000_000

// Held says how AWS is to hold apart what one role of the map may do, or who may go on to it, from everybody else at the same place.
type Held struct {
	// Open is why it can't, in words that go on from "…, so": "" where it can.
	Open string
	// Under is under which conditions, of which one has to hold: nil for none, since all who come there have it.
	Under []Holders
}

// Holders are told from others by session tags that their provider signed; nil for none. Until is as in Given.
type Holders struct {
	Tags  map[string]string
	Until time.Time
}

// visit is a rule of the map that leads to a place.
type visit struct {
	rule  Rule
	given Given
	at    string            // the role of the map that stands there
	last  bool              // the role that is given stands there
	tags  map[string]string // that the provider signs, while the session still has them for sure
	free  bool              // who comes may set tags of their own
	proof StepUp            // what is demanded of the sign-in there; of that, acr and amr
}

// Sharing works it out for a time; zero is as if no rule ended.
func (m *Map) Sharing(now time.Time) *Sharing {
	return m.sharing(now, func(string) bool { return true })
}

// sharing is that of some roles, which must be all that come to the places in question.
func (m *Map) sharing(now time.Time, some func(role string) bool) *Sharing {
	s := &Sharing{
		m: m, at: make(map[string][]*visit), onto: make(map[[2]string][]*visit), held: make(map[[2]string]Held), says: make(map[string]said),
		all: make(map[string]*Effective),
	}
	for _, rule := range m.Rules() {
		i := m.Identities[rule.Identity]
		for _, given := range rule.Gives {
			if !some(given.Role) {
				continue
			}
			hops, err := m.Chain(given.Role, i.Method())
			if err != nil || !now.IsZero() && given.Ended(now) || slices.ContainsFunc(hops, func(h Hop) bool { return !iam.OfAWS(h.RoleARN) }) {
				continue
			}
			s.add(i, rule, given, hops)
		}
	}
	return s
}

func (s *Sharing) add(i *Identity, rule Rule, given Given, hops []Hop) {
	byToken := i.Method() != idp.IdentityCenter && !i.Token.Is(idp.FromAWS)
	tagged := byToken && len(i.SignedTags) > 0 // and perhaps they go on
	for n, h := range hops {
		v := &visit{rule: rule, given: given, at: h.Role, last: h.Role == given.Role}
		switch {
		case n == 0 && byToken:
			if rule.Group != "" {
				v.tags = i.SignedTags[rule.Group]
			}
			if v.last && i.Method().SignsIn() {
				v.proof = s.m.handlingAt(rankOf(s.m.Roles[given.Role].mostSensitive)).StepUp
			}
		case h.RoleARN == "": // an assignment goes on when the rule has ended
			s.at[h.place()] = append(s.at[h.place()], &visit{rule: rule})
		default:
			v.free = tagged || len(h.Tags) > 0
		}
		tagged = tagged || len(h.TransitiveTags) > 0
		s.at[h.place()] = append(s.at[h.place()], v)
		if n+1 < len(hops) {
			on := [2]string{h.place(), hops[n+1].place()}
			s.onto[on] = append(s.onto[on], v)
		}
	}
}

// place is where a hop leads to.
func (h Hop) place() string { return cmp.Or(h.RoleARN, h.AccountID+"/"+h.RoleName) }

// Step is who may go on from one hop to the next, of a way on which a rule gives a role: everybody who comes to the first can, unless
// they are told apart.
func (s *Sharing) Step(from, to Hop, rule Rule, given Given) Held {
	return s.step([2]string{from.place(), to.place()}, rule, given.Role)
}

func (s *Sharing) step(on [2]string, rule Rule, role string) Held {
	holders := s.onto[on]
	others := s.others(s.at[on[0]], holders, func(*visit) bool { return false })
	if len(others) == 0 {
		return Held{}
	}
	mine := slices.DeleteFunc(slices.Clone(holders), func(v *visit) bool { return !v.is(rule) || v.given.Role != role })
	under, by := s.apart(mine, holders, others)
	if by != nil {
		return Held{Open: by.words()}
	}
	return Held{Under: under}
}

// others are those at a place who are not among the holders, or for a longer time than these.
func (s *Sharing) others(all, holders []*visit, same func(*visit) bool) (list []*visit) {
	for _, v := range all {
		if s.tried > maxTried {
			return append(list, v)
		}
		if same(v) || slices.ContainsFunc(holders, func(h *visit) bool { s.tried++; return h == v || h.covers(v) }) {
			continue
		}
		list = append(list, v)
	}
	return list
}

// apart are the conditions that let in some of the holders of a thing, and none of others; by is one who would come in.
func (s *Sharing) apart(mine, holders, others []*visit) (under []Holders, by *visit) {
	for _, h := range mine {
		one := Holders{h.tags, h.given.Until}
		if !slices.ContainsFunc(under, func(u Holders) bool { return maps.Equal(u.Tags, one.Tags) && u.Until.Equal(one.Until) }) {
			under = append(under, one)
		}
	}
	for _, u := range under {
		for _, o := range others {
			if s.tried++; s.tried > maxTried {
				return nil, o
			}
			// Those who hold it for a shorter time are held by its end.
			if slices.ContainsFunc(holders, func(h *visit) bool { return h.is(o.rule) && maps.Equal(h.tags, u.Tags) }) {
				continue
			}
			if o.free || len(u.Tags) == 0 || within(u.Tags, o.tags) {
				return nil, o
			}
		}
	}
	return under, nil
}

// SignedAlike is a group that the provider signs all the session tags of another for, and more perhaps, and whose rule does not give what
// that one's does; "" for none. AWS can't tell its members from the other's.
func (i *Identity) SignedAlike(group string, given Given) string {
	tags := i.SignedTags[group]
	for _, other := range slices.Sorted(maps.Keys(i.SignedTags)) {
		gives := func(g Given) bool { return g.Role == given.Role && later(g.Until, given.Until).Equal(g.Until) }
		if other != group && len(tags) > 0 && within(tags, i.SignedTags[other]) && !slices.ContainsFunc(i.Groups[other], gives) {
			return other
		}
	}
	return ""
}

// within reports whether a session with tags has all of some.
func within(some, tags map[string]string) bool {
	for key, value := range some {
		if v, there := folded(tags, key); !there || v != value {
			return false
		}
	}
	return true
}

// conflict reports whether no session can have the tags of both.
func conflict(a, b map[string]string) bool {
	for key, value := range a {
		if v, there := folded(b, key); there && v != value {
			return true
		}
	}
	return false
}

// folded is a tag, whose keys AWS compares without regard to case.
func folded(tags map[string]string, key string) (string, bool) {
	if value, there := tags[key]; there {
		return value, true
	}
	for k, value := range tags {
		if strings.EqualFold(k, key) {
			return value, true
		}
	}
	return "", false
}

// is reports whether the visit is by a rule.
func (v *visit) is(r Rule) bool {
	return v.rule.Identity == r.Identity && v.rule.Group == r.Group && v.rule.Assigned == r.Assigned && maps.Equal(v.rule.Match, r.Match)
}

// covers reports whether anyone who comes by another visit has what this one leads to, for as long.
func (v *visit) covers(o *visit) bool {
	everybody := v.rule.Group != "" && v.rule.Everybody && v.rule.Identity == o.rule.Identity && o.rule.Group != ""
	return (everybody || v.is(o.rule)) && later(v.given.Until, o.given.Until).Equal(v.given.Until)
}

func (v *visit) words() string { return "identity " + v.rule.Identity + ": " + v.rule.Who() }
