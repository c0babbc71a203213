package cli_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/cli/account"
	"github.com/dbxaccess/dbxaccess/internal/cli/use"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whichever command a person types in the last hour says so, and asks nobody for more time.
func TestEachCommandAnnouncesTheEnd(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	keys, err := sandbox.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Keys: keys, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.Inject(sandbox.Fault{Endpoint: sandbox.TokenDeviceCode, Perform: true, Mutate: func(fields map[string]any) {
		fields["refresh_expires_in"] = 36000
	}})
	if err := server.Configure(`{"auto_approve": "alice", "keep_refresh_token": true}`); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "map.yaml")
	if err := os.WriteFile(path, []byte(server.Map()), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{
		"AWS_ENDPOINT_URL_STS": server.STSURL(), "DBXACCESS_MAP": path, "XDG_CONFIG_HOME": t.TempDir(),
		"DBXACCESS_KEYRING_BACKEND": "file", "DBXACCESS_KEYRING_SERVICE": "dbxaccess-test",
	}
	var said bytes.Buffer
	run := func(command func(*cli.Env) *cobra.Command, args ...string) {
		t.Helper()
		said.Reset()
		cmd := command(cli.NewEnv(cli.Process{
			Streams: &ui.Streams{Out: io.Discard, Err: &said}, Now: clock, Version: cli.VersionOf(""),
			Getenv:     func(name string) string { return environment[name] },
			Passphrase: secret.New("correct horse"),
		}))
		cmd.SetArgs(args)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%s: %v", cmd.Name(), err)
		}
	}
	signIn := []string{"--flow", "device", "--no-browser", "--no-profiles"}
	run(account.NewLogin, signIn...)
	for at, soon := range map[time.Duration]bool{time.Hour: false, 9*time.Hour + 30*time.Minute: true} {
		passed.Store(int64(at))
		for name, command := range map[string]func(){
			"login": func() { run(account.NewLogin, signIn...) },
			"roles": func() { run(account.NewRoles) },
			"env":   func() { run(use.NewEnv(nil), "ml-reader", "--no-databricks", "--shell", "bash") },
		} {
			command()
			if got := strings.Contains(said.String(), "ends in"); got != soon {
				t.Errorf("%s after %s: %s", name, at, &said)
			}
		}
	}
	if asked := server.Calls()[sandbox.Device]; asked != 1 {
		t.Errorf("signed in %d times", asked)
	}
}
