package accessmap

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// addressPattern is what addresses begin with, up to a query or fragment.
const addressPattern = `^(https://|http://(localhost|127\.|\[::1\]))[^?#\s]*`

var (
	issuerForm        = &form{ref: "address", check: checkIssuer}
	workspaceHostForm = &form{ref: "address", check: checkWorkspaceHost}
	hostForm          = &form{check: checkHost, schema: schema{MinLength: 1, MaxLength: 253}}
	// A number, or at some unified hosts the ID of a connection. The Databricks CLI writes "none" for no workspace.
	workspaceIDForm = &form{
		pattern: `^[0-9A-Za-z-]{1,64}$`, wrong: "is not the ID of a workspace, as in \"7405600000000042\"", check: checkWorkspaceID,
	}
	startURLForm = &form{check: checkStartURL, schema: schema{Pattern: addressPattern + `(#/?)?$`}}

	urlPath = &form{pattern: `^([A-Za-z0-9._~@=+,:/-]|%[0-9A-Fa-f]{2})*$`}
)

// checkIssuer accepts an address that is used byte for byte: https or http to loopback, no query, no fragment (OpenID
// Connect Discovery 1.0 section 3). A trailing slash stays, since the token's iss is compared with it.
func checkIssuer(s string) (string, error) {
	if _, err := checkURL(s); err != nil {
		return "", err
	}
	return s, nil
}

// checkStartURL accepts the address of an access portal as people copy it. The portal itself adds #/ to it.
func checkStartURL(s string) (string, error) {
	address := strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(s, "/"), "#"), "/")
	if _, err := checkURL(address); err != nil {
		return "", err
	}
	return address, nil
}

// checkWorkspaceHost accepts a workspace's address as people copy it and returns it as every client compares it.
func checkWorkspaceHost(s string) (string, error) {
	if alone := addressAlone(s); alone != "" {
		return "", fmt.Errorf("%s must be the address alone; write %s", shown(s), alone)
	}
	u, err := checkURL(s)
	if err != nil {
		return "", err
	}
	if u.Path != "" && u.Path != "/" {
		return "", fmt.Errorf("%s must be the address alone, without a path", shown(s))
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host, nil
}

// addressAlone is what to write instead of an address that was copied from a browser with the workspace behind it; "" for
// others.
func addressAlone(s string) string {
	bare, rest, found := strings.Cut(s, "?")
	path, _ := url.ParseQuery(rest)
	id := cmp.Or(path.Get("o"), path.Get("w"), path.Get("workspace_id"))
	if before, after, ok := strings.Cut(bare, "/w/"); ok {
		bare, found, id = before, true, cmp.Or(strings.Split(after, "/")[0], id)
	}
	host, err := checkURL(bare)
	if !found || id == "" || !workspaceIDForm.matches(id) || err != nil {
		return ""
	}
	return fmt.Sprintf("host: %s://%s and workspace_id: %q", host.Scheme, strings.ToLower(host.Host), id)
}

func checkWorkspaceID(s string) (string, error) {
	if strings.EqualFold(s, "none") {
		return "", errors.New("for no workspace, leave workspace_id out")
	}
	return s, nil
}

// isAccountConsole recognises the address of an account console, as the Databricks SDKs do: by its first label.
func isAccountConsole(host string) bool {
	return strings.HasPrefix(host, "https://accounts.") || strings.HasPrefix(host, "https://accounts-")
}

// checkHost accepts the name of a host, without port. One label alone is a top-level domain where
// suffixes are compared, so only loopback may have that.
func checkHost(s string) (string, error) {
	if !httpclient.IsHostName(s) || !strings.Contains(s, ".") && !httpclient.IsLoopback(s) {
		return "", fmt.Errorf("%s is not a host name, as in login.example.com", shown(s))
	}
	return strings.ToLower(s), nil
}

func checkURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		return nil, fmt.Errorf("%s is not an address; write https://%s", shown(s), ui.Clean(s))
	}
	u, err := httpclient.CheckURL(s)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(s, "?#") {
		return nil, fmt.Errorf("%s must have no query and no fragment", shown(s))
	}
	if !httpclient.IsHostName(u.Hostname()) {
		return nil, fmt.Errorf("%s: %s is not a host name", shown(s), shown(u.Hostname()))
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("%s: %s is not a port", shown(s), shown(port))
		}
	}
	// Of the path as written nothing but the alphabet; of what it means no control character.
	if written := strings.TrimPrefix(s[strings.Index(s, "://")+3:], u.Host); !urlPath.matches(written) {
		return nil, fmt.Errorf("%s: the path holds a character that has no place in an address", shown(s))
	}
	if _, err := checkPrintable(u.Path); err != nil {
		return nil, err
	}
	return u, nil
}
