package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"dbxaccess": func() { os.Exit(run(os.Args)) },
	})
}

// signingKeys are shared: making an RSA key takes longer than most scripts.
var signingKeys = sync.OnceValues(sandbox.NewKeys)

// TestScripts runs the real program as its users do, each script in a home of its own against a sandbox of its own. At
// the end of every script, whatever it tested, no secret may stand in a file or in what was printed without having been
// asked for, and no request may have been one that real servers would not expect.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Deadline:            time.Now().Add(90 * time.Second),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"approve":      scriptAnswer((*sandbox.Server).Approve),
			"deny":         scriptAnswer(func(s *sandbox.Server, code, _ string) error { return s.Deny(code) }),
			"behave":       scriptBehave,
			"fault":        scriptFault,
			"calls":        scriptCalls,
			"stscall":      scriptSTSCall,
			"idp":          scriptIdP,
			"exitcode":     scriptExitCode,
			"edit":         scriptEdit,
			"nosecrets":    func(ts *testscript.TestScript, _ bool, _ []string) { noSecrets(ts) },
			"parallel":     scriptParallel,
			"await-expiry": scriptAwaitExpiry,
		},
	})
}

type serverKey struct{}

func serverOf(ts *testscript.TestScript) *sandbox.Server {
	return ts.Value(serverKey{}).(*sandbox.Server)
}

func setUpScript(env *testscript.Env) error {
	keys, err := signingKeys()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	server, err := sandbox.Start(ctx, sandbox.Options{Keys: keys})
	if err != nil {
		cancel()
		return err
	}
	env.Values[serverKey{}] = server
	env.Defer(func() {
		cancel()
		_ = server.Close()
		if unexpected := server.Unexpected(); len(unexpected) > 0 {
			env.T().Log("requests that no orderly client sends:\n" + strings.Join(unexpected, "\n"))
			env.T().Fatal("unexpected requests")
		}
		if found := filesWithSecrets(env.WorkDir, server.Secrets()); len(found) > 0 {
			env.T().Fatal("secrets in files: " + strings.Join(found, ", "))
		}
	})
	home := filepath.Join(env.WorkDir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "map.yaml"), []byte(server.Map()), 0o600); err != nil {
		return err
	}
	for _, v := range []string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_CONFIG_HOME=", "XDG_STATE_HOME=", "TERM=dumb", "SHELL=/bin/bash",
		"SANDBOX=" + server.Address(), "ISSUER=" + server.Issuer(), "AWS_ENDPOINT_URL_STS=" + server.STSURL(),
		"DBXACCESS_KEYRING_BACKEND=file", "DBXACCESS_KEYRING_PASSPHRASE=correct horse", "DBXACCESS_KEYRING_SERVICE=dbxaccess-test",
		"CONFIG=" + filepath.Join(home, ".config", "dbxaccess"),
		// The bus of whoever runs the tests is none of theirs.
		"DBUS_SESSION_BUS_ADDRESS=",
	} {
		name, value, _ := strings.Cut(v, "=")
		env.Setenv(name, value)
	}
	return nil
}

// scriptAnswer lets a person answer the next sign-in, in the background: `approve alice`, then `exec dbxaccess login`.
func scriptAnswer(answer func(s *sandbox.Server, code, user string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		user := strings.Join(args, " ")
		server := serverOf(ts)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		// Codes of earlier sign-ins that ended otherwise are nobody's any more.
		over, end := context.WithCancel(ctx)
		end()
		for code, err := server.WaitForUserCode(over); err == nil; code, err = server.WaitForUserCode(over) {
			_ = server.Deny(code)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if code, err := server.WaitForUserCode(ctx); err == nil {
				_ = answer(server, code, user)
			}
		}()
		ts.Defer(func() { cancel(); <-done })
	}
}

func scriptBehave(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(serverOf(ts).Configure(strings.Join(args, " ")))
}

