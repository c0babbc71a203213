package sandbox

import (
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/signin"
)

func TestTheMapsFitTheServers(t *testing.T) {
	s, _ := start(t)
	for name, text := range map[string]string{"map": s.Map(), "identities": s.IdentitiesMap()} {
		m, err := accessmap.Parse(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		acme, workspace := m.Identities["acme"], m.Workspaces["prod"]
		if acme.Issuer != s.Issuer() || acme.ClientID != s.ClientID() || workspace.Host != s.WorkspaceHost() {
			t.Errorf("%s: acme %+v, prod %+v", name, acme, workspace)
		}
		for group := range acme.Groups {
			if !slices.ContainsFunc(s.Users, func(u signin.User) bool { return slices.Contains(u.Groups, group) }) {
				t.Errorf("%s: nobody is in %s", name, group)
			}
		}
		if corp, all := m.Identities["corp"]; all && (corp.Method() != idp.IdentityCenter || corp.StartURL != s.StartURL()) {
			t.Errorf("%s: corp %+v", name, corp)
		}
		if ci, all := m.Identities["ci"]; all && (ci.Method() != idp.Workload || ci.Issuer != s.GitHubIssuer() || ci.Token.Audience != MachineAudience) {
			t.Errorf("%s: ci %+v", name, ci)
		}
		for role, r := range m.Roles {
			known := slices.ContainsFunc(defaultTrust(), func(t Trust) bool { return t.RoleARN == r.AWS.RoleARN })
			if r.AWS.RoleARN != "" && !known {
				t.Errorf("%s: role %s has the ARN %q, which no trust names", name, role, r.AWS.RoleARN)
			}
			assigned := slices.ContainsFunc(s.Users, func(u signin.User) bool {
				return slices.Contains(u.Assignments, r.AWS.AccountID+"/"+r.AWS.RoleName)
			})
			if r.AWS.RoleName != "" && !assigned {
				t.Errorf("%s: nobody is assigned %s", name, r.AWS.RoleName)
			}
		}
	}
}
