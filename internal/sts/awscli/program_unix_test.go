//go:build unix

package awscli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// What a person without the AWS CLI, or with another than it takes, is told. PATH is the test's, so it is not parallel.
func TestTheAWSCLIThatIsThere(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		script, profile string
		id              ui.ID
		exit            ui.Code
		hint            string
	}{
		"none":      {"", "audit", "aws-cli-missing", ui.Failed, "install it in version 2, or sign in"},
		"version 1": {"echo 'usage: aws [options] <command> <subcommand>' >&2; exit 2", "audit", "aws-cli-old", ui.Failed, "install it in version 2, or sign in"},
		"an error": {"echo 'Error loading SSO Token' >&2; exit 255", "audit prod", "aws-profile-failed", ui.Failed,
			"aws sso login --profile 'audit prod'"},
		"no name":     {"echo 'not asked'; exit 1", "--debug", "aws-profile-invalid", ui.Usage, "aws configure list-profiles"},
		"empty":       {"echo 'not asked'; exit 1", "", "aws-profile-invalid", ui.Usage, "aws configure list-profiles"},
		"escapes":     {"echo 'not asked'; exit 1", "a\x1b[2J", "aws-profile-invalid", ui.Usage, "aws configure list-profiles"},
		"credentials": {`echo '{"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s","SessionToken":"t"}'`, "audit", "", ui.Done, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir)
			if c.script != "" {
				if err := os.WriteFile(filepath.Join(dir, "aws"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Credentials(t.Context(), c.profile, "sign in", now)
			if ui.IDOf(err) != c.id || ui.CodeOf(err) != c.exit || !strings.Contains(ui.HintOf(err), c.hint) {
				t.Errorf("exit %d, %s: %v, hint %q", ui.CodeOf(err), ui.IDOf(err), err, ui.HintOf(err))
			}
			if err != nil && (strings.Contains(err.Error(), "not asked") || strings.Contains(err.Error(), "\x1b")) {
				t.Errorf("%q", err)
			}
		})
	}
}
