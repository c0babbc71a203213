package shellenv

import (
	"cmp"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// How a shell or program comes to be under a role, beside the names of the variables by which it uses a profile.
const (
	ByEnv  = "env"  // credentials were copied into its environment
	ByExec = "exec" // they are served to it, and renewed
)

// Under is the role that a shell or program is under by dbxaccess, as its variables tell. The zero Under is none.
type Under struct {
	Role string    // clean
	By   string    // ByEnv, ByExec, or the variable that names one of the role's profiles
	Ends time.Time // of copied credentials; zero where that is not known

	held                Held
	keys, token, served bool
}

// ReadUnder reads it.
func ReadUnder(getenv func(string) string) Under {
	u := Under{
		Role: ui.Clean(getenv(RoleVariable)), held: ReadHeld(getenv),
		keys:   getenv("AWS_ACCESS_KEY_ID") != "" && getenv("AWS_SESSION_TOKEN") != "",
		token:  getenv("DATABRICKS_HOST") != "" && getenv("DATABRICKS_TOKEN") != "" && getenv("DATABRICKS_AUTH_TYPE") == "pat",
		served: getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "" || getenv("DATABRICKS_METADATA_SERVICE_URL") != "",
	}
	for _, name := range []string{"AWS_PROFILE", "DATABRICKS_CONFIG_PROFILE"} {
		if u.Role != "" && u.held.Ours(name) {
			u.By = name
			return u
		}
	}
	switch {
	case u.Role == "" || !u.keys && !u.token && !u.served:
		return Under{}
	case u.served && !u.keys:
		u.By = ByExec
	default:
		u.By = ByEnv
		u.Ends, _ = time.Parse(time.RFC3339, cmp.Or(getenv(ExpiresVariable), getenv("AWS_CREDENTIAL_EXPIRATION")))
	}
	return u
}

// Ours reports whether a variable that wins over profiles is of that role, which is how it is meant.
func (u Under) Ours(variable string) bool {
	switch {
	case u.By == "":
		return false
	case u.By != ByEnv && u.By != ByExec || len(u.held.All()) > 0:
		return u.held.Ours(variable)
	case strings.HasPrefix(variable, "DATABRICKS_"):
		return u.token || u.served
	}
	return u.keys && variable == "AWS_ACCESS_KEY_ID"
}
