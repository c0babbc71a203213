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

// demoLimit bounds the demo, with the time a person takes.
const demoLimit = 2 * time.Minute

// run returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	demo := flags.Bool("demo", false, "tell the whole story, then clean up")
	binary := flags.String("dbxaccess", "dbxaccess", "with -demo: the `program` to show")
	behaviour := flags.String("set", "{}", "without -demo: `JSON` that changes how the servers behave, as {\"id_token_lifetime\":\"30s\"}")
	held := flags.String("iam", "{}", "without -demo: `JSON` of what IAM holds, in the form of aws iam get-account-authorization-details")
	identities := flags.Bool("identities", false,
		"without -demo: an access map with all sorts of identities, and the environment of a job of GitHub Actions")
	port := flags.Int("port", 0, "the port on 127.0.0.1; 0 takes any free one")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "sandbox: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	options := sandbox.Options{Port: *port}
	var err error
	if *demo {
		err = tell(ctx, options, *binary, stdout)
	} else {
		err = serve(ctx, options, *behaviour, *held, *identities, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "sandbox: %v\n", err)
		return 1
	}
	return 0
}

func tell(ctx context.Context, options sandbox.Options, binary string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()
	d, err := newDemo(ctx, options, binary, hasBrowser(os.Getenv, stdout), stdout)
	if err != nil {
		return err
	}
	return d.run(ctx)
}
