package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
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

// scriptIAM has IAM hold what a file says, in the form of sandbox.Holdings: `iam held.json`.
func scriptIAM(ts *testscript.TestScript, _ bool, args []string) {
	held, err := sandbox.ReadHoldings([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	serverOf(ts).Hold(held)
}

// scriptCompute has the Databricks workspace hold what a file says, in the form of sandbox.WorkspaceHoldings: `compute held.json`.
// AWSID, AWSSECRET and DAPI in it become keys that are made up.
func scriptCompute(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.NewReplacer("AWSID", "AKIA"+"Q3EGVVBXP4ZK7M2T", "AWSSECRET", "wJ7rQ9tXv2LmZk4"+"Nc8bHs1dPf6gYaEoUi3TjRq5W", "DAPI", "dapi"+"0f1e2d3c4b5a69788796a5b4c3d2e1f0").
		Replace(ts.ReadFile(args[0]))
	held, err := sandbox.ReadWorkspaceHoldings([]byte(text))
	ts.Check(err)
	serverOf(ts).Compute.Hold(held)
}

// scriptEstate has what stands around data be what a file says, in the form of sandbox.Estate: `estate held.json`.
func scriptEstate(ts *testscript.TestScript, _ bool, args []string) {
	held, err := sandbox.ReadEstate([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	serverOf(ts).Settle(held)
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

// scriptWorkspace has the workspace and its account keep what a file says, in the form of estate.Holdings, or writes what they keep into a
// file: `workspace holds held.json`, `workspace kept out.json`.
func scriptWorkspace(ts *testscript.TestScript, _ bool, args []string) {
	estate := serverOf(ts).Estate
	if args[0] == "holds" {
		ts.Check(estate.Hold([]byte(ts.ReadFile(args[1]))))
		return
	}
	kept, err := estate.Kept()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), kept, 0o600))
}
