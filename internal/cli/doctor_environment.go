package cli

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
)

// checkEnvironment finds variables that beat the profiles. It is a fault where keys that never end, or another place or
// program, would be used; what `dbxaccess env` sets ends by itself and is a warning.
func (d *doctor) checkEnvironment() {
	const check = "environment"
	ours := func(name string) bool { return slices.Contains(namesOf(d.entries), name) }
	warnings := slices.Concat(profiles.AWSEnvironment(d.Getenv, ours), profiles.DatabricksEnvironment(d.Getenv))
	for _, warning := range warnings {
		f := warned(check, warning)
		if d.harmful(warning.Subject) {
			f.Status = statusFault
		}
		d.add(f)
	}
	if len(warnings) == 0 {
		d.ok(check, "", "nothing in it beats the profiles")
	}
}

// harmful judges a variable that beats the profiles.
func (d *doctor) harmful(variable string) bool {
	// As `dbxaccess env` sets them: whole by themselves, whatever the profiles say.
	byItself := d.Getenv("DATABRICKS_HOST") != "" && d.Getenv("DATABRICKS_TOKEN") != "" && d.Getenv("DATABRICKS_AUTH_TYPE") == "pat"
	switch variable {
	case "AWS_ACCESS_KEY_ID":
		return d.Getenv("AWS_SESSION_TOKEN") == ""
	case "DATABRICKS_HOST":
		host, err := databricks.NormalizeHost(d.Getenv(variable))
		elsewhere := func(e profiles.Entry) bool { return e.Host != "" && e.Host != host }
		return !byItself && (err != nil || slices.ContainsFunc(d.entries, elsewhere))
	case "DATABRICKS_CLI_PATH", "DATABRICKS_AUTH_TYPE":
		return !byItself
	}
	return false
}
