package answer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/answer"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// lake is a map in which a dataset is reached in every way there is.
const (
	lakeGroups = `
readers: [reader]
heirs: [heir]
around: [lake-reader]
inside: [pii-reader]
admins: [admin]
elsewhere: [other]
"ml-*": [reader]
"**": [guest]`
	lakeDatasets = `
lake: {location: "s3://acme-ml"}
churn: {location: "s3://acme-ml/churn/", sensitivity: confidential}
churn-pii: {location: "s3://acme-ml/churn/pii/", sensitivity: restricted}
churn-secret: {location: "s3://acme-ml/churn-secret/"}
key: {location: "s3://acme-key/", kms_key: "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"}`
)

func lakeRoles() string {
	return fmt.Sprintf(`
reader: {%s, read: [churn]}
heir: {%s, inherits: [reader], write: [churn]}
lake-reader: {%s, read: [lake]}
pii-reader: {%s, read: [churn-pii]}
admin: {%s}
guest: {%s, inherits: [base]}
base: {read: [churn]}
other: {%s, read: [churn-secret, key]}
unused: {%s, delete: [churn]}`,
		aws("reader"), aws("heir"), aws("lake-reader"), aws("pii-reader"), aws("admin"), aws("guest"), aws("other"), aws("unused"))
}

func lake(t *testing.T) *answer.Index {
	t.Helper()
	return answer.New(parse(t, mapOf(lakeGroups, lakeDatasets, lakeRoles())), now)
}

