package live_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
	"github.com/dbxaccess/dbxaccess/internal/workspace/live"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// What is no answer of the API ends the plan: it is never taken for what stands, and never asked for without end.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	const account = "4d7e5f0a-2b6c-4c1d-9a83-6f0e1d2c3b4a"
	principal := plan.Object{Kind: plan.ServicePrincipal, Name: "9b1f6a3c", Sets: map[string][]string{plan.SetEntitlements: {"workspace-access"}}}
	grants := plan.Object{Kind: plan.Grants, Name: "schema main.ml", Sets: map[string][]string{"a": {"SELECT"}}}
	credential := plan.Object{Kind: plan.Credential, Name: "glue", Fields: map[string]string{plan.FieldPurpose: "SERVICE"}}
	policy := plan.Object{Kind: plan.Federation, Name: "dbxaccess-a", Fields: map[string]string{plan.FieldIssuer: "https://id.example.com"}}
	profile := plan.Object{Kind: plan.Profile, Name: "arn:aws:iam::111122223333:instance-profile/a"}
	for name, c := range map[string]struct {
		want    plan.Object
		account string
		answer  string // where N stands for the number of the request
		id      ui.ID
		most    int64 // requests
	}{
		"groups, the same page for ever":         {group("a"), "", `{"totalResults": 5000, "Resources": [{"id": "1", "displayName": "a"}]}`, "workspace-unknown-answer", 100},
		"groups, always one more":                {group("a"), "", `{"Resources": [{"id": "N", "displayName": "a"}]}`, "workspace-unknown-answer", 100},
		"groups, none on a page":                 {group("a"), "", `{"totalResults": 5000}`, "", 1},
		"a group with an ID that is a path":      {group("a"), "", `{"totalResults": 1, "Resources": [{"id": "../../../2.0/x", "displayName": "a"}]}`, "workspace-unknown-answer", 1},
		"a group without an ID":                  {group("a"), "", `{"totalResults": 1, "Resources": [{"displayName": "a"}]}`, "workspace-unknown-answer", 1},
		"a number for groups":                    {group("a"), "", `{"Resources": 7}`, "workspace-unknown-answer", 1},
		"a list for groups":                      {group("a"), "", `[]`, "workspace-unknown-answer", 1},
		"a page for people":                      {group("a"), "", `<html>sign in</html>`, "workspace-unknown-answer", 1},
		"service principals, always one more":    {principal, "", `{"Resources": [{"id": "N", "applicationId": "9b1f6a3c"}]}`, "workspace-unknown-answer", 100},
		"grants, the same page token":            {grants, "", `{"next_page_token": "again"}`, "workspace-unknown-answer", 2},
		"grants, always another page token":      {grants, "", `{"next_page_token": "N"}`, "workspace-unknown-answer", 100},
		"a credential with more than an ID":      {credential, "", `{"purpose": "SERVICE", "aws_iam_role": {"external_id": "x, name: y"}}`, "workspace-unknown-answer", 1},
		"policies, the same page token":          {policy, account, `{"next_page_token": "again"}`, "workspace-unknown-answer", 2},
		"policies, always another page token":    {policy, account, `{"next_page_token": "N"}`, "workspace-unknown-answer", 100},
		"a page for instance profiles":           {profile, "", `<!doctype html><title>sign in</title>`, "workspace-unknown-answer", 1},
		"more instance profiles than we read":    {profile, "", `{"instance_profiles": [{"instance_profile_arn": "` + strings.Repeat("x", 64<<20) + `"}]}`, "answer-too-large", 1},
		"an instance profile of warehouses, too": {plan.Object{Kind: plan.Warehouses, Name: "prod"}, "", `{"instance_profile_arn": 7}`, "workspace-unknown-answer", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := asked.Add(1)
				if r.Method != http.MethodGet {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				_, _ = w.Write([]byte(strings.Replace(c.answer, `"N"`, `"`+strconv.FormatInt(n, 10)+`"`, 1)))
			}))
			defer server.Close()
			token := &databricks.Token{Host: server.URL, AccountID: c.account, AccessToken: secret.New("canary-token")}
			client, err := workspace.New(httpclient.New(httpclient.Options{}), token, workspace.Options{Account: true, Rate: 10_000})
			if err != nil {
				t.Fatal(err)
			}
			l := live.New(client, &databricks.Principal{Groups: []string{"admins"}})
			_, err = l.Read(t.Context(), &plan.Wanted{Objects: []plan.Object{c.want}, Made: func(string) bool { return false }}, func(string) {})
			if ui.IDOf(err) != c.id || err == nil && c.id != "" || asked.Load() > c.most || err != nil && len(err.Error()) > 1000 {
				t.Errorf("%d requests: %v", asked.Load(), err)
			}
		})
	}
}
