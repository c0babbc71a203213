package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// stepLimit bounds a step of the demo, with the time a person takes.
const stepLimit = 2 * time.Minute

// run returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	story := flags.Bool("demo", false, "tell the whole story, then clean up")
	binary := flags.String("dbxaccess", "dbxaccess", "with -demo: the `program` to show")
	step := flags.Bool("step", false, "with -demo: wait for Enter after each step")
	shell := flags.Bool("shell", false, "with -demo: sign in, then leave you in a shell; with -step after the story")
	var o serving
	flags.Func("set", "without -demo: `JSON` that changes how the servers behave, as {\"id_token_lifetime\":\"30s\"}; may be repeated",
		func(text string) error {
			o.behaviour = append(o.behaviour, text)
			return nil
		})
	flags.BoolVar(&o.approve, "approve", false, "without -demo: approve each sign-in by device code, as "+demoUser)
	flags.StringVar(&o.held, "iam", "{}", "without -demo: `JSON` of what IAM holds, in the form of aws iam get-account-authorization-details")
	flags.BoolVar(&o.identities, "identities", false,
		"without -demo: an access map with all sorts of identities, and the environment of a job of GitHub Actions")
	flags.StringVar(&o.handedOut, "handed-out", "", "without -demo: a `file` that is made, and gets each secret that is handed out, for tests that look for it elsewhere")
	trains := flags.Bool("train", false, "under dbxaccess exec: ask for credentials as AWS's SDKs do, until the first ones have ended; what the demo runs")
	port := flags.Int("port", 0, "the port on 127.0.0.1; 0 takes any free one")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case (*step || *shell) && !*story:
		_, _ = fmt.Fprintln(stderr, "sandbox: -step and -shell go with -demo")
		return 2
	case *story && (len(o.behaviour) > 0 || o.approve || o.identities || o.handedOut != ""):
		_, _ = fmt.Fprintln(stderr, "sandbox: -set, -approve, -identities and -handed-out go without -demo")
		return 2
	case *trains && flags.NFlag() > 1:
		_, _ = fmt.Fprintln(stderr, "sandbox: -train goes alone")
		return 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "sandbox: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	options := sandbox.Options{Port: *port}
	var err error
	switch {
	case *trains:
		err = train(ctx, os.Getenv, stdout)
	case *story:
		err = tell(ctx, options, *binary, stdin, stdout, func(d *demo) { d.step, d.shell = *step, *shell })
	default:
		err = serve(ctx, options, o, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "sandbox: %v\n", err)
		return 1
	}
	return 0
}

func tell(ctx context.Context, options sandbox.Options, binary string, stdin io.Reader, stdout io.Writer, set func(*demo)) error {
	d, err := newDemo(ctx, options, binary, hasBrowser(os.Getenv, stdout), stdin, stdout)
	if err != nil {
		return err
	}
	set(d)
	return d.run(ctx)
}
