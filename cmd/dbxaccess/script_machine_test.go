package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptOnGitHub puts the script into a job of GitHub Actions that may ask for ID tokens.
func scriptOnGitHub(ts *testscript.TestScript, _ bool, _ []string) {
	for name, value := range serverOf(ts).GitHubEnv() {
		ts.Setenv(name, value)
	}
}

// scriptOnAWS puts the script onto a machine that AWS gives credentials; each call gives new ones.
func scriptOnAWS(ts *testscript.TestScript, _ bool, _ []string) {
	for name, value := range serverOf(ts).AWSEnv() {
		ts.Setenv(name, value)
	}
}

// scriptTokenFile writes a workload's token into a file, as what runs the workload does: `token-file FILE AUDIENCE
// repository=acme/other`.
func scriptTokenFile(ts *testscript.TestScript, _ bool, args []string) {
	claims := map[string]any{}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		claims[name] = value
	}
	token, err := serverOf(ts).MachineToken(args[1], claims)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(token+"\n"), 0o600))
}
