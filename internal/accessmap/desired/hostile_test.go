package desired_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whatever a map says, what is written is what IAM reads, nothing lets in everybody, and gaps are text.
func FuzzOf(f *testing.F) {
	for _, text := range []string{people, pieces, center} {
		f.Add([]byte(text))
	}
	for _, name := range []string{"acme", "trusting", "workloads", "sorts", "grants"} {
		data, err := os.ReadFile("../testdata/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := accessmap.Parse("m", data)
		if err != nil {
			return
		}
		const most = 3 // roles that are asked for by themselves, with people listed: each takes the time of all
		s, err := desired.Of(m, nil, desired.Options{Now: now})
		for n, name := range append([]string{""}, slices.Sorted(maps.Keys(m.Roles))...) {
			if n > most {
				break
			}
			if n > 0 {
				s, err = desired.Of(m, []string{name}, desired.Options{Now: now, Subjects: []string{"${aws:userid}*"}})
			}
			if e, is := errors.AsType[*ui.Error](err); is && n > 0 && e.ID == "subjects-of-several" {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			written(t, s)
		}
	})
}

// written holds a state to what IAM reads.
func written(t *testing.T, s *desired.State) {
	t.Helper()
	for _, r := range s.Roles {
		for _, d := range append(r.Permissions, r.Trust) {
			if len(d.Statement) == 0 {
				continue
			}
			if _, err := evaluate.Parse(d.JSON()); err != nil {
				t.Fatalf("%s: %v: %s", r.ARN, err, d.JSON())
			}
		}
		for _, statement := range r.Trust.Statement {
			if statement.Effect == "Deny" {
				continue
			}
			narrowed(t, statement)
		}
	}
	for _, g := range s.Gaps {
		if text := g.What + g.Fix; g.ID == "" || text != ui.Clean(text) || strings.Contains(text, "\n") {
			t.Fatalf("%+v", g)
		}
	}
}

// narrowed checks that a statement of a trust policy is for someone: who comes with a token, for the audience; who is not named, by
// organisation.
func narrowed(t *testing.T, s iam.Statement) {
	t.Helper()
	audience, organisation := false, false
	for key := range s.Condition["StringEquals"] {
		audience = audience || strings.HasSuffix(key, ":aud")
		organisation = organisation || key == "aws:PrincipalOrgID"
	}
	for _, operator := range []string{"StringLike", "Null"} { // of azp
		for key := range s.Condition[operator] {
			audience = audience || strings.HasSuffix(key, ":aud")
		}
	}
	if len(s.Principal["Federated"]) > 0 && !audience || strings.Join(s.Principal["AWS"], "") == "*" && !organisation {
		t.Fatalf("for everybody: %s", s.JSON())
	}
}

// Ten thousand roles, and a hundred rules that lead to each of some: the work is in proportion to the map. What is counted is what is
// allocated, which is the same on every machine; make bench has the time.
func TestTenThousandRoles(t *testing.T) {
	needed.FullSpeed(t)
	const roles = 10_000
	var b strings.Builder
	b.WriteString("version: 1\nidentities:\n  acme:\n    issuer: https://id.example\n    client_id: x\n    groups:\n")
	for i := range roles {
		if i < 100 {
			fmt.Fprintf(&b, "      g%d: [r%d]\n", i, i)
		} else {
			fmt.Fprintf(&b, "      g%d: [r%d, r%d]\n", i, i, i%100)
		}
	}
	b.WriteString("datasets:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "  d%d: {location: s3://lake/d%d/}\n", i, i)
	}
	b.WriteString("roles:\n")
	for i := range roles {
		fmt.Fprintf(&b, "  r%d: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r%d\", region: us-east-1}, read: [d%d], tags: {n: x}}\n", i, i, i%100)
	}
	m := parse(t, b.String())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := desired.Of(m, nil, desired.Options{Now: now})
	if err != nil || len(s.Roles) != roles {
		t.Fatalf("%v, %d roles", err, len(s.Roles))
	}
	runtime.ReadMemStats(&after)
	const most = 600
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > most {
		t.Errorf("%d MB are allocated, %d at most", mb, most)
	} else {
		t.Logf("%d MB", mb)
	}
}
