package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/e2e/internal/sandbox"
)

// estateMap is what TestWorkspaceApply has stand in a workspace.
const estateMap = `version: 1
identities:
  acme:
    issuer: %[1]s
    client_id: %[2]s
    flow: device
    groups_claim: groups
    groups: { ml-scientists: [ml-trainer] }
workspaces:
  prod: { host: %[3]q, warehouse_profile: "arn:aws:iam::111122223333:instance-profile/sql" }
roles:
  ml-trainer:
    aws: { role_arn: %[4]q, region: us-east-1 }
    unrestricted: true
    workspace: prod
    instance_profile: arn:aws:iam::111122223333:instance-profile/compute
    entitlements: [databricks-sql-access, workspace-access]
    service_credential: { name: ml-glue }
    grants: [ { service_credential: ml-glue, privileges: [ACCESS] } ]
`

// What apply wrote is what the SDK's own services read, and a second plan has nothing to change.
func TestWorkspaceApply(t *testing.T) {
	t.Parallel()
	if _, err := admins(); err != nil {
		t.Fatal(err)
	}
	s, l := newDatabricksLaptop(t, "")
	l.Write(t, "map.yaml", fmt.Sprintf(estateMap, s.Issuer, sandbox.ClientID, s.Prod.Host, sandbox.Trainer), 0o600)
	initialise(t, l)
	databricksLogin(t, l, trainer)
	applied := succeeded(t, l.Run(t, "workspace", "apply", trainer, "--yes"))
	if !strings.Contains(applied.Stdout, "6 of 6 changes made.") {
		t.Error(applied.Stdout)
	}
	again := succeeded(t, l.Run(t, "workspace", "plan", trainer))
	if !strings.Contains(again.Stdout, "Nothing to change") {
		t.Error(again.Stdout)
	}

	read := succeeded(t, startClient(t, l, databricksClients(t)["go"], nil, "estate").Wait())
	var kept struct {
		Profiles, Credentials           map[string]string
		Roles, Entitlements, Privileges map[string][]string
		Members                         map[string]int
		Warehouses                      string
	}
	if err := json.Unmarshal([]byte(read.Stdout), &kept); err != nil {
		t.Fatal(err)
	}
	const compute, sql, group = "arn:aws:iam::111122223333:instance-profile/compute", "arn:aws:iam::111122223333:instance-profile/sql", "ml-scientists"
	if _, known := kept.Profiles[sql]; kept.Profiles[compute] != sandbox.Trainer || !known || kept.Warehouses != sql {
		t.Errorf("compute: %s", read.Stdout)
	}
	if !slices.Equal(kept.Roles[group], []string{compute}) || !slices.Equal(kept.Entitlements[group], []string{"databricks-sql-access", "workspace-access"}) || kept.Members[group] == 0 {
		t.Errorf("groups: %s", read.Stdout)
	}
	if !strings.HasPrefix(kept.Credentials["ml-glue"], "SERVICE "+sandbox.Trainer+" ") || !slices.Equal(kept.Privileges[group], []string{"ACCESS"}) {
		t.Errorf("Unity Catalog: %s", read.Stdout)
	}
}
