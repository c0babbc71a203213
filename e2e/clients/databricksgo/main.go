// Command databricksgo is a program that uses the Databricks SDK for Go: it asks the workspace who it works as.
//
//	databricksgo            once
//	databricksgo 30s        every second for half a minute
//	databricksgo estate     what the workspace keeps that the access map writes, as JSON
//
// Host, profile and token come from where the SDK finds them by itself. It prints the user name and what the SDK takes
// for the token's expiry, as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/databricks/databricks-sdk-go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answer is what this client and the one for JavaScript print.
type answer struct {
	UserName string `json:"user_name"`
	Expiry   int64  `json:"expiry"` // milliseconds since 1970
	Calls    int    `json:"calls"`
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "estate" {
		workspace, err := databricks.NewWorkspaceClient(&databricks.Config{})
		if err != nil {
			return err
		}
		kept, err := estate(ctx, workspace)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(kept)
	}
	var lasting time.Duration
	if len(args) > 0 {
		var err error
		if lasting, err = time.ParseDuration(args[0]); err != nil {
			return err
		}
	}
	workspace, err := databricks.NewWorkspaceClient(&databricks.Config{})
	if err != nil {
		return err
	}
	var a answer
	for end := time.Now().Add(lasting); ; time.Sleep(time.Second) {
		person, err := me(ctx, workspace)
		if err != nil {
			return fmt.Errorf("call %d: %w", a.Calls+1, err)
		}
		a.UserName, a.Calls = person.UserName, a.Calls+1
		if !time.Now().Before(end) {
			break
		}
	}
	token, err := workspace.Config.GetTokenSource().Token(ctx)
	if err != nil {
		return err
	}
	a.Expiry = token.Expiry.UnixMilli()
	return json.NewEncoder(os.Stdout).Encode(a)
}
