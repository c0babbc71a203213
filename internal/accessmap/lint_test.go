package accessmap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// linted are the warnings of one kind.
func linted(t *testing.T, id LintID, text string) []string {
	t.Helper()
	var found []string
	for _, line := range warned(parsed(t, text).Lint(today)) {
		if strings.Contains(line, "["+string(id)+"]") {
			found = append(found, strings.Replace(line, " ["+string(id)+"]", "", 1))
		}
	}
	return found
}

// aRole is a role; more follows.
func aRole(name, more string) string {
	return fmt.Sprintf("  %s: {aws: {role_arn: \"arn:aws:iam::111122223333:role/%s\", region: us-east-1%s}\n", name, name, more)
}

// peopleMap is a map of one provider with these rules, and roles.
func peopleMap(rules, rest string) string {
	return "version: 1\nidentities:\n  acme: {issuer: https://i.example, client_id: x, " + rules + "}\n" + rest
}

func TestTrustOnAudienceAlone(t *testing.T) {
	t.Parallel()
	roles := "roles:\n" + aRole("churn-reader", "}") + aRole("churn-trainer", "}") +
		aRole("far-reader", ", via: churn-reader}") + aRole("far-trainer", ", via: churn-reader}")
	for rules, warns := range map[string]bool{
		"groups: {a: [churn-reader], b: [churn-trainer]}":                                                     true,
		"groups: {a: [churn-reader], b: [churn-reader, churn-trainer]}":                                       true,
		"groups: {a: [churn-reader], b: [churn-reader]}":                                                      false,
		"groups: {a: [churn-reader, churn-trainer], b: [churn-trainer, churn-reader]}":                        false,
		"groups: {a: [far-reader], b: [far-trainer]}":                                                         false, // one role opens both
		"groups: {a: [far-reader], b: [churn-trainer]}":                                                       true,
		"groups: {a: [churn-reader]}, claims: [{match: {email: a@x}, roles: [churn-trainer]}]":                true,
		"groups: {a: [churn-reader]}, claims: [{match: {sub: alice}, roles: [churn-trainer]}]":                false, // AWS sees sub
		"claims: [{match: {sub: alice}, roles: [churn-reader]}, {match: {sub: bob}, roles: [churn-trainer]}]": false,
	} {
		found := linted(t, trustByAudience, peopleMap(rules, roles))
		if len(found) > 1 || len(found) == 1 != warns {
			t.Errorf("%s: %q", rules, found)
		}
	}
	found := linted(t, trustByAudience, peopleMap("groups: {a: [churn-reader], b: [churn-trainer]}", roles))
	if len(found) != 1 || !strings.HasPrefix(found[0], "3:3 identity acme gives the AWS roles churn-reader, churn-trainer by groups") {
		t.Errorf("%q", found)
	}
}

func TestRulesThatSayTheSame(t *testing.T) {
	t.Parallel()
	text := `version: 1
identities:
  acme:
    issuer: https://i.example
    client_id: x
    groups:
      ml-churn: [reader, trainer]
      "ml-*": [reader]
      ML-Churn: [trainer]
    claims:
      - { match: { a: x, b: y }, roles: [reader] }
      - { match: { b: y, a: x }, roles: [trainer, reader] }
      - { match: { b: y }, roles: [reader] }
  other: {issuer: https://j.example, client_id: x, groups: {ml-churn: [reader], ML-CHURN: [trainer]}}
roles:
` + aRole("reader", "}") + aRole("trainer", "}")
	want := []string{
		`7:7 identity acme: group "ml-churn" gets role reader by the rule "ml-*" too`,
		`12:9 identity acme: the rule on line 11 gives role reader for the same claims`,
	}
	if diff := cmp.Diff(want, linted(t, ruleRepeated, text)); diff != "" {
		t.Error(diff)
	}
	want = []string{
		`9:7 identity acme: the groups "ml-churn" and "ML-Churn" differ in case alone, and the provider sends one of them`,
		`14:81 identity other: the groups "ml-churn" and "ML-CHURN" differ in case alone, and the provider sends one of them`,
	}
	if diff := cmp.Diff(want, linted(t, groupSpelling, text)); diff != "" {
		t.Error(diff)
	}
}

