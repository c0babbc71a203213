package accessmap

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func FuzzParse(f *testing.F) {
	f.Add(testdata(f, "acme.yaml"))
	f.Add(testdata(f, "grants.yaml"))
	f.Add(testdata(f, "trusting.yaml"))
	f.Add([]byte(chainOfRoles(5)))
	f.Add([]byte(sorts(f)))
	f.Add([]byte(chains))
	f.Add([]byte(ending))
	f.Add([]byte(sensitiveMap))
	f.Add(testdata(f, "workloads.yaml"))
	f.Add([]byte(start + "  x: {aws: {role_arn: \"arn:aws:iam::111122223333:role/x\", region: us-east-1, via: y}}\n" +
		"  y: {aws: {role_arn: \"arn:aws:iam::111122223333:role/y\", region: us-east-1, via: x}}\n"))
	f.Add([]byte("\ufeffversion: 1\r\nroles: {a: {inherits: [a]}}\r\n"))
	f.Add([]byte("a: &a [*a]\n---\n\x00"))
	f.Add([]byte(strings.Replace(start, "roles:", "roles:\n  \"a;touch x\": {}", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("m", data)
		if err != nil {
			problems, ok := errors.AsType[*Problems](err)
			if m != nil || !ok || len(problems.List) == 0 {
				t.Fatalf("%T %v", err, err)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "m:") {
					t.Fatalf("a message has a line break: %q", err)
				}
			}
			return
		}
		for name := range concat(maps.Keys(m.Identities), maps.Keys(m.Workspaces), maps.Keys(m.Datasets), maps.Keys(m.Roles)) {
			if _, err := nameForm.accept(name); err != nil {
				t.Fatal(err)
			}
		}
		for name, role := range m.Roles {
			holds(t, m, name, role)
		}
		for _, identity := range m.Identities {
			reaches(t, m, identity)
		}
		m.Check()
		m.Lint(today)
		m.Notes(today)
	})
}

// holds checks what everyone downstream relies on.
func holds(t *testing.T, m *Map, name string, role *Role) {
	t.Helper()
	e, err := m.Effective(name)
	if err != nil {
		t.Fatal(err)
	}
	if e.Workspace != "" && m.Workspaces[e.Workspace] == nil || len(e.Tags) > iam.MaxTags {
		t.Fatalf("%+v", e)
	}
	for _, dataset := range slices.Concat(e.Read, e.Write, e.Delete) {
		if m.Datasets[dataset] == nil {
			t.Fatalf("no dataset %q", dataset)
		}
	}
	policy, err := m.Policy(name, nil, time.Time{})
	switch {
	case err != nil && policy != "":
		t.Fatalf("%v and %s", err, policy)
	case err == nil && policy != "" && (!json.Valid([]byte(policy)) || len(policy) > iam.MaxSessionPolicy):
		t.Fatal(policy)
	case err == nil && role.AWS == nil:
		t.Fatal("a policy for a role that nobody can take")
	}
}

// reaches checks that an identity is of one sort and can begin the way to every role that it gives.
func reaches(t *testing.T, m *Map, i *Identity) {
	t.Helper()
	people := i.ClientID != ""
	center := i.Method() == idp.IdentityCenter
	if people == (i.Method() != idp.OpenIDConnect) || center && i.Token != nil || center != (i.Issuer == "") {
		t.Fatalf("%+v", i)
	}
	for role := range m.gives[i.Name] {
		hops, err := m.Chain(role, i.Method())
		if err != nil {
			t.Fatal(err)
		}
		for n, hop := range hops {
			if set := hop.RoleARN == ""; set != (n == 0 && center) || set != (hop.RoleName != "") || set != (hop.AccountID != "") {
				t.Fatalf("%+v", hops)
			}
		}
		if last := hops[len(hops)-1]; last.Role != role {
			t.Fatalf("%s ends at %s", role, last.Role)
		}
	}
	everyone := Claims{Values: func(string) []string { return []string{"x"} }}
	for group := range i.Groups {
		everyone.Groups = append(everyone.Groups, group)
	}
	for _, grant := range m.RolesFor(i.Name, everyone, today) {
		if len(grant.Because) == 0 || ended(grant.Until, today) || slices.ContainsFunc(grant.Because, func(r Reason) bool { return ended(r.Until, today) }) {
			t.Fatalf("%+v", grant)
		}
	}
	has, lacks := m.RolesFor(i.Name, everyone, today), m.Lacking(i.Name, everyone, today)
	for _, need := range lacks {
		if len(need.Rules) == 0 && need.Ended == nil || slices.ContainsFunc(has, func(g Grant) bool { return g.Role == need.Role }) {
			t.Fatalf("%+v", need)
		}
	}
}

func concat(lists ...iter.Seq[string]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, list := range lists {
			for s := range list {
				if !yield(s) {
					return
				}
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, roles := range []int{1000, 10_000} {
		text := []byte(largeMap(roles))
		b.Run(fmt.Sprintf("roles=%d", roles), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("m", text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// largeMap is a map as a large organisation has it: a dataset and a group for each role, chains of ten that inherit.
func largeMap(roles int) string {
	var groups, datasets, b strings.Builder
	for i := range roles {
		fmt.Fprintf(&groups, "      team %d: [role-%d]\n", i, i)
		fmt.Fprintf(&datasets, "  data-%d:\n    location: s3://bucket-%d/prefix/%d/\n", i, i/100, i)
		fmt.Fprintf(&datasets, "    sensitivity: internal\n")
		fmt.Fprintf(&b, "  role-%d:\n    description: Role number %d\n", i, i)
		fmt.Fprintf(&b, "    aws: {role_arn: \"arn:aws:iam::111122223333:role/role-%d\", region: us-east-1}\n", i)
		fmt.Fprintf(&b, "    read: [data-%d]\n    write: [data-%d]\n", i, i)
		if i%10 > 0 {
			fmt.Fprintf(&b, "    inherits: [role-%d]\n", i-1)
		}
	}
	return "version: 1\nidentities:\n  idp:\n    issuer: https://idp.example\n    client_id: x\n" +
		"    groups:\n" + groups.String() +
		"datasets:\n" + datasets.String() + "roles:\n" + b.String()
}

func TestTenThousandRoles(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	m := parsed(t, largeMap(10_000))
	if len(m.Roles) != 10_000 || len(m.RolesFor("idp", Claims{Groups: []string{"team 9999"}}, today)) != 1 {
		t.Error("something got lost")
	}
}
