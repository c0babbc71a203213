package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/admincli"
	"github.com/dbxaccess/dbxaccess/internal/ancestors"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/footprint"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

const scriptDir = "testdata/script"

// served are the scripts of what goes on in one process for long, which is what the race detector is for.
const served = "^TestScripts$/^(exec-|socket|vended-served)"

// builtAs is the variable by which a script has a build of a release, as v1.2.0.
const builtAs = "BUILT_AS"

func TestMain(m *testing.M) {
	// Flags are not parsed yet, and in a program that a script starts they are others'. -run says more.
	if slices.Contains(os.Args[1:], "-test.short=true") {
		if err := flag.Set("test.run", served); err != nil {
			panic(err)
		}
	}
	// Most scripts wait for something, as a person does who signs in: more at once than there are processors.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	in := cli.Surroundings{Now: clockOf(os.Getenv(clockFile)), Above: inScript}
	programs := map[string]func(){
		"dbxaccess":       func() { os.Exit(cli.MainIn(in, os.Args, os.Getenv(builtAs), commands())) },
		"dbxaccess-admin": func() { os.Exit(cli.MainIn(in, os.Args, os.Getenv(builtAs), admincli.Commands())) },
		"time-passes":     timePasses,
		"browse":          browse,
		"look-away":       func() { os.Exit(0) }, // a browser that goes nowhere
		"mcp-client":      func() { os.Exit(mcpClient()) },
		"sign-in":         func() { os.Exit(signIn()) },
		"act":             func() { os.Exit(act()) },
		// On a Mac: the desktop has what the script has, not what the tester's has.
		"launchctl": func() { fmt.Println(os.Getenv(os.Args[2])) },
	}
	for name, program := range programs {
		programs[name] = noted(program)
	}
	testscript.Main(m, programs)
}

// inScript are the programs above one that a script runs, as far as they are of the script: who runs the tests may be an agent.
func inScript(yield func(ancestors.Program) bool) {
	for p := range ancestors.All(16) {
		if strings.HasPrefix(p.Name, "dbxaccess.test") || !yield(p) {
			return
		}
	}
}

// browse is a browser that a script names in BROWSER: it goes where it is sent, and leaves its arguments in a file.
func browse() {
	if err := os.WriteFile(os.Getenv("BROWSED"), []byte(strings.Join(os.Args[1:], "\n")), 0o600); err != nil {
		os.Exit(1)
	}
	if resp, err := http.Get(os.Args[1]); err == nil {
		_ = resp.Body.Close()
	}
	os.Exit(0)
}

