package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// demoRole is the role that the story takes.
const demoRole = "ml-trainer"

type step struct {
	title string
	args  []string // of dbxaccess
	do    func(ctx context.Context, d *demo, args []string) error
}

func steps() []step {
	return []step{
		{"Take the organisation's access map", []string{"init", "--from", mapName, "--yes"}, wants()},
		{
			"Sign in with a device code",
			[]string{"login", "--flow", "device", "--no-browser", "--role", demoRole}, signIn,
		},
		{"What every AWS tool finds from now on", nil, showAWSConfig},
		{"Who is signed in, until when", []string{"status"}, wants(demoRole)},
		{"Which roles, and why", []string{"roles", "--why"}, wants(demoRole, "ml-scientists", "ml-reader", "analysts")},
		{
			"What the AWS tools ask for: credentials, from the keyring",
			[]string{"credential-process", "--role", demoRole, "--identity", "acme"}, askCredentials,
		},
		{"The same for a shell", []string{"env", demoRole}, wants("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN")},
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
		for _, word := range words {
			if !strings.Contains(out, word) {
				return fmt.Errorf("%q is not in what it said", word)
			}
		}
		return nil
	}
}

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

func showAWSConfig(_ context.Context, d *demo, _ []string) error {
	d.log.say("%s$ cat ~/.aws/config", indent)
	data, err := os.ReadFile(d.home.awsConfig())
	if err != nil {
		return fmt.Errorf("reading the AWS config file: %w", err)
	}
	out := d.log.child()
	_, _ = out.Write(data)
	text := out.close()
	if !strings.Contains(text, profileSection+demoRole+"]") || !strings.Contains(text, "credential_process") {
		return errors.New("it has no profile for the role")
	}
	return nil
}

// askCredentials checks what the AWS tools would be given.
func askCredentials(ctx context.Context, d *demo, args []string) error {
	before := d.sandbox.Calls()
	out, err := d.command(ctx, args...)
	if err != nil {
		return err
	}
	if err := checkCredentials([]byte(out), d.sandbox.STSCalls()); err != nil {
		return err
	}
	after := d.sandbox.Calls()
	if before[sandbox.STS] == after[sandbox.STS] && before[sandbox.Token] == after[sandbox.Token] {
		d.log.note("No request was needed for that.")
	}
	return nil
}

// checkCredentials checks the answer of credential-process, and that STS issued what is in it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func checkCredentials(answer []byte, calls []sandbox.STSCall) error {
	var c struct {
		Version                                   int
		AccessKeyID                               string `json:"AccessKeyId"`
		SecretAccessKey, SessionToken, Expiration string
	}
	if err := json.Unmarshal(answer, &c); err != nil {
		return fmt.Errorf("reading the credentials: %w", err)
	}
	_, err := time.Parse(time.RFC3339, c.Expiration)
	switch {
	case c.Version != 1:
		return fmt.Errorf("the version is %d, not 1", c.Version)
	case c.SecretAccessKey == "" || c.SessionToken == "":
		return errors.New("the credentials are not whole")
	case err != nil:
		return fmt.Errorf("the expiration: %w", err)
	}
	if !slices.ContainsFunc(calls, func(call sandbox.STSCall) bool {
		return call.AccessKeyID == c.AccessKeyID && strings.HasSuffix(call.RoleARN, "/"+demoRole)
	}) {
		return fmt.Errorf("STS did not issue %q for %s", c.AccessKeyID, demoRole)
	}
	return nil
}

// signOut first looks for secrets in the clear, while there are some, then ends the session.
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
