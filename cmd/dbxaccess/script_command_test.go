package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

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
		if name, _, _ := strings.Cut(v, "="); ts.Getenv(name) == "" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	for _, name := range scriptVariables {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// scriptVariables are what setUpScript sets and the program reads.
var scriptVariables = []string{
	"PATH", "HOME", "AWS_ENDPOINT_URL_STS", "DBXACCESS_MAP", "DBXACCESS_KEYRING_BACKEND", "DBXACCESS_KEYRING_PASSPHRASE",
	"DBXACCESS_KEYRING_SERVICE", "DBUS_SESSION_BUS_ADDRESS", "TMPDIR",
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
