package accessmap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const acknowledging = `version: 1
acknowledge: { dataset-unused: "the whole map" }
identities:
  acme:
    issuer: https://i.example
    client_id: x
    groups: { "*": [glass, odd] }
    acknowledge: { group-matches-everything: "all are one team" }
workspaces:
  prod: { host: "https://prod.example", scopes: [sql, all-apis], acknowledge: { scope-redundant: "for people who read it" } }
datasets:
  spare: { location: s3://spare, acknowledge: { dataset-unused: "next quarter's" } }
  other: { location: s3://other }
roles:
  glass:
    aws: { role_arn: "arn:aws:iam::111122223333:role/glass", region: us-east-1 }
    acknowledge: { role-unrestricted: "for outages", write-without-read: "was so once" }
  odd: { aws: { role_arn: "arn:aws:iam::111122223333:role/odd", region: us-east-1 } }
`

func TestAcknowledgedWarnings(t *testing.T) {
	t.Parallel()
	m := parsed(t, acknowledging)
	want := []string{
		`7:15 identity acme: group "*" matches every group [group-matches-everything] all are one team`,
		"10:3 scope sql of workspace prod does nothing beside all-apis [scope-redundant] for people who read it",
		"12:3 no role reads, writes or deletes dataset spare [dataset-unused] next quarter's",
		"13:3 no role reads, writes or deletes dataset other [dataset-unused] the whole map",
		"15:3 role glass has no datasets, so it gets no session policy and may do all that its IAM role may [role-unrestricted] for outages",
		"17:54 role glass acknowledges write-without-read, and there is no such warning about it [acknowledgement-unused]",
		"18:3 role odd has no datasets, so it gets no session policy and may do all that its IAM role may [role-unrestricted]",
	}
	if diff := cmp.Diff(want, warned(m.Lint(today))); diff != "" {
		t.Error(diff)
	}
	if got := warned(Open(m.Lint(today))); len(got) != 2 || got[0] != want[5] || got[1] != want[6] {
		t.Errorf("%q", got)
	}
}

func TestAcknowledgementsThatSayNothing(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{ dataset-unusd: x }`:          `12:49: acknowledge: "dataset-unusd" is no ID of a warning, which map check shows in brackets; did you mean dataset-unused?`,
		`{ dataset-unused: "" }`:        `12:65: acknowledge "dataset-unused": no reason`,
		`{ dataset-unused: " "}`:        `12:65: acknowledge "dataset-unused": no reason`,
		`{}`:                            `12:47: acknowledge: there is none`,
		`dataset-unused`:                `12:47: acknowledge: expected a mapping, found a text`,
		`{ acknowledgement-unused: x }`: `12:49: acknowledge: "acknowledgement-unused" is no ID of a warning, which map check shows in brackets`,
	} {
		got := strings.Join(problemsOf(t, strings.Replace(acknowledging, `{ dataset-unused: "next quarter's" }`, in, 1)), "\n")
		if got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestAcknowledgingChangesNobodysRights(t *testing.T) {
	t.Parallel()
	next := strings.NewReplacer("was so once", "again", ", acknowledge: { scope-redundant: \"for people who read it\" }", "",
		"acknowledge: { dataset-unused: \"the whole map\" }", "acknowledge: { role-vague: x }").Replace(acknowledging)
	next = strings.Replace(next, "role-vague", string(roleVague), 1)
	want := []string{
		"differs map: the map: no acknowledgement of dataset-unused (it was the whole map)",
		"differs map: the map: acknowledgement of role-name-vague x",
		"differs map: role glass: acknowledgement of write-without-read again (it was was so once)",
		"differs map: workspace prod: no acknowledgement of scope-redundant (it was for people who read it)",
	}
	if diff := cmp.Diff(want, lines(Changes(parsed(t, acknowledging), parsed(t, next)))); diff != "" {
		t.Error(diff)
	}
}
