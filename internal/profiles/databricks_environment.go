package profiles

import "github.com/dbxaccess/dbxaccess/internal/ui"

// DatabricksEnvironment warns of the variables that keep the Databricks SDKs from using a profile as it is written, each
// the Subject of one warning. Their values are never shown.
//
// The environment beats a profile setting by setting. What only chooses another way of signing in does no harm to a
// profile that is named, since the entries hold auth_type; but where none is named, it keeps the SDKs from the file and
// its default profile altogether.
// https://github.com/databricks/databricks-sdk-go/blob/main/config/config_file.go
func DatabricksEnvironment(getenv func(string) string) []ui.Warning {
	var warnings []ui.Warning
	warn := func(id ui.ID, variable, effect string) { warnings = append(warnings, isSet(id, variable, effect)) }
	if getenv("DATABRICKS_HOST") != "" {
		warn("env-databricks-host", "DATABRICKS_HOST", "replaces the host of every profile, so that the token of one workspace is sent to another")
	}
	if path := getenv("DATABRICKS_CLI_PATH"); path != "" && !isHelperName(path) {
		warn("env-databricks-cli-path", "DATABRICKS_CLI_PATH", "replaces dbxaccess by another program in every profile")
	}
	if auth := getenv("DATABRICKS_AUTH_TYPE"); auth != "" && auth != authType {
		warn("env-databricks-auth-type", "DATABRICKS_AUTH_TYPE", "replaces the auth_type of every profile, so that dbxaccess is not asked")
	}
	if getenv("DATABRICKS_CONFIG_PROFILE") != "" {
		return warnings
	}
	for _, variable := range []string{
		"DATABRICKS_TOKEN", "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET",
		"DATABRICKS_METADATA_SERVICE_URL", "DATABRICKS_OIDC_TOKEN_ENV", "DATABRICKS_OIDC_TOKEN_FILEPATH",
		"DATABRICKS_GOOGLE_SERVICE_ACCOUNT", "GOOGLE_CREDENTIALS", "DATABRICKS_AZURE_RESOURCE_ID",
		"ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_TENANT_ID", "ARM_USE_MSI",
	} {
		if getenv(variable) != "" {
			warn("env-databricks-credentials", variable,
				"keeps the Databricks SDKs from every profile that is not named in DATABRICKS_CONFIG_PROFILE or in the code")
		}
	}
	return warnings
}
