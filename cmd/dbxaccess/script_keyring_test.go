package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// keyringFiles are the encrypted files of ours whose names hold a text.
func keyringFiles(ts *testscript.TestScript, dir, text string) []string {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(dir), "*"+text+"*"))
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("no file with %q in %s", text, dir)
	}
	return found
}

// scriptDamage cuts items in half: `damage DIR role`.
func scriptDamage(ts *testscript.TestScript, _ bool, args []string) {
	for _, path := range keyringFiles(ts, args[0], args[1]) {
		data, err := os.ReadFile(path)
		ts.Check(err)
		ts.Check(os.WriteFile(path, data[:len(data)/2], 0o600))
	}
}

// scriptAnotherFormat puts items of a later format version beside ours.
func scriptAnotherFormat(ts *testscript.TestScript, _ bool, args []string) {
	for _, path := range keyringFiles(ts, args[0], "+v1+role") {
		ts.Check(os.WriteFile(strings.Replace(path, "+v1+", "+v2+", 1), []byte("of another version"), 0o600))
	}
}

// scriptCommand makes a command that runs as the script's own would: its directory, its environment, the test binary as
// the program.
func scriptCommand(ts *testscript.TestScript, args []string) *exec.Cmd {
	program := args[0]
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, program); isFile(path) {
			program = path
			break
		}
	}
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		// The scripts must not see the tester's own cloud settings.
		if ts.Getenv(name) == "" && !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "DATABRICKS_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	for _, name := range scriptVariables {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// scriptVariables are what setUpScript sets and the program reads; GOCOVERDIR is testscript's, where coverage is
// measured.
var scriptVariables = []string{
	clockFile,
	"PATH", "HOME", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SIGNIN", "AWS_ENDPOINT_URL_S3_CONTROL", "DATABRICKS_CONFIG_FILE", "DBXACCESS_MAP",
	"DBXACCESS_KEYRING_BACKEND", "DBXACCESS_KEYRING_PASSPHRASE", "DBXACCESS_KEYRING_SERVICE",
	"DBUS_SESSION_BUS_ADDRESS", "GORACE", "GOCOVERDIR", "TMPDIR",
	argumentsIn,
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
