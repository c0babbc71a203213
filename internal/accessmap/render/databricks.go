package render

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// passRole is all that one cross-account role of Databricks may pass.
type passRole struct {
	role       string // ARN
	workspaces []string
	document   iam.Document
}

func passRolesOf(s *desired.State) []passRole {
	var found []passRole
	for _, p := range s.Databricks.PassRoles {
		i := slices.IndexFunc(found, func(f passRole) bool { return f.role == p.CrossAccountRole })
		if i < 0 {
			i = len(found)
			found = append(found, passRole{role: p.CrossAccountRole, document: iam.Policy()})
		}
		found[i].workspaces = append(found[i].workspaces, p.Workspaces...)
		found[i].document.Statement = append(found[i].document.Statement, p.Statement)
	}
	for i := range found {
		slices.Sort(found[i].workspaces)
		found[i].workspaces = slices.Compact(found[i].workspaces)
	}
	return found
}

// registered is an instance profile that a workspace has to know.
type registered struct{ profile, role, workspace string }

// registeredOf are the profiles of the roles that workspaces pass.
func registeredOf(s *desired.State) []registered {
	var found []registered
	for _, r := range s.Roles {
		if r.Instance == nil {
			continue
		}
		for _, p := range s.Databricks.PassRoles {
			for _, workspace := range p.Workspaces {
				if one := (registered{r.Instance.ARN, r.ARN, workspace}); slices.Contains(p.Statement.Resource, r.ARN) && !slices.Contains(found, one) {
					found = append(found, one)
				}
			}
		}
	}
	return found
}

// databricks writes the pieces on that side. Its provider is one thing for the account, another for each workspace.
func (t *terraform) databricks() {
	for _, one := range registeredOf(t.State) {
		t.standing(nil, "databricks_instance_profile", ofAddress(address(one.profile)+"_"+one.workspace, one.profile, one.workspace), one.profile, []any{
			member{"provider", workspaceAlias(one.workspace)},
			member{"instance_profile_arn", reference("aws_iam_instance_profile." + address(one.profile) + ".arn")},
		})
	}
	for _, c := range t.Databricks.StorageCredentials {
		var note comment
		if c.ExternalID == "" {
			note.say("Databricks makes the external ID, which the role's trust policy has to demand: write it into the map as external_id of "+
				"the storage credential once this stands, and render again.", "")
		}
		t.standing(note, "databricks_storage_credential", ofAddress(c.Name, c.Name, c.RoleARN), c.Name, []any{
			member{"provider", metastoreAlias}, member{"name", c.Name},
			nested{"aws_iam_role", []any{member{"role_arn", t.roleARN(c.RoleARN)}}},
		})
	}
	for _, c := range t.Databricks.ServiceCredentials {
		var note comment
		if c.ExternalID == "" {
			note.say("Databricks makes the external ID, which the role's trust policy has to demand: write it into the map as external_id of "+
				"the service credential once this stands, and render again.", "")
		}
		t.standing(note, "databricks_credential", ofAddress(c.Name, c.Name, c.RoleARN), c.Name, []any{
			member{"provider", metastoreAlias}, member{"name", c.Name}, member{"purpose", "SERVICE"},
			nested{"aws_iam_role", []any{member{"role_arn", t.roleARN(c.RoleARN)}}},
		})
	}
	t.servicePrincipals()
	for _, f := range t.Databricks.Federation {
		t.federation(f)
	}
}

// servicePrincipals looks up the numbers of those that have policies; the map knows their application IDs.
func (t *terraform) servicePrincipals() {
	seen := make(map[string]bool)
	for _, f := range t.Databricks.Federation {
		name := principalName(f)
		if f.ServicePrincipal == "" || seen[name] {
			continue
		}
		seen[name] = true
		t.block(`data "databricks_service_principal" "`+name+`"`,
			member{"provider", accountAlias(f.AccountID)}, member{"application_id", f.ServicePrincipal})
	}
}

func principalName(f desired.FederationPolicy) string {
	return ofID("principal", f.ServicePrincipal)
}

// https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-policy
func (t *terraform) federation(f desired.FederationPolicy) {
	policy := object{{"issuer", f.Issuer}, {"audiences", texts(f.Audiences)}, {"subject_claim", f.SubjectClaim}}
	if f.ServicePrincipal == "" {
		t.block(`resource "databricks_account_federation_policy" "`+ofAddress(f.Identity, f.Identity, f.AccountID, strings.Join(f.Audiences, "\x00"))+`"`,
			member{"provider", accountAlias(f.AccountID)}, member{"oidc_policy", policy})
		return
	}
	t.block(`resource "databricks_service_principal_federation_policy" "`+ofAddress(f.Identity+"_"+f.ServicePrincipal, f.Identity, f.AccountID, f.ServicePrincipal, f.Subject)+`"`,
		member{"provider", accountAlias(f.AccountID)},
		member{"service_principal_id", call{"tonumber", reference("data.databricks_service_principal." + principalName(f) + ".id")}},
		member{"oidc_policy", append(policy, member{"subject", f.Subject})})
}

const metastoreAlias reference = "databricks.metastore"

func workspaceAlias(name string) reference {
	return reference("databricks." + ofAddress("workspace_"+name, "workspace", name))
}

func accountAlias(id string) reference {
	if id == "" {
		return "databricks.account"
	}
	return reference("databricks." + ofID("account", id))
}

// databricksAliases are the providers of Databricks that the module has to be given, each with what it is for.
func databricksAliases(s *desired.State) (aliases []reference, meant []string) {
	add := func(alias reference, what string) {
		if !slices.Contains(aliases, alias) {
			aliases, meant = append(aliases, alias), append(meant, what)
		}
	}
	for _, f := range s.Databricks.Federation {
		if f.AccountID == "" {
			add(accountAlias(""), "the Databricks account, as an account admin")
			continue
		}
		add(accountAlias(f.AccountID), "the Databricks account "+f.AccountID+", as an account admin")
	}
	for _, one := range registeredOf(s) {
		add(workspaceAlias(one.workspace), "the workspace "+one.workspace+" of the map")
	}
	if len(s.Databricks.StorageCredentials)+len(s.Databricks.ServiceCredentials) > 0 {
		add(metastoreAlias, "a workspace of the metastore that the credentials of Unity Catalog are in")
	}
	return aliases, meant
}
