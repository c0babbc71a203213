package doctor

import (
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkShell tells which role this shell or program is under by dbxaccess. ours reports whether a variable that wins over the profiles is
// of that role, which is how it is meant, and no fault.
func (d *examination) checkShell() (ours func(variable string) bool) {
	role, held := ui.Clean(d.Getenv(shellenv.RoleVariable)), shellenv.ReadHeld(d.Getenv)
	if role != "" && (held.Ours("AWS_PROFILE") || held.Ours("DATABRICKS_CONFIG_PROFILE")) {
		d.ok("shell-holds-role", "", "this shell is under "+role+" by profiles, which renew themselves")
		return held.Ours
	}
	keys := d.Getenv("AWS_ACCESS_KEY_ID") != "" && d.Getenv("AWS_SESSION_TOKEN") != ""
	token := d.Getenv("DATABRICKS_HOST") != "" && d.Getenv("DATABRICKS_TOKEN") != "" && d.Getenv("DATABRICKS_AUTH_TYPE") == "pat"
	served := d.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" || d.Getenv("DATABRICKS_METADATA_SERVICE_URL") != ""
	if role == "" || !keys && !token && !served {
		return func(string) bool { return false }
	}
	ours = func(variable string) bool {
		if len(held.All()) > 0 {
			return held.Ours(variable)
		}
		if strings.HasPrefix(variable, "DATABRICKS_") {
			return token || served
		}
		return keys && variable == "AWS_ACCESS_KEY_ID"
	}
	ends, err := time.Parse(time.RFC3339, d.Getenv(shellenv.ExpiresVariable))
	if err != nil {
		ends, err = time.Parse(time.RFC3339, d.Getenv("AWS_CREDENTIAL_EXPIRATION"))
	}
	switch again := ui.Command(`eval "$(dbxaccess env ` + ui.Word(role) + `)"`); {
	case served && !keys:
		d.ok("shell-holds-role", "", "this runs under "+role+" by dbxaccess exec, which renews what it has")
	case err != nil:
		d.ok("shell-holds-role", "", "this shell holds "+role+" from dbxaccess env")
	case !ends.After(d.Now()):
		d.warn("shell-held-role", "", "this shell holds "+role+" from dbxaccess env, which ended "+ui.Span(d.Now().Sub(ends))+" ago",
			"programs use it in place of the profiles, and are refused", again)
	default:
		d.ok("shell-holds-role", "", "this shell holds "+role+" from dbxaccess env, "+ui.Remaining(ends, d.Now())+" left")
	}
	return ours
}

// checkNames finds variables that are probably misspelled, which nothing reads.
func (d *examination) checkNames() {
	if d.Environ == nil {
		return
	}
	var known []string
	for _, v := range slices.Concat(config.Overriding(), config.Beside(), config.Telling()) {
		known = append(known, v.Name)
	}
	for _, entry := range d.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(name, "DBXACCESS_") || strings.HasPrefix(name, "DBXACCESS_AUDIT_SINK_") || slices.Contains(known, name) {
			continue
		}
		if meant := ui.Nearest(name, slices.Values(known)); meant != "" {
			d.warn("variable-unknown", name, "dbxaccess reads no variable of this name", "", ui.Advice("did you mean: "+meant))
		}
	}
}
