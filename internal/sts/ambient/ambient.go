// Package ambient finds the credentials that AWS gives the machine this runs on, where AWS's own programs look for
// them.
//
// In go the environment and two HTTP clients; out come credentials that live, with their end where it is told. It must
// never take a long-lived key, read a file that a person writes, or send what it was given for one service to another.
package ambient

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Finder finds them. All its fields are needed.
type Finder struct {
	Getenv func(string) string
	HTTP   *http.Client // from httpclient: for endpoints over https and on this machine
	Link   *http.Client // httpclient.NewLink's
	Now    func() time.Time
	// Assume is AssumeRoleWithWebIdentity, which trades a token that the machine was given as a file.
	Assume func(ctx context.Context, in sts.WebIdentity) (*sts.Credentials, error)
}

// Credentials looks where AWS's own programs look, except in files that a person writes: the environment; the token
// file and role of EKS (IRSA); the endpoint of a container (ECS, EKS Pod Identity, CodeBuild, CloudShell); the instance
// metadata service of EC2, version 2. The first place that is named decides: trouble there is an error, since looking
// further would give another role. LoginNeeded where there is nothing anywhere. Long-lived keys, those without a
// session token, are refused.
func (f *Finder) Credentials(ctx context.Context) (*sts.Credentials, error) {
	for _, source := range []func(context.Context) (*sts.Credentials, error){f.environment, f.tokenFile, f.container, f.instance} {
		if got, err := source(ctx); got != nil || err != nil {
			return got, err
		}
	}
	return nil, none("the environment names none, and there is no instance metadata service here")
}

func none(format string, args ...any) error {
	return ui.Errorf("machine-without-credentials", ui.LoginNeeded, "AWS gives this machine no credentials: "+format, args...).
		With(ui.Advice("run this where AWS gives a machine a role: on EC2 with an instance profile, in ECS, EKS, Lambda or CodeBuild",
			"in a container on EC2 the metadata service's hop limit must be 2: aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2"))
}

// environment has the keys that Lambda, or what started this program, put there.
func (f *Finder) environment(context.Context) (*sts.Credentials, error) {
	id, key, token := f.Getenv("AWS_ACCESS_KEY_ID"), f.Getenv("AWS_SECRET_ACCESS_KEY"), f.Getenv("AWS_SESSION_TOKEN")
	switch {
	case id == "" || key == "":
		return nil, nil
	case token == "":
		return nil, ui.Errorf("long-lived-key", ui.Refused,
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY without AWS_SESSION_TOKEN are a long-lived key, which is not used").
			With(ui.Advice("unset AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and give the machine a role instead of a key"))
	}
	got := sts.Credentials{AccessKeyID: ui.Clean(id), SecretAccessKey: secret.New(key), SessionToken: secret.New(token)}
	// The AWS CLI writes this one (aws configure export-credentials), Lambda none.
	if ends, err := time.Parse(time.RFC3339, f.Getenv("AWS_CREDENTIAL_EXPIRATION")); err == nil {
		got.Expires = ends
		return sts.Checked("the environment", "", got, f.Now())
	}
	return &got, nil
}

// tokenFile trades the token that Kubernetes gave the pod.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html
func (f *Finder) tokenFile(ctx context.Context) (*sts.Credentials, error) {
	const variable = "AWS_WEB_IDENTITY_TOKEN_FILE"
	path, role := f.Getenv(variable), f.Getenv("AWS_ROLE_ARN")
	if path == "" || role == "" {
		return nil, nil
	}
	region := "us-east-1"
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if named := f.Getenv(name); named != "" {
			region = named
		}
	}
	if named, _ := arn.Parse(role); !iam.IsRegion(region) || named.AccountID == "" || role != ui.Clean(role) {
		return nil, ui.Errorf("machine-role-invalid", ui.Failed,
			"%s can't be traded for role %s in region %s", variable, ui.Clean(role), ui.Clean(region)).
			With(ui.Advice("correct AWS_ROLE_ARN and AWS_REGION in the environment"))
	}
	token, err := readSecret(variable, path)
	if err != nil {
		return nil, err
	}
	in := sts.WebIdentity{
		Token: token, RoleARN: role, Region: region, SessionName: "dbxaccess",
		Renewal: ui.Advice("the token in " + path + " must be renewed by its writer (Kubernetes does this)"),
	}
	if name := f.Getenv("AWS_ROLE_SESSION_NAME"); name != "" {
		in.SessionName = sts.SessionName("", "", name)
	}
	in.Issuer, in.Audience, in.Subject = presents(token)
	return f.Assume(ctx, in)
}

// presents reads the claims that a message shows. Nothing is decided by them, so the signature is not checked.
func presents(token secret.String) (issuer, audience, subject string) {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return "", "", ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", "", ""
	}
	claims, _ := httpclient.ParseObject(payload)
	audience = claims.Text("aud")
	if audience == "" {
		audience = strings.Trim(string(claims["aud"]), `[]"`)
	}
	return ui.Clean(claims.Text("iss")), ui.Clean(audience), ui.Clean(claims.Text("sub"))
}

// readSecret reads a token from a file that a variable names.
func readSecret(variable, path string) (secret.String, error) {
	fix := ui.Advice("correct or unset " + variable)
	token, err := secret.ReadFile(path)
	switch {
	case err != nil:
		return secret.String{}, ui.Errorf("token-file-unreadable", ui.Failed, "%s: reading %s: %w", variable, ui.Clean(path), err).
			With(fix)
	case token.IsZero():
		return secret.String{}, ui.Errorf("token-file-unreadable", ui.Failed, "%s: %s is empty", variable, ui.Clean(path)).
			With(fix)
	}
	return token, nil
}
