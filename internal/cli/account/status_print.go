package account

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// mostRoles is how many roles a terminal shows of one identity: beyond them, those of which nothing is cached are counted.
const mostRoles = 12

// onOneScreen: a person sees stdout and stderr together, so what one says the other need not repeat.
func onOneScreen(s *ui.Streams) bool {
	_, out := s.Out.(*ui.Screen)
	_, err := s.Err.(*ui.Screen)
	return out && err
}

func printStatus(env *cli.Env, report *statusReport) error {
	out, now := env.Streams.Out, env.Now()
	for i, line := range report.Map.lines(now) {
		statusLine(out, []string{"Access map", ""}[min(i, 1)], ui.Clean(line))
	}
	statusLine(out, "Keyring", report.Keyring)
	if report.Shell != nil {
		statusLine(out, "This shell", ui.Clean(report.Shell.words(now)))
	}
	if line := sinksLine(report.Sinks, now); line != "" {
		statusLine(out, "Sinks", line)
	}
	if line := report.Agents.line(); line != "" {
		statusLine(out, "Agents", line)
	}
	for _, i := range report.Identities {
		fmt.Fprintf(out, "\n%s  %s\n", i.Identity, ui.Clean(i.Issuer))
		if err := i.print(out, now); err != nil {
			return err
		}
	}
	if report.likely != "" && report.Shell == nil { // a shell that is under a role has it
		fmt.Fprintf(out, "\nNext: %s\n", "dbxaccess exec "+ui.Word(report.likely))
	}
	return nil
}

func statusLine(out io.Writer, name, text string) {
	const column = 12
	fmt.Fprintf(out, "%-*s%s\n", column, name, ui.Hang(out, text, column))
}

func (i *statusIdentity) print(out io.Writer, now time.Time) error {
	line := func(text string) { fmt.Fprintf(out, "  %s\n", ui.Hang(out, ui.Clean(text), 2)) }
	copied := func(text string) { fmt.Fprintf(out, "  %s\n", ui.Clean(text)) } // in one line, however narrow the terminal is
	login := "dbxaccess login --identity " + i.Identity
	switch {
	case i.TokenFrom != "":
		line("workload identity (token from " + i.TokenFrom + "): " + i.whereToken())
		return nil
	case i.State == access.Unfinished:
		copied(access.ErrNotFinished.Error() + ": " + login)
		return nil
	case i.damaged != nil:
		line(i.Why)
		copied("sign in again: " + login)
		return nil
	case !i.SignedIn:
		copied("nobody is signed in: " + login)
		return nil
	}
	line("signed in as " + i.Person + " since " + ui.Local(*i.SignedInAt) + i.tokenWords(now) + ", " + i.words)
	if i.Why != "" {
		line(i.Why)
	}
	if i.State == access.Over || i.State == access.Ends {
		copied("sign in again: " + login + forced(i.State))
	}
	for _, w := range i.Workspaces {
		line(w.words)
	}
	if i.noRoles != nil {
		copied("no role: " + access.AllRoles)
		return nil
	}
	return i.printRoles(out, now)
}

// tokenWords say how long the ID token lives: a workspace's token lives no longer. Where the session ends with it, its words say when.
func (i *statusIdentity) tokenWords(now time.Time) string {
	switch {
	case i.State == access.Over || i.State == access.Ends || i.IDTokenExpires.IsZero():
		return ""
	case !i.IDTokenExpires.After(now):
		return ", ID token expired"
	}
	return ", ID token for " + ui.Remaining(*i.IDTokenExpires, now)
}

func (i *statusIdentity) printRoles(out io.Writer, now time.Time) error {
	fmt.Fprintln(out)
	table := ui.Table{Header: []string{"  ROLE", "PROFILE", "AWS", "DATABRICKS"}, Spare: "PROFILE"}
	left := 0
	_, screen := out.(*ui.Screen)
	for _, r := range i.Roles {
		if screen && len(i.Roles) > mostRoles && !r.cached() {
			left++
			continue
		}
		table.Rows = append(table.Rows, r.rows...)
	}
	if len(table.Rows) > 0 {
		if err := table.Print(out); err != nil {
			return err
		}
	}
	if left > 0 {
		fmt.Fprintf(out, "  %s, %s: dbxaccess roles\n", ui.Count(left, "role", "roles"), held{over: i.State == access.Over}.lifeCell(nil, now).Text)
	}
	line := func(text string) { fmt.Fprintf(out, "  %s\n", ui.Hang(out, text, 2)) }
	for _, r := range i.Roles {
		if r.ends != "" {
			line(r.ends)
		}
		if r.TakenThrough != "" {
			line(r.Role + " is taken through " + r.TakenThrough + ", for 1 h at most: " + r.NotScoped)
		}
		if r.SignInLacks != "" {
			line(r.Role + " is not given: " + r.SignInLacks)
		}
		if r.SignInCommand != "" {
			fmt.Fprintf(out, "  sign in for it: %s\n", r.SignInCommand)
		}
	}
	return nil
}

// cached reports whether something of the role is.
func (r *statusRole) cached() bool {
	for _, w := range r.Workplaces {
		if w.Expires != nil {
			return true
		}
	}
	return r.Expires != nil
}

// likelyRole is the first of the preferred ones that a session gives, else one whose AWS credentials are cached, else any: signing in brings the
// tokens of every workspace, and says nothing of the role.
func (r *statusReport) likelyRole(preferred []string) string {
	var roles []statusRole
	for _, i := range r.Identities {
		if i.State == access.Renews || i.State == access.Stalls || i.State == access.Ends {
			roles = append(roles, i.Roles...)
		}
	}
	for _, name := range preferred {
		if name != "" && slices.ContainsFunc(roles, func(role statusRole) bool { return role.Role == name }) {
			return name
		}
	}
	if len(roles) == 0 {
		return ""
	}
	return roles[max(0, slices.IndexFunc(roles, func(role statusRole) bool { return role.Expires != nil }))].Role
}

// forced is the flag by which login replaces a session that lives.
func forced(state access.State) string {
	if state == access.Ends {
		return " --force"
	}
	return ""
}

func (i *statusIdentity) whereToken() string {
	switch {
	case i.TokenHere == nil:
		return "requested when needed"
	case *i.TokenHere:
		return "available"
	}
	return "not available on this machine"
}
