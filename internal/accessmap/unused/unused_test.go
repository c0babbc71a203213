package unused_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/unused"
	"github.com/dbxaccess/dbxaccess/internal/audit"
)

var now = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

// worldWith is a map with roles and groups in braces.
func worldWith(t *testing.T, groups, roles, more string) *accessmap.Map {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(`version: 1
identities:
  acme: { issuer: https://id.example, client_id: c, groups: { `+groups+` } }
`+more+`
datasets:
  churn: { location: s3://acme-ml/churn/ }
  inner: { location: s3://acme-ml/churn/inner/ }
  other: { location: s3://acme-ml/other/, deny: [s3://acme-ml/other/raw/] }
  alone: { location: s3://acme-alone/ }
  spread: { locations: [s3://acme-ml/spread/, s3://acme-dark/] }
roles:
`+strings.ReplaceAll(roles, "AWS", "aws: { role_arn: arn:aws:iam::111122223333:role/r, region: us-east-1 }")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

type use struct{ group, role, dataset, verb string }

// traceOf is a trace of uses, each once, in whose log every bucket but acme-dark has both kinds of events.
func traceOf(uses []use, unjoined ...use) string {
	sums := map[string]map[string]int{"churn": {}, "inner": {}, "other": {"write": 1, "read": 1}, "alone": {"write": 1, "read": 1}}
	grants := []map[string]any{{"identity": "else", "role": "elsewhere", "dataset": "other", "verb": "read", "reads": 1}, {"identity": "else", "role": "elsewhere", "dataset": "other", "verb": "write", "writes": 1},
		{"identity": "else", "role": "elsewhere", "dataset": "alone", "verb": "read", "reads": 1}, {"identity": "else", "role": "elsewhere", "dataset": "alone", "verb": "write", "writes": 1}}
	for _, u := range uses {
		sums[u.dataset][u.verb]++
		grants = append(grants, map[string]any{"identity": "acme", "group": u.group, "role": u.role, "dataset": u.dataset, "verb": u.verb, u.verb + "s": 1})
	}
	for _, u := range unjoined {
		sums[u.dataset][u.verb]++
	}
	var datasets []map[string]any
	for name, s := range sums {
		datasets = append(datasets, map[string]any{
			"dataset": name, "reads": s["read"], "writes": s["write"], "deletes": s["delete"], "first": "2026-09-01T00:00:00Z", "last": "2026-11-29T00:00:00Z",
		})
	}
	text, err := json.Marshal(map[string]any{
		"accesses": []any{}, "entries": 9, "accesses_in_all": 9, "not_joined": []any{}, "grants": grants, "datasets": datasets, "damaged_lines_of_record": 0, "problems": []any{},
		"people": []any{map[string]any{"person": "x"}},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestByTrace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		groups, roles, more string
		uses, unjoined      []use
		want                []string // group role dataset verb: what goes, or why it stays
	}{
		"a role that nobody used": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn] }", want: []string{"a r churn read: rule"},
		},
		"a verb that nobody used": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn], write: [churn] }", uses: []use{{"a", "r", "churn", "read"}},
			want: []string{"a r churn write: grant"},
		},
		"a group that did not use what another did": {
			groups: "a: [r], b: [r]", roles: "  r: { AWS, read: [churn, other] }", uses: []use{{"a", "r", "churn", "read"}, {"b", "r", "other", "read"}},
			want: []string{"a r other read: used-by-others", "b r churn read: used-by-others"},
		},
		"any group may have been it": {
			groups: "a: [r], b: [r]", roles: "  r: { AWS, read: [churn] }", uses: []use{{"", "r", "churn", "read"}},
		},
		"inherited and used by another": {
			groups: "a: [r], b: [s]", roles: "  base: { read: [churn, alone] }\n  r: { AWS, inherits: [base], write: [churn] }\n  s: { AWS, inherits: [base], write: [churn] }",
			uses: []use{{"a", "r", "churn", "read"}, {"a", "r", "churn", "write"}, {"b", "s", "churn", "write"}},
			want: []string{"a r alone read: grant", "b s alone read: grant", "b s churn read: used-by-others"},
		},
		"a dataset inside another": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn, alone] }", uses: []use{{"a", "r", "inner", "read"}},
			want: []string{"a r alone read: grant"},
		},
		"unjoined inside another": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn, other] }", uses: []use{{"a", "r", "other", "read"}}, unjoined: []use{{"", "", "inner", "read"}},
			want: []string{"a r churn read: unjoined"},
		},
		"a bucket without events": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn, spread] }", uses: []use{{"a", "r", "churn", "read"}},
			want: []string{"a r spread read: no-events"},
		},
		"a pattern": {
			groups: "'a*': [r]", roles: "  r: { AWS, read: [churn] }", want: []string{"a* r churn read: pattern"},
		},
		"a workspace beside": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn], workspace: w }", more: "workspaces: { w: { host: https://dbc-1.cloud.databricks.com } }",
			want: []string{"a r churn read: more-than-data"},
		},
		"a workload": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn, other] }", uses: []use{{"a", "r", "churn", "read"}},
			more: "  ci: { token: { from: github-actions, audience: sts.amazonaws.com }, claims: [ { match: { repository: acme/x, repository_owner_id: '1' }, roles: [r] } ] }",
			want: []string{"a r other read: jobs"},
		},
		"the last dataset of another": {
			groups: "a: [r, s]", roles: "  base: { read: [churn] }\n  r: { AWS, inherits: [base], workspace: w }\n  s: { AWS, inherits: [base], write: [churn] }",
			more: "workspaces: { w: { host: https://dbc-1.cloud.databricks.com } }", uses: []use{{"a", "s", "churn", "write"}},
			want: []string{"a r churn read: more-than-data", "a s churn read: only-narrowing"},
		},
		"a dataset that denies": {
			groups: "a: [r]", roles: "  r: { AWS, read: [churn, other] }", uses: []use{{"a", "r", "churn", "read"}},
			want: []string{"a r other read: denies"},
		},
		"what has ended": {
			groups: "a: [ { role: r, until: 2026-01-01 } ], b: [s]", roles: "  r: { AWS, read: [churn] }\n  s: { AWS, read: [churn] }", uses: []use{{"b", "s", "churn", "read"}},
		},
	} {
		m := worldWith(t, c.groups, c.roles, c.more)
		text := traceOf(c.uses, c.unjoined...)
		trace, err := unused.ReadTrace(strings.NewReader(text))
		if err != nil {
			t.Fatal(name, err)
		}
		got, unseen := unused.ByTrace(m, trace, now)
		if list := told(got); !slices.Equal(list, c.want) {
			t.Errorf("%s: %q, want %q", name, list, c.want)
		}
		if len(unseen) == 0 || unseen[0].ID != "span" {
			t.Errorf("%s: the span is not told first: %v", name, unseen)
		}
	}
}

