package main

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// helpers are the commands that SDKs start, with the endpoint that each asks.
var helpers = []struct {
	args []string
	asks sandbox.Endpoint
}{
	{[]string{"credential-process", "--role", "ml-trainer", "--identity", "acme"}, sandbox.STS},
	{[]string{"auth", "token", "--profile", "dbx-ml-trainer"}, sandbox.Exchange},
}

// signedInWithProfiles is alice with her profiles, before any credential was made.
func signedInWithProfiles(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	alice(d)
	d.run(80, noDefault, "login", "--no-browser")
	return d
}

func TestHelpersSayNothingAboutWaiting(t *testing.T) {
	t.Parallel()
	d := signedInWithProfiles(t)
	// What takes a second is told.
	slow := func(endpoint sandbox.Endpoint) {
		d.server.Inject(sandbox.Fault{Endpoint: endpoint, Delay: 3 * time.Second})
	}
	for _, helper := range helpers {
		slow(helper.asks)
		got := d.write(80, nil, helper.args...)
		if !strings.HasPrefix(got, "{") || strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") {
			t.Errorf("%q: got %q", helper.args, got)
		}
	}
	slow(sandbox.Me)
	if got := d.write(80, nil, "workspace", "whoami", "ml-trainer"); !strings.Contains(got, "waiting for "+d.server.Address()) {
		t.Errorf("a person is told: %q", got)
	}
}

func TestHelpersDieOfASignal(t *testing.T) {
	t.Parallel()
	d := signedInWithProfiles(t)
	for _, helper := range helpers {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			asked := d.server.Calls()[helper.asks]
			d.server.Inject(sandbox.Fault{Endpoint: helper.asks, Delay: 2 * patience})
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			cmd := exec.CommandContext(ctx, filepath.Join(d.home, "bin", "dbxaccess"), helper.args...)
			var said bytes.Buffer
			cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = d.home, d.env, &said, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for d.server.Calls()[helper.asks] == asked && ctx.Err() == nil {
				time.Sleep(5 * time.Millisecond)
			}
			_ = cmd.Process.Signal(signal)
			_ = cmd.Wait()
			cancel()
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !status.Signaled() || status.Signal() != signal || said.Len() > 0 {
				t.Errorf("%q at %s: %s, having said %q", helper.args, signal, cmd.ProcessState, said.String())
			}
		}
	}
}

// Between the provider's answer and the keyring a signal would cost the person their sign-in: the refresh token is
// spent.
func TestHelpersOutliveASignalWhileTheSessionIsRenewed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	alice(d)
	d.ownClock()
	d.run(80, noDefault, "login", "--no-browser")
	if err := pass(d.clock, time.Hour); err != nil {
		t.Fatal(err)
	}
	d.server.Inject(sandbox.Fault{Endpoint: sandbox.TokenRefreshToken, Delay: 3 * time.Second}) // in which a busy machine has to send signals
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(d.home, "bin", "dbxaccess"), helpers[0].args...)
	var printed, said bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = d.home, d.env, &printed, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for d.server.Calls()[sandbox.TokenRefreshToken] == 0 && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		_ = cmd.Process.Signal(signal)
	}
	if err := cmd.Wait(); err != nil || !strings.HasPrefix(printed.String(), "{") {
		t.Errorf("%v, having printed %d bytes and said %q", err, printed.Len(), said.String())
	}
}
