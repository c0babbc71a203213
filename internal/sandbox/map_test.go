package sandbox

import (
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

func TestTheMapFitsTheServers(t *testing.T) {
	s, _ := start(t)
	var m struct {
		Identities map[string]struct {
			Issuer   string
			ClientID string `yaml:"client_id"`
			Groups   map[string][]string
		}
		Workspaces map[string]struct{ Host, Login string }
		Datasets   map[string]any
		Roles      map[string]struct {
			AWS struct {
				RoleARN string `yaml:"role_arn"`
			}
			Workspace   string
			Read, Write []string
		}
	}
	if err := yaml.Unmarshal([]byte(s.Map()), &m); err != nil {
		t.Fatal(err)
	}
	acme := m.Identities["acme"]
	if acme.Issuer != s.Issuer() || acme.ClientID != s.ClientID() {
		t.Errorf("identity %+v", acme)
	}
	workspace := m.Workspaces[m.Roles["ml-reader"].Workspace]
	if workspace.Host != s.WorkspaceHost() || workspace.Login != "federation" {
		t.Errorf("the reader's workspace %+v", workspace)
	}
	known := map[string]bool{}
	for _, u := range s.Users {
		for _, g := range u.Groups {
			known[g] = true
		}
	}
	for group, roles := range acme.Groups {
		if !known[group] {
			t.Errorf("nobody is in %s", group)
		}
		for _, role := range roles {
			arn := m.Roles[role].AWS.RoleARN
			if !slices.ContainsFunc(defaultTrust(), func(t Trust) bool { return t.RoleARN == arn }) {
				t.Errorf("role %s has the ARN %q, which no trust names", role, arn)
			}
			for _, dataset := range slices.Concat(m.Roles[role].Read, m.Roles[role].Write) {
				if m.Datasets[dataset] == nil {
					t.Errorf("role %s names the dataset %s", role, dataset)
				}
			}
		}
	}
}

func TestTheMapOfAllIdentitiesFitsTheServers(t *testing.T) {
	s, _ := start(t)
	m, err := accessmap.Parse("map.yaml", []byte(s.IdentitiesMap()))
	if err != nil {
		t.Fatal(err)
	}
	if corp := m.Identities["corp"]; corp == nil || corp.Method() != idp.IdentityCenter || corp.StartURL != s.StartURL() {
		t.Errorf("corp %+v", corp)
	}
	if ci := m.Identities["ci"]; ci == nil || ci.Method() != idp.Workload || ci.Issuer != s.GitHubIssuer() || ci.Token.Audience != MachineAudience {
		t.Errorf("ci %+v", ci)
	}
	for name, role := range m.Roles {
		known := slices.ContainsFunc(defaultTrust(), func(t Trust) bool { return t.RoleARN == role.AWS.RoleARN })
		if role.AWS.RoleARN != "" && !known {
			t.Errorf("role %s has the ARN %q, which no trust names", name, role.AWS.RoleARN)
		}
		assigned := slices.ContainsFunc(s.Users, func(u signin.User) bool {
			return slices.Contains(u.Assignments, role.AWS.AccountID+"/"+role.AWS.RoleName)
		})
		if role.AWS.RoleName != "" && !assigned {
			t.Errorf("nobody is assigned %s", role.AWS.RoleName)
		}
	}
}