func TestNamesThatTellNoDuty(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]bool{
		"admin": true, "admins": true, "role1": true, "test": true, "test-role-2": true, "x": true, "1": true, "power-user": true, "aws-access": true,
		"churn-trainer": false, "ml-admin": false, "tester": false, "ml-test": false, "grants": false, "accessory": false,
	} {
		if vague(name) != is {
			t.Errorf("%s: got %v", name, !is)
		}
	}
}

func TestPatternsThatGiveConfidentialData(t *testing.T) {
	t.Parallel()
	text := peopleMap(`groups: {"ml-*": [reader, heir], ml-a: [heir], 'b\*': [heir], "/**": [open]}`, `datasets:
  low: {location: s3://low, sensitivity: internal}
  high: {location: s3://high, sensitivity: confidential}
  top: {location: s3://top, sensitivity: restricted}
roles:
  base: {read: [high, top]}
`+aRole("reader", "}, read: [low]")+aRole("heir", "}, inherits: [base]")+aRole("open", "}"))
	want := []string{`3:60 identity acme: groups matching "ml-*" get role heir, which has dataset top (restricted): who may create such a group gives it away`}
	if diff := cmp.Diff(want, linted(t, patternOnSensitive, text)); diff != "" {
		t.Error(diff)
	}
}

// One warning at the role that says write, however many inherit it, and none where each of these reads.
func TestGapsAreToldWhereTheyAre(t *testing.T) {
	t.Parallel()
	var heirs, given strings.Builder
	for _, name := range []string{"h1-churn", "h2-churn", "h3-churn", "h4-churn", "h5-churn", "h6-churn", "h7-churn"} {
		heirs.WriteString(aRole(name, "}, inherits: [base]"))
		given.WriteString(name + ", ")
	}
	text := peopleMap("groups: {g: ["+given.String()+"reader]}", `datasets: {a: {location: s3://aaa}, b: {location: s3://bbb}}
roles:
  base: {write: [a, b], delete: [a, b]}
`+heirs.String()+aRole("reader", "}, inherits: [base], read: [a, b]"))
	want := []string{"6:3 role base lets h1-churn, h2-churn, h3-churn, h4-churn, h5-churn and 2 more write datasets a, b and not read them: Spark, s3a and rclone look before they write"}
	if diff := cmp.Diff(want, linted(t, writeWithoutRead, text)); diff != "" {
		t.Error(diff)
	}
	if found := linted(t, writeNoDelete, text); found != nil {
		t.Errorf("%q", found)
	}
}

func TestOnePlaceWithTwoSensitivities(t *testing.T) {
	t.Parallel()
	text := peopleMap("groups: {g: [reader]}", `datasets:
  lake: {location: s3://lake, sensitivity: internal}
  pii: {location: s3://lake/pii/, sensitivity: restricted}
  logs: {location: s3://lake/logs/, sensitivity: internal}
  open: {location: s3://lake/pii/open/}
roles:
`+aRole("reader", "}, read: [lake, pii, logs, open]"))
	want := []string{
		"6:3 dataset pii (s3://lake/pii/, restricted) lies inside dataset lake (s3://lake/, internal), whose grants reach it too: one place has two sensitivities",
		"8:3 dataset open (s3://lake/pii/open/, of no sensitivity) lies inside dataset pii (s3://lake/pii/, restricted), whose grants reach it too: one place has two sensitivities",
	}
	if diff := cmp.Diff(want, linted(t, overlapSensitive, text)); diff != "" {
		t.Error(diff)
	}
	want = []string{"7:3 dataset logs (s3://lake/logs/) lies inside dataset lake (s3://lake/), whose grants reach it too"}
	if diff := cmp.Diff(want, linted(t, datasetsOverlap, text)); diff != "" {
		t.Error(diff)
	}
}