func told(a unused.Answer) (list []string) {
	for _, g := range a.Unused {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", g.Group, g.Role, g.Dataset, g.Verb))+": "+g.Goes+string(g.Stays))
	}
	slices.Sort(list)
	return list
}

func TestByRecord(t *testing.T) {
	t.Parallel()
	m := worldWith(t, "a: [r, s], b: [r], 'c*': [s], d: [s]", "  r: { AWS, read: [churn] }\n  s: { AWS, read: [churn] }", "")
	issued := unused.NewIssued(now.AddDate(0, 0, -90))
	who := audit.Who{Identity: "acme", Subject: "alice"}
	entitled := audit.New(now.AddDate(-1, 0, 0), audit.Entitle, who)
	entitled.Grants = []audit.Grant{{Role: "r", Group: "a"}, {Role: "s", Group: "a"}, {Role: "s", Group: "d"}}
	early, refused, served := audit.New(now.AddDate(-1, 0, 0), audit.Assume, who), audit.New(now, audit.Assume, who), audit.New(now, audit.Serve, who)
	early.Role, early.Group = "s", "a"
	refused.Role, refused.Group, refused.Refused = "s", "d", errors.New("no")
	served.Role, served.Group = "r", "a"
	for _, r := range []audit.Record{entitled, early, refused, served} {
		issued.Add(&r)
	}
	got, unseen := unused.ByRecord(m, issued, now)
	want := []string{"a s: rule", "b r: not-held-here", "c* s: pattern", "d s: rule"}
	if list := told(got); !slices.Equal(list, want) || unseen[0].ID != "one-machine" {
		t.Errorf("%q %v", list, unseen)
	}
	issued.LeaveOut()
	got, unseen = unused.ByRecord(m, issued, now)
	want = []string{"a s: record-damaged", "b r: not-held-here", "c* s: pattern", "d s: record-damaged"}
	if list := told(got); !slices.Equal(list, want) || len(got.Rules) > 0 || unseen[2].ID != "record-damaged" {
		t.Errorf("with a line left out: %q %v", list, unseen)
	}
}

