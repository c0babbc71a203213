package databricks

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const testAccount = "4d7e5f0a-2b6c-4c1d-9a83-6f0e1d2c3b4a"

// config is a host's answer to what it is; HOST stands for its address.
func (w *workspace) configured(body string) {
	w.config = func(rw http.ResponseWriter, r *http.Request) {
		says(200, strings.ReplaceAll(body, "HOST", w.url))(rw, r)
	}
}

// databricks cli 4809 and 4825, databricks-sdk-py 1221: at a unified host tokens are the account's.
func TestTheHostSaysWhereTokensAreTraded(t *testing.T) {
	t.Parallel()
	const ofTheAccount = "/oidc/accounts/" + testAccount + "/v1/token"
	for name, c := range map[string]struct {
		config, account, workspace string
		path                       string
	}{
		"a workspace":           {`{"host_type":"workspace","oidc_endpoint":"HOST/oidc","account_id":"` + testAccount + `","workspace_id":"1"}`, "", "", "/oidc/v1/token"},
		"a workspace, with ID":  {`{"host_type":"workspace","oidc_endpoint":"HOST/oidc/","workspace_id":"1"}`, testAccount, "1", "/oidc/v1/token"},
		"a unified host":        {`{"host_type":"unified","oidc_endpoint":"HOST/oidc/accounts/{account_id}","account_id":"` + testAccount + `"}`, "", "1", ofTheAccount},
		"the map knows":         {`{"host_type":"unified","oidc_endpoint":"HOST/oidc/accounts/{account_id}"}`, testAccount, "1", ofTheAccount},
		"no endpoint":           {`{"host_type":"unified","account_id":"` + testAccount + `"}`, "", "1", ofTheAccount},
		"nothing said":          {`{}`, testAccount, "1", ofTheAccount},
		"nothing known":         {`{}`, "", "", "/oidc/v1/token"},
		"an account's alone":    {`{"account_id":"` + testAccount + `"}`, "", "", "/oidc/v1/token"},
		"a page":                {`<html>sign in</html>`, "", "", "/oidc/v1/token"},
		"too much":              {`{"oidc_endpoint":"` + strings.Repeat("x", 2<<20) + `"}`, "", "", "/oidc/v1/token"},
		"an account's console":  {`{"host_type":"workspace","oidc_endpoint":"HOST/oidc"}`, testAccount, "", ofTheAccount},
		"of another kind, null": {`{"host_type":7,"oidc_endpoint":null,"account_id":{}}`, "", "", "/oidc/v1/token"},
	} {
		w := serve(t, granted("3600"))
		w.configured(c.config)
		e := w.exchange()
		e.AccountID, e.WorkspaceID = c.account, c.workspace
		token, err := w.Exchange(t.Context(), e)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := w.requests[0].URL.Path; got != c.path || token.WorkspaceID != c.workspace || token.AccountID != c.account || token.Host != w.url {
			t.Errorf("%s: %s, %+v", name, got, token)
		}
	}
}

