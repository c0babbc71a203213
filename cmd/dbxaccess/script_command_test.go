package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// scriptBehave changes how the servers behave, or with the word defaults first forgets how: `behave {"kind": "okta"}`.
// scriptCondition knows [missing:pass], of a program that a script needs. Where a test may not do without, it is an
// error.
func scriptCondition(condition string) (bool, error) {
	if condition == "root" {
		return os.Geteuid() == 0, nil
	}
	name, ok := strings.CutPrefix(condition, "missing:")
	if !ok {
		return false, fmt.Errorf("unknown condition %s", condition)
	}
	_, err := needed.Look(name)
	if needed.Unlisted(err) || err != nil && needed.Demanded() {
		return false, err
	}
	return err != nil, nil
}

func scriptBehave(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "defaults" {
		serverOf(ts).Set(func(b *sandbox.Behaviour) { *b = sandbox.DefaultBehaviour() })
		args = args[1:]
	}
	if len(args) > 0 {
		ts.Check(serverOf(ts).Configure(strings.Join(args, " ")))
	}
}

// scriptFault makes answers go wrong: `fault {"endpoint": "token/refresh_token", "status": 503, "times": 2}`.
func scriptFault(ts *testscript.TestScript, _ bool, args []string) {
	var fault sandbox.Fault
	ts.Check(json.Unmarshal([]byte(strings.Join(args, " ")), &fault))
	serverOf(ts).Inject(fault)
}

// patience is for what comes as soon as the machine gets to it: only a failure takes that long.
const patience = 2 * time.Minute

// scriptCalls checks how often an endpoint was asked: `calls token/refresh_token 1`. A browser that the program started
// may still be on its way.
func scriptCalls(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	got := func() int { return serverOf(ts).Calls()[sandbox.Endpoint(args[0])] }
	for deadline := time.Now().Add(patience); got() < want && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if got() != want {
		ts.Fatalf("%s was asked %d times, want %d", args[0], got(), want)
	}
}

// scriptSTSCall checks a part of the last call to STS: `stscall session-name alice@example.com`.
func scriptSTSCall(ts *testscript.TestScript, neg bool, args []string) {
	calls := serverOf(ts).STSCalls()
	if len(calls) == 0 {
		ts.Fatalf("STS was not asked")
	}
	if back, err := strconv.Atoi(args[0]); err == nil && len(calls) > back { // 1 is the one before the last
		calls, args = calls[:len(calls)-back], args[1:]
	}
	last := calls[len(calls)-1]
	got := map[string]string{
		"session-name": last.SessionName, "policy": last.Policy, "managed": strings.Join(last.PolicyARNs, " "), "role": last.RoleARN,
		"duration": last.Duration.String(), "error": last.Error, "subject": last.Subject,
		"action": last.Action, "caller": last.Caller, "external-id": last.ExternalID, "source-identity": last.SourceIdentity,
		"description": last.Description, "layers": strconv.Itoa(last.ScopedPolicies),
		"tags": fmt.Sprint(last.Tags), "transitive": strings.Join(last.TransitiveTagKeys, " "),
	}[args[0]]
	if strings.Contains(got, args[1]) == neg {
		ts.Fatalf("%s of the last call to STS is %q", args[0], got)
	}
}

// scriptExchangeCall checks a part of the last token exchange: `exchangecall host http://127.0.0.1`.
func scriptExchangeCall(ts *testscript.TestScript, neg bool, args []string) {
	calls := serverOf(ts).ExchangeCalls()
	if len(calls) == 0 {
		ts.Fatalf("no token was exchanged")
	}
	last := calls[len(calls)-1]
	got := map[string]string{
		"host": last.Host, "account": last.AccountID, "client": last.ClientID, "error": last.Error,
		"scope": last.Scope, "issuer": last.Issuer, "subject": last.Subject, "audience": strings.Join(last.Audience, " "),
	}[args[0]]
	if strings.Contains(got, args[1]) == neg {
		ts.Fatalf("%s of the last token exchange is %q", args[0], got)
	}
}

