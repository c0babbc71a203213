package render_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/render"
)

// The contract: names of fields, policies as objects, lists that are never null.
func TestJSON(t *testing.T) {
	t.Parallel()
	empty, err := json.Marshal(render.JSON(&desired.State{}))
	if want := `{"providers":[],"roles":[],"permission_sets":[],"keys":[],"buckets":[],"databricks":{"pass_roles":[],"storage_credentials":[],"service_credentials":[],"federation_policies":[]},"gaps":[]}`; err != nil || string(empty) != want {
		t.Errorf("%s, %v", empty, err)
	}
	for _, evil := range evils() {
		s := sample(evil)
		text, err := json.Marshal(render.JSON(s))
		if err != nil || strings.Contains(string(text), "null") && !strings.Contains(evil, "null") {
			t.Fatalf("%q: %s, %v", evil, text, err)
		}
		var got struct {
			Roles []struct {
				ARN         string `json:"arn"`
				Trust       any    `json:"trust_policy"`
				Permissions []any  `json:"permission_policies"`
				Seconds     int    `json:"max_session_seconds"`
				Profile     string `json:"instance_profile_arn"`
			} `json:"roles"`
			Providers []struct {
				Context any `json:"context_provider"`
			} `json:"providers"`
			Gaps []struct{ ID, Role, What, Fix string } `json:"gaps"`
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		trainer := got.Roles[1]
		if trainer.ARN != trainerARN || trainer.Seconds != 7200 || trainer.Profile != profileARN || len(got.Roles[0].Permissions) != 0 || len(got.Gaps) != 3 {
			t.Errorf("%q: %s", evil, text)
		}
		same(t, trainer.Trust, s.Roles[1].Trust)
		same(t, trainer.Permissions[0], s.Roles[1].Permissions[0])
		if context, err := json.Marshal(got.Providers[0].Context); err != nil ||
			string(context) != `{"keys":[{"claim":"acr","name":"acr"}],"needed":false,"subject_claim":"email","subject_type":"user"}` {
			t.Errorf("%s, %v", context, err)
		}
	}
}

func TestServiceCredentials(t *testing.T) {
	t.Parallel()
	text := render.Terraform(sample("x"))
	_, block, found := strings.Cut(text, `resource "databricks_credential" "`)
	if block, _, _ = strings.Cut(block, "\n}"); !found || !strings.Contains(block, `purpose  = "SERVICE"`) || !strings.Contains(block, `"glue x"`) {
		t.Error(block)
	}
}
