package profiles

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// databricksSignIns are the settings by which the SDKs sign in with a section that has no auth_type, and what they call
// that way. Where one is set, the section is that principal's.
// https://github.com/databricks/databricks-sdk-go/blob/main/config/auth_default.go
func databricksSignIns() []struct{ key, auth string } {
	return []struct{ key, auth string }{
		{"token", "pat"}, {"username", "basic"}, {"password", "basic"},
		{"client_secret", "oauth-m2m"}, {"client_id", "oauth-m2m"},
		{"metadata_service_url", "metadata-service"}, {"oidc_token_env", "env-oidc"},
		{"databricks_id_token_filepath", "file-oidc"}, {"oidc_token_filepath", "file-oidc"},
		{"azure_client_secret", "azure-client-secret"}, {"azure_client_id", "azure-client-secret"}, {"azure_use_msi", "azure-msi"},
		{"azure_workspace_resource_id", "azure-cli"}, {"azure_tenant_id", "azure-cli"},
		{"google_credentials", "google-credentials"}, {"google_service_account", "google-id"},
	}
}

// databricksSignIn says how a section signs in, where that is not by a program; "" where it is, or where nothing is said.
// The SDKs read the section alone: unlike Python's configparser, they add nothing of [DEFAULT] to it.
func databricksSignIn(s *editor.Section) string {
	if auth := unquoted(s.Value(keyAuthType)); auth != "" {
		if auth == authType {
			return ""
		}
		return ui.Clean(auth)
	}
	for _, way := range databricksSignIns() {
		if s.Value(way.key) != "" {
			return fmt.Sprintf("%s, by its %s", way.auth, way.key)
		}
	}
	return ""
}

// Foreign says what a section of the Databricks SDKs signs in with in place of dbxaccess; "" where it runs dbxaccess, or
// names no way at all. DATABRICKS_CLI_PATH replaces the program of every section, as it does for the SDKs.
func (e *Entry) Foreign(getenv func(string) string) string {
	switch {
	case e.SignIn != "":
		return e.SignIn
	case e.Helper == "" || isHelperName(e.Helper) || isHelperName(getenv("DATABRICKS_CLI_PATH")):
		return ""
	}
	return "the program " + ui.Clean(e.Helper)
}

// DefaultProfile is the profile that the file names for programs that name none; "" where it names none. `databricks auth
// switch` writes it. What readers see in different ways, such as two of them, is refused.
func (t Target) DefaultProfile() (string, error) {
	doc, err := readDocument(t.Path, t.style)
	if err != nil {
		return "", err
	}
	settings, err := doc.Find(t.reserved)
	if err == nil && settings != nil {
		err = settings.Editable([]string{keyDefaultProfile})
	}
	if err != nil || settings == nil {
		return "", explainUnsafe(t.Path, err)
	}
	return settings.Value(keyDefaultProfile), nil
}

// unquoted is a value without the quotes that some SDKs remove.
func unquoted(value string) string {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return strings.TrimSpace(value)
}
