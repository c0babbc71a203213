package accessmap

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// steppedMap is sensitiveMap with rules on sign-ins.
func steppedMap(confidential, restricted string) string {
	return strings.NewReplacer("{max_duration: 4h, agents: deny}", "{"+confidential+"}",
		"{max_duration: 1h, env: deny, wildcard_groups: deny}", "{"+restricted+"}").Replace(sensitiveMap)
}

func TestWhatASignInHasToProve(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		confidential, restricted string
		role                     string
		words                    string
		age                      time.Duration
		reason                   bool
	}{
		"nothing":           {"agents: deny", "env: deny", "payer", "", 0, false},
		"all of it":         {"agents: deny", "max_auth_age: 1h, acr: [phr, phrh], amr: [hwk], reason: required", "payer", "max_auth_age: 1h, acr: phr or phrh, amr: hwk", time.Hour, true},
		"below":             {"agents: deny", "max_auth_age: 1h", "trainer", "", 0, false},
		"upwards":           {"max_auth_age: 12h, reason: required", "env: deny", "payer", "max_auth_age: 12h", 12 * time.Hour, true},
		"the shorter":       {"max_auth_age: 1d", "max_auth_age: 30m", "payer", "max_auth_age: 30m", 30 * time.Minute, false},
		"acr of both":       {"acr: [mfa, phr]", "acr: [phrh, phr]", "payer", "acr: phr", 0, false},
		"any of amr, twice": {"amr: [mfa, otp]", "amr: [hwk, swk]", "payer", "amr: mfa or otp, amr: hwk or swk", 0, false},
	} {
		s, err := parsed(t, steppedMap(c.confidential, c.restricted)).Sensitive(c.role, nil)
		h := s.Handling
		if err != nil || h.StepUp.Words() != c.words || h.StepUp.Asks() != (c.words != "") || h.StepUp.MaxAge != c.age || h.Reason != c.reason {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

func TestWrongStepUps(t *testing.T) {
	t.Parallel()
	for restricted, want := range map[string]string{
		"max_auth_age: 9m":   `max_auth_age: "9m" is less than 10m`,
		"max_auth_age: 3600": `max_auth_age: "3600" has no unit; write m, h or d behind it, as in 24h`,
		"max_auth_age: 2h":   `4:15: policy: max_auth_age of restricted data is 2h, and of confidential data, which is less sensitive, 1h`,
		"acr: [c]":           `4:15: policy: acr of restricted data has nothing in common with acr of less sensitive data, so no sign-in would do`,
		"acr: []":            `acr: there are none; to ask for nothing, leave it out`,
		"acr: [a, a]":        `acr: "a" is listed twice`,
		"acr: [\"a b\"]":     `acr: "a b" is not a value of acr or amr`,
		"acr: a":             `acr: expected a list`,
		"amr: []":            `amr: there are none`,
		"amr: [\"x\\\"y\"]":  `is not a value of acr or amr`,
		"reason: optional":   `reason: "optional" is not one of required`,
		"acr: [" + strings.Repeat("x", 201) + "]": `longer than 200 characters`,
	} {
		if got := strings.Join(problemsOf(t, steppedMap("max_auth_age: 1h, acr: [a, b]", restricted)), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", restricted, got)
		}
	}
}

func TestChangesOfAStepUp(t *testing.T) {
	t.Parallel()
	const before = "max_auth_age: 1h, acr: [phr, phrh], amr: [hwk, swk], reason: required"
	for name, c := range map[string]struct {
		after string
		want  []string // on the way there; back, the same changes narrow
	}{
		"longer":        {"max_auth_age: 2h, acr: [phr, phrh], amr: [hwk, swk], reason: required", []string{"widens dataset: restricted data: max_auth_age 2h (it was 1h)"}},
		"at any age":    {"acr: [phr, phrh], amr: [hwk, swk], reason: required", []string{"widens dataset: restricted data: no max_auth_age (it was 1h)"}},
		"another class": {"max_auth_age: 1h, acr: [phr, phrh, mfa], amr: [hwk, swk], reason: required", []string{"widens dataset: restricted data: acr phr or phrh or mfa (it was phr or phrh)"}},
		"any class":     {"max_auth_age: 1h, amr: [hwk, swk], reason: required", []string{"widens dataset: restricted data: no acr (it was phr or phrh)"}},
		"any method":    {"max_auth_age: 1h, acr: [phr, phrh], reason: required", []string{"widens dataset: restricted data: no amr (it was hwk or swk)"}},
		"no reason":     {"max_auth_age: 1h, acr: [phr, phrh], amr: [hwk, swk]", []string{"widens dataset: restricted data: a reason is no longer required"}},
		"another order": {"max_auth_age: 60m, acr: [phrh, phr], amr: [swk, hwk], reason: required", nil},
	} {
		old, next := steppedMap("agents: deny", before), steppedMap("agents: deny", c.after)
		if got := lines(Changes(parsed(t, old), parsed(t, next))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
		if back := Changes(parsed(t, next), parsed(t, old)); len(back) != len(c.want) || slices.ContainsFunc(back, func(c Change) bool { return c.Effect != Narrows }) {
			t.Errorf("%s: the way back: %+v", name, back)
		}
	}
	got := lines(Changes(parsed(t, steppedMap("agents: deny", "max_auth_age: 1h, reason: required")),
		parsed(t, strings.Replace(steppedMap("agents: deny", "max_auth_age: 1h, reason: required"), "s3://acme-pay, sensitivity: restricted", "s3://acme-pay, sensitivity: confidential", 1))))
	if text := strings.Join(got, "\n"); !strings.Contains(text, "role payer: no longer held to max_auth_age: 1h, reason: required, as for pay (restricted)") {
		t.Errorf("a role whose data is less sensitive now: %s", text)
	}
}

func TestWhoCantProveWhatIsAsked(t *testing.T) {
	t.Parallel()
	const people = "    issuer: https://id.example\n    client_id: cc\n"
	const asked = "max_auth_age: 1h, acr: [phr]"
	for name, c := range map[string]struct {
		identity, restricted string
		warning, note        string // part of the only one; "" for none
	}{
		"any provider":        {people, asked, "", ""},
		"Dex, of classes":     {people + "    kind: dex\n", asked, `the ID tokens of its provider, of kind dex, never hold acr. The policy asks for it of who takes heir, payer (restricted: max_auth_age: 1h, acr: phr)`, ""},
		"Dex, of the time":    {people + "    kind: dex\n", "max_auth_age: 1h", "", "the ID tokens of kind dex hold auth_time only where that is turned on: docs/providers/dex.md"},
		"Entra, both":         {people + "    kind: entra\n", asked, "", "the ID tokens of kind entra hold auth_time and acr only where that is turned on"},
		"Dex, of a reason":    {people + "    kind: dex\n", "reason: required", "", ""},
		"Google, of a method": {people + "    kind: google\n", "amr: [mfa]", "", "kind google hold amr only"},
	} {
		text := strings.Replace(steppedMap("agents: deny", c.restricted), people, c.identity, 1)
		found := linted(t, stepUpUnproven, text)
		if c.warning == "" && found != nil || c.warning != "" && (len(found) != 1 || !strings.Contains(found[0], c.warning)) {
			t.Errorf("%s: %q", name, found)
		}
		var notes []string
		for _, n := range parsed(t, text).Notes(today) {
			if strings.Contains(n.Message, "turned on") {
				notes = append(notes, n.Message)
			}
		}
		if c.note == "" && notes != nil || c.note != "" && (len(notes) != 1 || !strings.Contains(notes[0], c.note)) {
			t.Errorf("%s: %q", name, notes)
		}
	}
}

// At IAM Identity Center nothing can be proved; of a job nothing is asked.
func TestAStepUpIsOfPeopleAtAProvider(t *testing.T) {
	t.Parallel()
	const text = `version: 1
policy: {restricted: {max_auth_age: 1h}}
identities:
  corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [chained]}
  job: {token: {from: github-actions, audience: a}, claims: [{match: {sub: "repo:acme/ml:ref:refs/heads/main"}, roles: [payer]}]}
datasets: {pay: {location: s3://acme-pay, sensitivity: restricted}}
roles:
  set: {aws: {account_id: "111122223333", role_name: Pay, region: us-east-1}}
  chained: {aws: {role_arn: "arn:aws:iam::111122223333:role/chained", region: us-east-1, via: set}, read: [pay]}
  payer: {aws: {role_arn: "arn:aws:iam::111122223333:role/payer", region: us-east-1}, read: [pay]}
`
	found := linted(t, stepUpUnproven, text)
	if len(found) != 1 || !strings.HasPrefix(found[0], "4:3 identity corp: IAM Identity Center tells neither when nor how somebody signed in.") {
		t.Errorf("%q", found)
	}
	notes := parsed(t, text).Notes(today)
	if !slices.ContainsFunc(notes, func(p Problem) bool {
		return strings.Contains(p.Message, "the identity job gives payer to jobs: no person signs in there, so nothing is asked of the sign-in")
	}) {
		t.Errorf("%+v", notes)
	}
}
