package main

import (
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/cli/account"
	"github.com/dbxaccess/dbxaccess/internal/cli/agentcmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/auditcmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/configcmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/doctorcmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/explaincmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/helper"
	"github.com/dbxaccess/dbxaccess/internal/cli/jupytercmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/mapcmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/profilescmd"
	"github.com/dbxaccess/dbxaccess/internal/cli/use"
)

// commands are those of the program.
func commands() []cli.Command {
	return []cli.Command{
		{Name: "init", New: account.NewInit},
		{Name: "login", New: account.NewLogin},
		{Name: "logout", New: account.NewLogout},
		{Name: "status", New: account.NewStatus, Home: account.Home},
		{Name: "roles", New: account.NewRoles, RenewsMap: true},
		{Name: "credential-process", New: helper.NewCredentialProcess, ForSDKs: true},
		{Name: "auth", New: helper.NewAuth, ForSDKs: true, Words: helper.Briefly},
		{Name: "version", New: helper.NewVersion, ForSDKs: true},
		{Name: "env", New: use.NewEnv(account.SignIn), RenewsMap: true},
		{Name: "exec", New: use.NewExec(account.SignIn)},
		{Name: use.ServerName, New: use.NewServer, ForSDKs: true, Internal: true},
		{Name: use.FarName, New: use.NewFar, Internal: true},
		{Name: "databricks-cli", New: use.NewDatabricksCLI},
		{Name: use.SwitchName, New: use.NewSwitch(account.SignIn), RenewsMap: true, Internal: true},
		{Name: "shell-init", New: use.NewShellInit},
		{Name: "jupyter", New: jupytercmd.New},
		{Name: "console", New: use.NewConsole, RenewsMap: true},
		{Name: "profiles", New: profilescmd.New, RenewsMap: true},
		{Name: "agent", New: agentcmd.New},
		cli.ForAdmins("drift", "Hold IAM against the access map: who can do more or less than it says"),
		cli.ForAdmins("mcp", "Serve a coding agent: roles, access and commands, as an MCP server on stdin and stdout"),
		cli.ForAdmins("posture", "Hold what stands around datasets at AWS against the map: encryption, who is let in, what is logged"),
		cli.ForAdmins("revoke", "Take away what a person still holds, and nobody else's"),
		cli.ForAdmins("scan", "Find keys that don't expire in files and git histories"),
		cli.ForAdmins("workspace", "Ask a role's Databricks workspace"),
		{Name: "map", New: mapcmd.New},
		{Name: "audit", New: auditcmd.New, AdminVerbs: auditcmd.AdminVerbs},
		{Name: "config", New: configcmd.New},
		{Name: "doctor", New: doctorcmd.New},
		{Name: "uninstall", New: account.NewUninstall},
		{Name: "explain", New: explaincmd.New},
		{Name: "completion", New: cli.NewCompletion},
	}
}
