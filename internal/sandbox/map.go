package sandbox

import (
	_ "embed"
	"strings"
	"text/template"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace"
)

//go:embed map.tmpl
var mapText string

// Map is an access map for this sandbox, in YAML: the identity acme, its groups, the workspace prod, and two roles with
// their datasets.
// Carol, who is in no group, is given nothing by it.
func (s *Server) Map() string { return s.fillMap(false) }

// IdentitiesMap is Map with all sorts of identities: beside acme, corp, which is Identity Center, and ci, a job of GitHub
// Actions. acme's ml-scientists may take ml-deep as well, which is reached via ml-hop. corp offers ml-admin and ml-viewer,
// which are permission sets, ml-scoped, which narrows ml-admin, and ml-audited, which is reached via it. ci is given ml-ci,
// which works as the service principal ml-ci in prod.
func (s *Server) IdentitiesMap() string { return s.fillMap(true) }

func (s *Server) fillMap(all bool) string {
	var text strings.Builder
	// The template is part of the program, and so is all that is put into it: no error can come of either.
	_ = template.Must(template.New("map").Parse(mapText)).Execute(&text, map[string]any{
		"All": all, "Issuer": s.Issuer(), "ClientID": s.ClientID(), "WorkspaceHost": s.WorkspaceHost(), "StartURL": s.StartURL(),
		"GitHubIssuer": s.GitHubIssuer(), "MachineAudience": MachineAudience, "AccountID": Account,
		"MachinePrincipal": workspace.MachinePrincipal,
	})
	return text.String()
}
