package answer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
)

// besides is a map in which a dataset is reached without a grant on one, is denied in part, and is given for a while.
func besides(t *testing.T) *answer.Index {
	t.Helper()
	groups := `
stated: [by-statement]
heirs: [by-inherited-statement]
managed: [by-managed]
elsewhere: [by-other-statement]
denied: [denied-part]
over: [{role: for-a-while, until: 2026-11-29, reason: audit 2026}]
still: [{role: for-a-while, until: 2026-11-30, reason: audit 2026}]`
	datasets := `
churn: {location: "s3://acme-ml/churn/", deny: ["s3://acme-ml/churn/pii/"]}
pii: {location: "s3://acme-ml/churn/pii/"}
other: {location: "s3://acme-other/x/"}`
	managed := strings.Replace(aws("m"), "region:", `managed_policies: ["arn:aws:iam::111122223333:policy/ml-tools"], region:`, 1)
	roles := fmt.Sprintf(`
by-statement: {%s, statements: [{actions: ["s3:GetObject", "s3:DeleteObject"], resources: ["arn:aws:s3:::acme-*/ch?rn/*"]}]}
by-inherited-statement: {%s, inherits: [by-statement], read: [other]}
by-managed: {%s, read: [other]}
by-other-statement: {%s, statements: [{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-ml/churn-secret/*"]}, {actions: ["glue:GetTable"], resources: ["*"]}]}
denied-part: {%s, read: [churn, pii]}
for-a-while: {%s, read: [churn]}`, aws("a"), aws("b"), managed, aws("c"), aws("d"), aws("e"))
	return answer.New(parse(t, mapOf(groups, datasets, roles)), now)
}

func TestWhoByOtherWays(t *testing.T) {
	t.Parallel()
	x := besides(t)
	for _, c := range []struct {
		dataset string
		want    []string
	}{
		{"churn", []string{
			"group denied denied-part [read] its own grant, except in s3://acme-ml/churn/pii/ ",
			"group still for-a-while [read] its own grant, except in s3://acme-ml/churn/pii/ 2026-11-30",
			"group heirs by-inherited-statement [read delete] a statement, inherited from by-statement ",
			"group stated by-statement [read delete] a statement ",
			"group managed by-managed [read write delete] managed policies ",
		}},
		// What a role is denied by one of its datasets it is denied in all, so it has nothing there.
		{"pii", []string{
			"group heirs by-inherited-statement [read delete] a statement, inherited from by-statement ",
			"group stated by-statement [read delete] a statement ",
			"group managed by-managed [read write delete] managed policies ",
		}},
	} {
		who, err := x.Who(c.dataset, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range who.Holders {
			got = append(got, fmt.Sprintf("%s %s %v %s %s", h.Who, h.Role, h.Actions, h.By(), h.Ends()))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("who %s:\n%s\nwant\n%s", c.dataset, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestJudgeOtherWays(t *testing.T) {
	t.Parallel()
	x := besides(t)
	for _, c := range []struct{ role, action, resource, verdict, why string }{
		{"by-statement", "s3:GetObject", "s3://acme-ml/churn/x", answer.Allowed, "by a statement of the role"},
		{"by-managed", "s3:GetObject", "s3://acme-other/x/y", answer.Allowed, "read on other"},
		{"by-managed", "s3:PutObject", "s3://acme-other/x/y", answer.Unlimited, "its managed policies may allow it"},
		{"denied-part", "s3:GetObject", "s3://acme-ml/churn/x", answer.Allowed, "read on churn, except in s3://acme-ml/churn/pii/"},
		{"denied-part", "s3:GetObject", "s3://acme-ml/churn/pii/x", answer.Denied, "s3://acme-ml/churn/pii/ is denied to every role that has churn"},
	} {
		q, err := answer.NewQuestion(c.action, c.resource)
		if err != nil {
			t.Fatal(err)
		}
		v, err := x.Judge(c.role, q)
		if err != nil || v.Verdict != c.verdict || !strings.HasPrefix(v.Why, c.why) {
			t.Errorf("%s %s %s: %+v %v\nwant %s: %s", c.role, c.action, c.resource, v, err, c.verdict, c.why)
		}
	}
}

func TestDiffOfWhatIsNoPlace(t *testing.T) {
	t.Parallel()
	const groups, datasets = "a: [{role: r, until: 2027-01-31}]", "churn: {location: \"s3://acme-ml/churn/\"}"
	statement := `statements: [{actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-ml/models/*"]}]`
	role := func(more string) string { return "r: {" + aws("r") + ", read: [churn]" + more + "}" }
	for name, c := range map[string]struct {
		groups, roles [2]string
		want          []string
	}{
		"a later end": {
			[2]string{groups, "a: [{role: r, until: 2027-03-31}]"}, [2]string{role(""), role("")},
			[]string{"widens group a of acme may for longer read churn, s3://acme-ml/churn/, through r, until 2027-03-31"},
		},
		"an earlier end": {
			[2]string{"a: [r]", groups}, [2]string{role(""), role("")},
			[]string{"narrows group a of acme may not as long as before read churn, s3://acme-ml/churn/, through r"},
		},
		"what has ended gives nothing": {
			[2]string{"a: [{role: r, until: 2026-01-31}]", "a: []"}, [2]string{role(""), role("")}, nil,
		},
		"a statement": {
			[2]string{"a: [r]", "a: [r]"}, [2]string{role(""), role(", " + statement)},
			[]string{"widens group a of acme may now do s3:GetObject on arn:aws:s3:::acme-ml/models/*, through r"},
		},
	} {
		d := answer.Diff(parse(t, mapOf(c.groups[0], datasets, c.roles[0])), parse(t, mapOf(c.groups[1], datasets, c.roles[1])), now)
		var got []string
		for _, change := range d.Changes {
			if change.Topic == answer.AboutPeople {
				got = append(got, string(change.Effect)+" "+change.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