// scriptAt goes to another company, whose workspace takes tokens of the first one's provider too: `at other`, and `at
// first` for the way back. All commands are about the servers that the script is at; $OTHER and $OTHER_ISSUER are the
// other's.
func scriptAt(ts *testscript.TestScript, _ bool, args []string) {
	all := ts.Value(serversKey{}).(*servers)
	switch args[0] {
	case "first":
		all.present = all.first
	case "other":
		if all.other == nil {
			policies := append(sandbox.DefaultPolicies(), sandbox.FederationPolicy{Issuer: all.first.Issuer()})
			server, end, err := startServer(ts.Getenv("WORK"), policies)
			ts.Check(err)
			ts.Setenv("OTHER", server.Address())
			ts.Setenv("OTHER_ISSUER", server.Issuer())
			all.other, all.ends = server, append(all.ends, end)
		}
		all.present = all.other
	default:
		ts.Fatalf("at first|other")
	}
}

// scriptIDP stops and starts the servers, and rotates the provider's keys.
func scriptIDP(ts *testscript.TestScript, _ bool, args []string) {
	server := serverOf(ts)
	switch args[0] {
	case "stop":
		ts.Check(server.Close())
	case "start":
		ts.Check(server.Restart(context.Background()))
	case "rotate-keys":
		ts.Check(server.Issuers.Provider.Rotate(false))
	default:
		ts.Fatalf("idp stop|start|rotate-keys")
	}
}

// scriptOnTerminal is exec behind ttyin, and has the log say what was written to the terminal: the harness keeps that to itself.
func scriptOnTerminal(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	ts.Logf("%s\n%s", terminalMark, ts.ReadFile("ttyout"))
	if (err != nil) != neg {
		ts.Fatalf("%v", err)
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

// scriptEdit replaces a text in a file: `edit map.yaml OLD NEW`; the file's time is moved on, whatever the clock's
// grain.
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

// scriptParallel runs one command N times at once and checks that all answer alike: `parallel 20 dbxaccess …`. Who stood in line for a
// lock for longer than the program waits asks once more, as a person does.
func scriptParallel(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	answers := make([]string, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for range 2 {
				cmd := scriptCommand(ts, args[1:])
				var stderr bytes.Buffer
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				answers[i] = string(out)
				if err != nil {
					answers[i] = fmt.Sprintf("%v: %s", err, stderr.String())
				}
				if !strings.Contains(stderr.String(), "another process holds the lock") {
					break
				}
			}
		})
	}
	group.Wait()
	slices.Sort(answers)
	if kinds := slices.Compact(slices.Clone(answers)); len(kinds) != 1 || !strings.HasPrefix(kinds[0], "{") {
		ts.Fatalf("%d kinds of answers, the first: %.600s", len(kinds), kinds[0])
	}
}

// scriptQuick checks that a command ends in time, whatever its exit code. A busy machine gets three tries, and for each as much more
// as five starts take that do nothing.
func scriptQuick(ts *testscript.TestScript, _ bool, args []string) {
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	var took time.Duration
	for range 3 {
		began := time.Now()
		_ = ts.Exec(args[1], args[2:]...)
		took = time.Since(began)
		began = time.Now()
		ts.Check(ts.Exec("dbxaccess", "--version"))
		if took < limit+5*time.Since(began) {
			return
		}
	}
	ts.Fatalf("took %s, want less than %s", took, limit)
}

// scriptInterrupt starts a sign-in, presses Ctrl-C while it waits for the approval, and checks the exit code.
func scriptInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	cmd := scriptCommand(ts, args)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ts.Check(cmd.Start())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := serverOf(ts).WaitForUserCode(ctx)
	ts.Check(err)
	ts.Check(cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.HasSuffix(stderr.String(), "dbxaccess: interrupted\n") {
		ts.Fatalf("exit code %d, stderr %s", code, stderr.String())
	}
}
