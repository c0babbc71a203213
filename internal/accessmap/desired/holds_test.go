package desired_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// Whoever signs in and goes to AWS with the token alone, without the program and its session policies, reaches by what is rendered nothing
// that the map does not give them, now and when rules have ended, unless a gap names the role whose data it is; and they reach what the
// map gives. They take any role in any order that lets them, and set whatever session tags they are let.
func TestNobodyReachesMoreThanTheMapGives(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	n := counts{given: make(map[string]int), refused: make(map[string]int)}
	for seed := range uint64(120) {
		random := rand.New(rand.NewPCG(seed, 63))
		text := randomPlaces(random)
		m, err := accessmap.Parse("m", []byte(text))
		if err != nil {
			continue
		}
		n.maps++
		w := newAtAWS(t, m, text)
		for _, person := range persons(random, m) {
			w.holds(t, fmt.Sprintf("seed %d", seed), person, now, &n)
			w.holds(t, fmt.Sprintf("seed %d", seed), person, now.AddDate(1, 0, 0), &n)
		}
	}
	t.Logf("%+v", n)
	given := 0
	for _, q := range questions() {
		given += n.given[q.action]
		if n.given[q.action] < 100 || n.refused[q.action] < 100 {
			t.Errorf("the maps say little of %s: %+v", q.action, n)
		}
	}
	if n.maps < 40 || n.told > 3*given || n.byTag < 50 || n.unproved < 50 {
		t.Errorf("the maps say little: %+v", n)
	}
}

// counts of requests, by their action: given by the map and by AWS, given by neither; and by AWS alone and told of, given by a session
// that others share; and of persons who proved less than a role asks.
type counts struct {
	maps, told, byTag, unproved int
	given, refused              map[string]int
}

// person is who signs in: at a provider, with groups and what it signs of them, or at Identity Center, with assignments.
type person struct {
	identity string
	groups   []string
	tags     map[string]string
	acr      string // what the sign-in proved; "" for nothing
}

// session is a role at AWS that somebody has taken.
type session struct {
	arn  string
	tags string // as key=value,…
}

type atAWS struct {
	m           *accessmap.Map
	s           *desired.State
	text        string
	trust       map[string]*evaluate.Policy
	permissions map[string][]*evaluate.Policy
	buckets     map[string]*evaluate.Policy
	keys        map[string]*evaluate.Policy
	sent        map[string]*evaluate.Policy // session policies of the map's roles
	tags        []map[string]string         // that somebody might set
}

const center1 = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_%s_0123456789abcdef"

func newAtAWS(t *testing.T, m *accessmap.Map, text string) *atAWS {
	t.Helper()
	w := &atAWS{
		m: m, s: of(t, text), text: text, trust: make(map[string]*evaluate.Policy), permissions: make(map[string][]*evaluate.Policy),
		buckets: make(map[string]*evaluate.Policy), keys: make(map[string]*evaluate.Policy), sent: make(map[string]*evaluate.Policy), tags: []map[string]string{nil},
	}
	read := func(d iam.Document) *evaluate.Policy {
		p, err := evaluate.Parse(d.JSON())
		if err != nil {
			t.Fatalf("%v: %s", err, d.JSON())
		}
		return p
	}
	for _, r := range w.s.Roles {
		if len(r.Trust.Statement) > 0 {
			w.trust[r.ARN] = read(r.Trust)
		}
		for _, d := range r.Permissions {
			w.permissions[r.ARN] = append(w.permissions[r.ARN], read(d))
		}
	}
	for _, set := range w.s.PermissionSets {
		for _, d := range set.Permissions {
			w.permissions[fmt.Sprintf(center1, set.Name)] = append(w.permissions[fmt.Sprintf(center1, set.Name)], read(d))
		}
	}
	for _, b := range w.s.Buckets {
		w.buckets[b.Name] = read(iam.Policy(slices.Concat(b.Statements, b.Across)...))
	}
	for _, k := range w.s.Keys {
		w.keys[k.ARN] = read(iam.Policy(k.Statements...))
	}
	for _, tags := range m.Identities["acme"].SignedTags {
		w.tags = append(w.tags, tags)
	}
	for _, r := range m.Roles {
		if len(r.Tags) > 0 {
			w.tags = append(w.tags, r.Tags)
		}
	}
	return w
}