func scriptFault(ts *testscript.TestScript, _ bool, args []string) {
	fault, err := sandbox.ParseFault(strings.Join(args, " "), func(name string) ([]byte, error) { return os.ReadFile(ts.MkAbs(name)) })
	ts.Check(err)
	serverOf(ts).Inject(fault)
}

// scriptCalls checks how often an endpoint was asked: `calls token/refresh_token 1`.
func scriptCalls(ts *testscript.TestScript, _ bool, args []string) {
	got := serverOf(ts).Calls()[sandbox.Endpoint(args[0])]
	if want, err := strconv.Atoi(args[1]); err != nil || got != want {
		ts.Fatalf("%s was asked %d times, want %s", args[0], got, args[1])
	}
}

// scriptSTSCall checks a part of the last call to STS: `stscall session-name alice@example.com`.
func scriptSTSCall(ts *testscript.TestScript, neg bool, args []string) {
	calls := serverOf(ts).STSCalls()
	if len(calls) == 0 {
		ts.Fatalf("STS was not asked")
	}
	last := calls[len(calls)-1]
	got := map[string]string{
		"session-name": last.SessionName, "policy": last.Policy, "role": last.RoleARN,
		"duration": last.Duration.String(), "error": last.Error, "subject": last.Subject,
	}[args[0]]
	if strings.Contains(got, args[1]) == neg {
		ts.Fatalf("%s of the last call to STS is %q", args[0], got)
	}
}

// scriptIdP stops and starts the servers, and rotates the provider's keys.
func scriptIdP(ts *testscript.TestScript, _ bool, args []string) {
	server := serverOf(ts)
	switch args[0] {
	case "stop":
		ts.Check(server.Close())
	case "start":
		ts.Check(server.Restart(context.Background()))
	case "rotate-keys":
		ts.Check(server.RotateKeys(false))
	default:
		ts.Fatalf("idp stop|start|rotate-keys")
	}
}

// scriptExitCode runs the program and checks its exit code: `exitcode 4 dbxaccess status`.
func scriptExitCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// scriptEdit replaces a text in a file: `edit map.yaml OLD NEW`; the file's time is moved on, whatever the clock's grain.
func scriptEdit(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	if !strings.Contains(string(data), args[1]) {
		ts.Fatalf("%s holds no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(data), args[1], args[2])), 0o600))
	later := time.Now().Add(time.Second)
	ts.Check(os.Chtimes(path, later, later))
}

// scriptAwaitExpiry waits until the credentials that were issued last, and the ID token behind them, have ended. They
// must have been made to live for a second.
func scriptAwaitExpiry(ts *testscript.TestScript, _ bool, _ []string) {
	calls := serverOf(ts).STSCalls()
	time.Sleep(time.Until(calls[len(calls)-1].Time.Add(1100 * time.Millisecond)))
}

// scriptParallel runs one command N times at once and checks that all answer alike: `parallel 20 dbxaccess …`.
func scriptParallel(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	answers := make([]string, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			cmd := scriptCommand(ts, args[1:])
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			answers[i] = string(out)
			if err != nil {
				answers[i] = fmt.Sprintf("%v: %s", err, stderr.String())
			}
		})
	}
	group.Wait()
	slices.Sort(answers)
	if kinds := slices.Compact(slices.Clone(answers)); len(kinds) != 1 || !strings.HasPrefix(kinds[0], "{") {
		ts.Fatalf("%d kinds of answers, the first: %.600s", len(kinds), kinds[0])
	}
}

// noSecrets fails if the last command printed a secret.
func noSecrets(ts *testscript.TestScript) {
	printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	for _, secret := range serverOf(ts).Secrets() {
		if strings.Contains(printed, secret) {
			ts.Fatalf("a secret was printed: %.12s…", secret)
		}
	}
}

func filesWithSecrets(dir string, secrets []string) []string {
	var found []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if slices.ContainsFunc(secrets, func(secret string) bool { return len(secret) > 8 && bytes.Contains(data, []byte(secret)) }) {
			found = append(found, path)
		}
		return nil
	})
	return found
}
