package databricks

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/databricks/databricks-sdk-go/common/environment"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NormalizeHost turns a workspace's address as people and SDKs write it into the one form that the access map has:
// "https://name" or "https://name:port", lower case, without port 443. A missing scheme is https; white space around it,
// path, query (?o=…) and fragment are dropped. Plain http is taken for this machine only. User info, control characters
// and what is no host name or port are refused; the message never repeats a password.
func NormalizeHost(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", noAddress("the address of the workspace is empty")
	}
	if s != ui.Clean(s) {
		return "", noAddress("the address of the workspace holds control characters, or is far too long")
	}
	scheme, rest := "https", s
	if before, after, ok := strings.Cut(s, "://"); ok && !strings.ContainsAny(before, "/?#@") {
		scheme, rest = strings.ToLower(before), after
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	if strings.Contains(authority, "@") {
		return "", noAddress("the address of the workspace holds a user name or password")
	}
	u, err := url.Parse("//" + authority)
	if err != nil || !httpclient.IsHostName(u.Hostname()) {
		return "", noAddress("%q is not the name of a host", authority)
	}
	if port := u.Port(); port != "" || strings.HasSuffix(authority, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", noAddress("%q has no usable port", authority)
		}
	}
	host := strings.ToLower(u.Host)
	switch {
	case scheme == "https":
		return "https://" + strings.TrimSuffix(host, ":443"), nil
	case scheme != "http":
		return "", noAddress("the address of the workspace at %s is not https", host)
	case !httpclient.IsLoopback(u.Hostname()):
		return "", ui.Errorf("workspace-host-invalid", ui.Failed, "plain http is for this machine only, not for %s", host).
			With(ui.Advice("write https://" + host))
	}
	return "http://" + host, nil
}

func noAddress(format string, args ...any) error {
	return ui.Errorf("workspace-host-invalid", ui.Failed, format, args...).
		With(ui.Advice("write the workspace's address as https://NAME, as in https://dbc-1234.cloud.databricks.com"))
}

// destination normalizes a host and refuses one that must not receive a token.
func (c *Client) destination(host string) (string, error) {
	address, err := NormalizeHost(host)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", noAddress("%q is not an address", address)
	}
	if !httpclient.Trusts(c.TrustedHosts, u) && !httpclient.IsLoopback(u.Hostname()) && !ownDomain(u.Hostname()) {
		return "", ui.Errorf("workspace-host-untrusted", ui.Refused,
			"%s is neither a domain of Databricks, nor this machine, nor a trusted host: no token is sent there", u.Host).
			With(ui.Advice("correct the host of the workspace in the access map, or add " + u.Hostname() +
				" to trusted_hosts in your settings if it may receive your ID tokens"))
	}
	return address, nil
}

// ownDomain reports whether a host (lower case, without port) lies in one of the zones that Databricks gives its
// workspaces and account consoles, as its own SDK lists them.
func ownDomain(host string) bool {
	for _, zone := range environment.AllEnvironments() {
		if name, ok := strings.CutSuffix(host, zone.DnsZone); ok && name != "" {
			return true
		}
	}
	return false
}