// signIn is a browser in which the person of $PERSON signs in and approves, or with PERSON=alice:deny denies.
func signIn() (exitCode int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name, decision, denies := strings.Cut(os.Getenv("PERSON"), ":")
	if !denies {
		decision = "approve"
	}
	if err := person.Walk(ctx, os.Args[1], map[string]string{"user": name, "decision": decision}, ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// signingKeys are shared: making an RSA key takes longer than most scripts.
var signingKeys = sync.OnceValues(sandbox.NewKeys)

// TestScripts runs the real program as its users do, each script in a home of its own against a sandbox of its own. At
// the end of every script, whatever it tested, no secret may stand in a file, in a command line or in what was printed without having been
// asked for (canaryT), and no request may have been one that real servers would not expect.
func TestScripts(t *testing.T) {
	deadline, _ := t.Deadline()
	testscript.RunT(&canaryT{T: t}, testscript.Params{
		Deadline:            deadline,
		Dir:                 scriptDir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpScript,
		Condition:           scriptCondition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"approve":        scriptAnswer((*sandbox.Server).Approve),
			"deny":           scriptAnswer(func(s *sandbox.Server, code, _ string) error { return s.Deny(code) }),
			"behave":         scriptBehave,
			"fault":          scriptFault,
			"calls":          scriptCalls,
			"sign":           scriptSign,
			"stscall":        scriptSTSCall,
			"exchangecall":   scriptExchangeCall,
			"vendcall":       scriptVendCall,
			"grantcall":      scriptGrantCall,
			"iam":            scriptIAM,
			"compute":        scriptCompute,
			"workspace":      scriptWorkspace,
			"estate":         scriptEstate,
			"idp":            scriptIDP,
			"on-github":      scriptOnGitHub,
			"on-aws":         scriptOnAWS,
			"token-file":     scriptTokenFile,
			"at":             scriptAt,
			"exitcode":       scriptExitCode,
			"on-terminal":    scriptOnTerminal,
			"edit":           scriptEdit,
			"nosecrets":      func(ts *testscript.TestScript, _ bool, _ []string) { noSecrets(ts) },
			"records":        scriptRecords,
			"parallel":       scriptParallel,
			"own-clock":      scriptOwnClock,
			"stop-clock":     scriptStopClock,
			"soon":           scriptSoon,
			"await":          scriptAwait,
			"quick":          scriptQuick,
			"interrupt":      scriptInterrupt,
			"damage":         scriptDamage,
			"example-record": scriptExampleRecord,
			"another-format": scriptAnotherFormat,
			"serve":          scriptServe,
			"releases":       scriptReleases,
			"record":         scriptRecord,
			"recorded":       scriptRecorded,
			"sinks":          scriptSinks,
			"collected":      scriptCollected,
			"release":        scriptRelease, "forge": scriptForge, "from-page": scriptFromPage,
		},
	})
}

type serversKey struct{}

// servers are a script's sandboxes: the one that it begins with and, if it asks for one, another.
type servers struct {
	present, first, other *sandbox.Server
	ends                  []func() error
}

// secrets are what they have given out so far.
func (s *servers) secrets() []string {
	given := s.first.Secrets()
	if s.other != nil {
		given = append(given, s.other.Secrets()...)
	}
	return given
}

// serverOf is the sandbox that the script is at.
func serverOf(ts *testscript.TestScript) *sandbox.Server {
	return ts.Value(serversKey{}).(*servers).present
}

// startServer starts a sandbox that ends with the script. end tells what was wrong with what it has seen and given out.
func startServer(workDir string, policies []sandbox.FederationPolicy) (server *sandbox.Server, end func() error, err error) {
	keys, err := signingKeys()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if server, err = sandbox.Start(ctx, sandbox.Options{Now: clockOf(clockIn(workDir)), Keys: keys.Copy(), Policies: policies}); err != nil {
		cancel()
		return nil, nil, err
	}
	return server, func() error {
		cancel()
		_ = server.Close()
		if unexpected := server.Unexpected(); len(unexpected) > 0 {
			return errors.New("requests that no orderly client sends:\n" + strings.Join(unexpected, "\n"))
		}
		for _, dir := range append(lock.Standing(), workDir) { // the former are all scripts' together
			if found := filesWithSecrets(dir, server.Secrets()); len(found) > 0 {
				return errors.New("secrets in files: " + strings.Join(found, ", "))
			}
		}
		return nil
	}, nil
}

// ofScripts are files that scripts put beside the settings by themselves.
var ofScripts = []string{"notes.txt"}

// onlyKnown: whatever a command has left beside the settings, package footprint knows, so that uninstall takes it away.
func onlyKnown(home string) error {
	left, err := footprint.InSettings(filepath.Join(home, ".config", "dbxaccess"))
	if errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	for _, item := range left {
		if item.Kind == footprint.Foreign && !slices.Contains(ofScripts, filepath.Base(item.Path)) {
			err = errors.Join(err, fmt.Errorf("package footprint does not know %s", item.Path))
		}
	}
	return err
}

func setUpScript(env *testscript.Env) error {
	server, end, err := startServer(env.WorkDir, nil)
	if err != nil {
		return err
	}
	all := &servers{present: server, first: server, ends: []func() error{end}}
	env.Values[serversKey{}] = all
	env.T().(*canaryT).secrets = all.secrets
	env.Values[forgeKey{}] = &forgeHolder{}
	sinks := newCollector()
	env.Values[collectorKey{}] = sinks
	env.Defer(sinks.server.Close)
	env.Defer(func() {
		var wrong error
		for _, end := range all.ends {
			wrong = errors.Join(wrong, end())
		}
		if wrong != nil {
			env.T().Fatal(wrong)
		}
	})
	home, arguments := filepath.Join(env.WorkDir, "home"), filepath.Join(env.WorkDir, ".arguments")
	if err := errors.Join(os.Mkdir(home, 0o700), os.Mkdir(arguments, 0o700)); err != nil {
		return err
	}
	env.Defer(func() {
		if err := onlyKnown(home); err != nil {
			env.T().Fatal(err)
		}
	})
	for name, text := range map[string]string{"map.yaml": server.Map(), "identities.yaml": server.IdentitiesMap()} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	for _, v := range append([]string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_CONFIG_HOME=", "XDG_STATE_HOME=", "TERM=dumb", "SHELL=/bin/bash",
		"SANDBOX=" + server.Address(), "ISSUER=" + server.Issuer(), "AWS_ENDPOINT_URL_STS=" + server.STSURL(),
		"AWS_ENDPOINT_URL_SIGNIN=" + server.SigninURL(), "AWS_ENDPOINT_URL_S3_CONTROL=" + server.S3ControlURL(),
		"AWS_ENDPOINT_URL_IAM=" + server.IAMURL(), "AWS_ENDPOINT_URL_ATHENA=" + server.AthenaURL(),
		"AWS_ENDPOINT_URL_SSO_OIDC=" + server.SSOOIDCURL(), "AWS_ENDPOINT_URL_SSO=" + server.SSOURL(),
		// A machine of AWS's that runs the tests must not lend them its credentials.
		"AWS_EC2_METADATA_DISABLED=true",
		"DBXACCESS_KEYRING_BACKEND=file", "DBXACCESS_KEYRING_PASSPHRASE=correct horse", "DBXACCESS_KEYRING_SERVICE=dbxaccess-test",
		"CONFIG=" + filepath.Join(home, ".config", "dbxaccess"),
		// A program built to detect races sleeps for a second at its end unless told otherwise.
		"GORACE=atexit_sleep_ms=0",
		argumentsIn + "=" + arguments,
		// The scripts must not reach the tester's own bus.
		"DBUS_SESSION_BUS_ADDRESS=",
	}, server.DataURLs()...) {
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
		ctx, cancel := context.WithTimeout(context.Background(), patience)
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
