package ambient

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// instance asks the metadata service of EC2, in version 2 only: version 1 answers anyone who can make this machine send
// a request. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
func (f *Finder) instance(ctx context.Context) (*sts.Credentials, error) {
	const variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
	if strings.EqualFold(f.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return nil, nil
	}
	base := "http://169.254.169.254"
	if strings.EqualFold(f.Getenv(variable+"_MODE"), "ipv6") {
		base = "http://[fd00:ec2::254]"
	}
	named := f.Getenv(variable)
	if named != "" {
		base = strings.TrimSuffix(named, "/")
	}
	u, err := url.Parse(base)
	if err != nil || base != ui.Clean(base) || u.User != nil || u.Host == "" || u.RawQuery != "" {
		return nil, ui.Errorf("metadata-endpoint-invalid", ui.Failed, "%s is not the address of a metadata service", variable).
			With(ui.Advice("correct or unset " + variable))
	}
	metadata, err := f.service("the instance metadata service", variable, u)
	if err != nil {
		return nil, err
	}
	// The token is for this one exchange.
	token, err := metadata.ask(ctx, http.MethodPut, base+"/latest/api/token", http.Header{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": {"60"}})
	_, answered := httpclient.Passing(err)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err != nil && named == "" && !answered:
		// Outside EC2 there is no answer, or the network says so at once.
		return nil, nil //nolint:nilerr // no answer is the answer
	case err != nil:
		return nil, err
	case token.Status != http.StatusOK || len(token.Body) == 0 || strings.ContainsAny(string(token.Body), "\r\n"):
		return nil, none("the instance metadata service answered %d", token.Status)
	}
	header := http.Header{"X-Aws-Ec2-Metadata-Token": {string(token.Body)}}
	const roles = "/latest/meta-data/iam/security-credentials/"
	role, err := metadata.ask(ctx, http.MethodGet, base+roles, header)
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(role.Body)), "\n")
	if name = strings.TrimSpace(name); role.Status != http.StatusOK || !iam.IsName(name) {
		return nil, none("the instance has no instance profile with a role (%d)", role.Status)
	}
	got, err := metadata.ask(ctx, http.MethodGet, base+roles+name, header)
	if err != nil {
		return nil, err
	}
	switch {
	case got.Status == http.StatusOK && got.Object == nil:
		return nil, got.NoAnswer()
	case got.Status != http.StatusOK:
		return nil, ui.Errorf("metadata-refuses", ui.Failed, "%s refuses to give AWS credentials of role %s (%d)", metadata.name, name, got.Status).
			With(ui.Advice("check the instance profile"))
	}
	return metadata.credentials(got, f.Now())
}
