package accessmap

import (
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct{ takes, refuses []string }{
		"ml":       {[]string{"ml"}, []string{"ML", "ml ", "/ml", "m", ""}},
		`acme\ml`:  {[]string{`acme\ml`}, []string{"acmeml", `acme\\ml`}},
		"data-*":   {[]string{"data-x", "data-", "data-é"}, []string{"data", "xdata-x", "data-x/y", "Data-x"}},
		"*-leads":  {[]string{"ml-leads", "-leads"}, []string{"a/ml-leads", "ml-leads2"}},
		"a*b*c":    {[]string{"abc", "axbxbxc", "abbc"}, []string{"ab", "ab/c", "acb"}},
		"team-?":   {[]string{"team-a", "team-é"}, []string{"team-", "team-ab", "team-/"}},
		"/ml":      {[]string{"/ml"}, []string{"/ml/x", "ml"}},
		"/ml/*":    {[]string{"/ml/leads", "/ml/"}, []string{"/ml", "/ml/a/b", "/mlx/a", "x/ml/a"}},
		"/ml/**":   {[]string{"/ml/leads", "/ml/a/b"}, []string{"/ml", "/mlx/a", "/x/ml/a"}},
		"/*/leads": {[]string{"/ml/leads"}, []string{"/a/b/leads", "/leads", "/ml/leads/x"}},
		"/ml/**/leads": {[]string{"/ml/a/leads", "/ml/a/b/leads"},
			[]string{"/ml/leads", "/ml/leads/x"}},
		"acme/*":    {[]string{"acme/churn"}, []string{"acme", "acme/churn/x", "acme-evil/churn", "evil/acme/x"}},
		"repo:a/*":  {[]string{"repo:a/b:ref:main"}, []string{"repo:a/b:ref:refs/heads/main"}},
		"repo:a/**": {[]string{"repo:a/b:ref:refs/heads/main"}, []string{"repo:ax/b"}},
		"*":         {[]string{"", "a"}, []string{"a/b", "/"}},
		"**":        {[]string{"", "a", "a/b", "/"}, nil},
		"***":       {[]string{"", "a/b"}, nil},
		"?":         {[]string{"a", "é"}, []string{"", "ab", "/"}},
		`a\*`:       {[]string{"a*"}, []string{"ab", `a\*`, "a"}},
		`a\?\\*`:    {[]string{`a?\`, `a?\x`}, []string{`ab\`, `a?`}},
		"a.b*":      {[]string{"a.b"}, []string{"axb"}},
		"[ab]*":     {[]string{"[ab]"}, []string{"a"}},
		"**a**b":    {[]string{"ab", "x/a/b"}, []string{"ba"}},
	} {
		for _, value := range c.takes {
			if !newGlob(rule)(value) {
				t.Errorf("%s refuses %q", rule, value)
			}
		}
		for _, value := range c.refuses {
			if newGlob(rule)(value) {
				t.Errorf("%s takes %q", rule, value)
			}
		}
	}
}

func TestWhatARuleBeginsWith(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"acme/*": "acme/…", "*": "…", "acme": "acme", `a\*b`: "a*b", `a\*b?`: "a*b…", `a\b`: `a\b`, `a\\*`: `a\…`,
	} {
		start, whole := literalStart(rule)
		if !whole {
			start += "…"
		}
		if start != want {
			t.Errorf("%s: got %s, want %s", rule, start, want)
		}
	}
	for _, rule := range []string{"*", "**", "?*", "/**"} {
		if !everything(rule) {
			t.Errorf("%s asks for something", rule)
		}
	}
	for _, rule := range []string{"", "a", "a*", "?", "/*", "/a/**", `\*`, `\*\?`} {
		if everything(rule) {
			t.Errorf("%s asks for nothing", rule)
		}
	}
}

// Matchers that try one way after the other would not be done with these before the end of the test, nor of the year.
func TestNoPatternTakesForEver(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	value := strings.Repeat("a", 2_000)
	for _, pattern := range []string{
		strings.Repeat("*a", 499) + "b", strings.Repeat("**a", 330) + "b", strings.Repeat("a**", 330) + "/b",
		strings.Repeat("*?", 499) + "b", strings.Repeat("*", 999) + "b",
	} {
		if newGlob(pattern)(value) {
			t.Errorf("%.20s… takes what it can't", pattern)
		}
	}
}

// takes reads a rule element by element and keeps the places in the value that it may have come to.
func takes(rule, value string) bool {
	text := []rune(value)
	at := make([]bool, len(text)+1)
	at[0] = true
	for rest := []rune(rule); len(rest) > 0; rest = rest[1:] {
		next := make([]bool, len(at))
		one, many := func(c rune) bool { return c != '/' }, false
		switch {
		case rest[0] == '*' && len(rest) > 1 && rest[1] == '*':
			one, many, rest = func(rune) bool { return true }, true, rest[1:]
		case rest[0] == '*':
			many = true
		case rest[0] != '?':
			if rest[0] == '\\' {
				rest = rest[1:]
			}
			is := rest[0]
			one = func(c rune) bool { return c == is }
		}
		for i := range at {
			next[i] = next[i] || many && at[i]
			if i < len(text) && one(text[i]) && (at[i] || many && next[i]) {
				next[i+1] = true
			}
		}
		at = next
	}
	return at[len(text)]
}

func FuzzMatches(f *testing.F) {
	for _, seed := range [][2]string{
		{"data-*", "data-x"}, {"/ml/**", "/ml/a/b"}, {"a*b*c", "abbc"}, {"**a**b", "x/a/b"}, {`a\*?`, "a*b"}, {"***", "/"},
		{"*/?**/é", "a/b/c/é"}, {"repo:acme/*:**", "repo:acme/x:ref:refs/heads/main"}, {`acme\ml`, `acme\ml`}, {"", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, rule, value string) {
		rule, value = strings.ToValidUTF8(rule, ""), strings.ToValidUTF8(value, "")
		if len(rule) > 200 {
			return
		}
		if _, err := groupForm.accept(rule); err != nil {
			return
		}
		want := rule == value
		if isPattern(rule) {
			want = takes(rule, value)
		}
		if got := newGlob(rule)(value); got != want {
			t.Fatalf("%q and %q: got %v", rule, value, got)
		}
		if start, whole := literalStart(rule); want && (!strings.HasPrefix(value, start) || whole && value != start) {
			t.Fatalf("%q takes %q, which does not begin with %q", rule, value, start)
		}
	})
}
