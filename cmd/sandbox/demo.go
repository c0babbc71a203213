package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	in      io.Reader // of the person
	person  bool      // present, to approve in a browser
	step    bool      // wait for Enter after each step
	shell   bool      // leave the person in a shell
}

// newDemo starts a sandbox and makes a scratch home. run cleans both up.
func newDemo(ctx context.Context, options sandbox.Options, binary string, person bool, in io.Reader, out io.Writer) (*demo, error) {
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
	self, err := os.Executable()
	if err != nil {
		return nil, errors.Join(err, s.Close(), h.remove())
	}
	// People and their shell find the program that is shown, and exec this one, which a step runs under it.
	path := "PATH=" + strings.Join([]string{filepath.Dir(found), filepath.Dir(self), os.Getenv("PATH")}, string(os.PathListSeparator))
	return &demo{
		sandbox: s,
		home:    h,
		binary:  found,
		env:     h.environment(os.Environ(), slices.Concat(endpoints(s), jobOf(s), []string{path})),
		log:     &transcript{out: out, columns: columnsOf(out), secrets: func() []string { return append(s.Secrets(), h.passphrase) }},
		in:      in,
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

// errEnough: the person ended the demo between two steps, as they were told that they may.
var errEnough = errors.New("the person has seen enough")

// run runs the steps and cleans up. It fails if a step fails or anything is left behind.
func (d *demo) run(ctx context.Context) error {
	d.log.say("An identity provider, an IAM Identity Center, an STS and a Databricks workspace run at %s, and a home of its own in %s.",
		d.sandbox.Address(), d.home.root)
	err := d.story(ctx)
	whole := err == nil && !d.shell
	if errors.Is(err, errEnough) {
		err = nil
	}
	// Clean up even after an interrupt.
	err = errors.Join(err, d.leaveNothing(context.WithoutCancel(ctx), whole), d.log.err)
	if err == nil {
		d.log.say("\nDone.")
	}
	return err
}

// story runs the steps in order, up to the first that fails. With a shell at its end it doesn't sign out, and unless the person goes
// through it step by step it is no longer than signing in.
func (d *demo) story(ctx context.Context) error {
	told := steps()
	switch {
	case d.shell && d.step:
		told = told[:len(told)-1]
	case d.shell:
		told = told[:signedIn]
	}
	for i, step := range told {
		if d.step && i > 0 {
			d.log.prompt("Enter: step %d of %d. Ctrl-C: the end. ", i+1, len(told))
			if enter(ctx, d.in) != nil {
				return errEnough
			}
		}
		d.log.heading(i+1, step.title)
		if err := d.do(ctx, step); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
	}
	if unexpected := d.sandbox.Unexpected(); len(unexpected) > 0 {
		return fmt.Errorf("unexpected requests: %q", unexpected)
	}
	if d.shell {
		return d.hands(ctx)
	}
	return nil
}

// do runs a step within the time that a demo may take, with that of a person.
func (d *demo) do(ctx context.Context, s step) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	return s.do(ctx, d, s.args)
}

// command shows a command line as it is typed, runs it, prints what it says, and returns what it wrote to stdout.
func (d *demo) command(ctx context.Context, args ...string) (string, error) {
	d.log.say("%s$ dbxaccess %s", indent, strings.Join(args, " "))
	return d.output(ctx, d.log.child(), args)
}

// output runs the program, whose stdout goes to a writer, and is returned.
func (d *demo) output(ctx context.Context, stdout *childWriter, args []string) (string, error) {
	cmd := d.program(ctx, args...)
	stderr := d.log.child()
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

// program is the one that is shown, in the scratch home.
func (d *demo) program(ctx context.Context, args ...string) *exec.Cmd {
	//nolint:gosec // The program to show is named on the demo's own command line.
	cmd := exec.CommandContext(ctx, d.binary, args...)
	cmd.Dir, cmd.Env = d.home.dir, d.env
	return cmd
}

// uninstall has the program take away what it left outside of the scratch home: the locks of the account.
func (d *demo) uninstall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	if said, err := d.program(ctx, "uninstall", "--yes", "--record").CombinedOutput(); err != nil {
		return fmt.Errorf("dbxaccess uninstall: %w: %s", err, said)
	}
	return nil
}
