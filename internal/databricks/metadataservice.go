package databricks

import "github.com/dbxaccess/dbxaccess/internal/ui"

// The headers with which Databricks clients ask a metadata service (metadata_service_url), and the version they speak:
// https://github.com/databricks/databricks-sdk-go/blob/main/config/auth_metadata_service.go
const (
	MetadataVersionHeader = "X-Databricks-Metadata-Version"
	MetadataHostHeader    = "X-Databricks-Host"
	MetadataVersion       = "1"
)

// Serves checks that a client which says that it goes to host may have a token for this place. host is as the client writes it:
// some keep the query with the workspace's ID.
func (a Address) Serves(host string) error {
	asked, err := ParseAddress(host)
	if err == nil && asked.Host == a.Host && (asked.WorkspaceID == "" || a.WorkspaceID == "" || asked.WorkspaceID == a.WorkspaceID) {
		return nil
	}
	shown := ui.Clean(host)
	if err != nil { // it may hold a password
		shown = "an address that is none"
	}
	return ui.Errorf("served-other-host", ui.Refused, "the client goes to %s, and the tokens here are for %s", shown, a.Host).
		With(ui.Advice("leave DATABRICKS_HOST as dbxaccess sets it; for another workspace, run dbxaccess exec with a role of it"))
}
