package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Home is what the program says where no command is typed: how things stand, and the one command that comes next. It makes no
// request. That somebody has not begun, or has to sign in, is no error here; what is broken is one.
func Home(ctx context.Context, env *cli.Env) error {
	report, err := makeStatus(ctx, env)
	if err == nil {
		err = report.missing()
	}
	out := env.Streams.Out
	switch code := ui.CodeOf(err); {
	case err == nil:
		printHome(out, report)
	case errors.Is(err, source.ErrNoCopy), code == ui.LoginNeeded, code == ui.NoSuchRole:
		printNext(out, sentence(ui.Told(err)), ui.FixOf(err))
	default:
		return err
	}
	_, err = fmt.Fprintln(out, "\nAll commands: dbxaccess --help")
	return err
}

func printHome(out io.Writer, report *statusReport) {
	var roles []string
	for _, i := range report.Identities {
		if !i.SignedIn || i.State == access.Over {
			continue
		}
		fmt.Fprintln(out, ui.Hang(out, ui.Clean(fmt.Sprintf("Signed in as %s (%s), %s.", i.Person, i.Identity, i.words)), 0))
		for _, r := range i.Roles {
			if !slices.Contains(roles, r.Role) {
				roles = append(roles, r.Role)
			}
		}
	}
	if len(roles) == 0 { // a machine's own token, of which nothing is known before it is asked for
		printNext(out, "This machine has a token of its own.", ui.Command("dbxaccess roles"))
		return
	}
	const shown = 6
	list := strings.Join(roles[:min(len(roles), shown)], ", ")
	if more := len(roles) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more (dbxaccess roles)", more)
	}
	printNext(out, ui.Count(len(roles), "role", "roles")+": "+list+". A shell with the credentials of one, which are renewed while it is open:",
		ui.Command("dbxaccess exec "+ui.Word(report.likely)))
}

// printNext is a sentence, and what to type then.
func printNext(out io.Writer, text string, next ui.Fix) {
	fmt.Fprintln(out, ui.Hang(out, ui.Clean(text), 0))
	if len(next) > 0 {
		fmt.Fprintf(out, "\n  %s\n", ui.HangFix(out, next, 2))
	}
}

// sentence makes one of an error's words. One that begins with a name stays as it is.
func sentence(words string) string {
	if name, _, _ := strings.Cut(words, " "); strings.ContainsAny(name, "@./:") {
		return words + "."
	}
	first, size := utf8.DecodeRuneInString(words)
	return string(unicode.ToUpper(first)) + words[size:] + "."
}
