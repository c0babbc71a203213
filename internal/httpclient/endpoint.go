package httpclient

import (
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// CheckEndpoint checks an endpoint of an AWS service that an environment variable names. It would get our tokens or
// credentials, so it must be AWS's, loopback or a host that the person trusts; the generic AWS_ENDPOINT_URL, which
// often names a local S3, is not used. ofAWS gets the host name in lower case. "" stays "".
func CheckEndpoint(variable, override string, trustedHosts []string, ofAWS func(host string) bool) (string, error) {
	if override == "" {
		return "", nil
	}
	u, err := CheckURL(override)
	if err != nil {
		return "", ui.Errorf("endpoint-invalid", ui.Failed, "%s: %w", variable, err).
			With(ui.Advice("correct or unset " + variable))
	}
	if u.RawQuery != "" {
		return "", ui.Errorf("endpoint-invalid", ui.Failed, "%s holds a query; it is the address in front of the service's paths", variable).
			With(ui.Advice("correct or unset " + variable))
	}
	if !Trusts(trustedHosts, u) && !IsLoopback(u.Hostname()) && !ofAWS(strings.ToLower(u.Hostname())) {
		return "", ui.Errorf("endpoint-untrusted", ui.Refused,
			"%s points at %s, which is neither AWS, nor this machine, nor a trusted host", variable, u.Host).
			With(ui.Advice("unset " + variable + ", or add " + u.Hostname() + " to trusted_hosts in your settings if it may receive your tokens and credentials"))
	}
	return u.String(), nil
}
