package accessmap

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const ending = `version: 1
identities:
  acme:
    issuer: https://id.example
    client_id: cc
    groups:
      ml: [trainer, {role: admin, until: 2027-01-31, reason: "audit 2027"}]
      night: [{role: admin, until: "2027-01-31T18:00:00+01:00"}]
      leads: [{role: admin, reason: on call}]
    claims:
      - {match: {team: churn}, roles: [{role: trainer, until: 2026-12-01}]}
  corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [{role: set, until: 2027-02-28}]}
roles:
  trainer: {aws: {role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1}}
  admin: {aws: {role_arn: "arn:aws:iam::111122223333:role/admin", region: us-east-1}}
  set: {aws: {account_id: "111122223333", role_name: Set, region: us-east-1}}
`

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment.UTC()
}

func TestRolesThatAreGivenForAWhile(t *testing.T) {
	t.Parallel()
	m := parsed(t, ending)
	want := []Given{{Role: "trainer"}, {Role: "admin", Until: moment(t, "2027-02-01T00:00:00Z"), Reason: "audit 2027"}}
	if diff := cmp.Diff(want, m.Identities["acme"].Groups["ml"], cmpopts.IgnoreUnexported(Given{})); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct {
		groups []string
		team   string
		now    string
		given  []string // role and end
		ended  []string
	}{
		"a day is whole":            {[]string{"ml"}, "", "2027-01-31T23:59:59Z", []string{"admin 2027-02-01T00:00:00Z", "trainer "}, nil},
		"and over":                  {[]string{"ml"}, "", "2027-02-01T00:00:00Z", []string{"trainer "}, []string{"admin 2027-02-01T00:00:00Z"}},
		"a moment":                  {[]string{"night"}, "", "2027-01-31T16:59:59Z", []string{"admin 2027-01-31T17:00:00Z"}, nil},
		"has come":                  {[]string{"night"}, "", "2027-01-31T17:00:00Z", nil, []string{"admin 2027-01-31T17:00:00Z"}},
		"of two ends the later":     {[]string{"ml", "night"}, "", "2027-01-01T00:00:00Z", []string{"admin 2027-02-01T00:00:00Z", "trainer "}, nil},
		"one of two has ended":      {[]string{"ml", "night"}, "", "2027-01-31T20:00:00Z", []string{"admin 2027-02-01T00:00:00Z", "trainer "}, nil},
		"no end beats any":          {[]string{"night", "leads", "ml"}, "", "2027-01-01T00:00:00Z", []string{"admin ", "trainer "}, nil},
		"and outlives them":         {[]string{"night", "leads"}, "", "2030-01-01T00:00:00Z", []string{"admin "}, nil},
		"a rule on claims":          {nil, "churn", "2026-12-01T23:59:59Z", []string{"trainer 2026-12-02T00:00:00Z"}, nil},
		"that has ended":            {nil, "churn", "2026-12-02T00:00:00Z", nil, []string{"trainer 2026-12-02T00:00:00Z"}},
		"the last of what is over":  {[]string{"ml", "night"}, "", "2028-01-01T00:00:00Z", []string{"trainer "}, []string{"admin 2027-02-01T00:00:00Z"}},
		"nothing ended for a guest": {[]string{"guests"}, "", "2028-01-01T00:00:00Z", nil, nil},
	} {
		who := claiming(c.groups, map[string][]string{"team": {c.team}})
		if got := endsOf(m.RolesFor("acme", who, moment(t, c.now))); !slices.Equal(got, c.given) {
			t.Errorf("%s: gives %q, want %q", name, got, c.given)
		}
		if got := endsOf(m.EndedFor("acme", who, moment(t, c.now))); !slices.Equal(got, c.ended) {
			t.Errorf("%s: ended are %q, want %q", name, got, c.ended)
		}
	}
	assigned := claiming([]string{"111122223333/Set"}, nil)
	if got := endsOf(m.RolesFor("corp", assigned, moment(t, "2027-02-28T12:00:00Z"))); !slices.Equal(got, []string{"set 2027-03-01T00:00:00Z"}) {
		t.Errorf("an assignment gives %q", got)
	}
	if got := m.RolesFor("corp", assigned, moment(t, "2027-03-01T00:00:00Z")); len(got) != 0 {
		t.Errorf("an assignment gives %+v", got)
	}
	if !m.Gives("corp", "set") {
		t.Error("the names of profiles must not change with the day")
	}
}

// endsOf are roles with their ends, which must be the latest of their reasons'.
func endsOf(grants []Grant) (list []string) {
	for _, g := range grants {
		end := ""
		if !g.Until.IsZero() {
			end = g.Until.Format(time.RFC3339)
		}
		list = append(list, g.Role+" "+end)
	}
	return list
}

