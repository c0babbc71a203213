package request_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/request"
)

const text = `version: 1
contact: "#ml-platform"
identities:
  acme:
    issuer: https://id.example
    client_id: dbxaccess
    groups:
      ml-scientists: [churn-trainer]   # the churn team
      analysts:
        - churn-reader
      "data-*": [everything]
datasets:
  churn: { location: s3://acme-ml/churn/, sensitivity: confidential }
  features: { location: s3://acme-features/, sensitivity: internal }
  pii: { location: s3://acme-pii/, sensitivity: restricted }
roles:
  churn-reader:
    aws: { role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1 }
    read: [features]

  # Trains.
  churn-trainer:
    aws: { role_arn: "arn:aws:iam::111122223333:role/t", region: us-east-1 }
    read: [churn, features]
    write:
      - churn # and nothing else
  everything:
    aws: { role_arn: "arn:aws:iam::111122223333:role/e", region: us-east-1 }
    read: [churn, features, pii]
    write: [churn]
  glass: { aws: { role_arn: "arn:aws:iam::111122223333:role/g", region: us-east-1 } }
`

func worked(t *testing.T, data string, ask request.Ask) *request.Answer {
	t.Helper()
	ask.File = "access-map.yaml"
	m, err := accessmap.Parse(ask.File, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := request.Work(m, []byte(data), ask)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// inGroups is a person in these groups of acme.
func inGroups(groups ...string) []request.Holder {
	return []request.Holder{{Identity: "acme", Claims: accessmap.Claims{Groups: groups}}}
}

func told(answer *request.Answer) []string {
	var lines []string
	for _, way := range answer.Ways {
		line := string(way.Kind) + ": " + way.Words()
		if b := way.Besides; len(b.Grants) > 0 || b.Unrestricted {
			line += fmt.Sprintf("; besides %s, %v", strings.Join(b.Grants, ", "), b.Unrestricted)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWaysToARole(t *testing.T) {
	t.Parallel()
	answer := worked(t, text, request.Ask{Role: "churn-trainer", By: inGroups("analysts")})
	want := []string{
		`membership: the group "ml-scientists" gives the role churn-trainer (identity acme); besides read churn (confidential), write churn (confidential), false`,
		`rule: the group "analysts" gets the role churn-trainer too (identity acme); besides read churn (confidential), write churn (confidential), false`,
	}
	if diff := cmp.Diff(want, told(answer)); diff != "" {
		t.Error(diff)
	}
	const patch = `--- a/access-map.yaml
+++ b/access-map.yaml
@@ -8,6 +8,7 @@
       ml-scientists: [churn-trainer]   # the churn team
       analysts:
         - churn-reader
+        - churn-trainer
       "data-*": [everything]
 datasets:
   churn: { location: s3://acme-ml/churn/, sensitivity: confidential }
`
	way := answer.Ways[1]
	if diff := cmp.Diff(patch, way.Patch); diff != "" {
		t.Error(diff)
	}
	if len(way.Changes) != 1 || way.Changes[0].Text != `identity acme: group "analysts" may now take churn-trainer` || way.Changes[0].Effect != accessmap.Widens {
		t.Errorf("%+v", way.Changes)
	}
	if diff := cmp.Diff([]string{`all members of the group "analysts"`}, way.Others); diff != "" {
		t.Error(diff)
	}
}

func TestWhoHasItIsTold(t *testing.T) {
	t.Parallel()
	answer := worked(t, text, request.Ask{Dataset: "churn", Actions: []string{accessmap.Read, accessmap.Write}, By: inGroups("ml-scientists")})
	if len(answer.Has) != 1 || answer.Has[0].Role != "churn-trainer" || answer.Ways != nil {
		t.Errorf("%+v", answer)
	}
}

// The role that brings the least comes first, and a role that a person has is changed before one that brings more is given.
func TestWaysToADataset(t *testing.T) {
	t.Parallel()
	answer := worked(t, text, request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}, By: inGroups("analysts")})
	want := []string{
		`membership: the group "ml-scientists" gives the role churn-trainer (identity acme); besides write churn (confidential), false`,
		`membership: a group matching "data-*" gives the role everything (identity acme); besides read pii (restricted), write churn (confidential), false`,
		"grant: the role churn-reader may read churn too",
		`rule: the group "analysts" gets the role churn-trainer too (identity acme); besides write churn (confidential), false`,
		`rule: the group "analysts" gets the role everything too (identity acme); besides read pii (restricted), write churn (confidential), false`,
	}
	if diff := cmp.Diff(want, told(answer)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`all with the group "analysts" (role churn-reader)`}, answer.Ways[2].Others); diff != "" {
		t.Error(diff)
	}
	const patch = `@@ -16,7 +16,7 @@
 roles:
   churn-reader:
     aws: { role_arn: "arn:aws:iam::111122223333:role/r", region: us-east-1 }
-    read: [features]
+    read: [features, churn]
`
	if !strings.Contains(answer.Ways[2].Patch, patch) {
		t.Error(answer.Ways[2].Patch)
	}
}

// A key that is not there comes behind those of its kind, and several changes make one patch.
func TestSeveralActions(t *testing.T) {
	t.Parallel()
	answer := worked(t, text, request.Ask{Dataset: "features", Actions: []string{accessmap.Read, accessmap.Write, accessmap.Delete}, By: inGroups("ml-scientists")})
	if len(answer.Ways) != 1 {
		t.Fatal(told(answer))
	}
	const patch = `     read: [churn, features]
     write:
       - churn # and nothing else
+      - features
+    delete: [features]
   everything:
`
	if got := answer.Ways[0].Patch; !strings.Contains(got, patch) || strings.Count(got, "@@ -") != 1 {
		t.Error(got)
	}
}

// A role without datasets does all that stands behind it: its first dataset would take that away.
func TestARoleWithoutDatasetsIsLeftAlone(t *testing.T) {
	t.Parallel()
	given := strings.Replace(text, "[churn-trainer]", "[glass]", 1)
	answer := worked(t, given, request.Ask{Dataset: "pii", Actions: []string{accessmap.Write}, By: inGroups("ml-scientists")})
	if len(answer.Ways) != 0 {
		t.Error(told(answer))
	}
}

// What would make the map wrong is not offered: a policy that no longer fits.
func TestAChangeThatBreaksTheMapIsNotOffered(t *testing.T) {
	t.Parallel()
	prefix := strings.Repeat("p", 800)
	long := strings.NewReplacer("s3://acme-ml/churn/", "s3://acme-ml/"+prefix+"/", "s3://acme-pii/", "s3://acme-pii/"+prefix+"/").Replace(text)
	long = strings.Replace(long, "read: [churn, features, pii]", "read: [pii]", 1)
	long = strings.Replace(long, `"data-*": [everything]`, `"data-*": [everything, churn-trainer]`, 1)
	for _, way := range worked(t, long, request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}, By: inGroups("data-x")}).Ways {
		if way.Kind == request.Grant {
			t.Error(way.Patch)
		}
	}
	answer := worked(t, long, request.Ask{Dataset: "pii", Actions: []string{accessmap.Read}, By: inGroups("ml-scientists")})
	for _, way := range answer.Ways {
		if way.Kind == request.Grant && way.Role == "churn-trainer" {
			t.Error(way.Patch)
		}
	}
}