func TestWho(t *testing.T) {
	t.Parallel()
	x := lake(t)
	for _, c := range []struct {
		dataset, action string
		want            []string
	}{
		{"churn", "", []string{
			"EVERYBODY with a group, by \"**\" guest [read] a grant, inherited from base",
			"group heirs heir [write] its own grant",
			"group heirs heir [read] a grant, inherited from reader",
			"groups matching \"ml-*\" reader [read] its own grant",
			"group readers reader [read] its own grant",
			"group around lake-reader [read] dataset lake, which holds this one",
			"group inside pii-reader [read] dataset churn-pii, which is partly in this one",
			"group admins admin [read write delete] nothing narrows it",
		}},
		{"churn", accessmap.Write, []string{
			"group heirs heir [write] its own grant",
			"group admins admin [write] nothing narrows it",
		}},
		{"churn", accessmap.Delete, []string{"group admins admin [delete] nothing narrows it"}},
		{"key", accessmap.Read, []string{
			"group elsewhere other [read] its own grant",
			"group admins admin [read] nothing narrows it",
		}},
	} {
		who, err := x.Who(c.dataset, c.action)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range who.Holders {
			got = append(got, fmt.Sprintf("%s %s %v %s", h.Who, h.Role, h.Actions, h.By()))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("who %s %s:\n%s\nwant\n%s", c.dataset, c.action, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
	if _, err := x.Who("chrun", ""); ui.IDOf(err) != "dataset-unknown" || !strings.Contains(ui.HintOf(err), "churn") {
		t.Errorf("%v: %s", err, ui.HintOf(err))
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	shown, err := lake(t).Show("heir", "unused", "heir", "admin")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range shown.Roles {
		got = append(got, fmt.Sprintf("%s %d %v %v", r.Role, len(r.GivenTo), r.Unrestricted, r.Datasets))
	}
	want := []string{
		"admin 1 true []",
		"heir 1 false [{churn confidential [write]  []} {churn confidential [read] reader []}]",
		"unused 0 false [{churn confidential [delete]  []}]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err := lake(t).Show("nobody"); ui.IDOf(err) != "role-unknown" {
		t.Error(err)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	x := lake(t)
	const key = "arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012"
	for _, c := range []struct{ role, action, resource, verdict, why string }{
		{"reader", "s3:GetObject", "s3://acme-ml/churn/x", answer.Allowed, "read on churn (confidential)"},
		{"reader", "S3:getobject", "arn:aws:s3:::acme-ml/churn/x", answer.Allowed, "read on churn (confidential)"},
		{"heir", "s3:GetObject", "s3://acme-ml/churn/x", answer.Allowed, "read on churn (confidential), inherited from reader"},
		{"reader", "s3:ListBucket", "s3://acme-ml/churn/", answer.Allowed, "read on churn (confidential)"},
		{"reader", "s3:PutObject", "s3://acme-ml/churn/x", answer.Denied, "it may read churn (confidential), and this takes write"},
		{"other", "s3:GetObject", "s3://acme-ml/churn/x", answer.Denied, "it has nothing on churn (confidential), where this takes read"},
		{"reader", "s3:ListBucket", "s3://acme-ml/churn", answer.Denied, "the prefix of churn (confidential) ends in a slash: ask for s3://acme-ml/churn/"},
		{"reader", "s3:ListBucket", "arn:aws:s3:::acme-other", answer.Denied, "no dataset of the map is in this bucket"},
		{"reader", "s3:PutObjectAcl", "s3://acme-ml/churn/x", answer.Denied, "no verb of the map gives s3:PutObjectAcl"},
		{"reader", "ec2:RunInstances", "*", answer.Denied, "the map's verbs are about S3 and its keys"},
		{"other", "kms:Decrypt", key, answer.Allowed, "read on key"},
		{"other", "kms:GenerateDataKey", key, answer.Denied, "it may read key, and this takes write"},
		{"other", "kms:Decrypt", key + "0", answer.Denied, "no dataset of the map has this key"},
		{"admin", "s3:GetObject", "s3://anywhere/x", answer.Unlimited, "nothing narrows it"},
		{"base", "s3:GetObject", "s3://acme-ml/churn/x", answer.Denied, "it is no role at AWS"},
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
	q, err := answer.NewQuestion("s3:PutObject", "s3://acme-ml/churn/x")
	if err != nil {
		t.Fatal(err)
	}
	if allowing, err := x.Allowing(q); err != nil || len(allowing) != 1 || allowing[0].Role != "heir" {
		t.Errorf("%+v %v", allowing, err)
	}
}

func TestQuestionsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, resource string
		id               ui.ID
	}{
		{"GetObject", "s3://b/k", "action-invalid"},
		{"s3:*", "s3://b/k", "action-invalid"},
		{"s3:GetObject", "b/k", "resource-invalid"},
		{"s3:GetObject", "s3:///k", "resource-invalid"},
		{"s3:GetObject", "", "resource-invalid"},
		{"s3:GetObject", "s3://b/\x1b[31mk", "resource-invalid"},
		{"s3:GetObject", "s3://b/" + strings.Repeat("k", 3000), "resource-invalid"},
	} {
		if _, err := answer.NewQuestion(c.action, c.resource); ui.IDOf(err) != c.id || strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%q %q: %v", c.action, ui.Cut(c.resource, 20), err)
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	groups := "a: [reader]\nb: [writer]"
	datasets := "churn: {location: \"s3://acme-ml/churn/\", sensitivity: confidential}\nclicks: {location: \"s3://acme-ml/clicks/\"}"
	roles := fmt.Sprintf("reader: {%s, read: [churn]}\nwriter: {%s, inherits: [reader], write: [churn]}", aws("reader"), aws("writer"))
	for name, c := range map[string]struct {
		groups, datasets, roles [2]string // what is replaced, by what
		want                    []string
	}{
		"a dataset is renamed": {
			datasets: [2]string{"churn:", "retention:"}, roles: [2]string{"[churn]", "[retention]"},
		},
		"a role is renamed": {
			groups: [2]string{"[reader]", "[viewer]"}, roles: [2]string{"reader: {", "viewer: {"},
			want: []string{"undo"},
		},
		"what a role inherits from reads more": {
			roles: [2]string{"read: [churn]", "read: [churn, clicks]"},
			want: []string{
				"widens group a of acme may now read clicks, s3://acme-ml/clicks/, through reader",
				"widens group b of acme may now read clicks, s3://acme-ml/clicks/, through writer",
			},
		},
		"a dataset grows": {
			datasets: [2]string{"acme-ml/churn/", "acme-ml"},
			want: []string{
				"widens group a of acme may now read churn (confidential), s3://acme-ml/ (so far s3://acme-ml/churn/), through reader",
				"widens group b of acme may now read and write churn (confidential), s3://acme-ml/ (so far s3://acme-ml/churn/), through writer",
			},
		},
		"a dataset shrinks": {
			datasets: [2]string{"acme-ml/churn/", "acme-ml/churn/day/"},
			want: []string{
				"narrows group a of acme may no longer read churn (confidential), s3://acme-ml/churn/ (but still s3://acme-ml/churn/day/), through reader",
				"narrows group b of acme may no longer read and write churn (confidential), s3://acme-ml/churn/ (but still s3://acme-ml/churn/day/), through writer",
			},
		},
		"a role loses its session policy": {
			roles: [2]string{", read: [churn]", ""},
			want: []string{
				"widens group a of acme may now do all that arn:aws:iam::111122223333:role/reader may, which nothing narrows, through reader",
				"narrows group b of acme may no longer read churn (confidential), s3://acme-ml/churn/, through writer",
			},
		},
		"a group becomes a pattern that takes it": {
			groups: [2]string{"a: [", "\"a*\": ["},
			want:   []string{"widens groups matching \"a*\" of acme may now read churn (confidential), s3://acme-ml/churn/, through reader"},
		},
	} {
		replaced := func(text string, by [2]string) string {
			if by[0] == "" {
				return text
			}
			return strings.ReplaceAll(text, by[0], by[1])
		}
		next := replaced(roles, c.roles)
		if c.want != nil && c.want[0] == "undo" {
			next, c.want = strings.ReplaceAll(next, "[reader]", "[viewer]"), nil
		}
		d := answer.Diff(parse(t, mapOf(groups, datasets, roles)), parse(t, mapOf(replaced(groups, c.groups), replaced(datasets, c.datasets), next)), now)
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

// Half a thousand roles that inherit as many grants would be a quarter of a million lines.
func TestAMapTooLargeToBeTold(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	const many = 500
	var datasets, roles, read strings.Builder
	for i := range many {
		fmt.Fprintf(&datasets, "d%d: {location: \"s3://acme-ml/d%d/\"}\n", i, i)
		fmt.Fprintf(&roles, "r%d: {%s, inherits: [base]}\n", i, aws("r"))
		fmt.Fprintf(&read, "d%d, ", i)
	}
	fmt.Fprintf(&roles, "base: {read: [%s]}\n", read.String())
	x := answer.New(parse(t, mapOf("readers: [r0]", datasets.String(), roles.String())), now)
	if _, err := x.Show(); ui.IDOf(err) != "map-answer-too-large" || ui.CodeOf(err) != ui.Failed || ui.HintOf(err) == "" {
		t.Errorf("%s: %v", ui.IDOf(err), err)
	}
	if shown, err := x.Show("r0"); err != nil || len(shown.Roles) != 1 || len(shown.Roles[0].Datasets) != many {
		t.Errorf("one role, as it advises: %v", err)
	}
}
