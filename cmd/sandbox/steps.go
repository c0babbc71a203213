package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// signedIn is how many steps it takes to be signed in.
const signedIn = 2

// demoRole is the role that the story takes, demoProfile its profile's name.
const (
	demoRole    = "ml-trainer"
	demoProfile = "dbx-" + demoRole
)

type step struct {
	title string
	args  []string // of dbxaccess, or the file to show
	do    func(ctx context.Context, d *demo, args []string) error
}

func steps() []step {
	return []step{
		{"Take the organisation's access map", []string{"init", mapName, "--yes"}, wants()},
		{
			"Sign in with a device code",
			[]string{"login", "--identity", "acme", "--flow", "device", "--no-browser", "--role", demoRole}, signIn,
		},
		{
			"What every AWS tool finds from now on", []string{"~/.aws/config"},
			shows((*home).awsConfig, profileSection+demoRole+"]", "credential_process"),
		},
		{
			"And every Databricks tool", []string{"~/.databrickscfg"},
			shows((*home).databricksConfig, workspaceSection+demoRole+"]", "databricks_cli_path"),
		},
		{"Who is signed in, until when", []string{"status"}, wants(demoRole)},
		{"Which roles, and why", []string{"roles", "--why"}, wants(demoRole, "ml-scientists", "ml-reader", "analysts")},
		{
			"What the AWS tools ask for: credentials, from the keyring",
			[]string{"credential-process", "--role", demoRole, "--identity", "acme"}, asks(credentialsOf(demoRole)),
		},
		{
			"What the Databricks tools ask for: a workspace token",
			[]string{"auth", "token", "--profile", demoProfile}, asks(checkToken),
		},
		{"The same for a shell", []string{"env", demoRole}, evals("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN")},
		{
			"A training run that outlives its credentials",
			[]string{"exec", demoRole, "--run", "churn-7", "--", "sandbox", "-train"}, runs,
		},
		{
			"A call to the Databricks workspace: whom it sees",
			[]string{"workspace", "whoami", demoRole}, wants("alice@example.com"),
		},
		{
			"AWS refuses something: why, and whom to ask",
			[]string{"explain", refusalName}, reads(refusalName, refusal, 0, "s3:DeleteObject", "#ml-platform"),
		},
		{
			"Who read the data: AWS's log beside the record",
			[]string{"audit", "trace", "--cloudtrail", trailName}, reads(trailName, trail, 0, "alice", "churn"),
		},
		{
			"A key that doesn't expire, in a notebook",
			[]string{"scan", notebookName}, reads(notebookName, notebook, 1, "databricks-token", notebookName),
		},
		{"Does each link work?", []string{"doctor", "--all-roles"}, wants("0 faults")},
		{
			"A role reached through another, still in the person's name",
			[]string{"credential-process", "--role", "ml-deep", "--identity", "acme"}, asks(credentialsOf("")),
		},
		{
			"The same sign-in at AWS IAM Identity Center, whose assignments decide",
			[]string{"login", "--identity", "corp", "--flow", "device", "--no-browser", "--no-profiles", "--role", "ml-scoped"}, signIn,
		},
		{
			"A GitHub Actions job, without any login",
			[]string{"credential-process", "--role", "ml-ci", "--identity", "ci"}, asks(credentialsOf("")),
		},
		{"Sign out", []string{"logout", "--profiles"}, signOut},
	}
}

// wants runs a command and looks for words on its stdout.
func wants(words ...string) func(context.Context, *demo, []string) error {
	return func(ctx context.Context, d *demo, args []string) error {
		out, err := d.command(ctx, args...)
		if err != nil {
			return err
		}
		return holds(out, words)
	}
}

func holds(text string, words []string) error {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return fmt.Errorf("%q is not there", word)
		}
	}
	return nil
}

// evals shows what a shell sets by what a command prints, and looks for words in it. A terminal is refused it.
func evals(words ...string) func(context.Context, *demo, []string) error {
	return func(ctx context.Context, d *demo, args []string) error {
		d.log.say("%s$ eval \"$(dbxaccess %s)\"", indent, strings.Join(args, " "))
		unseen := transcript{out: io.Discard, secrets: d.log.secrets}
		out, err := d.output(ctx, unseen.child(), args)
		if err != nil {
			return err
		}
		unset := 0
		for line := range strings.Lines(out) {
			switch {
			case strings.HasPrefix(line, "unset "):
				unset++
			case !strings.Contains(line, shellState):
				d.log.say("%s%s", indent, strings.TrimSuffix(strings.TrimSpace(line), ";"))
			}
		}
		if unset > 0 { // shells of Windows have other words for it
			d.log.note("Variables that SDKs would take first, and that are unset: %d.", unset)
		}
		return holds(out, words)
	}
}

// shellState is the variable by which the shell's function dbx knows what was there before.
const shellState = "DBXACCESS_SHELL="

// signIn logs in while the person, or the demo for them, approves.
func signIn(ctx context.Context, d *demo, args []string) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	untilLogin, loginEnded := context.WithCancel(ctx)
	a := approver{sandbox: d.sandbox, log: d.log, person: d.person, open: openBrowser, patience: patience}
	var approving sync.WaitGroup
	approving.Go(func() {
		// Without an approval the login would wait until the code expires.
		if err := a.approve(untilLogin); err != nil && untilLogin.Err() == nil {
			end(fmt.Errorf("approving the sign-in: %w", err))
		}
	})
	_, err := d.command(ctx, args...)
	loginEnded()
	approving.Wait()
	if err != nil {
		return err
	}
	if len(d.home.keyringItems()) == 0 {
		return errors.New("it stored nothing in the encrypted keyring file")
	}
	return nil
}

// shows prints a file of the home and looks for words in it.
func shows(path func(*home) string, words ...string) func(context.Context, *demo, []string) error {
	return func(_ context.Context, d *demo, args []string) error {
		d.log.say("%s$ cat %s", indent, args[0])
		data, err := os.ReadFile(path(d.home))
		if err != nil {
			return fmt.Errorf("reading %s: %w", args[0], err)
		}
		out := d.log.child()
		_, _ = out.Write(data)
		return holds(out.close(), words)
	}
}

// asks runs a command as tools do, and checks its answer.
func asks(check func(answer []byte, s *sandbox.Server) error) func(context.Context, *demo, []string) error {
	return func(ctx context.Context, d *demo, args []string) error {
		before := d.sandbox.Calls()
		out, err := d.command(ctx, args...)
		if err != nil {
			return err
		}
		if err := check([]byte(out), d.sandbox); err != nil {
			return err
		}
		if maps.Equal(before, d.sandbox.Calls()) {
			d.log.note("No request was needed for that.")
		}
		return nil
	}
}

// signOut first looks for unencrypted secrets, while there are some, then ends the session.
func signOut(ctx context.Context, d *demo, args []string) error {
	leaks, err := d.home.filesWith(append(d.sandbox.Secrets(), d.home.passphrase))
	if err != nil {
		return err
	}
	if len(leaks) > 0 {
		return fmt.Errorf("secrets in the clear in %q", leaks)
	}
	d.log.note("No file of this home holds a secret in the clear.")
	_, err = d.command(ctx, args...)
	return err
}