// A client secret is public by design, and still not to be sent about.
func TestNoPatchShowsAClientSecret(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		strings.Replace(text, "    groups:\n", "    client_secret: canary-x\n    groups:\n", 1),
		strings.Replace(text, "      \"data-*\": [everything]\n", "      \"data-*\": [everything]\n    client_secret: canary-x\n", 1),
		strings.Replace(text, "      ml-scientists: [churn-trainer]   # the churn team\n      analysts:\n        - churn-reader\n",
			"      analysts: [churn-reader] # canary-x\n", 1) + "",
	} {
		if !strings.Contains(data, "client_secret") {
			data = strings.Replace(data, "    client_id: dbxaccess\n", "    client_id: dbxaccess\n    client_secret: canary-x\n", 1)
		}
		for _, ask := range []request.Ask{{Role: "glass", By: inGroups("analysts")}, {Role: "glass", By: inGroups("new")}} {
			answer := worked(t, data, ask)
			if len(answer.Ways) != 1 || strings.Contains(answer.Ways[0].Patch, "canary") || strings.Contains(fmt.Sprint(answer.Ways), "canary") {
				t.Errorf("%q", told(answer))
			}
			if patch := answer.Ways[0].Patch; patch != "" {
				holdsExactly(t, data, answer.Ways[0], ask)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	m, err := accessmap.Parse("m", []byte(strings.Replace(text, "  glass:", "  pii:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		actions []string
		want    request.Ask
		wrong   string
	}{
		{"churn", nil, request.Ask{Dataset: "churn", Actions: []string{"read"}}, ""},
		{"pii", nil, request.Ask{Role: "pii"}, ""},
		{"pii", []string{"write"}, request.Ask{Dataset: "pii", Actions: []string{"write"}}, ""},
		{"everything", []string{"write"}, request.Ask{}, "--action is about a dataset, and everything is a role"},
		{"chrun", nil, request.Ask{}, `the access map has neither a role nor a dataset "chrun"`},
	} {
		got, err := request.Find(m, c.name, c.actions)
		if (err != nil) != (c.wrong != "") || err != nil && err.Error() != c.wrong || err == nil && !cmp.Equal(got, c.want) {
			t.Errorf("%s %v: %+v, %v", c.name, c.actions, got, err)
		}
	}
}

// What only AWS knows, and actions by hand, count as what comes along: a role of an administrator is never the first way to a dataset.
func TestARoleWithMoreThanDatasetsComesLast(t *testing.T) {
	t.Parallel()
	const powerful = `version: 1
identities:
  acme: { issuer: https://idp.example.com, client_id: c, groups: { admins: [churn-admin], team: [churn-narrow] } }
datasets:
  churn: { location: s3://acme-ml/churn/ }
  tiny: { location: s3://acme-ml/tiny/ }
roles:
  churn-admin:
    aws: { role_arn: "arn:aws:iam::111122223333:role/admin", region: us-east-1, managed_policies: ["arn:aws:iam::aws:policy/AdministratorAccess"] }
    read: [churn]
    statements: [{ actions: ["iam:CreateUser"], resources: ["*"] }]
  churn-narrow:
    aws: { role_arn: "arn:aws:iam::111122223333:role/narrow", region: us-east-1 }
    read: [churn, tiny]
`
	ways := worked(t, powerful, request.Ask{Dataset: "churn", Actions: []string{accessmap.Read}, By: inGroups("eng")}).Ways
	if len(ways) < 2 || ways[0].Role != "churn-narrow" || ways[1].Role != "churn-admin" {
		t.Fatalf("%+v", ways)
	}
	if b := ways[1].Besides; b.Managed != 1 || len(b.Actions) != 1 || b.Actions[0] != "iam:CreateUser" || b.Unrestricted {
		t.Errorf("%+v", b)
	}
}
