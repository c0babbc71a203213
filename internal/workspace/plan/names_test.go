package plan

import (
	"slices"
	"strings"
	"testing"
)

// Databricks compares names without case: two spellings of one group are one, and neither takes away what the other is given.
func TestAGroupInTwoSpellings(t *testing.T) {
	t.Parallel()
	w := wanted(t, `version: 1
identities:
  acme: { issuer: https://id.example.com, client_id: x, groups: { ML-Team: [reader], ml-team: [writer] } }
workspaces: { prod: { host: https://prod.example.com } }
roles:
  reader: { workspace: prod, entitlements: [workspace-access], grants: [ { schema: main.ml, privileges: [SELECT] } ] }
  writer: { workspace: prod, entitlements: [databricks-sql-access], grants: [ { schema: main.ml, privileges: [MODIFY] } ] }
`, "prod")
	team, grants := the(t, w, Group, "ML-Team"), the(t, w, Grants, "schema main.ml")
	if len(w.Objects) != 2 || !slices.Equal(team.Roles, []string{"reader", "writer"}) || !slices.Equal(team.Sets[SetEntitlements], []string{"databricks-sql-access", "workspace-access"}) {
		t.Errorf("%+v", w.Objects)
	}
	if len(grants.Sets) != 1 || !slices.Equal(grants.Sets["ML-Team"], []string{"MODIFY", "SELECT"}) {
		t.Errorf("%+v", grants.Sets)
	}
	stands := &Standing{Objects: []Object{*team, {Kind: Grants, Name: grants.Name, Sets: map[string][]string{"ML-Team": {"MODIFY", "SELECT"}}}}}
	if p := Compare(w, stands, true); len(p.Changes) != 0 || len(p.Findings) != 0 {
		t.Errorf("%+v", p)
	}
}

// A policy is deleted by a path that its ID is part of.
func TestWhichPoliciesAreOurs(t *testing.T) {
	t.Parallel()
	for id, ours := range map[string]bool{
		"dbxaccess-acme": true, "dbxaccess-ci-0a1b2c3d": true, "made-by-hand": false, "": false, "dbxaccess-../../x": false, "dbxaccess-a?b": false,
		"dbxaccess-A": false, "dbxaccess-a\x1b[2J": false, "dbxaccess-" + strings.Repeat("a", 200): false,
	} {
		if made(id) != ours {
			t.Errorf("%q: %v", id, !ours)
		}
	}
}

// Names at Databricks are other people's: whatever they are, what is shown of them is a line of bounded length.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	hostile := "\x1b]0;x\x07\u202e\n" + strings.Repeat("A", 1<<20)
	w := &Wanted{Again: []string{"admin", "--map", "next.yaml"}, Objects: []Object{
		{Kind: Profile, Name: "p", Fields: map[string]string{FieldRole: "arn"}},
		{Kind: Grants, Name: "schema main.ml", Sets: map[string][]string{"a": {"SELECT"}}, Owned: map[string][]string{"a": {Any}}},
	}}
	s := &Standing{
		Objects: []Object{
			{Kind: Profile, Name: "p", Fields: map[string]string{FieldRole: hostile}},
			{Kind: Grants, Name: "schema main.ml", Sets: map[string][]string{"a": {hostile}}},
		},
		Extra: []Object{{Kind: Federation, Name: hostile}},
	}
	for _, prune := range []bool{false, true} {
		p := Compare(w, s, prune)
		texts := []string{}
		for _, c := range p.Changes {
			texts = append(append(texts, c.Title()), c.Notes...)
			for _, l := range c.Lines {
				texts = append(texts, l.Field, l.Before, l.After)
			}
		}
		for _, f := range p.Differences() {
			texts = append(texts, f.Name, f.What, f.Fix.String())
			if f.ID == "workspace-more" && !prune && f.Fix.String() != "dbxaccess workspace apply admin --map next.yaml --prune" {
				t.Errorf("%s: %q", f.Kind, f.Fix)
			}
		}
		for _, text := range texts {
			if strings.ContainsAny(text, "\x1b\x07\u202e\n") || len(text) > 8000 {
				t.Errorf("%.200q", text)
			}
		}
		if len(p.Changes) == 0 || len(texts) < 8 {
			t.Errorf("%+v", p)
		}
	}
}
