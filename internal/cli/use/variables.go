package use

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/agent"
	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
)

// files are the program's own config files, and the one with its token.
type files struct{ awsConfig, awsCredentials, boto, awsToken, databricks string }

// writeFiles writes them. They are empty, but for the profiles by which a program names one role of several.
func writeFiles(dir *beside.Dir, h handover, at []serve.Endpoints) (f files, err error) {
	var aws []profiles.Profile
	var databricks string
	for i, role := range h.Roles {
		p := profiles.Profile{Name: role.Profile, Role: role.Request.Role, Identity: role.Request.Identity, Region: role.Region}
		if role.Keys != nil {
			aws = append(aws, p)
		}
		for j, w := range role.Workspaces {
			p.Name, p.Host, p.AccountID, p.WorkspaceID = w.Profile, w.Host, w.AccountID, w.WorkspaceID
			section, err := profiles.MetadataSection(p, at[i].Databricks[j].Reveal())
			if err != nil {
				return f, err
			}
			databricks += section
		}
	}
	config := ""
	if len(aws) > 0 && h.several() {
		if config, err = profiles.SocketSections(h.Helper, socketIn(dir), aws); err != nil {
			return f, err
		}
	}
	if !h.named() && !h.Profile {
		databricks = ""
	}
	for _, file := range []struct {
		path       *string
		name, text string
	}{
		{&f.awsConfig, "aws-config", config},
		{&f.awsCredentials, "aws-credentials", ""},
		{&f.boto, "boto", ""},
		{&f.awsToken, "aws-token", at[0].AWSToken.Reveal()}, // without a newline: the SDKs send it as it stands
		{&f.databricks, "databrickscfg", databricks},
	} {
		if *file.path, err = dir.Write(file.name, []byte(file.text)); err != nil {
			return f, err
		}
	}
	return f, nil
}

// socketIn is the socket that the profiles in a program's own AWS config file ask.
func socketIn(dir *beside.Dir) string { return filepath.Join(dir.Path, "socket") }

// aboutVariables tell prompts, and the Databricks CLI as we run it, which role a program is under, for which agent, if for any, and
// which run it is.
func aboutVariables(r broker.Request, asker cli.Asker, getenv func(string) string) []shellenv.Variable {
	about := []shellenv.Variable{{Name: shellenv.RoleVariable, Value: r.Role}}
	for _, name := range shellenv.Told()[1:] { // of the shell that it was started from
		about = append(about, shellenv.Variable{Name: name})
	}
	if asker.Agent != "" {
		about = append(about, shellenv.Variable{Name: agent.Variable, Value: asker.Agent})
	}
	return append(about, cli.RunVariable(r, getenv)...)
}

// servedVariables are what a program finds the served credentials by, and what would win over those, unset.
func servedVariables(h handover, at []serve.Endpoints, f files, getenv func(string) string) []shellenv.Variable {
	own := h.Roles[0]
	variables := aboutVariables(own.Request, h.Asker, getenv)
	if h.From != "" { // what it runs of ours asks there as well
		variables = append(variables, shellenv.Variable{Name: serve.SocketVariable, Value: h.From})
	}
	switch {
	case own.Keys != nil:
		variables = append(variables, containerVariables(own, at[0], f)...)
		if own.Request.From != (broker.Vended{}) {
			variables = ofVended(variables, own.Keys.Reaches, own.Keys.AccessPoint)
		}
	case slices.ContainsFunc(h.Roles, func(r handedRole) bool { return r.Keys != nil }):
		variables = append(variables, shellenv.Variable{Name: "AWS_CONFIG_FILE", Value: f.awsConfig})
	}
	switch {
	case !slices.ContainsFunc(h.Roles, func(r handedRole) bool { return len(r.Workspaces) > 0 }):
	case h.named():
		variables = append(variables, namedWorkspace(own, f)...)
	default:
		variables = append(variables, metadataVariables(own.Workspaces[0], at[0].Databricks[0].Reveal(), f)...)
	}
	return append(variables, pastProxies(getenv)...)
}

// containerVariables give AWS's programs the address of their credentials, and leave them no others: some look at a profile,
// keys, a token or a file first. The container's are last in every SDK's chain but for the machine's own, which must not
// step in when these can't be had for a moment.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
func containerVariables(role handedRole, at serve.Endpoints, f files) []shellenv.Variable {
	return append([]shellenv.Variable{
		{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: at.AWS.Reveal()},
		// The file is for newer SDKs; boto3 of Debian 12 and the AWS CLI 2.9 know the variable alone.
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN", Value: at.AWSToken.Reveal()},
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: f.awsToken},
		{Name: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}, // wins over the other in all SDKs
		{Name: "AWS_REGION", Value: role.Region},
		{Name: "AWS_DEFAULT_REGION", Value: role.Region},
		{Name: "AWS_ACCOUNT_ID", Value: role.Keys.AccountID},
		{Name: "AWS_CONFIG_FILE", Value: f.awsConfig},
		{Name: "AWS_SHARED_CREDENTIALS_FILE", Value: f.awsCredentials},
		// botocore reads /etc/boto.cfg and ~/.boto where nothing else is named.
		{Name: "BOTO_CONFIG", Value: f.boto},
		{Name: "AWS_EC2_METADATA_DISABLED", Value: "true"},
	}, unset(
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
		"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_CREDENTIAL_PROFILES_FILE", "AWS_CREDENTIAL_FILE", // of Java's SDK 1 and boto
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE",
		"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
	)...)
}

// metadataVariables do the same for a workspace. The SQL connectors go by the host's name, with a token of their own.
func metadataVariables(workspace handedToken, url string, f files) []shellenv.Variable {
	_, hostname, _ := strings.Cut(workspace.Host, "://")
	return databricksVariablesOf(map[string]string{
		"DATABRICKS_HOST": workspace.Host, "DATABRICKS_SERVER_HOSTNAME": hostname,
		"DATABRICKS_ACCOUNT_ID": workspace.AccountID, "DATABRICKS_WORKSPACE_ID": workspace.WorkspaceID,
		"DATABRICKS_AUTH_TYPE": "metadata-service", "DATABRICKS_METADATA_SERVICE_URL": url,
		"DATABRICKS_CONFIG_FILE": f.databricks,
	})
}

// namedWorkspace does so where the program may name a profile of another workspace: what stands in a variable would win over
// what stands in that profile.
func namedWorkspace(own handedRole, f files) []shellenv.Variable {
	set := map[string]string{"DATABRICKS_CONFIG_FILE": f.databricks}
	if len(own.Workspaces) > 0 {
		set["DATABRICKS_CONFIG_PROFILE"] = own.Workspaces[0].Profile
		_, set["DATABRICKS_SERVER_HOSTNAME"], _ = strings.Cut(own.Workspaces[0].Host, "://")
	}
	return databricksVariablesOf(set)
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
