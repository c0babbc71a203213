package sts

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// container asks the endpoint that ECS or EKS gave this container.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
func (a *Ambient) container(ctx context.Context) (*Credentials, error) {
	const relative, full = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	variable, address := full, a.Getenv(full)
	if path := a.Getenv(relative); path != "" {
		// With anything but a slash in front, the path would become part of the host.
		if !strings.HasPrefix(path, "/") {
			return nil, ui.Fault(ui.Failed, "correct or unset "+relative, "%s does not start with a slash", relative)
		}
		variable, address = relative, "http://169.254.170.2"+path
	}
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || address != ui.Clean(address) || u.User != nil || u.Host == "" {
		return nil, ui.Fault(ui.Failed, "correct or unset "+variable, "%s is not an address that credentials come from", variable)
	}
	client, err := a.reaching(u, variable)
	if err != nil {
		return nil, err
	}
	token, err := a.containerToken()
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {"application/json"}}
	if !token.IsZero() {
		header.Set("Authorization", token.Reveal())
	}
	about := question{whom: "the container's credential endpoint", what: "AWS credentials", moved: variable}
	got, err := a.fetch(ctx, client, about, http.MethodGet, u.String(), header)
	if err != nil {
		return nil, err
	}
	if got.Status != http.StatusOK {
		return nil, ui.Fault(ui.Failed, "check the role of the task or pod, and the agent that answers at "+u.Host,
			"%s refuses to give AWS credentials (%d %s): %s", about.whom, got.Status, got.Shown(got.Text("code"), 100), got.Shown(got.Text("message"), 600))
	}
	return documented(about, got, a.Now())
}

// containerToken is what the endpoint wants to be shown; the file is read each time, as its writer renews it.
func (a *Ambient) containerToken() (secret.String, error) {
	const variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	token, file := secret.New(a.Getenv(variable)), variable+"_FILE"
	if path := a.Getenv(file); path != "" {
		var err error
		if token, err = readSecret(file, path); err != nil {
			return secret.String{}, err
		}
	}
	if strings.ContainsAny(token.Reveal(), "\r\n") {
		return secret.String{}, ui.Fault(ui.Failed, "correct it", "the token of %s holds a line break", variable)
	}
	return token, nil
}

// documented reads credentials as the container endpoint and the metadata service write them.
func documented(about question, got *httpclient.Answer, now time.Time) (*Credentials, error) {
	if code := got.Text("Code"); code != "" && code != "Success" {
		return nil, ui.Fault(ui.Failed, "check the machine's role", "%s gives no AWS credentials: %s %s",
			about.whom, got.Shown(code, 100), got.Shown(got.Text("Message"), 600))
	}
	ends, _ := time.Parse(time.RFC3339, got.Text("Expiration"))
	role, _ := arn.Parse(got.Text("RoleArn"))
	return issued(about, Credentials{
		AccessKeyID: ui.Clean(got.Text("AccessKeyId")), SecretAccessKey: secret.New(got.Text("SecretAccessKey")),
		SessionToken: secret.New(got.Text("Token")), Expires: ends, AccountID: role.AccountID,
	}, now)
}
