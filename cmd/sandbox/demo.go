package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// demo shows one sign-in, from start to end, with the real program.
type demo struct {
	sandbox *sandbox.Server
	home    *home
	binary  string // absolute
	env     []string
	log     *transcript
	person  bool // present, to approve in a browser
}

// newDemo starts a sandbox and makes a scratch home. run cleans both up.
func newDemo(ctx context.Context, options sandbox.Options, binary string, person bool, out io.Writer) (*demo, error) {
	found, err := exec.LookPath(binary)
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return nil, fmt.Errorf("finding the program to show: %w", err)
	}
	s, err := sandbox.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	h, err := newHome(s.IdentitiesMap())
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &demo{
		sandbox: s,
		home:    h,
		binary:  found,
		env:     h.environment(os.Environ(), append(endpoints(s), jobOf(s)...)),
		log:     &transcript{out: out, secrets: func() []string { return append(s.Secrets(), h.passphrase) }},
		person:  person,
	}, nil
}

// jobOf is the environment of a GitHub Actions job.
func jobOf(s *sandbox.Server) []string {
	var job []string
	for name, value := range s.GitHubEnv() {
		job = append(job, name+"="+value)
	}
	return job
}

// run runs the steps and cleans up. It fails if a step fails or anything is left behind.
func (d *demo) run(ctx context.Context) error {
	d.log.say("An identity provider, an IAM Identity Center, an STS and a Databricks workspace run at %s, and a home of its own in %s.",
		d.sandbox.Address(), d.home.root)
	err := d.story(ctx)
	// Clean up even after an interrupt.
	err = errors.Join(err, d.leaveNothing(context.WithoutCancel(ctx), err == nil), d.log.err)
	if err == nil {
		d.log.say("\nDone.")
	}
	return err
}

// story runs the steps in order, up to the first that fails.
func (d *demo) story(ctx context.Context) error {
	for i, step := range steps() {
		d.log.heading(i+1, step.title)
		if err := step.do(ctx, d, step.args); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
	}
	if unexpected := d.sandbox.Unexpected(); len(unexpected) > 0 {
		return fmt.Errorf("unexpected requests: %q", unexpected)
	}
	return nil
}

// command shows a command line as it is typed, runs it, prints what it says, and returns what it wrote to stdout.
func (d *demo) command(ctx context.Context, args ...string) (string, error) {
	d.log.say("%s$ dbxaccess %s", indent, strings.Join(args, " "))
	//nolint:gosec // The program to show is named on the demo's own command line.
	cmd := exec.CommandContext(ctx, d.binary, args...)
	cmd.Dir, cmd.Env = d.home.dir, d.env
	stdout, stderr := d.log.child(), d.log.child()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	// A grandchild that outlives the program keeps the pipes open: this detects it.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	text := stdout.close()
	stderr.close()
	switch {
	case errors.Is(err, exec.ErrWaitDelay):
		return text, errors.New("it left a process behind")
	case ctx.Err() != nil:
		return text, fmt.Errorf("it was ended: %w", context.Cause(ctx))
	case err != nil:
		return text, err
	}
	return text, nil
}
