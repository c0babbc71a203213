package doctor

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
)

// checkEnvironment finds variables that override the profiles. Keys that never expire, or another host or program, are a
// fault; what `dbxaccess env` sets expires by itself and is a warning.
func (d *examination) checkEnvironment(entries []profiles.Entry) {
	ours := func(name string) bool { return slices.Contains(namesOf(entries), name) }
	warnings := slices.Concat(profiles.AWSEnvironment(d.Getenv, ours), profiles.DatabricksEnvironment(d.Getenv))
	for _, warning := range warnings {
		f := warned("environment", warning)
		if d.harmful(warning.Subject, entries) {
			f.Status = Fault
		}
		d.add(f)
	}
	if len(warnings) == 0 {
		d.ok("environment-clean", "", "no environment variable overrides the profiles")
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
	case "DATABRICKS_CLI_PATH", "DATABRICKS_AUTH_TYPE":
		return !complete
	}
	return false
}
