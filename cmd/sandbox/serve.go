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

// serving is how a sandbox serves.
type serving struct {
	behaviour  []string // JSON for Server.Configure, each over what those before it left
	held       string   // for sandbox.ReadHoldings
	identities bool     // an access map with all sorts of them, and the environment of a job too
	approve    bool     // each sign-in
	handedOut  string   // the path of a file of the secrets; "": none
}

// serve runs a sandbox until ctx ends, and says how to use it. The login is told to start no browser, which would leave a profile in the
// scratch home. This stays as long as there are shells that have it for their home.
func serve(ctx context.Context, options sandbox.Options, o serving, out io.Writer) (err error) {
	if options.Holdings, err = sandbox.ReadHoldings([]byte(o.held)); err != nil {
		return fmt.Errorf("-iam: %w", err)
	}
	s, err := sandbox.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if o.handedOut != "" {
		file, err := os.OpenFile(o.handedOut, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("-handed-out: %w", err)
		}
		defer func() { _ = file.Close() }()
		s.Lock()
		s.Told = file
		s.Unlock()
	}
	for _, text := range o.behaviour {
		if err := s.Configure(text); err != nil {
			return fmt.Errorf("-set: %w", err)
		}
	}
	accessMap, login, job := s.Map(), "", []string(nil)
	if o.identities {
		accessMap, login, job = s.IdentitiesMap(), " --identity acme", jobOf(s)
	}
	h, err := newHome(accessMap)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.removeUnused(out)) }()
	path := h.in(envName(runtime.GOOS))
	if err := os.WriteFile(path, []byte(assignments(runtime.GOOS, s, h, job)), 0o600); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	approval := "Approve at " + s.VerificationURL("") + "."
	if o.approve {
		approval = "Each sign-in is approved, as " + demoUser + "."
	}
	_, err = fmt.Fprintf(out, `The sandbox runs until Ctrl-C. To use it, in another terminal:

  . '%s'
  dbxaccess login%s --flow device --no-browser

%s

  issuer      %s
  STS         %s
  start URL   %s
  workspace   %s
  access map  %s
`, path, login, approval, s.Issuer(), s.STSURL(), s.StartURL(), s.WorkspaceHost(), h.accessMap())
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if o.approve {
		go approveAll(ctx, s, func(code string, err error) {
			if err != nil {
				_, _ = fmt.Fprintf(out, "%s was not approved: %v\n", code, err)
				return
			}
			_, _ = fmt.Fprintf(out, "%s approved\n", code)
		})
	}
	<-ctx.Done()
	return nil
}

// removeUnused removes the scratch home unless a shell has it for its home, and says what is left then.
func (h *home) removeUnused(out io.Writer) error {
	users, err := h.users()
	if err != nil || len(users) == 0 {
		return errors.Join(err, h.remove())
	}
	_, err = fmt.Fprintf(out, "Kept for the shell that uses it (process %s): %s\nWhen it has ended:  rm -r '%s'\n", strings.Join(users, ", "), h.root, h.root)
	return err
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
	if goos == "windows" {
		fmt.Fprintf(&lines, "Add-Content -LiteralPath '%s' -Value $PID\n", strings.ReplaceAll(h.in(usersName), "'", quoted))
	} else {
		fmt.Fprintf(&lines, "echo $$ >>'%s'\n", strings.ReplaceAll(h.in(usersName), "'", quoted))
	}
	return lines.String()
}
