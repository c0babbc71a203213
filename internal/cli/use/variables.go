package use

import (
	"cmp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
)

// servedVariables are what a program finds the served credentials by, and what would win over those, unset. The files that
// they name are written.
func servedVariables(dir *beside.Dir, role handedRole, at serve.Endpoints, getenv func(string) string) ([]shellenv.Variable, error) {
	variables := []shellenv.Variable{{Name: "DBXACCESS_ROLE", Value: role.Request.Role}}
	files := map[string]string{"aws-config": "", "aws-credentials": "", "databrickscfg": "", "boto": ""}
	if role.Keys != nil {
		files["aws-token"] = at.AWSToken.Reveal() // without a newline: the SDKs send it as it stands
	}
	for name, text := range files {
		path, err := dir.Write(name, []byte(text))
		if err != nil {
			return nil, err
		}
		files[name] = path
	}
	if role.Keys != nil {
		variables = append(variables, containerVariables(role, at, files)...)
	}
	for i, workspace := range role.Workspaces[:min(1, len(role.Workspaces))] {
		variables = append(variables, metadataVariables(workspace, at.Databricks[i].Reveal(), files["databrickscfg"])...)
	}
	return append(variables, pastProxies(getenv)...), nil
}

// containerVariables give AWS's programs the address of their credentials, and leave them no others: some look at a profile,
// keys, a token or a file first. The container's are last in every SDK's chain but for the machine's own, which must not
// step in when these can't be had for a moment.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func containerVariables(role handedRole, at serve.Endpoints, files map[string]string) []shellenv.Variable {
	return append([]shellenv.Variable{
		{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: at.AWS.Reveal()},
		// The file is for newer SDKs; boto3 of Debian 12 and the AWS CLI 2.9 know the variable alone.
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN", Value: at.AWSToken.Reveal()},
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: files["aws-token"]},
		{Name: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}, // wins over the other in all SDKs
		{Name: "AWS_REGION", Value: role.Region},
		{Name: "AWS_DEFAULT_REGION", Value: role.Region},
		{Name: "AWS_ACCOUNT_ID", Value: role.Keys.AccountID},
		{Name: "AWS_CONFIG_FILE", Value: files["aws-config"]},
		{Name: "AWS_SHARED_CREDENTIALS_FILE", Value: files["aws-credentials"]},
		// botocore reads /etc/boto.cfg and ~/.boto where nothing else is named.
		{Name: "BOTO_CONFIG", Value: files["boto"]},
		{Name: "AWS_EC2_METADATA_DISABLED", Value: "true"},
	}, unset(
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
		"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_CREDENTIAL_PROFILES_FILE", "AWS_CREDENTIAL_FILE", // of Java's SDK 1 and boto
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
	)...)
}

// metadataVariables do the same for a workspace. The SQL connectors go by the host's name, with a token of their own.
func metadataVariables(workspace handedToken, url, configFile string) []shellenv.Variable {
	_, hostname, _ := strings.Cut(workspace.Host, "://")
	return databricksVariablesOf(map[string]string{
		"DATABRICKS_HOST": workspace.Host, "DATABRICKS_SERVER_HOSTNAME": hostname,
		"DATABRICKS_ACCOUNT_ID": workspace.AccountID, "DATABRICKS_WORKSPACE_ID": workspace.WorkspaceID,
		"DATABRICKS_AUTH_TYPE": "metadata-service", "DATABRICKS_METADATA_SERVICE_URL": url,
		"DATABRICKS_CONFIG_FILE": configFile,
	})
}

// databricksVariablesOf sets Databricks' variables, and unsets those that are not among them.
func databricksVariablesOf(set map[string]string) (variables []shellenv.Variable) {
	for _, name := range profiles.DatabricksVariables() {
		variables = append(variables, shellenv.Variable{Name: name, Value: set[name]})
	}
	if file := set["DATABRICKS_CONFIG_FILE"]; file != "" {
		variables = append(variables, shellenv.Variable{Name: "DATABRICKS_CONFIG_FILE", Value: file})
	}
	return variables
}

// pastProxies has Python's programs ask this machine without a proxy, if there is one: it would learn the address, and could
// do nothing with it. Other languages never send such a request through one.
func pastProxies(getenv func(string) string) []shellenv.Variable {
	if cmp.Or(getenv("http_proxy"), getenv("HTTP_PROXY"), getenv("all_proxy"), getenv("ALL_PROXY")) == "" {
		return nil
	}
	excepted := cmp.Or(getenv("no_proxy"), getenv("NO_PROXY"))
	if excepted == "*" {
		return nil
	}
	excepted = strings.TrimPrefix(excepted+",127.0.0.1,localhost", ",")
	return []shellenv.Variable{{Name: "no_proxy", Value: excepted}, {Name: "NO_PROXY", Value: excepted}}
}

func unset(names ...string) (variables []shellenv.Variable) {
	for _, name := range names {
		variables = append(variables, shellenv.Variable{Name: name})
	}
	return variables
}
