package config

import "github.com/dbxaccess/dbxaccess/internal/config/settings"

// Variable is an environment variable of ours, and what it means in a few words.
type Variable struct{ Name, Means string }

// Overriding are those that override settings.
func Overriding() (all []Variable) {
	for _, t := range settings.All() {
		if name := t.Variable(); name != "" {
			all = append(all, Variable{name, t.Means})
		}
	}
	return all
}

// Beside are those that are read besides the settings.
func Beside() []Variable {
	return []Variable{
		{settings.MapVariable, "use this access map file; naming it is trusting it"},
		{"DBXACCESS_REASON", "what credentials are for, where no --reason says it"},
		{"DBXACCESS_RUN", "the name of the run, where no --run says it; else MLFLOW_RUN_ID"},
		{"DBXACCESS_SOCKET", "take credentials from this Unix socket, which a dbxaccess exec serves"},
		{"DBXACCESS_AGENT", "which coding agent it is that asks"},
		{settings.PassphraseVariable, "the passphrase of the encrypted keyring, for CI"},
		{settings.TokenVariable("NAME"), "the token of the sink of that name, for jobs without a keyring"},
	}
}

// Telling are those that dbxaccess sets for programs and prompts to read.
func Telling() []Variable {
	return []Variable{
		{"DBXACCESS_ROLE", "the role of this shell or program"},
		{"DBXACCESS_EXPIRES", "until when what was copied into it lives"},
		{"DBXACCESS_SHELL", "what of it dbxaccess has set"},
		{"DBXACCESS_LOCATION", "what vended keys reach"},
		{"DBXACCESS_ACCESS_POINT", "the access point through which they reach it, if any"},
	}
}
