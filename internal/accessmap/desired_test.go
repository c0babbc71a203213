package accessmap_test

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
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

// The permissions that an IAM role is to have, met with the session policy of a role of the map, are what the map's words grant, and they
// hold nothing that no role of the map which stands on it is granted. Many roles share one ARN here.
func TestPermissionsAreTheLeastThatTheMapNeeds(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const worlds = 200
	for seed := range uint64(worlds) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			w := randomWorld(rand.New(rand.NewPCG(seed, 0)))
			m, err := accessmap.Parse("random.yaml", []byte(given(w)))
			if err != nil {
				t.Fatal(err)
			}
			permissionsHold(t, w, m)
		})
	}
}

func TestPermissionsOfTheExamples(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	judged := 0
	for name, text := range exampleMaps(t) {
		if m, err := accessmap.Parse(name, []byte(text)); err == nil {
			judged += permissionsHold(t, worldOf(m), m)
		}
	}
	if judged < 40 {
		t.Errorf("%d roles: maps were missed", judged)
	}
}

// given is the world's text, every role given to a group.
func given(w world) string {
	var names []string
	for _, r := range w.roles {
		names = append(names, r.name)
	}
	return strings.Replace(w.text(), "groups: {}", "groups: {ml: ["+strings.Join(names, ", ")+"]}", 1)
}

func permissionsHold(t *testing.T, w world, m *accessmap.Map) (judged int) {
	t.Helper()
	state, err := desired.Of(m, nil, desired.Options{Now: today})
	if err != nil {
		t.Fatal(err)
	}
	permissions := make(map[string][]*evaluate.Policy)
	for _, r := range state.Roles {
		for _, d := range r.Permissions {
			text := d.JSON()
			p, err := evaluate.Parse(text)
			if err != nil || len(text) > desired.MaxManagedPolicy {
				t.Fatalf("%s: %v, %d characters: %s", r.ARN, err, len(text), text)
			}
			permissions[r.ARN] = append(permissions[r.ARN], p)
		}
	}
	requests := w.requests()
	sharing, unbounded := make(map[string][]grants), make(map[string]bool)
	for _, r := range w.roles {
		a := m.Roles[r.name].AWS
		if a == nil || permissions[a.RoleARN] == nil {
			continue
		}
		if m.Unbounded(r.name) {
			unbounded[a.RoleARN] = true
			continue
		}
		judged++
		sharing[a.RoleARN] = append(sharing[a.RoleARN], w.grants(r, nil))
		text, err := m.Policy(r.name, nil, time.Time{})
		if err != nil {
			continue // it is too long
		}
		session, err := evaluate.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.ManagedPolicies) > 0 {
			continue // what they allow stands elsewhere
		}
		g := w.grants(r, nil)
		layers := evaluate.Layers{Identity: permissions[a.RoleARN], Session: []*evaluate.Policy{session}}
		for _, q := range requests {
			if got, want := evaluate.Decide(layers, q.asked(r.partition())).Allowed, g.allows(q); got != want {
				t.Fatalf("role %s, %s: allowed by the map %v, by permissions and session policy %v", r.name, q, want, got)
			}
		}
	}
	for _, roleARN := range slices.Sorted(maps.Keys(sharing)) {
		layers := evaluate.Layers{Identity: permissions[roleARN]}
		for _, q := range requests {
			some := slices.ContainsFunc(sharing[roleARN], func(g grants) bool { return g.allows(q) })
			alone := len(sharing[roleARN]) == 1 && !unbounded[roleARN] // else what one role is denied is none of the others'
			if got := evaluate.Decide(layers, q.asked(role{arn: roleARN}.partition())).Allowed; got && !some && alone || some && !got {
				t.Fatalf("%s, %s: granted to some role of the map %v, allowed by the permissions %v", roleARN, q, some, got)
			}
		}
	}
	return judged
}
