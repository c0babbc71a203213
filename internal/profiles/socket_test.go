package profiles

import (
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestSectionsOfAProgramsOwnFiles(t *testing.T) {
	t.Parallel()
	all := []Profile{
		{Name: "dbx-ml-trainer", Role: "ml-trainer", Identity: "acme", Region: "us-east-1"},
		{Name: "dbx-ml-reader", Role: "ml-reader", Identity: "acme"},
	}
	got, err := SocketSections(Helper{Path: "/opt/my tools/dbxaccess"}, "/run/user/1000/dbxaccess/exec/ABC/socket", all)
	const want = `[profile dbx-ml-trainer]
credential_process = "/opt/my tools/dbxaccess" credential-process --role ml-trainer --identity acme --socket /run/user/1000/dbxaccess/exec/ABC/socket
region = us-east-1
[profile dbx-ml-reader]
credential_process = "/opt/my tools/dbxaccess" credential-process --role ml-reader --identity acme --socket /run/user/1000/dbxaccess/exec/ABC/socket
`
	if err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := SocketSections(Helper{Path: "/opt/dbxaccess"}, "/tmp/a b", all); ui.IDOf(err) != "socket-path-characters" {
		t.Errorf("a path with a space: %v", err)
	}
	if got, err := SocketSections(Helper{Path: "/opt/dbxaccess"}, "/tmp/s", []Profile{{Name: "a]\nb", Role: "r", Identity: "i"}}); err == nil {
		t.Errorf("a name that ends its section: %s", got)
	}

	p := Profile{Name: "dbx-ml-trainer", Host: "https://dbc-1234.cloud.databricks.com", AccountID: "a-1", WorkspaceID: "42"}
	got, err = MetadataSection(p, "http://127.0.0.1:4040/PATH")
	if err != nil || got != `[dbx-ml-trainer]
host = https://dbc-1234.cloud.databricks.com
auth_type = metadata-service
metadata_service_url = http://127.0.0.1:4040/PATH
account_id = a-1
workspace_id = 42
` {
		t.Errorf("%s, %v", got, err)
	}
	p.Host = "https://x\ntoken = y"
	if got, err := MetadataSection(p, "u"); err == nil {
		t.Errorf("a host that ends its line: %s", got)
	}
}
