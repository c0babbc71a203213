package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// The files that steps look at, in the scratch home.
const (
	refusalName  = "refusal.txt"
	trailName    = "cloudtrail.json"
	notebookName = "train.ipynb"
)

// refusal is what boto3 says where a role that may write may not delete.
func refusal(*sandbox.Server) string {
	return `botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the DeleteObject operation: User: ` +
		`arn:aws:sts::` + sandbox.Account + `:assumed-role/` + demoRole + `/alice@example.com is not authorized to perform: s3:DeleteObject ` +
		`on resource: "arn:aws:s3:::acme-ml/churn/2026-11.parquet" because no session policy allows the s3:DeleteObject action` + "\n"
}

// trail is CloudTrail's entry of a read by the credentials that STS issued for the role last.
func trail(s *sandbox.Server) string {
	var key string
	for _, call := range s.STSCalls() {
		if strings.HasSuffix(call.RoleARN, "/"+demoRole) && call.AccessKeyID != "" {
			key = call.AccessKeyID
		}
	}
	return fmt.Sprintf(`{"Records":[{"userIdentity":{"accessKeyId":%q},"eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"GetObject",`+
		`"requestParameters":{"bucketName":"acme-ml","key":"churn/2026-11.parquet"},"additionalEventData":{"bytesTransferredOut":4096},`+
		`"eventID":"demo"}]}`+"\n", key, time.Now().UTC().Format(time.RFC3339))
}

// notebook has a token of the form that Databricks gives people, put together here: scanners of this repository look for it too.
func notebook(*sandbox.Server) string {
	return `{"cells":[{"cell_type":"code","metadata":{},"outputs":[],"source":["token = \"` + "da" + "pi" + `6f1b94ce2d7a80356f0b94ce2d7a8f31\""]}],` +
		`"metadata":{},"nbformat":4,"nbformat_minor":5}` + "\n"
}

// materials are all of them.
func materials() map[string]func(*sandbox.Server) string {
	return map[string]func(*sandbox.Server) string{refusalName: refusal, trailName: trail, notebookName: notebook}
}

// lay writes a file into the scratch home.
func (d *demo) lay(name string, text func(*sandbox.Server) string) error {
	if err := os.WriteFile(filepath.Join(d.home.dir, name), []byte(text(d.sandbox)), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// reads writes a file, has a command look at it that ends with a code, and looks for words in the answer.
func reads(name string, text func(*sandbox.Server) string, code int, words ...string) func(context.Context, *demo, []string) error {
	return func(ctx context.Context, d *demo, args []string) error {
		if err := d.lay(name, text); err != nil {
			return err
		}
		out, err := d.command(ctx, args...)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == code {
			err = nil
		} else if err == nil && code != 0 {
			err = fmt.Errorf("it ended with 0, not %d", code)
		}
		if err != nil {
			return err
		}
		return holds(out, words)
	}
}
