package accessmap

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const sensitiveMap = `version: 1
policy:
  confidential: {max_duration: 4h, agents: deny}
  restricted: {max_duration: 1h, env: deny, wildcard_groups: deny}
identities:
  acme:
    issuer: https://id.example
    client_id: cc
    groups: {ml: [reader, trainer, payer, heir], "ml-*": [reader, trainer]}
    claims: [{match: {team: "c*"}, roles: [trainer]}, {match: {team: churn}, roles: [payer]}]
datasets:
  open: {location: s3://acme-open, sensitivity: public}
  plain: {location: s3://acme/plain/}
  churn: {location: s3://acme/churn/, sensitivity: confidential}
  pay: {location: s3://acme-pay, sensitivity: restricted}
roles:
  reader: {aws: {role_arn: "arn:aws:iam::111122223333:role/reader", region: us-east-1}, read: [open, plain]}
  trainer: {aws: {role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1}, read: [churn], write: [plain]}
  base: {delete: [pay]}
  payer: {aws: {role_arn: "arn:aws:iam::111122223333:role/payer", region: us-east-1}, inherits: [base], read: [churn, open]}
  heir: {aws: {role_arn: "arn:aws:iam::111122223333:role/heir", region: us-east-1}, inherits: [payer]}
`

func TestWhatIsAskedOfWhoUsesARole(t *testing.T) {
	t.Parallel()
	m := parsed(t, sensitiveMap)
	for name, c := range map[string]struct {
		role        string
		scope       []string
		dataset     string
		max         time.Duration
		env, agents bool // denied
	}{
		"nothing said":         {"reader", nil, "open", 0, false, false},
		"of no sensitivity":    {"reader", []string{"plain"}, "", 0, false, false},
		"the strictest":        {"trainer", nil, "churn", 4 * time.Hour, false, true},
		"what is inherited":    {"payer", nil, "pay", time.Hour, true, true},
		"from afar":            {"heir", nil, "pay", time.Hour, true, true},
		"narrowed":             {"heir", []string{"churn"}, "churn", 4 * time.Hour, false, true},
		"narrowed to the open": {"payer", []string{"open"}, "open", 0, false, false},
		"narrowed to two":      {"payer", []string{"open", "pay"}, "pay", time.Hour, true, true},
	} {
		s, err := m.Sensitive(c.role, c.scope)
		h := s.Handling
		if err != nil || s.Dataset != c.dataset || h.MaxDuration != c.max || h.Env == Deny != c.env || h.Agents == Deny != c.agents {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if _, err := m.Sensitive("reader", []string{"pay"}); ui.IDOf(err) != "scope-unknown" {
		t.Error(err)
	}
	if _, err := m.Sensitive("nobody", nil); ui.IDOf(err) != "role-unknown" {
		t.Error(err)
	}
	if got := m.Labels([]string{"churn", "plain", "none"}); !slices.Equal(got, []string{"churn (confidential)", "plain", "none"}) {
		t.Errorf("%q", got)
	}
}

func TestWrongPolicies(t *testing.T) {
	t.Parallel()
	const restricted = "restricted: {max_duration: 1h, env: deny, wildcard_groups: deny}"
	for change, want := range map[string]string{
		"restricted: {max_duration: 5h}":        `4:15: policy: max_duration of restricted data is 5h, and of confidential data, which is less sensitive, 4h`,
		"restricted: {agents: allow}":           `4:15: policy: agents is allowed for restricted data, and denied for confidential data, which is less sensitive`,
		"restricted: {max_duration: 10m}":       `"10m" is outside 15m to 12h`,
		"restricted: {env: never}":              `env: "never" is not one of allow, deny`,
		"restricted: {wildcards: deny}":         `policy for restricted data: unknown key "wildcards"`,
		"secret: {env: deny}":                   `policy: unknown key "secret"`,
		"restricted: [env]":                     `policy for restricted data: expected a mapping with its keys, found a list`,
		"restricted: {env: deny, env: deny}":    `duplicate key env`,
		"confidential: {env: deny}":             `duplicate key confidential`,
		"public: {env: deny, max_duration: 1h}": `3:17: policy: max_duration of confidential data is 4h, and of public data, which is less sensitive, 1h`,
	} {
		if got := strings.Join(problemsOf(t, strings.Replace(sensitiveMap, restricted, change, 1)), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", change, got)
		}
	}
}

// A rule with a pattern that gives a role with data of which the policy denies that makes the map one that can't be used.
func TestWildcardGroupsOfSensitiveData(t *testing.T) {
	t.Parallel()
	const ofGroups, ofClaims = `"ml-*": [reader, trainer]`, `roles: [trainer]}`
	for name, c := range map[string]struct{ old, new, want string }{
		"a role with such data":         {ofGroups, `"ml-*": [reader, payer]`, `9:67: group "ml-*" is a pattern, and gives the role payer, which reaches dataset pay (restricted): the policy has wildcard_groups: deny for that; write each one out`},
		"one that inherits it":          {ofGroups, `"ml-*": [heir]`, `the role heir, which reaches dataset pay (restricted)`},
		"for a while":                   {ofGroups, `"ml-*": [{role: heir, until: 2020-01-01}]`, `the role heir, which reaches dataset pay (restricted)`},
		"a claim":                       {ofClaims, `roles: [payer]}`, `claim "team": "c*" is a pattern, and gives the role payer`},
		"a claim beside an exact one":   {`{team: "c*"}, ` + ofClaims, `{sub: s, team: "c*"}, roles: [payer]}`, `claim "team": "c*" is a pattern, and gives the role payer`},
		"everybody":                     {ofGroups, `"**": [payer]`, `group "**" is a pattern`},
		"denied for less sensitive too": {"agents: deny}", "agents: deny, wildcard_groups: deny}", `the role trainer, which reaches dataset churn (confidential)`},
	} {
		if !strings.Contains(sensitiveMap, c.old) {
			t.Fatal(c.old)
		}
		if got := strings.Join(problemsOf(t, strings.Replace(sensitiveMap, c.old, c.new, 1)), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	parsed(t, strings.Replace(strings.Replace(sensitiveMap, ofGroups, `"ml-*": [payer]`, 1), "wildcard_groups: deny", "wildcard_groups: allow", 1))
}

func TestChangesOfAPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"longer":          {"max_duration: 1h", "max_duration: 2h", []string{"widens dataset: restricted data: max_duration 2h (it was 1h)"}},
		"at all":          {"max_duration: 1h, ", "", []string{"widens dataset: restricted data: max_duration 4h (it was 1h)"}},
		"for both":        {"max_duration: 4h, ", "", []string{"widens dataset: confidential data: no max_duration (it was 4h)"}},
		"in variables":    {"env: deny, ", "", []string{"widens dataset: restricted data: env is no longer denied"}},
		"said as allowed": {"env: deny", "env: allow", []string{"widens dataset: restricted data: env is no longer denied"}},
		"for agents": {", agents: deny", "", []string{
			"widens dataset: confidential data: agents is no longer denied", "widens dataset: restricted data: agents is no longer denied",
		}},
		"wildcards":      {", wildcard_groups: deny", "", []string{"widens dataset: restricted data: wildcard_groups is no longer denied"}},
		"the same twice": {"env: deny", "env: deny, agents: deny", nil},
	} {
		next := strings.Replace(sensitiveMap, c.old, c.new, 1)
		if got := lines(Changes(parsed(t, sensitiveMap), parsed(t, next))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
		if back := Changes(parsed(t, next), parsed(t, sensitiveMap)); len(back) != len(c.want) || slices.ContainsFunc(back, func(c Change) bool { return c.Effect != Narrows }) {
			t.Errorf("%s: the way back: %+v", name, back)
		}
	}
}
