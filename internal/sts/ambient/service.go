package ambient

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// patience is for a service that is busy: three attempts, after 400 to 800 ms and twice that.
var patience = httpclient.Policy{Pauses: []time.Duration{400 * time.Millisecond, 800 * time.Millisecond}, Jitter: true}

// service gives credentials over HTTP.
type service struct {
	name     string // "the instance metadata service"
	variable string // that names its address
	client   *http.Client
}

// service returns the one at an address that the environment names, with the client to reach it: the program's own for
// https and this machine, and a narrow one for AWS's link-local addresses. Plain http to any other host is refused.
func (f *Finder) service(name, variable string, u *url.URL) (*service, error) {
	switch {
	case u.Scheme == "https", u.Scheme == "http" && httpclient.IsLoopback(u.Hostname()):
		return &service{name, variable, f.HTTP}, nil
	case u.Scheme == "http" && httpclient.IsLink(u.Hostname()) && (u.Port() == "" || u.Port() == "80"):
		return &service{name, variable, f.Link}, nil
	}
	return nil, ui.Errorf("machine-endpoint-untrusted", ui.Refused,
		"%s points at %s, which is neither https, nor this machine, nor where AWS gives credentials", variable, ui.Clean(u.Host)).
		With(ui.Advice("correct or unset " + variable))
}

// ask sends a request, again where the service is busy: three times in all, then it is an error.
func (s *service) ask(ctx context.Context, method, address string, header http.Header, secrets ...secret.String) (got *httpclient.Answer, err error) {
	asked := httpclient.Asked{Doing: "asking " + s.name + " for AWS credentials", Of: s.name, Named: s.variable}
	err = httpclient.Retry(ctx, asked.Doing, patience, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, method, address, nil)
		if err != nil {
			return httpclient.Explain(asked.Doing, err)
		}
		r.Header = header
		if got, err = httpclient.Do(s.client, asked, r, secrets...); err == nil && httpclient.Busy(got.Status) {
			err = httpclient.Temporary(got.NoAnswer(), 0)
		}
		return err
	})
	return got, err
}

// credentials reads them as the container endpoint and the metadata service write them.
func (s *service) credentials(got *httpclient.Answer, now time.Time) (*sts.Credentials, error) {
	if code := got.Text("Code"); code != "" && code != "Success" {
		return nil, ui.Errorf("machine-role-refused", ui.Failed,
			"%s gives no AWS credentials: %s %s", s.name, got.Shown(code, 100), got.Shown(got.Text("Message"), 600)).
			With(ui.Advice("check the machine's role"))
	}
	ends, _ := time.Parse(time.RFC3339, got.Text("Expiration"))
	role, _ := arn.Parse(got.Text("RoleArn"))
	return sts.Checked(s.name, s.variable, sts.Credentials{
		AccessKeyID: ui.Clean(got.Text("AccessKeyId")), SecretAccessKey: secret.New(got.Text("SecretAccessKey")),
		SessionToken: secret.New(got.Text("Token")), Expires: ends, AccountID: role.AccountID,
	}, now)
}
