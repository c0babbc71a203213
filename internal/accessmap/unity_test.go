package accessmap

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const unityMap = `version: 1
identities:
  acme:
    issuer: https://id.example
    client_id: x
    groups: {ml: [r], readers: [base]}
workspaces: {prod: {host: https://prod.example, warehouse_profile: "arn:aws:iam::111122223333:instance-profile/sql"}}
datasets: {d: {location: s3://lake/d/}}
roles:
  base:
    workspace: prod
    entitlements: [workspace-access]
    grants:
      - {schema: main.ml, privileges: [USE_SCHEMA, SELECT]}
  r:
    aws: {role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1}
    inherits: [base]
    read: [d]
    service_credential: {name: ml-glue}
    entitlements: [databricks-sql-access, allow-cluster-create]
    grants:
      - {schema: MAIN.ML, privileges: [EXTERNAL_USE_SCHEMA, SELECT]}
      - {service_credential: ml-glue, privileges: [ACCESS]}
`

func TestWhatARoleGivesAtDatabricks(t *testing.T) {
	t.Parallel()
	m := parsed(t, unityMap)
	e, err := m.Effective("r")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := unityWords(e.Grants), []string{
		"ACCESS on service credential ml-glue", "EXTERNAL_USE_SCHEMA on schema MAIN.ML", "SELECT on schema MAIN.ML", "USE_SCHEMA on schema MAIN.ML",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := strings.Join(e.Entitlements, " "); got != "allow-cluster-create databricks-sql-access workspace-access" {
		t.Error(got)
	}
	if m.Workspaces["prod"].WarehouseProfile == "" || m.Roles["r"].ServiceCredential == nil || m.Roles["r"].ServiceCredential.Name != "ml-glue" {
		t.Errorf("%+v", m.Roles["r"])
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"right":               {"", "", ""},
		"no entitlement":      {"[workspace-access]", "[workspace-acces]", `12:20: entitlements: "workspace-acces" is not one of allow-cluster-create`},
		"none":                {"[workspace-access]", "[]", "12:19: entitlements: expected 1 to 5, found 0"},
		"no privilege":        {"[ACCESS]", "[ACESS]", `23:52: privileges: "ACESS" is not a privilege, as in USE_SCHEMA or SELECT, in capitals and with underscores; did you mean ACCESS?`},
		"as SQL has it":       {"[USE_SCHEMA, ", `["USE SCHEMA", `, "in capitals and with underscores; did you mean USE_SCHEMA?"},
		"of another thing":    {"[ACCESS]", "[SELECT]", "23:9: grants: there is no SELECT on a service credential: ACCESS, ALL_PRIVILEGES, CREATE_CONNECTION, MANAGE"},
		"on nothing":          {"service_credential: ml-glue, privileges", "privileges", "23:9: a grant of role r: name one thing that the privileges are on, by one of the keys catalog, schema"},
		"on two things":       {"{service_credential: ml-glue, privileges", "{catalog: main, service_credential: ml-glue, privileges", "23:9: a grant of role r: name one thing"},
		"too few parts":       {"schema: MAIN.ML", "schema: MAIN", `22:9: grants: "MAIN" has 1 parts, and the full name of a schema has 2`},
		"an odd name":         {"schema: MAIN.ML", "schema: MAIN/ML", "is not a name in Unity Catalog"},
		"twice":               {"{service_credential: ml-glue, privileges: [ACCESS]}", "{schema: main.ml, privileges: [SELECT]}", "23:9: grants: schema main.ml is there twice, first on line 22"},
		"no privileges":       {", privileges: [ACCESS]", "", "23:9: a grant of role r: the key privileges is missing"},
		"no list":             {"grants:\n      - {schema: main.ml, privileges: [USE_SCHEMA, SELECT]}", "grants: all", "13:13: grants: expected a list of grants, found a text"},
		"nothing to stand on": {"    aws: {role_arn: \"arn:aws:iam::111122223333:role/r\", region: us-east-1}\n", "", "role r has service_credential and no role_arn under aws"},
		"groups of a principal": {"    inherits: [base]\n", "    inherits: [base]\n    service_principal: 01234567-89ab-cdef-0123-456789abcdef\n    workspace_groups: [x]\n",
			"role r has workspace_groups beside a service_principal"},
		"a group that is none": {"    inherits: [base]\n", "    inherits: [base]\n    workspace_groups: [\" x\"]\n", `" x" is not the name of a group`},
		"no profile":           {"instance-profile/sql", "role/sql", "warehouse_profile: "},
	} {
		text := strings.Replace(unityMap, c.old, c.new, 1)
		_, err := Parse("m", []byte(text))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGroupsAtDatabricks(t *testing.T) {
	t.Parallel()
	until := "2026-01-31"
	for text, want := range map[string]string{
		"": "ml true",
		"groups: {ml: [r], ops: [r], readers: [base]}":                                           "ml,ops true",
		"groups: {ml: [{role: r, until: " + until + "}], readers: [base]}":                       " true",
		"groups: {'ml-*': [r], readers: [base]}":                                                 " false",
		"groups: {01234567-89ab-cdef-0123-456789abcdef: [r], ml: [r], readers: [base]}":          "ml false",
		"groups: {ml: [r], readers: [base]}\n    claims: [{match: {sub: alice}, roles: [r]}]":    "ml false",
		"groups: {ml: [r], readers: [base]}\n    claims: [{match: {sub: alice}, roles: [base]}]": "ml true",
	} {
		source := unityMap
		if text != "" {
			source = strings.Replace(source, "groups: {ml: [r], readers: [base]}", text, 1)
		}
		m := parsed(t, source)
		groups, sure := m.WorkspaceGroups("r", time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
		if got := fmt.Sprint(strings.Join(groups, ","), " ", sure); got != want {
			t.Errorf("%s: %s", text, got)
		}
		told := slices.ContainsFunc(m.Lint(today), func(w Warning) bool { return w.ID == principalUnknown && strings.Contains(w.Message, "role r ") })
		if told == sure {
			t.Errorf("%s: told of: %v", text, told)
		}
		named := parsed(t, strings.Replace(source, "    read: [d]\n", "    read: [d]\n    workspace_groups: [ML people]\n", 1))
		if groups, sure := named.WorkspaceGroups("r", today); !sure || !slices.Equal(groups, []string{"ML people"}) {
			t.Errorf("%s: named: %q %v", text, groups, sure)
		}
	}
}

func TestEntitlementsWithoutWorkspace(t *testing.T) {
	t.Parallel()
	m := parsed(t, strings.NewReplacer("    workspace: prod\n", "", ", readers: [base]", "").Replace(unityMap))
	if !slices.ContainsFunc(m.Lint(today), func(w Warning) bool { return w.ID == entitlementsIdle }) {
		t.Error("not told of")
	}
}

func TestChangesAtDatabricks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"an entitlement":  {"[databricks-sql-access, allow-cluster-create]", "[allow-cluster-create]", "narrows grant: role r: no longer has the entitlement databricks-sql-access"},
		"another one":     {"[workspace-access]", "[workspace-access, workspace-consume]", "widens grant: role base: has the entitlement workspace-consume\nwidens grant: role r: has the entitlement workspace-consume"},
		"a privilege":     {"[ACCESS]", "[ACCESS, MANAGE]", "widens grant: role r: has MANAGE on service credential ml-glue"},
		"one less":        {"[ACCESS]", "[MANAGE]", "widens grant: role r: has MANAGE on service credential ml-glue\nnarrows grant: role r: no longer has ACCESS on service credential ml-glue"},
		"groups there":    {"    read: [d]\n", "    read: [d]\n    workspace_groups: [ML]\n", "widens role: role r: groups at Databricks ML"},
		"a credential":    {"{name: ml-glue}", "{name: ml-other}", "widens role: role r: service credential ml-other (it was ml-glue)"},
		"warehouses' own": {"instance-profile/sql", "instance-profile/all", "widens workspace: workspace prod: instance profile of warehouses arn:aws:iam::111122223333:instance-profile/all (it was arn:aws:iam::111122223333:instance-profile/sql)"},
	} {
		got := lines(Changes(parsed(t, unityMap), parsed(t, strings.Replace(unityMap, c.old, c.new, 1))))
		want := strings.Split(c.want, "\n")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
