package doctor

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkEnvironment finds variables that override the profiles. Keys that never expire, or another host or program, are a
// fault; what `dbxaccess env` sets expires by itself and is a warning.
func (d *examination) checkEnvironment(entries []profiles.Entry) {
	ours := func(name string) bool { return slices.Contains(namesOf(entries), name) }
	warnings := slices.Concat(profiles.AWSEnvironment(d.Getenv, ours), profiles.DatabricksEnvironment(d.Getenv))
	held := d.checkShell()
	warnings = slices.DeleteFunc(warnings, func(w ui.Warning) bool { return held(w.Subject) })
	d.checkNames()
	for _, warning := range warnings {
		f := warned("environment", warning)
		if d.harmful(warning.Subject, entries) {
			f.Status = Fault
		}
		d.add(d.ofAgent(f))
	}
	if d.told == 0 {
		d.ok("environment-clean", "", "no environment variable overrides the profiles")
	}
}

// checkProxy tells which proxy is used, if any is named. What is on this machine needs none, so that a request to such a
// server does not tell.
func (d *examination) checkProxy() {
	proxy := httpclient.ProxyOf(d.Getenv)
	plain := cmp.Or(d.Getenv("HTTP_PROXY"), d.Getenv("http_proxy"))
	switch {
	case proxy.Check() != nil:
		d.fault("proxy-address-invalid", proxy.Variable, "no request can be sent but to this machine", proxy.Check())
	case proxy.Variable != "":
		d.ok("proxy-in-use", proxy.Variable, "requests go through "+proxy.Host)
	case plain != "":
		d.warn("proxy-for-plain-http", "HTTP_PROXY", "no proxy is used", "HTTP_PROXY is for plain http; HTTPS_PROXY is not set",
			ui.Advice("if a proxy is needed here: set HTTPS_PROXY to the same address"))
	}
}

// harmful reports whether a variable that overrides the profiles is a fault.
func (d *examination) harmful(variable string, entries []profiles.Entry) bool {
	// Complete, as `dbxaccess env` sets them: the profiles don't matter then.
	complete := d.Getenv("DATABRICKS_HOST") != "" && d.Getenv("DATABRICKS_TOKEN") != "" && d.Getenv("DATABRICKS_AUTH_TYPE") == "pat"
	switch variable {
	case "AWS_ACCESS_KEY_ID":
		return d.Getenv("AWS_SESSION_TOKEN") == ""
	case "DATABRICKS_HOST":
		host, err := databricks.NormalizeHost(d.Getenv(variable))
		elsewhere := func(e profiles.Entry) bool { return e.Host != "" && e.Host != host }
		return !complete && (err != nil || slices.ContainsFunc(entries, elsewhere))
	case "DATABRICKS_WORKSPACE_ID", "DATABRICKS_ACCOUNT_ID":
		return !complete && slices.ContainsFunc(entries, func(e profiles.Entry) bool {
			id := e.WorkspaceID
			if variable == "DATABRICKS_ACCOUNT_ID" {
				id = e.AccountID
			}
			return id != "" && !strings.EqualFold(id, d.Getenv(variable))
		})
	case "DATABRICKS_CLI_PATH", "DATABRICKS_AUTH_TYPE":
		return !complete
	}
	return false
}
