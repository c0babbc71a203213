package accessmap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func told(list []Problem) (texts []string) {
	for _, p := range list {
		texts = append(texts, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
	}
	return texts
}

// noticed are the warnings of ends and of what escapes a policy, and all notes.
func noticed(m *Map, now time.Time) (found, notes []Problem) {
	for _, w := range m.Lint(now) {
		if w.ID == grantEnded || w.ID == policyEscaped || w.ID == sensitivityMissing {
			found = append(found, w.Problem)
		}
	}
	return found, m.Notes(now)
}

func TestEndsAreToldOf(t *testing.T) {
	t.Parallel()
	m := parsed(t, strings.Replace(ending, "arn:aws:iam::111122223333:role/admin", "arn:minio:iam:::role/admin", 1))
	const but = "; nothing is asked for or handed out afterwards, but "
	bare := "7:21: role admin is given until 2027-01-31" + but + "credentials may live up to 15 minutes longer: it has no datasets, so it gets no session policy that says when it ends"
	set := "12:84: role set is given until 2027-02-28" + but + "where AWS does not let sts:GetScopedCredentials narrow them, credentials of its permission set live as long as IAM Identity Center lets them"
	for now, c := range map[string]struct{ warnings, notes []string }{
		"2026-11-01T00:00:00Z": {nil, []string{bare, set}},
		"2026-12-01T00:00:00Z": {nil, []string{bare, `11:40: identity acme: tokens with team matching "churn" has trainer until 2026-12-01, which ends in 1 day`, set}},
		"2027-01-18T00:00:00Z": {
			[]string{`11:40: identity acme: tokens with team matching "churn" had trainer until 2026-12-01, which has passed: remove it, or extend it`},
			[]string{
				`7:21: identity acme: group "ml" has admin until 2027-01-31 (audit 2027), which ends in 14 days`, bare,
				`8:15: identity acme: group "night" has admin until 2027-01-31T17:00:00Z, which ends in 13 days`, set,
			},
		},
	} {
		warnings, notes := noticed(m, moment(t, now))
		if got := told(warnings); !slices.Equal(got, c.warnings) {
			t.Errorf("%s: warnings %q", now, got)
		}
		if got := told(notes); !slices.Equal(got, c.notes) {
			t.Errorf("%s: notes\n%s", now, strings.Join(got, "\n"))
		}
	}
}

// What is measured is the longest policy of a role: with the end that some rule gives it until.
func TestAnEndCountsForTheSizeOfAPolicy(t *testing.T) {
	t.Parallel()
	of := func(given string, width int) *Map {
		var datasets, names []string
		for i := range 12 {
			datasets = append(datasets, fmt.Sprintf("  d%d: {location: s3://bucket/%0*d/}", i, width, i))
			names = append(names, fmt.Sprintf("d%d", i))
		}
		return parsed(t, "version: 1\nidentities: {i: {issuer: https://i.example, client_id: x, groups: {g: ["+given+"]}}}\ndatasets:\n"+
			strings.Join(datasets, "\n")+"\nroles: {r: {aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}, read: ["+strings.Join(names, ", ")+"]}}\n")
	}
	width := 2
	for of("r", width+1).Check() == nil {
		width++
	}
	if got := of("{role: r, until: 2027-01-31}", width).Check(); len(got) != 1 || !strings.Contains(got[0].Message, "2048") {
		t.Errorf("where there is just room for a policy without an end: %+v", got)
	}
}

func TestWhatOfAPolicyIsEnforced(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(
		"    claims:", "  corp: {start_url: https://acme.awsapps.com/start, sso_region: us-east-1, roles: [bare]}\n  other:\n    issuer: https://o.example\n    client_id: x\n    claims:",
		"  heir: {", "  bare: {aws: {account_id: \"111122223333\", role_name: S, region: us-east-1}}\n  heir: {workspace: prod, ",
		"datasets:\n", "workspaces: {prod: {host: https://prod.example}}\ndatasets:\n",
	).Replace(sensitiveMap)
	warnings, notes := noticed(parsed(t, text), today)
	if got := told(warnings); len(got) != 2 || !strings.HasSuffix(got[0], "dataset plain has no sensitivity, so the policy asks nothing of who uses it") ||
		!strings.HasSuffix(got[1], "role bare has no datasets, so the policy asks nothing of who takes it, whatever data it reaches") {
		t.Errorf("%q", got)
	}
	want := []string{
		"3:17: policy for confidential data: max_duration: 4h is enforced for heir, payer, trainer: AWS is asked for no longer",
		"3:17: policy for confidential data: max_duration: 4h is comfort for the workspace tokens of heir: they live as long as the sign-in's token. dbxaccess hands them out no longer",
		"3:17: policy for confidential data: agents: deny is comfort: agents are told by the variables that they set, and one that runs as the person can do what the person can",
		"4:15: policy for restricted data: max_duration: 1h is enforced for heir, payer: AWS is asked for no longer",
		"4:15: policy for restricted data: max_duration: 1h is comfort for the workspace tokens of heir: they live as long as the sign-in's token. dbxaccess hands them out no longer",
		"4:15: policy for restricted data: env: deny holds for env and exec --static. It is comfort where a program that is served credentials prints them itself",
		"4:15: policy for restricted data: wildcard_groups: deny is enforced: a map with such a rule can't be used",
	}
	if got := told(notes); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	beyond := strings.NewReplacer(
		"write: [plain]}", "write: [plain], statements: [{actions: [s3:GetObject], resources: [\"arn:aws:s3:::acme-pay/*\"]}]}",
		"delete: [pay]}", "delete: [pay], statements: [{actions: [sts:GetCallerIdentity], resources: [\"*\"]}]}",
	).Replace(sensitiveMap)
	warnings, _ = noticed(parsed(t, beyond), today)
	if got := told(warnings); len(got) != 2 || !strings.HasSuffix(got[1], "role trainer has statements on S3 or managed policies, and the policy asks nothing for data that these reach beyond its datasets") {
		t.Errorf("%q", got)
	}
	if warnings, notes := noticed(parsed(t, ending), time.Time{}); warnings != nil || strings.Contains(fmt.Sprint(notes), "policy for") {
		t.Errorf("without a policy there is nothing to say: %v, %v", warnings, notes)
	}
}
