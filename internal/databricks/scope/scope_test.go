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
