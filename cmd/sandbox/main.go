// Command sandbox runs the double of an identity provider, AWS STS and a Databricks workspace on loopback.
//
//	sandbox                                       serves until Ctrl-C and says what to set to use it
//	sandbox -set '{"id_token_lifetime":"30s"}'    so, with ID tokens that end soon; sandbox.Behaviour has what else can be set
//	sandbox -approve                              so, and approves each sign-in as alice
//	sandbox -iam '{"RoleDetailList":[]}'           so, with something in IAM; iam.Holdings has what
//	sandbox -demo -dbxaccess PATH                 tells the whole story with the real program, in a home of its own
//	sandbox -demo -step                           so, and waits for Enter after each step
//	sandbox -demo -shell                          signs in and leaves the person in a shell; after the story with -step
//	sandbox -train                                asks for credentials until the first ones have ended; what the demo runs under exec
//
// It never touches the person's files, keyring or AWS settings.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
