package profiles

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// AWSEnvironment warns of the variables that keep the AWS tools from the entries of dbxaccess, each the Subject of one
// warning. Keys are never shown. ours reports whether a profile is such an entry.
//
// Keys in the environment are used wherever no profile is named on the command line or in the code, even if AWS_PROFILE
// names one.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func AWSEnvironment(getenv func(string) string, ours func(profile string) bool) []ui.Warning {
	var found variables
	if getenv("AWS_ACCESS_KEY_ID") != "" && getenv("AWS_SECRET_ACCESS_KEY") != "" {
		found.warn("env-aws-key", "its key is used in place of AWS_PROFILE and of the default profile",
			"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
	}
	if getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "" && getenv("AWS_ROLE_ARN") != "" {
		found.warn("env-aws-web-identity", "its role is used in place of AWS_PROFILE and of the default profile",
			"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name := getenv(variable); name != "" && !ours(name) {
			found.warn("env-aws-profile", "names "+ui.Clean(name)+", which is not a profile of dbxaccess, for programs that name none", variable)
		}
	}
	return found
}

// DatabricksEnvironment warns of the variables that keep the Databricks SDKs from using a profile as it is written,
// each the Subject of one warning. Their values are never shown.
//
// A variable overrides one setting of a profile. One that only chooses another way of signing in does not affect a
// profile that is named, since the entries have auth_type; but if none is named, it keeps the SDKs from the file and
// its default profile altogether.
// https://github.com/databricks/databricks-sdk-go/blob/main/config/config_file.go
func DatabricksEnvironment(getenv func(string) string) []ui.Warning {
	var found variables
	if getenv("DATABRICKS_HOST") != "" {
		found.warn("env-databricks-host",
			"replaces the host of every profile, so that the token of one workspace is sent to another", "DATABRICKS_HOST")
	}
	for _, variable := range []string{"DATABRICKS_WORKSPACE_ID", "DATABRICKS_ACCOUNT_ID"} {
		if getenv(variable) != "" {
			found.warn("env-databricks-place",
				"replaces that of every profile, so that the token of one workspace or account is used in another", variable)
		}
	}
	if path := getenv("DATABRICKS_CLI_PATH"); path != "" && !isHelperName(path) {
		found.warn("env-databricks-cli-path", "replaces dbxaccess by another program in every profile", "DATABRICKS_CLI_PATH")
	}
	if auth := getenv("DATABRICKS_AUTH_TYPE"); auth != "" && auth != authType {
		found.warn("env-databricks-auth-type",
			"replaces the auth_type of every profile, so that dbxaccess is not used", "DATABRICKS_AUTH_TYPE")
	}
	if getenv("DATABRICKS_CONFIG_PROFILE") != "" {
		return found
	}
	for _, variable := range slices.Concat(databricksCredentials(),
		[]string{"GOOGLE_CREDENTIALS", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_TENANT_ID", "ARM_USE_MSI"}) {
		if getenv(variable) != "" {
			found.warn("env-databricks-credentials",
				"keeps the Databricks SDKs from every profile that is not named in DATABRICKS_CONFIG_PROFILE or in the code", variable)
		}
	}
	return found
}

// databricksCredentials are Databricks' own variables that choose a way of signing in by being set.
func databricksCredentials() []string {
	return []string{
		"DATABRICKS_TOKEN", "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET",
		"DATABRICKS_METADATA_SERVICE_URL", "DATABRICKS_OIDC_TOKEN_ENV", "DATABRICKS_OIDC_TOKEN_FILEPATH",
		"DATABRICKS_GOOGLE_SERVICE_ACCOUNT", "DATABRICKS_AZURE_RESOURCE_ID",
	}
}

// DatabricksVariables are those that tell Databricks' programs where to go and who they are. A program that is given a
// token has each of them set for that token, or unset: none may be left of another workspace. ARM_… and GOOGLE_… are not
// among them, as other programs need these; with DATABRICKS_AUTH_TYPE set, the SDKs pass them over. Nor are those that
// choose what to use in a workspace, such as DATABRICKS_WAREHOUSE_ID.
// https://github.com/databricks/databricks-sdk-go/blob/main/config/config.go
func DatabricksVariables() []string {
	return slices.Concat([]string{
		"DATABRICKS_HOST", "DATABRICKS_ACCOUNT_ID", "DATABRICKS_WORKSPACE_ID", "DATABRICKS_AUTH_TYPE",
		// The SDKs fill in from the profile what the environment leaves open, and fail where it does not exist.
		"DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CLI_PATH",
		// Programs of the SQL connectors go there with DATABRICKS_TOKEN.
		// https://docs.databricks.com/aws/en/dev-tools/python-sql-connector
		"DATABRICKS_SERVER_HOSTNAME",
		"DATABRICKS_OIDC_TOKEN", "DATABRICKS_TOKEN_AUDIENCE", "DATABRICKS_DISCOVERY_URL", "DATABRICKS_CLOUD",
	}, databricksCredentials())
}

// variables are warnings of those that are set.
type variables []ui.Warning

// warn adds a warning of the first of some variables, which have to be unset together.
func (v *variables) warn(id ui.ID, effect string, variables ...string) {
	*v = append(*v, ui.Warning{
		ID: id, Subject: variables[0], What: "is set and " + effect, Fix: ui.Command("unset " + strings.Join(variables, " ")),
	})
}
