package plan

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

var today = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

const world = `version: 1
identities:
  acme: { issuer: https://id.example.com, client_id: x, groups: { ml: [trainer], readers: [reader], 'team-*': [reader] } }
workspaces:
  prod: { host: https://prod.example.com }
  dev: { host: https://dev.example.com }
  account: { host: https://accounts.example.com, account_id: 01234567-89ab-cdef-0123-456789abcdef }
datasets: { churn: { location: s3://lake/churn/ } }
roles:
  reader:
    workspaces: [prod, dev]
    entitlements: [workspace-access]
    grants: [ { schema: main.ml, privileges: [SELECT] } ]
  trainer:
    inherits: [reader]
    workspace: prod
    aws: { role_arn: "arn:aws:iam::111122223333:role/trainer", region: us-east-1 }
    read: [churn]
    instance_profile: arn:aws:iam::111122223333:instance-profile/trainer
    storage_credential: { name: lake }
`

func wanted(t *testing.T, text, workspace string) *Wanted {
	t.Helper()
	m, err := accessmap.Parse("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Of(m, workspace, today)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func the(t *testing.T, w *Wanted, kind Kind, name string) *Object {
	t.Helper()
	i := slices.IndexFunc(w.Objects, func(o Object) bool { return o.Kind == kind && o.Name == name })
	if i < 0 {
		t.Fatalf("no %s %s in %+v", kind, name, w.Objects)
	}
	return &w.Objects[i]
}

func TestWhatHasToStand(t *testing.T) {
	t.Parallel()
	w := wanted(t, world, "prod")
	var titles []string
	for i := range w.Objects {
		titles = append(titles, w.Objects[i].Title())
	}
	if got := strings.Join(titles, "\n"); got != strings.Join([]string{
		"instance profile arn:aws:iam::111122223333:instance-profile/trainer", "group ml", "group readers", "Unity Catalog credential lake", "grants on schema main.ml",
	}, "\n") {
		t.Error(got)
	}
	ml := the(t, w, Group, "ml")
	if !slices.Equal(ml.Sets[SetRoles], []string{"arn:aws:iam::111122223333:instance-profile/trainer"}) || !slices.Equal(ml.Sets[SetEntitlements], []string{"workspace-access"}) {
		t.Errorf("%+v", ml)
	}
	if readers := the(t, w, Group, "readers"); len(readers.Sets[SetRoles]) != 0 || !slices.Equal(readers.Owned[SetRoles], ml.Sets[SetRoles]) {
		t.Errorf("%+v", readers)
	}
	if profile := the(t, w, Profile, "arn:aws:iam::111122223333:instance-profile/trainer"); len(profile.Fields) != 0 {
		t.Errorf("a role of the profile's own name is written out: %+v", profile)
	}
	if c := the(t, w, Credential, "lake"); c.Place != "s3://lake/churn/" || c.Fields[FieldPurpose] != "STORAGE" {
		t.Errorf("%+v", c)
	}
	if len(w.Findings) != 1 || w.Findings[0].ID != "workspace-groups-unknown" || w.Findings[0].Roles[0] != "reader" {
		t.Errorf("%+v", w.Findings)
	}
	m, err := accessmap.Parse("map.yaml", []byte(world))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Of(m, "nowhere", today); err == nil || !strings.Contains(err.Error(), "no workspace nowhere") {
		t.Error(err)
	}
	if dev := wanted(t, world, "dev"); len(dev.Objects) != 2 {
		t.Errorf("%+v", dev.Objects)
	}
	sure := wanted(t, strings.Replace(world, "  reader:\n", "  reader:\n    workspace_groups: [ML readers]\n", 1), "dev")
	if len(sure.Findings) != 0 || the(t, sure, Group, "ML readers") == nil {
		t.Errorf("%+v", sure)
	}
}

// Federation policies are of the account that the map names, and are found again by their IDs.
func TestFederationPolicies(t *testing.T) {
	t.Parallel()
	w := wanted(t, world, "account")
	if len(w.Objects) != 1 || w.Objects[0].Name != "dbxaccess-acme" || w.Objects[0].Fields[FieldIssuer] != "https://id.example.com" || !w.Made("dbxaccess-acme") || w.Made("by-hand") {
		t.Fatalf("%+v", w)
	}
	several := strings.Replace(world, "datasets:", "  other: { host: https://accounts.other.example.com, account_id: 11234567-89ab-cdef-0123-456789abcdef }\ndatasets:", 1)
	if w := wanted(t, several, "account"); len(w.Objects) != 0 || len(w.Findings) == 0 || w.Findings[0].ID != "workspace-account-unknown" {
		t.Errorf("%+v", w)
	}
}

func TestComparing(t *testing.T) {
	t.Parallel()
	w := wanted(t, world, "prod")
	const profile = "arn:aws:iam::111122223333:instance-profile/trainer"
	ml := Object{Kind: Group, Name: "ML", ID: "7", Kin: AccountGroup, Sets: map[string][]string{
		SetRoles: {"arn:aws:iam::111122223333:instance-profile/other"}, SetEntitlements: {"allow-cluster-create", "workspace-access"},
	}}
	readers := Object{Kind: Group, Name: "readers", Sets: map[string][]string{SetRoles: {profile}, SetEntitlements: {"workspace-access"}}}
	grants := Object{Kind: Grants, Name: "schema main.ml", Sets: map[string][]string{"ml": {"MANAGE", "SELECT"}}}
	standing := &Standing{Objects: []Object{ml, readers, grants}}
	p := Compare(w, standing, false)
	if create, update, remove := p.Counts(); create != 2 || update != 2 || remove != 0 {
		t.Errorf("%d %d %d: %+v", create, update, remove, p.Changes)
	}
	for _, c := range p.Changes {
		for _, l := range c.Lines {
			if l.Action == Delete {
				t.Errorf("taken away without a word: %+v", c)
			}
		}
	}
	beyond := func(p *Plan) (list []string) {
		for _, f := range p.Findings {
			if f.ID == "workspace-more" {
				list = append(list, f.Name+": "+f.What)
			}
		}
		return list
	}
	if got := strings.Join(beyond(p), "\n"); got != "ml: the map does not give it the entitlement allow-cluster-create\n"+
		"readers: the map does not give it the role "+profile+"\nschema main.ml: the map does not give MANAGE to ml" {
		t.Error(got)
	}
	pruned := Compare(w, standing, true)
	if len(beyond(pruned)) > 0 {
		t.Errorf("%q", beyond(pruned))
	}
	var gone []string
	for _, c := range pruned.Changes {
		for _, l := range c.Lines {
			if l.Action == Delete {
				gone = append(gone, c.Name+" "+l.Field+" "+l.Before)
			}
		}
	}
	if got := strings.Join(gone, "\n"); got != "ml entitlement allow-cluster-create\nreaders role "+profile+"\nschema main.ml ml MANAGE" {
		t.Error(got)
	}
	if all := p.Differences(); len(all) <= len(p.Findings) || all[0].Severity != High {
		t.Errorf("%+v", all)
	}
}

// Of a thing that could not be read there is a finding, and no change.
func TestWhatIsNotRead(t *testing.T) {
	t.Parallel()
	w := wanted(t, world, "prod")
	p := Compare(w, &Standing{Findings: []Finding{About("workspace-not-read", the(t, w, Group, "ml"), "no", nil)}}, true)
	for _, c := range p.Changes {
		if c.Kind == Group && c.Name == "ml" {
			t.Errorf("%+v", c)
		}
	}
}

// A request with one principal that Unity Catalog does not know would be refused for all.
func TestGrantsToThoseWhoAreKnown(t *testing.T) {
	t.Parallel()
	w := wanted(t, world, "prod")
	missing := About("workspace-group-missing", the(t, w, Group, "readers"), "none", nil)
	grants := Object{Kind: Grants, Name: "schema main.ml"}
	for kin, lines := range map[string]int{AccountGroup: 1, LocalGroup: 0} {
		p := Compare(w, &Standing{Objects: []Object{{Kind: Group, Name: "ml", Kin: kin}, grants}, Findings: []Finding{missing}}, false)
		got := 0
		for _, c := range p.Changes {
			if c.Kind == Grants {
				got += len(c.Lines)
			}
		}
		told := slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.ID == "workspace-group-local" })
		if got != lines || told != (kin == LocalGroup) {
			t.Errorf("%s: %d grants, told %v: %+v", kin, got, told, p.Changes)
		}
	}
}

// A policy that says the same, whoever made it, is enough; one of ours that says something else is changed, audiences and all.
func TestPoliciesOfOthers(t *testing.T) {
	t.Parallel()
	want := the(t, wanted(t, world, "account"), Federation, "dbxaccess-acme")
	have := Object{Kind: Federation, Name: "by-hand", Fields: map[string]string{FieldIssuer: "https://id.example.com", FieldSubjectClaim: want.Fields[FieldSubjectClaim]}, Sets: map[string][]string{SetAudiences: {"x"}}}
	if !have.Says(want) {
		t.Errorf("%+v, wanted %+v", have, want)
	}
	have.Name, have.Sets = want.Name, map[string][]string{SetAudiences: {"other"}}
	if have.Says(want) {
		t.Error("it says something else")
	}
	change, _ := One(want, &have, false)
	if change == nil || len(change.Lines) != 2 || change.Lines[1].Action != Delete {
		t.Errorf("%+v", change)
	}
}

// The page lists every kind of finding, with what it means.
func TestKindsOnThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/workspace.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range FindingKinds() {
		if row := "| `" + string(k.ID) + "` | " + string(k.Severity) + " | " + k.Means + " |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/workspace.md lacks\n%s", row)
		}
	}
}
