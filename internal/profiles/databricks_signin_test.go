package profiles

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// databricks cli 1939: a token of the person must not pass for one of the principal that a section is of.
func TestForeignSections(t *testing.T) {
	t.Parallel()
	const ours = "auth_type = databricks-cli\ndatabricks_cli_path = /opt/dbxaccess\n"
	for lines, want := range map[string]string{
		ours:                         "",
		"":                           "",
		"auth_type = databricks-cli": "",
		ours + "client_secret = x":   "", // the SDKs go by auth_type
		"auth_type = \"databricks-cli\"\ndatabricks_cli_path = \"/opt/dbxaccess\"": "",
		"token =":                          "",
		"token = x":                        "pat, by its token",
		"username = x\npassword = y":       "basic, by its username",
		"client_id = x\nclient_secret = y": "oauth-m2m, by its client_secret",
		"metadata_service_url = http://x":  "metadata-service, by its metadata_service_url",
		"oidc_token_filepath = /x":         "file-oidc, by its oidc_token_filepath",
		"azure_tenant_id = x":              "azure-cli, by its azure_tenant_id",
		"google_service_account = x":       "google-id, by its google_service_account",
		"auth_type = oauth-m2m":            "oauth-m2m",
		"auth_type = pat\ndatabricks_cli_path = /opt/dbxaccess": "pat",
		"auth_type = Databricks-CLI":                            "Databricks-CLI",
		"databricks_cli_path = /usr/bin/databricks":             "the program /usr/bin/databricks",
	} {
		file := filepath.Join(t.TempDir(), "cfg")
		write(t, file, []byte("[DEFAULT]\ntoken = of-another-section\n[x]\nhost = https://a.com\n"+lines+"\n"))
		entry, err := databricksTarget(t, file).Find("x")
		if err != nil || entry == nil {
			t.Fatalf("%q: %v", lines, err)
		}
		if got := entry.Foreign(func(string) string { return "" }); got != want {
			t.Errorf("%q: got %q, want %q", lines, got, want)
		}
		if got := entry.Foreign(func(string) string { return "/opt/dbxaccess" }); strings.HasPrefix(got, "the program") {
			t.Errorf("%q: DATABRICKS_CLI_PATH does not replace %q", lines, got)
		}
	}
}

func TestDefaultProfile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "[DEFAULT]\ndefault_profile = x\n": "", "[__settings__]\ndefault_profile =\n": "",
		"[__settings__]\ndefault_profile = mine ; as I like it\n[mine]\nhost = x\n": "mine",
	} {
		file := filepath.Join(t.TempDir(), "cfg")
		write(t, file, []byte(text))
		if got, err := databricksTarget(t, file).DefaultProfile(); got != want || err != nil {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"[__settings__]\ndefault_profile = a\ndefault_profile = b\n", "[__settings__]\ndefault_profile = a\n[__settings__]\n",
		"[__settings__]\ndefault_profile = a\n  b\n",
	} {
		file := filepath.Join(t.TempDir(), "cfg")
		write(t, file, []byte(text))
		if got, err := databricksTarget(t, file).DefaultProfile(); got != "" || err == nil {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestEachVariableOnce(t *testing.T) {
	t.Parallel()
	all := DatabricksVariables()
	if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Error(all)
	}
	for _, needed := range []string{"DATABRICKS_TOKEN", "DATABRICKS_ACCOUNT_ID", "DATABRICKS_CLIENT_SECRET"} {
		if !slices.Contains(all, needed) {
			t.Error(needed)
		}
	}
}
