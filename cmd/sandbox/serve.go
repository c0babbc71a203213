package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// serve runs a sandbox until ctx ends, and says how to use it.
func serve(ctx context.Context, options sandbox.Options, out io.Writer) (err error) {
	s, err := sandbox.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	h, err := newHome(s.Map())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.remove()) }()
	if _, err := io.WriteString(out, usage(runtime.GOOS, s, h)); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	<-ctx.Done()
	return nil
}

// usage is what a person types to use the sandbox. The files that the person's own variables may name are named too, so
// that theirs stay untouched; and no browser is started in the scratch home, where it would leave a profile.
func usage(goos string, s *sandbox.Server, h *home) string {
	assign := "  export %s='%s'\n"
	if goos == "windows" {
		assign = "  $env:%s = '%s'\n"
	}
	var lines strings.Builder
	for _, pair := range append(
		h.overlay(s.STSURL()),
		"DBXACCESS_MAP="+h.accessMap(),
		"AWS_CONFIG_FILE="+h.awsConfig(),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(h.dir, ".aws", "credentials"),
		"DATABRICKS_CONFIG_FILE="+filepath.Join(h.dir, ".databrickscfg"),
	) {
		name, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&lines, assign, name, value)
	}
	return fmt.Sprintf(`The sandbox runs until Ctrl-C. To use it, in another terminal:

%s  dbxaccess login --flow device --no-browser

Approve at %s.

  issuer      %s
  STS         %s
  access map  %s
`, lines.String(), s.VerificationURL(""), s.Issuer(), s.STSURL(), h.accessMap())
}