func TestWhatIsNoTrace(t *testing.T) {
	t.Parallel()
	good := traceOf([]use{{"a", "r", "churn", "read"}})
	if _, err := unused.ReadTrace(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat(`{"identity":"acme","role":"r","dataset":"churn","verb":"read"},`, 10_000)
	for name, text := range map[string]string{
		"nothing":          "",
		"a list":           "[]",
		"cut short":        good[:len(good)-1],
		"more behind":      good + "{}",
		"no grants":        strings.Replace(good, `"grants"`, `"grant"`, 1),
		"twice":            strings.Replace(good, `{"accesses"`, `{"entries":1,"accesses"`, 1),
		"a negative count": strings.Replace(good, `"reads":1`, `"reads":-1`, 1),
		"a verb of none":   strings.Replace(good, `"verb":"read"`, `"verb":"own"`, 1),
		"more than in all": strings.Replace(good, `"identity":"acme","reads":1`, `"identity":"acme","reads":2`, 1),
		"no dataset's":     strings.Replace(good, `"dataset":"churn","deletes"`, `"dataset":"burn","deletes"`, 1),
		"a problem":        strings.Replace(good, `"problems":[]`, `"problems":[{}]`, 1),
		"too many":         strings.Replace(good, `"grants":[`, `"grants":[`+many, 1),
		"a long access":    strings.Replace(good, `"accesses":[]`, `"accesses":[{"reason":"`+strings.Repeat("x", 2<<20)+`"}]`, 1),
		"deep":             strings.Repeat("[", 1<<20),
	} {
		if text == good {
			t.Fatal(name)
		}
		trace, err := unused.ReadTrace(strings.NewReader(text))
		if err == nil {
			t.Errorf("%s: %+v", name, trace)
		}
		if whole := errors.Is(err, unused.ErrNotWhole); whole != (name == "a problem") {
			t.Errorf("%s: %v", name, err)
		}
		if tooMany := errors.Is(err, unused.ErrTooMany); tooMany != (name == "too many") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// However many accesses a trace has, they are stepped over.
func TestManyAccesses(t *testing.T) {
	t.Parallel()
	const each = `{"person":"alice","reason":"` + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + `"}`
	good := traceOf(nil)
	head, rest, _ := strings.Cut(good, `"accesses":[`)
	in := io.MultiReader(strings.NewReader(head+`"accesses":[`+each), strings.NewReader(strings.Repeat(","+each, 50_000)), strings.NewReader(rest))
	if _, err := unused.ReadTrace(in); err != nil {
		t.Error(err)
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add(traceOf([]use{{"a", "r", "churn", "read"}}))
	f.Add(`{"accesses":[{}],"grants":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := unused.ReadTrace(strings.NewReader(text))
		if err == nil && !json.Valid([]byte(text)) {
			t.Errorf("%q: %+v", text, trace)
		}
	})
}