func TestAHostThatSaysNothingOfUse(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": says(302, "", "Location", "https://login.example/"), "busy": says(503, `{"message":"later"}`), "none": says(404, ""),
	} {
		w := serve(t, granted("3600"))
		w.config = answer
		if _, err := w.Exchange(t.Context(), w.exchange()); err != nil || w.requests[0].URL.Path != "/oidc/v1/token" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A unified host that can't say so is not asked as if it were another.
func TestAUnifiedHostMustSayItsAccount(t *testing.T) {
	t.Parallel()
	w := serve(t, granted("3600"))
	w.config = says(503, `{"message":"later"}`)
	e := w.exchange()
	e.WorkspaceID = "1"
	_, err := w.Exchange(t.Context(), e)
	mustFail(t, err, ui.Failed, "503", "try again")
	if len(w.requests) != 0 {
		t.Error("asked all the same")
	}
	e.AccountID = testAccount
	if _, err := w.Exchange(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestNoTokenGoesWhereAHostLeads(t *testing.T) {
	t.Parallel()
	for oidc, want := range map[string]string{
		"https://evil.example/oidc":                       "sends ID tokens to https://evil.example",
		"http://127.0.0.1:1/oidc":                         "sends ID tokens to http://127.0.0.1:1",
		"http://dbc-1.cloud.databricks.com/oidc":          "sends ID tokens to",
		"https://cloud.databricks.com.evil.example/oidc":  "sends ID tokens to",
		"https://u:p@dbc-1.cloud.databricks.com/oidc":     "sends ID tokens to",
		"https://dbc-1.cloud.databricks.com@evil.example": "sends ID tokens to",
		"HOST/oidc?x=y":                    "sends ID tokens to",
		"HOST/../evil":                     "sends ID tokens to",
		"HOST/oidc/{other}":                "sends ID tokens to",
		"HOST/%2e%2e/x":                    "sends ID tokens to",
		"//evil.example/oidc":              "sends ID tokens to",
		"javascript:alert(1)":              "sends ID tokens to",
		"HOST/" + strings.Repeat("x", 600): "sends ID tokens to",
		"HOST/oidc%0A":                     "sends ID tokens to",
		"HOST/oidc%3Fx=":                   "sends ID tokens to",
		"HOST/\\u001b[31m":                 "sends ID tokens to",
		"HOST/oidc/accounts/{account_id}":  "it is not known which",
	} {
		w := serve(t, granted("3600"))
		w.configured(fmt.Sprintf(`{"oidc_endpoint":"%s"}`, oidc))
		_, err := w.Exchange(t.Context(), w.exchange())
		if err == nil || !strings.Contains(err.Error(), want) || len(w.requests) != 0 {
			t.Errorf("%s: %v, %d requests", oidc, err, len(w.requests))
		} else if ui.CleanLines(err.Error()) != err.Error() || ui.HintOf(err) == "" {
			t.Errorf("%s: %q", oidc, err)
		}
		id := ui.ID("workspace-oidc-elsewhere")
		if strings.HasSuffix(oidc, accountPlace) {
			id = "workspace-account-missing"
		}
		if ui.IDOf(err) != id {
			t.Errorf("%s: %s", oidc, ui.IDOf(err))
		}
	}
}

// A domain of Databricks, and a host that the person trusts, may be where a workspace's tokens are traded.
func TestTheEndpointMayBeDatabricksOwn(t *testing.T) {
	t.Parallel()
	c := &Client{TrustedHosts: []string{"sso.example.com"}}
	e := Exchange{Host: "https://acme.example.com"}
	for oidc, want := range map[string]string{
		"https://dbc-1.cloud.databricks.com/oidc":        "https://dbc-1.cloud.databricks.com/oidc/v1/token",
		"https://SSO.example.com/oidc/":                  "https://sso.example.com/oidc/v1/token",
		"https://acme.example.com:443/oidc/accounts/a-b": "https://acme.example.com/oidc/accounts/a-b/v1/token",
		"http://sso.example.com/oidc":                    "",
		"http://acme.example.com/oidc":                   "",
		"https://other.example.com/oidc":                 "",
		"http://localhost:8080/oidc":                     "",
	} {
		if got, err := c.ownEndpoint(e, oidc); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", oidc, got, err)
		}
	}
}

func TestTheMapAndTheHostDisagree(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config, account, workspace string
		id                         ui.ID
		want, hint                 string
	}{
		"which workspace":                {`{"host_type":"UNIFIED"}`, "", "", "workspace-unified", "serves several workspaces", `workspace_id: "NUMBER"`},
		"another account":                {`{"host_type":"unified","account_id":"` + testAccount + `"}`, "other", "1", "workspace-other-account", "of the account " + testAccount, "account_id"},
		"an endpoint of another account": {`{"host_type":"unified","oidc_endpoint":"HOST/oidc/accounts/2222"}`, testAccount, "1", "workspace-other-account", "of the account 2222", "account_id"},
		"an ID that is a number": {`{"host_type":"workspace","workspace_id":7405600000000043}`, "", "7405600000000042",
			"workspace-other-id", "is the workspace 7405600000000043", "workspace_id"},
		"another workspace": {`{"host_type":"workspace","workspace_id":"2"}`, "", "1", "workspace-other-id", "is the workspace 2", "workspace_id"},
	} {
		w := serve(t, granted("3600"))
		w.configured(c.config)
		e := w.exchange()
		e.AccountID, e.WorkspaceID = c.account, c.workspace
		_, err := w.Exchange(t.Context(), e)
		mustFail(t, err, ui.Failed, c.want, c.hint)
		if ui.IDOf(err) != c.id {
			t.Errorf("%s: %s, %v", name, ui.IDOf(err), err)
		}
		if len(w.requests) != 0 {
			t.Errorf("%s: asked all the same", name)
		}
	}
}

func TestAddressesSayWhichWorkspace(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Address{
		"https://acme.databricks.com/?o=123":                     {"https://acme.databricks.com", "123", ""},
		"acme.databricks.com?o=123&a=4d7e":                       {"https://acme.databricks.com", "123", "4d7e"},
		"https://acme.databricks.com/browse?workspace_id=7":      {"https://acme.databricks.com", "7", ""},
		"https://acme.databricks.com/?w=conn-1&o=2":              {"https://acme.databricks.com", "conn-1", ""},
		"https://acme.databricks.com/w/123/sql/editor":           {"https://acme.databricks.com", "123", ""},
		"https://acme.databricks.com/sql#o=5":                    {"https://acme.databricks.com", "", ""},
		"https://acme.databricks.com/?o=../x":                    {"https://acme.databricks.com", "", ""},
		"https://acme.databricks.com/?o=%zz":                     {"https://acme.databricks.com", "", ""},
		"https://acme.databricks.com/?account_id=" + testAccount: {"https://acme.databricks.com", "", testAccount},
	} {
		if got, err := ParseAddress(raw); err != nil || got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	if _, err := ParseAddress("https://u@acme.databricks.com/?o=1"); err == nil {
		t.Error("user info")
	}
}