func TestWhatHasEndedIsTold(t *testing.T) {
	t.Parallel()
	m := parsed(t, ending)
	needs := m.Lacking("acme", claiming([]string{"ml"}, nil), moment(t, "2027-02-01T00:00:00Z"))
	if len(needs) != 1 || needs[0].Ended == nil || needs[0].Ended.Words() != "until 2027-01-31 (audit 2027)" ||
		!slices.Equal(needs[0].Rules, []string{`the group "leads" in the claim "groups"`}) {
		t.Errorf("%+v", needs)
	}
	needs = m.Lacking("acme", Claims{}, moment(t, "2027-01-31T00:00:00Z"))
	if len(needs) != 2 || needs[0].Ended != nil || !slices.Contains(needs[0].Rules, `the group "ml" in the claim "groups" (until 2027-01-31)`) ||
		!slices.Contains(needs[0].Rules, `the group "night" in the claim "groups" (until 2027-01-31T17:00:00Z)`) {
		t.Errorf("%+v", needs)
	}
}

func TestWrongEnds(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		`{role: admin, until: tomorrow}`:                                  `until: "tomorrow" is neither a day, as in 2027-01-31, nor a time`,
		`{role: admin, until: 2027-02-30}`:                                `until: "2027-02-30" is no day of the calendar`,
		`{role: admin, until: 2027-1-31}`:                                 `until: "2027-1-31" is neither a day`,
		`{role: admin, until: 2027-01-31 18:00:00}`:                       `until: "2027-01-31 18:00:00" is neither a day`,
		`{role: admin, until: 2027-01-31T18:00:00}`:                       `until: "2027-01-31T18:00:00" is neither a day`,
		`{role: admin, until: 2027-01-31T18:00:00.5Z}`:                    `is neither a day`,
		`{role: admin, until: 9999-12-31}`:                                `is neither a day`, // the day after it has five digits
		`{role: admin, until: 20270131}`:                                  `until: expected a day, as in 2027-01-31, found a number`,
		`{role: admin, until: [2027-01-31]}`:                              `until: expected a day, as in 2027-01-31, found a list`,
		`{role: admin, until: }`:                                          `until: expected a day, as in 2027-01-31, found nothing`,
		`{role: admin, reason: ""}`:                                       `reason: no reason`,
		`{role: admin, reason: "a\u202eb"}`:                               `reason: "a\u202eb" holds a line break`,
		`{role: admin, reason: "a\tb"}`:                                   `reason: "a\tb" holds a line break or a control character`,
		`{role: admin, end: 2027-01-31}`:                                  `unknown key "end"`,
		`{until: 2027-01-31}`:                                             `the key role is missing`,
		`{role: nobody, until: 2027-01-31}`:                               `role: no role is called "nobody"`,
		`trainer`:                                                         `"trainer" is listed twice`,
		`{role: trainer, until: 2027-01-31}`:                              `"trainer" is listed twice`,
		`[admin]`:                                                         `expected a text, found a list`,
		`{role: admin, reason: ` + strings.Repeat("x", maxReason+1) + `}`: `longer than 200 characters`,
	} {
		text := strings.Replace(ending, `{role: admin, until: 2027-01-31, reason: "audit 2027"}`, entry, 1)
		if got := strings.Join(problemsOf(t, text), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", entry, got)
		}
	}
}

func TestEndsAreWrittenAsAMapHasThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2027-01-31", "2028-02-29", "2026-12-31", "1999-12-31", "2027-01-31T18:00:00Z", "2027-01-31T23:59:59Z"} {
		end, err := endOf(text)
		if got := Until(end); err != nil || got != text {
			t.Errorf("%s is written %s, %v", text, got, err)
		}
	}
}

func TestChangesOfEnds(t *testing.T) {
	t.Parallel()
	const entry = `{role: admin, until: 2027-01-31, reason: "audit 2027"}`
	for name, c := range map[string]struct {
		entry string
		want  []string
	}{
		"later":        {`{role: admin, until: 2027-03-01, reason: "audit 2027"}`, []string{`widens rule: identity acme: group "ml" may take admin until 2027-03-01 (it was until 2027-01-31)`}},
		"earlier":      {`{role: admin, until: 2027-01-30, reason: "audit 2027"}`, []string{`narrows rule: identity acme: group "ml" may take admin until 2027-01-30 (it was until 2027-01-31)`}},
		"none":         {`{role: admin, reason: "audit 2027"}`, []string{`widens rule: identity acme: group "ml" may take admin without an end (it was until 2027-01-31)`}},
		"a reason":     {`{role: admin, until: 2027-01-31, reason: more}`, []string{`differs rule: identity acme: group "ml": reason for admin more (it was audit 2027)`}},
		"nothing else": {`{role: admin, until: "2027-02-01T00:00:00Z", reason: "audit 2027"}`, nil},
	} {
		next := strings.Replace(ending, entry, c.entry, 1)
		if got := lines(Changes(parsed(t, ending), parsed(t, next))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
		if c.want == nil {
			continue
		}
		back := Changes(parsed(t, next), parsed(t, ending))
		opposite := map[Effect]Effect{Widens: Narrows, Narrows: Widens, Differs: Differs}
		if len(back) != 1 || string(back[0].Effect) != string(opposite[Effect(strings.Fields(c.want[0])[0])]) {
			t.Errorf("%s: the way back: %+v", name, back)
		}
	}
	gone := strings.Replace(ending, ", "+entry, "", 1)
	if got := lines(Changes(parsed(t, gone), parsed(t, ending))); !slices.Equal(got, []string{
		`widens rule: identity acme: group "ml" may now take admin until 2027-01-31 (audit 2027)`,
	}) {
		t.Errorf("%q", got)
	}
}
