package doctor

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
)

// checkEnvironment finds variables that beat the profiles. It is a fault where keys that never end, or another place or
// program, would be used; what `dbxaccess env` sets ends by itself and is a warning.
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

// harmful judges a variable that beats the profiles.
func (d *examination) harmful(variable string, entries []profiles.Entry) bool {
	// As `dbxaccess env` sets them: whole by themselves, whatever the profiles say.
	byItself := d.Getenv("DATABRICKS_HOST") != "" && d.Getenv("DATABRICKS_TOKEN") != "" && d.Getenv("DATABRICKS_AUTH_TYPE") == "pat"
	switch variable {
	case "AWS_ACCESS_KEY_ID":
		return d.Getenv("AWS_SESSION_TOKEN") == ""
	case "DATABRICKS_HOST":
		host, err := databricks.NormalizeHost(d.Getenv(variable))
		elsewhere := func(e profiles.Entry) bool { return e.Host != "" && e.Host != host }
		return !byItself && (err != nil || slices.ContainsFunc(entries, elsewhere))
	case "DATABRICKS_CLI_PATH", "DATABRICKS_AUTH_TYPE":
		return !byItself
	}
	return false
}