// reached are the sessions that a person comes to, whatever they try.
func (w *atAWS) reached(p person, at time.Time) []session {
	var list []session
	add := func(s session) {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if p.identity == "corp" {
		for _, assigned := range p.groups {
			add(session{fmt.Sprintf(center1, strings.TrimPrefix(assigned, "111122223333/")), ""})
		}
	} else {
		k := token{issuer: "https://login.example.com", claims: map[string][]string{"aud": {"dbxaccess"}, "sub": {"alice"}}, tags: p.tags}
		if p.acr != "" {
			k.claims["acr"] = []string{p.acr}
		}
		for _, arn := range slices.Sorted(maps.Keys(w.trust)) {
			r := k.asked(w.s, arn)
			r.Context["aws:CurrentTime"] = []string{at.Format(time.RFC3339)}
			if w.lets(nil, arn, r, len(p.tags) > 0) {
				add(session{arn, joined(p.tags)})
			}
		}
	}
	for i := 0; i != len(list); i++ { // it grows
		for _, arn := range slices.Sorted(maps.Keys(w.trust)) {
			for _, tags := range w.tags {
				r := w.asks(list[i], "sts:AssumeRole", arn, at)
				r.Context["sts:ExternalId"] = []string{"x"}
				for key, value := range tags {
					r.Context["aws:RequestTag/"+key] = []string{value}
				}
				if w.lets(w.permissions[list[i].arn], arn, r, len(tags) > 0) {
					add(session{arn, joined(tags)})
				}
			}
		}
	}
	return list
}

// lets reports whether a role's trust lets who asks take it.
func (w *atAWS) lets(identity []*evaluate.Policy, arn string, r evaluate.Request, tagged bool) bool {
	layers := evaluate.Layers{Identity: identity, Resource: []*evaluate.Policy{w.trust[arn]}}
	if !evaluate.Decide(layers, r).Allowed {
		return false
	}
	r.Action = "sts:TagSession"
	return !tagged || evaluate.Decide(layers, r).Allowed
}

func (w *atAWS) asks(s session, action, resource string, at time.Time) evaluate.Request {
	r := evaluate.Request{
		Action: action, Resource: resource, Role: s.arn, Principal: "arn:aws:sts::111122223333:assumed-role/" + s.arn[strings.LastIndex(s.arn, "/")+1:] + "/alice",
		Context: map[string][]string{"aws:CurrentTime": {at.Format(time.RFC3339)}, "aws:SecureTransport": {"true"}},
	}
	for tag := range strings.SplitSeq(s.tags, ",") {
		if key, value, ok := strings.Cut(tag, "="); ok {
			r.Context["aws:PrincipalTag/"+key] = []string{value}
		}
	}
	return r
}

func joined(tags map[string]string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, key+"="+tags[key])
	}
	return strings.Join(list, ",")
}

func (w *atAWS) holds(t *testing.T, name string, p person, at time.Time, n *counts) {
	t.Helper()
	sessions := w.reached(p, at)
	var roles []string
	for _, g := range w.m.RolesFor(p.identity, accessmap.Claims{Groups: p.groups}, at) {
		if w.proves(t, p, g.Role) {
			roles = append(roles, g.Role)
		} else {
			n.unproved++
		}
	}
	for _, q := range questions() {
		gives := func(role string) bool { return w.gives(t, role, q, at) }
		got := false
		for _, s := range sessions {
			if !w.allows(s, q, at) {
				continue
			}
			got = true
			switch {
			case slices.ContainsFunc(roles, gives):
				n.given[q.action]++
				if s.tags != "" {
					n.byTag++
				}
			case w.told(s):
				n.told++
			default:
				t.Fatalf("%s at %s: %+v may %s in %+v, and the map gives %q\n%v\n%s\n%s", name, at, p, q, s, roles, w.s.Gaps, w.text, documents(w.s, s.arn))
			}
		}
		if !got {
			n.refused[q.action]++
		}
		if len(p.groups) == 1 && !got && !q.beside && slices.ContainsFunc(roles, func(role string) bool { return gives(role) && !w.m.Unbounded(role) }) {
			t.Fatalf("%s at %s: %+v may not %s by what is rendered, and the map gives %q, %v\n%s\n%s", name, at, p, q, roles, sessions, w.text, documents(w.s, ""))
		}
	}
}

// told reports whether a gap says that who comes to a session's role may do more there.
func (w *atAWS) told(s session) bool {
	return slices.ContainsFunc(w.s.Gaps, func(g desired.Gap) bool {
		a := w.m.Roles[g.Role].AWS
		return slices.Contains([]string{"role-arn-shared", "chain-open-to-all", "trust-by-audience-alone", "signed-tags-alike", "step-up-not-held"}, g.ID) &&
			(a.RoleARN == s.arn || fmt.Sprintf(center1, a.RoleName) == s.arn)
	})
}

func documents(s *desired.State, arn string) string {
	var b strings.Builder
	for _, r := range s.Roles {
		if arn == "" || r.ARN == arn {
			fmt.Fprintln(&b, r.ARN, r.Trust.JSON())
			for _, d := range r.Permissions {
				fmt.Fprintln(&b, "  ", d.JSON())
			}
		}
	}
	for _, set := range s.PermissionSets {
		fmt.Fprintln(&b, set.Name, set.Permissions)
	}
	return b.String()
}
