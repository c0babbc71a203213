package scope

import (
	"regexp"
	"slices"
	"testing"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s, of string
		want  bool
	}{
		{"sql", "sql", true},
		{"sql", All, true},
		{All, All, true},
		{All, "sql", false},
		{"sql:read", "sql", true},
		{"sql", "sql:read", false},
		{"sql:read:restricted-query", "sql:restricted-query", true},
		{"sql:restricted-query:read", "sql:read:restricted-query", true},
		{"sql:restricted-query", "sql:read", false},
		{"clusters:read", "all-apis:read", true},
		{"clusters", "all-apis:read", false},
		{"sql.statements", "sql", false}, // whether it does, nobody says
		{"sqlx", "sql", false},
	} {
		if got := Within(c.s, c.of); got != c.want {
			t.Errorf("%s within %s: %v", c.s, c.of, got)
		}
	}
}

func TestOneWayToWriteAScope(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"sql": "sql", "sql:restricted-query:read": "sql:read:restricted-query", "sql:read:read": "sql:read",
		"iam.current-user:read": "iam.current-user:read",
		"offline_access":        "", "openid": "", "email": "",
	} {
		if got, err := Canonical(s); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", s, got, err)
		}
	}
}

func TestCommon(t *testing.T) {
	t.Parallel()
	agents := []string{"clusters:read", "sql:read", "sql:restricted-query"}
	for _, c := range []struct{ of, want []string }{
		{[]string{All}, agents},
		{[]string{"sql"}, agents[1:]},
		{[]string{"sql:restricted-query"}, []string{"sql:restricted-query"}}, // reading by it lies within it
		{[]string{"sql:read"}, []string{"sql:read"}},
		{[]string{"all-apis:read"}, []string{"clusters:read", "sql:read"}},
		{[]string{"jobs", "clusters"}, []string{"clusters:read"}},
		{[]string{"jobs"}, nil},
		{nil, nil},
	} {
		for _, got := range [][]string{Common(c.of, agents), Common(agents, c.of)} {
			if !slices.Equal(got, c.want) {
				t.Errorf("%v: %v, want %v", c.of, got, c.want)
			}
		}
	}
}

// What two lists have in common lies within both, and holds whatever does.
func FuzzCommon(f *testing.F) {
	f.Add("sql:read", "sql:restricted-query", "all-apis", "sql:read:restricted-query")
	f.Add("clusters", "jobs:read", "clusters:read", "clusters:read")
	form := regexp.MustCompile(Pattern)
	f.Fuzz(func(t *testing.T, a, b, c, probe string) {
		if slices.ContainsFunc([]string{a, b, c, probe}, func(s string) bool { return !form.MatchString(s) }) {
			t.Skip()
		}
		both := Common([]string{a, b}, []string{c})
		for _, s := range both {
			if !WithinAny(s, []string{a, b}) || !Within(s, c) {
				t.Errorf("%q of %q, %q and %q goes beyond them", s, a, b, c)
			}
		}
		if WithinAny(probe, []string{a, b}) && Within(probe, c) != WithinAny(probe, both) {
			t.Errorf("%q of %q, %q and %q: %q", probe, a, b, c, both)
		}
	})
}

// What lies within a second scope, which lies within a third, lies within that too, however they are written.
func FuzzWithin(f *testing.F) {
	f.Add("sql:read:restricted-query", "sql:read", "sql")
	f.Add("clusters", "all-apis", "all-apis")
	form := regexp.MustCompile(Pattern)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if slices.ContainsFunc([]string{a, b, c}, func(s string) bool { return !form.MatchString(s) }) {
			t.Skip()
		}
		if !Within(a, a) || !Within(a, All) {
			t.Errorf("%q is not within itself or everything", a)
		}
		if Within(a, b) && Within(b, c) && !Within(a, c) {
			t.Errorf("%q in %q in %q", a, b, c)
		}
		if canonical, err := Canonical(a); err == nil && (!Within(a, canonical) || !Within(canonical, a) || !form.MatchString(canonical)) {
			t.Errorf("%q became %q", a, canonical)
		}
	})
}
