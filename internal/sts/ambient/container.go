package ambient

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// container asks the endpoint that ECS or EKS gave this container.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
func (f *Finder) container(ctx context.Context) (*sts.Credentials, error) {
	const relative, full = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	variable, address := full, f.Getenv(full)
	if path := f.Getenv(relative); path != "" {
		// With anything but a slash in front, the path would become part of the host.
		if !strings.HasPrefix(path, "/") {
			return nil, ui.Errorf("container-endpoint-invalid", ui.Failed, "%s does not start with a slash", relative).
				With(ui.Advice("correct or unset " + relative))
		}
		variable, address = relative, "http://169.254.170.2"+path
	}
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || address != ui.Clean(address) || u.User != nil || u.Host == "" {
		return nil, ui.Errorf("container-endpoint-invalid", ui.Failed, "%s is not an address that credentials come from", variable).
			With(ui.Advice("correct or unset " + variable))
	}
	endpoint, err := f.service("the container's credential endpoint", variable, u)
	if err != nil {
		return nil, err
	}
	token, err := f.containerToken()
	if err != nil {
		return nil, err
	}
	header := http.Header{"Accept": {"application/json"}}
	if !token.IsZero() {
		header.Set("Authorization", token.Reveal())
	}
	got, err := endpoint.ask(ctx, http.MethodGet, u.String(), header, opens(u)...)
	if err != nil {
		return nil, err
	}
	switch {
	case got.Object == nil:
		return nil, got.NoAnswer()
	case got.Status != http.StatusOK:
		return nil, ui.Errorf("container-refuses", ui.Failed,
			"%s refuses to give AWS credentials (%d %s): %s", endpoint.name, got.Status, got.Shown(got.Text("code"), 100), got.Shown(got.Text("message"), 600)).
			With(ui.Advice("check the role of the task or pod, and the agent that answers at " + u.Host))
	}
	return endpoint.credentials(got, f.Now())
}

// opens is what of an address opens it: ECS has an ID at its end, which answers may repeat alone.
func opens(u *url.URL) []secret.String {
	secrets := []secret.String{secret.New(u.RequestURI())}
	if id := u.Path[strings.LastIndex(u.Path, "/")+1:]; strings.ContainsAny(id, "0123456789") {
		secrets = append(secrets, secret.New(id))
	}
	return secrets
}

// containerToken is what the endpoint wants to be shown; the file is read each time, as its writer renews it.
func (f *Finder) containerToken() (secret.String, error) {
	const variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	token, file := secret.New(f.Getenv(variable)), variable+"_FILE"
	if path := f.Getenv(file); path != "" {
		var err error
		if token, err = readSecret(file, path); err != nil {
			return secret.String{}, err
		}
	}
	if strings.ContainsAny(token.Reveal(), "\r\n") {
		return secret.String{}, ui.Errorf("container-token-invalid", ui.Failed, "the token of %s holds a line break", variable).
			With(ui.Advice("correct it"))
	}
	return token, nil
}
