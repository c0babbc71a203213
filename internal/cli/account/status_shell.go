package account

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// statusShell is the role that this shell is under, by the variables that env, exec and people set.
type statusShell struct {
	Role    string     `json:"role"`
	By      string     `json:"by"`                // env (keys that were copied), exec (which renews), or a variable that names a profile
	Expires *time.Time `json:"expires,omitempty"` // of copied keys, where that is known
}

// shellStatus is nil where the shell is under no role of ours.
func shellStatus(env *cli.Env, view *access.View) *statusShell {
	if u := shellenv.ReadUnder(env.Getenv); u.By != "" {
		s := &statusShell{Role: u.Role, By: u.By}
		if !u.Ends.IsZero() {
			s.Expires = &u.Ends
		}
		return s
	}
	for _, name := range []string{"AWS_PROFILE", "DATABRICKS_CONFIG_PROFILE"} {
		if profile := env.Getenv(name); profile != "" {
			if _, role, _, _ := view.RoleOfProfile(profile); role != "" {
				return &statusShell{Role: role, By: name}
			}
		}
	}
	return nil
}

func (s *statusShell) words(now time.Time) string {
	switch {
	case s.By == shellenv.ByExec:
		return s.Role + ", renewed by dbxaccess exec"
	case s.By != shellenv.ByEnv:
		return s.Role + ", by " + s.By
	case s.Expires == nil:
		return s.Role + ", from dbxaccess env"
	case !s.Expires.After(now):
		return s.Role + ", from dbxaccess env, ended " + ui.Span(now.Sub(*s.Expires)) + ` ago: eval "$(dbxaccess env ` + ui.Word(s.Role) + `)"`
	}
	return s.Role + ", from dbxaccess env, " + ui.Remaining(*s.Expires, now) + " left"
}