// What lies inside a dataset and is denied there is another's alone.
func TestADeniedPlaceIsNoOverlap(t *testing.T) {
	t.Parallel()
	text := peopleMap("groups: {g: [reader, both]}", `datasets:
  lake: {location: s3://lake}
  churn: {location: s3://lake/churn/, deny: [s3://lake/churn/pii/]}
  pii: {location: s3://lake/churn/pii/}
  more: {locations: [s3://more, s3://lake/churn/pii/raw/]}
roles:
`+aRole("reader", "}, read: [churn, more]")+aRole("both", "}, read: [churn], write: [pii]"))
	want := []string{
		"6:3 dataset churn (s3://lake/churn/) lies inside dataset lake (s3://lake/), whose grants reach it too",
		"7:3 dataset pii (s3://lake/churn/pii/) lies inside dataset lake (s3://lake/), whose grants reach it too",
		"8:3 dataset more (s3://lake/churn/pii/raw/) lies inside dataset pii (s3://lake/churn/pii/), whose grants reach it too",
	}
	if diff := cmp.Diff(want, linted(t, datasetsOverlap, text)); diff != "" {
		t.Error(diff)
	}
	want = []string{
		"10:3 role reader: dataset churn denies s3://lake/churn/pii/, and so takes it from dataset more too",
		"11:3 role both: dataset churn denies s3://lake/churn/pii/, and so takes it from dataset pii too",
	}
	if diff := cmp.Diff(want, linted(t, deniedElsewhere, text)); diff != "" {
		t.Error(diff)
	}
}

// A prefix without its slash lists what begins alike, in the same bucket, and not what lies in it.
func TestNeighboursOfAnExactRoot(t *testing.T) {
	t.Parallel()
	text := peopleMap("groups: {g: [reader]}", `datasets:
  churn: {locations: [s3://lake/churn/, s3://lake/churn-labels/, s3://other], root: exact}
  inside: {location: s3://lake/churn/inside/}
  secret: {location: s3://lake/churn-secret/a/, sensitivity: restricted}
  digits: {location: s3://lake/churn2/}
  elsewhere: {location: s3://other/churn-x/}
  chur: {location: s3://lake/chur/}
  plain: {location: s3://lake/churn-secret/, root: exact}
  bucket: {location: s3://lakes/churn-x/}
roles:
`+aRole("reader", "}, read: [churn, inside, secret, digits, elsewhere, chur, plain, bucket]"))
	want := []string{"5:3 dataset churn has root: exact, so who may read it may list the names of what begins alike: digits, plain, secret (restricted)"}
	if diff := cmp.Diff(want, linted(t, neighboursListable, text)); diff != "" {
		t.Error(diff)
	}
}

// What no rule gives is of no use, nor what only leads to that.
func TestRolesThatNobodyReaches(t *testing.T) {
	t.Parallel()
	text := peopleMap("groups: {g: [end]}", "roles:\n"+aRole("hop", "}")+aRole("end", ", via: hop}, inherits: [used]")+
		aRole("lost-hop", "}")+aRole("lost", ", via: lost-hop}, inherits: [unused]")+"  used: {}\n  unused: {}\n")
	want := []string{
		"7:3 nobody can take role lost-hop: no rule of any identity gives it", "8:3 nobody can take role lost: no rule of any identity gives it",
	}
	if diff := cmp.Diff(want, linted(t, roleUnreachable, text)); diff != "" {
		t.Error(diff)
	}
	want = []string{"10:3 role unused has no aws, no rule gives it, and no role that can be taken inherits it, so it does nothing"}
	if diff := cmp.Diff(want, linted(t, roleIdle, text)); diff != "" {
		t.Error(diff)
	}
}

func TestTagsThatMayNotFit(t *testing.T) {
	t.Parallel()
	tags := func(n, value int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("k%02d: %s", i, strings.Repeat("v", value)))
		}
		return "{" + strings.Join(list, ", ") + "}"
	}
	chain := func(passed, own string) string {
		return peopleMap("groups: {g: [end]}", "roles:\n"+aRole("start-here", "}")+
			aRole("hop", ", via: start-here, transitive_tags: [pass]}, tags: {pass: "+passed+"}")+aRole("end", ", via: hop}, tags: "+own))
	}
	for text, want := range map[string]string{
		chain("x", tags(10, 200)):                      "",
		chain("x", tags(15, 200)):                      "carries 3050 characters of tags and 0 of policy",
		chain(strings.Repeat("v", 250), tags(13, 200)): "carries 2893 characters of tags",
		chain("x", tags(50, 1)):                        "has 51 session tags, 1 of them passed on",
	} {
		found := strings.Join(linted(t, tagsTooLarge, text), "\n")
		if (want == "") != (found == "") || !strings.Contains(found, want) {
			t.Errorf("want %q, got %q", want, found)
		}
	}
}
