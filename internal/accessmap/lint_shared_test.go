package accessmap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

const sharing = `version: 1
identities:
  acme:
    issuer: https://i.example
    client_id: x
    signed_tags: {}
    groups: { a: [audit], b: [report] }
datasets:
  open: { location: s3://acme-open/ }
  secret: { location: s3://acme-secret/ }
roles:
  report: { aws: { role_arn: "arn:aws:iam::111122223333:role/one", region: us-east-1 }, read: [open] }
  audit: { aws: { role_arn: "arn:aws:iam::111122223333:role/one", region: us-east-1 }, read: [secret] }
  behind: { aws: { role_arn: "arn:aws:iam::111122223333:role/two", region: us-east-1, via: report }, read: [secret] }
`

// sharedBy are the warnings about roles that share an ARN or a way, of the map with something else in it; told without what follows the colon.
func sharedBy(t *testing.T, replace ...string) (told []string) {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(sharing)
	for _, line := range append(linted(t, arnShared, text), linted(t, chainOpen, text)...) {
		told = append(told, strings.SplitN(line, ": ", 2)[0])
	}
	return told
}

func TestRolesOnOneARNAreToldOnce(t *testing.T) {
	t.Parallel()
	const (
		tags   = "signed_tags: {}"
		groups = "a: [audit], b: [report]"
		once   = "12:3 role report shares arn:aws:iam::111122223333:role/one with audit"
		other  = "13:3 role audit shares arn:aws:iam::111122223333:role/one with report"
		behind = "12:3 role report shares arn:aws:iam::111122223333:role/one with audit, behind"
		onward = "12:3 role behind is assumed through report"
	)
	for name, c := range map[string]struct{ replace, want []string }{
		"two groups":                   {nil, []string{once}},
		"told apart by tags":           {[]string{tags, "signed_tags: { a: { team: a }, b: { team: b } }"}, nil},
		"the same tags":                {[]string{tags, "signed_tags: { a: { team: a }, b: { team: a } }"}, []string{once}},
		"the same people":              {[]string{groups, "a: [audit, report], b: [audit, report]"}, nil},
		"more for some":                {[]string{groups, "a: [audit, report], b: [report]"}, []string{other}},
		"the same data":                {[]string{"read: [secret] }\n  behind", "read: [open] }\n  behind"}, nil},
		"all of the other's data":      {[]string{"read: [secret] }\n  behind", "read: [open, secret] }\n  behind"}, []string{other}},
		"one was given until a day":    {[]string{"a: [audit]", "a: [{ role: audit, until: 2020-01-01 }]"}, nil},
		"nobody has the other":         {[]string{groups, "a: [audit]"}, nil},
		"an ARN of its own":            {[]string{"one\", region: us-east-1 }, read: [secret]", "own\", region: us-east-1 }, read: [secret]"}, nil},
		"a server of another maker":    {[]string{"arn:aws:iam", "arn:minio:iam"}, nil},
		"one stands behind":            {[]string{groups, "b: [report], c: [behind]"}, []string{"12:3 role report shares arn:aws:iam::111122223333:role/one with behind", onward}},
		"all who come may go on":       {[]string{groups, "b: [report, behind]"}, nil},
		"others come and may go on":    {[]string{groups, "a: [audit], b: [report, behind]"}, []string{behind, onward}},
		"those that go on have tags":   {[]string{groups, "a: [audit], b: [report, behind]", tags, "signed_tags: { a: { team: a }, b: { team: b } }"}, nil},
		"two behind one for nobody":    {[]string{groups, "a: [behind], b: [last]", "  behind:", "  last: { aws: { role_arn: \"arn:aws:iam::111122223333:role/three\", region: us-east-1, via: report }, read: [open] }\n  behind:"}, []string{"12:3 role last is assumed through report"}},
		"acknowledged by another role": {[]string{"read: [secret] }\n  behind", "read: [secret], acknowledge: { role-arn-shared: x } }\n  behind"}, []string{once}},
	} {
		if diff := cmp.Diff(c.want, sharedBy(t, c.replace...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	want := []string{`12:3 role report shares arn:aws:iam::111122223333:role/one with audit: identity acme: group a leads there too, ` +
		"so a session that dbxaccess did not make may do what report gives; give it an IAM role of its own, or tell the groups apart by signed_tags"}
	if diff := cmp.Diff(want, linted(t, arnShared, sharing)); diff != "" {
		t.Error(diff)
	}
	want = []string{`12:3 role behind is assumed through report: identity acme: group a leads there too, so a session that dbxaccess did not make may go on ` +
		"from arn:aws:iam::111122223333:role/one to arn:aws:iam::111122223333:role/two; let it be taken directly, or tell the groups apart by signed_tags"}
	if diff := cmp.Diff(want, linted(t, chainOpen, strings.Replace(sharing, groups, "a: [audit], b: [report, behind]", 1))); diff != "" {
		t.Error(diff)
	}
}

func TestASharedARNCanBeAcknowledged(t *testing.T) {
	t.Parallel()
	text := strings.Replace(sharing, "read: [open] }", "read: [open], acknowledge: { role-arn-shared: one team, chain-open-to-all: the same } }", 1)
	text = strings.Replace(text, "b: [report]", "b: [report, behind]", 1)
	for _, w := range Open(parsed(t, text).Lint(today)) {
		if w.ID == arnShared || w.ID == chainOpen || w.ID == acknowledgedInVain {
			t.Errorf("%+v", w)
		}
	}
}

// Thousands on one ARN, each with tags of its own: the work ends, that is said, and what few come to is told right all the same.
func TestVeryManyOnOneARN(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	const many = 2000
	var groups, tags, roles strings.Builder
	for n := range many {
		fmt.Fprintf(&groups, "g%d: [r%d], ", n, n)
		fmt.Fprintf(&tags, "g%d: { team: t%d }, ", n, n)
		fmt.Fprintf(&roles, "  r%d: { aws: { role_arn: \"arn:aws:iam::111122223333:role/big\", region: us-east-1 }, read: [%s] }\n", n, [2]string{"open", "secret"}[n%2])
	}
	text := strings.NewReplacer("a: [audit]", groups.String()+"a: [audit]", "{}", "{ "+tags.String()+"}").Replace(sharing) + roles.String()
	found := linted(t, arnShared, text)
	if len(found) != 2 || !strings.Contains(found[0], "group a leads there too") || !strings.Contains(found[1], "too many rules lead there to tell who has it") {
		t.Errorf("%q", found)
	}
}
