package doctor

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/shellenv"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkShell tells which role this shell or program is under by dbxaccess. ours reports whether a variable that wins over the profiles is
// of that role, which is how it is meant, and no fault.
func (d *examination) checkShell() (ours func(variable string) bool) {
	u := shellenv.ReadUnder(d.Getenv)
	from := "this shell holds " + u.Role + " from dbxaccess env"
	switch u.By {
	case "":
	case shellenv.ByExec:
		d.ok("shell-holds-role", "", "this runs under "+u.Role+" by dbxaccess exec, which renews what it has")
	case shellenv.ByEnv:
		switch {
		case u.Ends.IsZero():
			d.ok("shell-holds-role", "", from)
		case !u.Ends.After(d.Now()):
			d.warn("shell-held-role", "", from+", which ended "+ui.Span(d.Now().Sub(u.Ends))+" ago",
				"programs use it in place of the profiles, and are refused", ui.Command(`eval "$(dbxaccess env `+ui.Word(u.Role)+`)"`))
		default:
			d.ok("shell-holds-role", "", from+", "+ui.Remaining(u.Ends, d.Now())+" left")
		}
	default:
		d.ok("shell-holds-role", "", "this shell is under "+u.Role+" by profiles, which renew themselves")
	}
	return u.Ours
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
