package accessmap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// warned are warnings as map check prints them, the acknowledged with their reason behind.
func warned(list []Warning) []string {
	var lines []string
	for _, w := range list {
		line := fmt.Sprintf("%d:%d %s [%s]", w.Line, w.Column, w.Message, w.ID)
		if w.Reason != "" {
			line += " " + w.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	const aws = `aws: {role_arn: "arn:aws:iam::111122223333:role/x", region: us-east-1}`
	m := parsed(t, `version: 1
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [bare, writer, ceph, heir]}}}
datasets:
  unused: {location: s3://unused}
  lake: {location: s3://lake}
  inner: {location: s3://lake/inner/}
  innermost: {location: s3://lake/inner/most/}
  beside: {location: s3://lake-2/inner/}
  twin: {location: s3://lake-2/inner/}
roles:
  bare: {`+aws+`}
  writer: {`+aws+`, read: [inner], write: [lake, inner]}
  alone: {`+aws+`, read: [innermost, beside, twin]}
  base: {read: [lake]}
  forgotten: {read: [lake]}
  heir: {`+aws+`, inherits: [base], write: [lake]}
  ceph: {aws: {role_arn: "arn:aws:iam:::role/x", region: us-east-1}, read: [lake]}
`)
	want := []string{
		"4:3 no role reads, writes or deletes dataset unused [dataset-unused]",
		"6:3 dataset inner (s3://lake/inner/) lies inside dataset lake (s3://lake/), whose grants reach it too [datasets-overlap]",
		"7:3 dataset innermost (s3://lake/inner/most/) lies inside dataset inner (s3://lake/inner/), whose grants reach it too [datasets-overlap]",
		"9:3 dataset twin (s3://lake-2/inner/) lies inside dataset beside (s3://lake-2/inner/), whose grants reach it too [datasets-overlap]",
		"11:3 role bare has no datasets, so it gets no session policy and may do all that its IAM role may [role-unrestricted]",
		"12:3 role writer may write datasets inner, lake and not delete there: Spark and s3a do to finish a write, and aws s3 mv and sync --delete [write-without-delete]",
		"12:3 role writer may write dataset lake and not read it: Spark, s3a and rclone look before they write [write-without-read]",
		"13:3 nobody can take role alone: no rule of any identity gives it [role-unreachable]",
		"15:3 role forgotten has no aws, no rule gives it, and no role that can be taken inherits it, so it does nothing [role-idle]",
		"16:3 role heir may write dataset lake and not delete there: Spark and s3a do to finish a write, and aws s3 mv and sync --delete [write-without-delete]",
		"17:3 the role_arn of role ceph names no account, which is right for S3-compatible servers only [role-arn-without-account]",
	}
	if diff := cmp.Diff(want, warned(m.Lint(today))); diff != "" {
		t.Error(diff)
	}
	if got := m.Check(); got != nil {
		t.Errorf("got %v", got)
	}
}

// The length of one dataset's prefix decides what is said of a role's policy.
func TestPoliciesNearTheBound(t *testing.T) {
	t.Parallel()
	roleWithPolicyOf := func(length int) *Map {
		text := `version: 1
identities: {i: {issuer: https://i.example, client_id: x, groups: {g: [r]}}}
datasets: {d: {location: "s3://bucket/PREFIX/"}, e: {location: "s3://other/PREFIX2/"}}
roles: {r: {aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}, read: [d], write: [e]}}
`
		short := strings.NewReplacer("PREFIX2", "x", "PREFIX", "x").Replace(text)
		policy, err := parsed(t, short).Policy("r", nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		missing := length - len(policy)
		// d's prefix is in the policy twice, e's once.
		twice := strings.Repeat("y", (missing-missing%2)/2-100)
		once := strings.Repeat("y", missing-2*len(twice))
		return parsed(t, strings.NewReplacer("PREFIX2", "x"+once, "PREFIX", "x"+twice).Replace(text))
	}
	for length, want := range map[int]struct{ warning, problem string }{
		1638: {},
		1639: {warning: "the session policy of role r has 1639 of the 2048 characters that AWS takes [policy-nearly-full]"},
		2048: {warning: "the session policy of role r has 2048 of the 2048 characters that AWS takes [policy-nearly-full]"},
		2049: {warning: "the session policy of role r has 2049 characters, of which AWS takes 2048: what it denies is put on by sts:GetScopedCredentials"},
		2200: {problem: "the session policy of role r has 2200 characters, AWS takes 2048: 152 too many; most is taken by d ("},
	} {
		m := roleWithPolicyOf(length)
		policy, err := m.Policy("r", nil, time.Time{})
		if want.problem == "" && (err != nil || len(policy) != length) || want.problem != "" && err == nil {
			t.Errorf("%d: got %d characters, %v", length, len(policy), err)
		}
		got := fmt.Sprint(warned(m.Lint(today)))
		if !strings.Contains(got, want.warning) || want.warning == "" && strings.Contains(got, "that AWS takes") {
			t.Errorf("%d: warnings %v", length, got)
		}
		if got := fmt.Sprint(m.Check()); !strings.Contains(got, want.problem) || (want.problem == "") != (got == "[]") {
			t.Errorf("%d: problems %v", length, got)
		}
	}
}
