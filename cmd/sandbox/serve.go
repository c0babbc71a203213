package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// serve runs a sandbox until ctx ends, and says how to use it. behaviour is JSON for Server.Configure, held for
// sandbox.ReadHoldings. With identities, the
// access map has all sorts of them, and the environment is that of a job too. The login is told to start no browser, which
// would leave a profile in the scratch home.
func serve(ctx context.Context, options sandbox.Options, behaviour, held string, identities bool, out io.Writer) (err error) {
	if options.Holdings, err = sandbox.ReadHoldings([]byte(held)); err != nil {
		return fmt.Errorf("-iam: %w", err)
	}
	s, err := sandbox.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Configure(behaviour); err != nil {
		return fmt.Errorf("-set: %w", err)
	}
	accessMap, login, job := s.Map(), "", []string(nil)
	if identities {
		accessMap, login, job = s.IdentitiesMap(), " --identity acme", jobOf(s)
	}
	h, err := newHome(accessMap)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.remove()) }()
	path := h.in(envName(runtime.GOOS))
	if err := os.WriteFile(path, []byte(assignments(runtime.GOOS, s, h, job)), 0o600); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	_, err = fmt.Fprintf(out, `The sandbox runs until Ctrl-C. To use it, in another terminal:

  . '%s'
  dbxaccess login%s --flow device --no-browser

Approve at %s.

  issuer      %s
  STS         %s
  start URL   %s
  workspace   %s
  access map  %s
`, path, login, s.VerificationURL(""), s.Issuer(), s.STSURL(), s.StartURL(), s.WorkspaceHost(), h.accessMap())
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	<-ctx.Done()
	return nil
}

// envName is a file that a shell reads: PowerShell on Windows, else POSIX.
func envName(goos string) string {
	if goos == "windows" {
		return "env.ps1"
	}
	return "env.sh"
}

// assignments make a terminal use the sandbox. The files that the person's own variables may name are named too, so that
// theirs stay untouched. job are further variables.
func assignments(goos string, s *sandbox.Server, h *home, job []string) string {
	assign, quoted := "export %s='%s'\n", `'\''`
	if goos == "windows" {
		assign, quoted = "$env:%s = '%s'\n", "''"
	}
	var lines strings.Builder
	for _, pair := range slices.Concat(job, h.overlay(), endpoints(s), []string{
		"DBXACCESS_MAP=" + h.accessMap(),
		"AWS_CONFIG_FILE=" + h.awsConfig(),
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(h.dir, ".aws", "credentials"),
		"DATABRICKS_CONFIG_FILE=" + h.databricksConfig(),
	}) {
		name, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&lines, assign, name, strings.ReplaceAll(value, "'", quoted))
	}
	return lines.String()
}
