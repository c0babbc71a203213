package accessmap

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
)

// A sign-in proves itself, a job says a reason at most, and where a provider tells nothing of a sign-in nobody is served.
func TestDemands(t *testing.T) {
	t.Parallel()
	people := &Identity{Issuer: "https://idp.example", Kind: "okta"}
	dex := &Identity{Issuer: "https://dex.example", Kind: "dex"}
	job := &Identity{Token: &idp.TokenSource{}}
	center := &Identity{StartURL: "https://acme.awsapps.com/start"}
	all := Handling{StepUp: StepUp{MaxAge: time.Hour, ACR: []string{"phr", "phrh"}, AMR: [][]string{{"hwk"}}}, Reason: true}
	for name, c := range map[string]struct {
		h           Handling
		i           *Identity
		words, json string
	}{
		"nothing":     {Handling{}, people, "", "null"},
		"other rules": {Handling{Env: Deny, MaxDuration: time.Hour}, people, "", "null"},
		"an age":      {Handling{StepUp: StepUp{MaxAge: 90 * time.Minute}}, people, "only within 90m of signing in", `{"max_auth_age":"90m"}`},
		"all of them": {
			all, people, "only within 1h of signing in, with acr phr or phrh, with amr hwk; only with a reason",
			`{"max_auth_age":"1h","acr":["phr","phrh"],"amr":[["hwk"]],"reason":true}`,
		},
		"of a job":         {all, job, "only with a reason", `{"reason":true}`},
		"no reason of one": {Handling{StepUp: all.StepUp}, job, "", "null"},
		"a reason alone":   {Handling{Reason: true}, center, "only with a reason", `{"reason":true}`},
		"at Identity Center": {
			Handling{StepUp: StepUp{ACR: []string{"phr"}}}, center, "to nobody: IAM Identity Center tells neither when nor how somebody signed in",
			`{"acr":["phr"],"unable":"IAM Identity Center tells neither when nor how somebody signed in"}`,
		},
		"at a provider that never says": {
			Handling{StepUp: StepUp{ACR: []string{"phr"}}}, dex, "to nobody: the ID tokens of its provider, of kind dex, never hold acr",
			`{"acr":["phr"],"unable":"the ID tokens of its provider, of kind dex, never hold acr"}`,
		},
	} {
		d := c.h.Demands(c.i)
		got, err := json.Marshal(d)
		if err != nil || d.Words() != c.words || string(got) != c.json {
			t.Errorf("%s: %q, %s, %v", name, d.Words(), got, err)
		}
	}
}
