package cli

// Commands are those of dbxaccess.
func Commands() []Command {
	return []Command{
		{Name: "init", New: newInit}, {Name: "login", New: newLogin}, {Name: "logout", New: newLogout}, {Name: "status", New: newStatus},
		{Name: "roles", New: newRoles}, {Name: "credential-process", New: newCredentialProcess, ForSDKs: true},
		{Name: "auth", New: newAuth, ForSDKs: true, Words: Briefly}, {Name: "env", New: newEnv}, {Name: "exec", New: newExec},
		{Name: "profiles", New: newProfiles}, {Name: "console", New: newConsole}, {Name: "workspace", New: newWorkspace},
		{Name: "map", New: newMap}, {Name: "doctor", New: newDoctor}, {Name: "version", New: newVersion, ForSDKs: true},
		{Name: "completion", New: newCompletion},
	}
}
