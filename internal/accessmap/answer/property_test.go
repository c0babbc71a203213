package answer_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

const randomMaps = 60

// Who must leave out nobody: whatever a role's policy allows at an object of a dataset, by AWS's rules, has its line.
func TestWhoKnowsEverybodyWhomThePolicyLetsIn(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for seed := range uint64(randomMaps) {
		text := randomMap(rand.New(rand.NewPCG(seed, 1)))
		m := parse(t, text)
		x := newJudge(t, m)
		for name, d := range m.Datasets {
			for verb, action := range actions() {
				who, err := x.Who(name, verb)
				if err != nil {
					t.Fatal(err)
				}
				for role := range m.Roles {
					if len(givers(t, x.Index, role)) == 0 {
						continue
					}
					listed := slices.ContainsFunc(who.Holders, func(h answer.Holder) bool { return h.Role == role })
					for _, key := range keys() {
						if in(d, key) && x.verdict(role, action, key) != answer.Denied && !listed {
							t.Fatalf("seed %d: %s may %s %s, and who %s does not say so\n%s", seed, role, verb, key, name, text)
						}
					}
					if listed && !slices.ContainsFunc(within(d), func(key string) bool { return x.verdict(role, action, key) != answer.Denied }) {
						t.Fatalf("seed %d: who %s lists %s for %s, which its policy denies all over\n%s", seed, name, role, verb, text)
					}
				}
			}
		}
	}
}

// Who is told to gain or lose nothing, gains or loses nothing: no group may afterwards do what it could not do before, judged by what is
// compiled for AWS.
func TestNoGainOrLossIsSilent(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	told := 0
	for seed := range uint64(randomMaps) {
		r := rand.New(rand.NewPCG(seed, 2))
		texts := [2]string{randomMap(r), randomMap(r)}
		if seed%2 == 0 { // a small change of the same map
			texts[1] = strings.Replace(texts[0], "read: [data-0", "read: [data-1", 1)
			if strings.Contains(texts[1], "data-1, data-1") {
				continue
			}
		}
		before, after := parse(t, texts[0]), parse(t, texts[1])
		first, second := newJudge(t, before), newJudge(t, after)
		d := answer.Diff(before, after, now)
		for _, group := range []string{"ml", "ml-leads", "fraud"} {
			gains, losses := false, false
			for _, c := range d.Changes {
				if c.Topic == answer.AboutPeople && takes(c.Subject.Group, group) {
					gains = gains || c.Effect == accessmap.Widens
					losses = losses || c.Effect == accessmap.Narrows
					told++
				}
			}
			claims := accessmap.Claims{Groups: []string{group}}
			was, is := before.RolesFor("acme", claims, now), after.RolesFor("acme", claims, now)
			for _, key := range keys() {
				for verb, action := range actions() {
					had, has := first.may(was, action, key), second.may(is, action, key)
					if has && !had && !gains || had && !has && !losses {
						t.Fatalf("seed %d: group %s may %s %s: %v, then %v, and the difference is silent\n%s\n%s", seed, group, verb, key, had, has, texts[0], texts[1])
					}
				}
			}
		}
	}
	if told < randomMaps/2 {
		t.Errorf("only %d changes were told: are the maps still different?", told)
	}
}

// The same map differs from itself in nothing, and what one direction gains the other loses.
func TestDifferencesHaveTwoSides(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for seed := range uint64(randomMaps) {
		r := rand.New(rand.NewPCG(seed, 3))
		a, b := parse(t, randomMap(r)), parse(t, randomMap(r))
		if d := answer.Diff(a, a, now); len(d.Changes) > 0 || d.Widens {
			t.Fatalf("seed %d: %+v", seed, d)
		}
		count := func(d *answer.Difference, effect accessmap.Effect) (n int) {
			for _, c := range d.Changes {
				if c.Topic == answer.AboutPeople && c.Effect == effect {
					n++
				}
			}
			return n
		}
		there, back := answer.Diff(a, b, now), answer.Diff(b, a, now)
		if count(there, accessmap.Widens) != count(back, accessmap.Narrows) || count(there, accessmap.Narrows) != count(back, accessmap.Widens) {
			t.Fatalf("seed %d: %+v\n%+v", seed, there, back)
		}
	}
}

// takes reports whether a rule on groups of randomMap is about a group.
func takes(rule, group string) bool {
	return rule == group || rule == "**" || rule == "ml*" && strings.HasPrefix(group, "ml")
}

func givers(t *testing.T, x *answer.Index, role string) []answer.Giver {
	t.Helper()
	shown, err := x.Show(role)
	if err != nil {
		t.Fatal(err)
	}
	return shown.Roles[0].GivenTo
}

// judge is a map with what was judged already.
type judge struct {
	*answer.Index

	t     *testing.T
	known map[[3]string]string
}

func newJudge(t *testing.T, m *accessmap.Map) *judge {
	t.Helper()
	return &judge{answer.New(m, now), t, make(map[[3]string]string)}
}

func (j *judge) verdict(role, action, key string) string {
	j.t.Helper()
	question := [3]string{role, action, key}
	if verdict, ok := j.known[question]; ok {
		return verdict
	}
	q, err := answer.NewQuestion(action, key)
	if err != nil {
		j.t.Fatal(err)
	}
	v, err := j.Judge(role, q)
	if err != nil {
		j.t.Fatal(err)
	}
	j.known[question] = v.Verdict
	return v.Verdict
}

// may reports whether one of some roles allows an action, those that the map does not limit included.
func (j *judge) may(grants []accessmap.Grant, action, key string) bool {
	j.t.Helper()
	return slices.ContainsFunc(grants, func(g accessmap.Grant) bool { return j.verdict(g.Role, action, key) != answer.Denied })
}

// in reports whether an object is in a dataset.
func in(d *accessmap.Dataset, key string) bool {
	return slices.ContainsFunc(d.Locations, func(l accessmap.Location) bool { return strings.HasPrefix(key, l.String()) })
}

// within are the objects that are in a dataset.
func within(d *accessmap.Dataset) []string {
	return slices.DeleteFunc(keys(), func(key string) bool { return !in(d, key) })
}
