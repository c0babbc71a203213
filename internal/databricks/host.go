package databricks

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/databricks/databricks-sdk-go/common/environment"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Address is where a workspace is, as people copy it from a browser and SDKs pass it on. At a unified host, which serves
// several workspaces, the query says which one.
type Address struct {
	Host        string // see NormalizeHost
	WorkspaceID string // of ?o=, ?w=, ?workspace_id= or /w/ID; "" where it says none
	AccountID   string // of ?a= or ?account_id=
}

// NormalizeHost turns a workspace's address as people and SDKs write it into the one form that the access map has:
// "https://name" or "https://name:port", lower case, without port 443. A missing scheme is https; white space around it,
// path, query (?o=…) and fragment are dropped. Plain http is taken for this machine only. User info, control characters
// and what is no host name or port are refused; the message never repeats a password.
func NormalizeHost(s string) (string, error) {
	host, _, err := splitAddress(s)
	return host, err
}

// ParseAddress is NormalizeHost, with what the SDKs read of the rest. What can't be an ID is left out, as they do.
func ParseAddress(s string) (Address, error) {
	host, rest, err := splitAddress(s)
	if err != nil {
		return Address{}, err
	}
	a := Address{Host: host}
	u, err := url.Parse(rest)
	if err != nil {
		return a, nil
	}
	query := u.Query()
	a.WorkspaceID = firstID(query.Get("w"), query.Get("o"), query.Get("workspace_id"))
	a.AccountID = firstID(query.Get("a"), query.Get("account_id"))
	if path := strings.Split(u.Path, "/"); a.WorkspaceID == "" && len(path) > 2 && path[1] == "w" {
		a.WorkspaceID = firstID(path[2])
	}
	return a, nil
}

func firstID(texts ...string) string {
	for _, text := range texts {
		if text != "" && len(text) <= maxID && ui.IsPlain(text, "-") {
			return text
		}
	}
	return ""
}

// maxID bounds the ID of an account or a workspace, in characters.
const maxID = 64

// splitAddress returns the host of an address, and what follows it.
func splitAddress(s string) (host, rest string, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", "", noAddress("the address of the workspace is empty")
	}
	if s != ui.Clean(s) {
		return "", "", noAddress("the address of the workspace holds control characters, or is far too long")
	}
	scheme := "https"
	rest = s
	if before, after, ok := strings.Cut(s, "://"); ok && !strings.ContainsAny(before, "/?#@") {
		scheme, rest = strings.ToLower(before), after
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	rest = rest[len(authority):]
	if strings.Contains(authority, "@") {
		return "", "", noAddress("the address of the workspace holds a user name or password")
	}
	u, err := url.Parse("//" + authority)
	if err != nil || !httpclient.IsHostName(u.Hostname()) || strings.Contains(u.Hostname(), ":") && authority[0] != '[' { // IPv6 without brackets
		return "", "", noAddress("%q is not the name of a host", authority)
	}
	if port := u.Port(); port != "" || strings.HasSuffix(authority, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", noAddress("%q has no usable port", authority)
		}
	}
	host = strings.ToLower(u.Host)
	switch {
	case scheme == "https":
		return "https://" + strings.TrimSuffix(host, ":443"), rest, nil
	case scheme != "http":
		return "", "", noAddress("the address of the workspace at %s is not https", host)
	case !httpclient.IsLoopback(u.Hostname()):
		return "", "", ui.Errorf("workspace-host-invalid", ui.Failed, "plain http is for this machine only, not for %s", host).
			With(ui.Advice("write https://" + host))
	}
	return "http://" + host, rest, nil
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
			With(ui.ForAdmin("correct the host of the workspace in the access map, or add " + u.Hostname() +
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
