package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// meant are words that people bring along from other tools, with the command of ours that does it, behind the command that
// they are typed after: "" for the program itself. What is near by its spelling needs no entry.
var meant = map[string]map[string]string{
	"": {
		"assume": "env", "assume-role": "env", "use": "env", "switch": "env", "export": "env", "creds": "env", "credentials": "env", "keys": "env",
		"list": "roles", "ls": "roles", "accounts": "roles", "access": "roles", "permissions": "roles", "why": "roles --why",
		"whoami": "status", "who": "status", "info": "status", "current": "status", "session": "status", "show": "status",
		"sso": "login", "sso login": "login", "sso logout": "logout", "signin": "login", "sign-in": "login", "authenticate": "login", "refresh": "login", "renew": "login",
		"signout": "logout", "sign-out": "logout", "clear": "logout",
		"setup": "init", "configure": "init", "clone": "init", "fetch": "init", "pull": "init",
		"aws": "exec -- aws", "request": "map request", "shell": "exec", "run": "exec", "start": "exec", "hook": "shell-init", "alias": "shell-init",
		"open": "console", "web": "console", "browser": "console", "check": "doctor", "diagnose": "doctor", "test": "doctor",
		"token": "auth token", "log": "audit list", "logs": "audit list", "history": "audit list", "events": "audit list", "sync": "profiles sync",
		"settings": "config list", "set": "config set", "get": "config get", "unset": "config unset",
		"upgrade": "version --check", "update": "version --check", "self-update": "version --check",
	},
	"auth":     {"login": "login", "logout": "logout", "status": "status", "describe": "status", "env": "env"}, // of other tools' auth
	"profiles": {"list": "profiles show", "ls": "profiles show", "write": "profiles sync", "add": "profiles sync", "rm": "profiles remove", "delete": "profiles remove"},
	"map":      {"lint": "map check", "validate": "map check", "list": "map show", "ls": "map show", "terraform": "map render", "why": "map explain"},
	"config":   {"ls": "config list", "show": "config list", "rm": "config unset", "delete": "config unset", "file": "config path", "where": "config path"},
	"audit":    {"ls": "audit list", "log": "audit list", "logs": "audit list", "check": "audit verify", "delete": "audit prune"},
	"agent":    {"ls": "agent list", "show": "agent list", "stop": "agent revoke", "kill": "agent revoke"},
	"jupyter":  {"ls": "jupyter list", "add": "jupyter install", "rm": "jupyter remove", "uninstall": "jupyter remove"},
}

// meantBy is the command, as it is typed, that these words are brought along for; "" where they are not known.
func meantBy(after *cobra.Command, words ...string) string {
	program := after.Root().Name()
	path := strings.TrimPrefix(strings.TrimPrefix(after.CommandPath(), program), " ")
	if command := meant[path][strings.ToLower(strings.Join(words, " "))]; command != "" {
		return program + " " + command
	}
	return ""
}

// suggestion is the command, as it is typed, that somebody probably meant by a word after another command; "" where none is near.
func suggestion(after *cobra.Command, word string) string {
	if command := meantBy(after, word); command != "" {
		return command
	}
	var known []string
	for _, c := range after.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	if near := ui.Nearest(word, slices.Values(known)); near != "" {
		return after.CommandPath() + " " + near
	}
	return ""
}

// optionMeant is how an option of another tool is written here, as it is typed after the command; "" where that is not known.
func optionMeant(cmd *cobra.Command, option string) string {
	takes := strings.Contains(cmd.Use, "ROLE")
	switch output := cmd.Flags().Lookup("output"); {
	case output != nil && (option == "json" || option == "csv" || option == "sarif") && slices.Contains(strings.Split(output.Value.Type(), "|"), option):
		return "-o " + option
	case output != nil && (option == "format" || option == "out"):
		return "-o " + output.Value.Type()
	case takes && (option == "role" || option == "role-name" || option == "profile"):
		return "ROLE"
	case option == "verbose" || option == "v" || option == "vv":
		return "--debug"
	}
	return ""
}
