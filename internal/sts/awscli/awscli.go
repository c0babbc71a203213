// Package awscli asks the AWS CLI for the credentials of a profile.
//
// In goes a profile's name; out come credentials that live and end. The AWS CLI reads the profile's files, whatever kind it
// is of: a program that read them would see long-lived keys. Such a key is never taken.
package awscli

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/command"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// profileTime is how long the AWS CLI may take: it may renew a session of its own.
const profileTime = time.Minute

// Credentials asks the AWS CLI for those of a profile, whatever kind it is of. otherwise is what to do in place of that, in
// words; it may be empty.
// https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
func Credentials(ctx context.Context, profile, otherwise string, now time.Time) (*sts.Credentials, error) {
	if profile == "" || profile != ui.Clean(profile) || strings.HasPrefix(profile, "-") {
		return nil, ui.Errorf("aws-profile-invalid", ui.Usage, "%q is no name of a profile", ui.Clean(profile)).With(ui.Command("aws configure list-profiles"))
	}
	program, err := exec.LookPath("aws")
	if err != nil {
		return nil, ui.Errorf("aws-cli-missing", ui.Failed, "the AWS CLI, which reads profile %s, is not there: %w", profile, err).
			With(ui.Advice("install it in version 2" + or(otherwise)))
	}
	out, err := command.Run(ctx, command.Program{
		Argv: []string{program, "configure", "export-credentials", "--profile", profile, "--format", "process"},
		Time: profileTime, Stdout: secret.MaxFile, Stderr: secret.MaxFile,
	})
	if err != nil && unknown(out.Stderr) {
		return nil, ui.Errorf("aws-cli-old", ui.Failed, "the AWS CLI, %s, has no `configure export-credentials`, as its version 1 does not", ui.Clean(program)).
			With(ui.Advice("install it in version 2" + or(otherwise)))
	}
	if err != nil {
		if said := strings.TrimSpace(ui.Cut(ui.Clean(string(out.Stderr)), 600)); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return nil, ui.Errorf("aws-profile-failed", ui.Failed, "the AWS CLI gives no credentials of profile %s: %w", profile, err).
			With(ui.Advice("if it is a profile of IAM Identity Center:"), ui.Command("aws sso login --profile "+ui.Word(profile)))
	}
	return exported(profile, otherwise, out.Stdout, now)
}

func or(otherwise string) string {
	if otherwise == "" {
		return ""
	}
	return ", or " + otherwise
}

// unknown reports whether the AWS CLI answers with its usage, as it does to a command that it does not have.
func unknown(said []byte) bool {
	text := strings.TrimSpace(string(said))
	return strings.HasPrefix(text, "usage:") || strings.Contains(text, "invalid choice")
}

// exported reads what the AWS CLI prints, which has the form of credential_process.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func exported(profile, otherwise string, printed []byte, now time.Time) (*sts.Credentials, error) {
	object, ok := httpclient.ParseObject(printed)
	got := sts.Credentials{
		AccessKeyID: object.Text("AccessKeyId"), SecretAccessKey: secret.New(object.Text("SecretAccessKey")), SessionToken: secret.New(object.Text("SessionToken")),
	}
	switch {
	case !ok || got.AccessKeyID == "" || got.SecretAccessKey.IsZero():
		return nil, ui.Errorf("aws-profile-failed", ui.Failed, "what the AWS CLI prints for profile %s are no credentials", profile).
			With(ui.Command("aws sts get-caller-identity --profile " + ui.Word(profile)))
	case got.SessionToken.IsZero():
		return nil, ui.Errorf("aws-profile-long-lived", ui.Refused, "profile %s holds a long-lived key, which is not used", profile).
			With(ui.Advice("take a profile that signs in or assumes a role" + or(otherwise)))
	}
	ends, err := time.Parse(time.RFC3339, object.Text("Expiration"))
	if err != nil {
		ends = now.Add(15 * time.Minute) // it is not said; they are used at once, and then forgotten
	}
	got.Expires = ends
	return sts.Checked("the AWS CLI", "", got, now)
}
