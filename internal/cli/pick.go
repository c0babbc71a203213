package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/ui/picker"
)

// Available lists the sign-ins, at least one, and the roles they may take, possibly none. It warns of sessions that end soon.
func Available(ctx context.Context, env *Env, view *access.View, only string) ([]*access.SignIn, []access.Row, error) {
	signIns, rows, err := view.Available(ctx, only)
	for _, s := range signIns {
		WarnOfEnd(env, s.Identity.Name, s.Session)
	}
	return signIns, rows, err
}

// Roles is Available for a command that needs a role: without any, the reason is the error.
func Roles(ctx context.Context, env *Env, view *access.View, only string) ([]*access.SignIn, []access.Row, error) {
	signIns, rows, err := Available(ctx, env, view, only)
	if err == nil && len(rows) == 0 {
		err = signIns[0].NoRoles()
	}
	return signIns, rows, err
}

// PickRole returns the broker, and the request with its role: the named one, else the settings' default, else the only one
// that may be taken. Of several, a person at a terminal chooses; a program gets an error that lists them.
func PickRole(ctx context.Context, env *Env, r broker.Request, named []string) (*broker.Broker, broker.Request, error) {
	if err := broker.CheckRequest(r); err != nil {
		return nil, r, err
	}
	b, err := env.Broker(ctx)
	switch {
	case err != nil:
	case len(named) == 0:
		r, err = pickRole(ctx, env, b, r)
	default:
		r.Role = named[0]
		r, err = namedRole(ctx, env, b, r)
	}
	if err == nil && env.Streams.Interactive {
		env.noteRole(r.Role)
	}
	return b, r, err
}

func pickRole(ctx context.Context, env *Env, b *broker.Broker, r broker.Request) (broker.Request, error) {
	settings, err := env.Settings()
	if err != nil {
		return r, err
	}
	view, err := b.View()
	if err != nil {
		return r, err
	}
	_, rows, err := Roles(ctx, env, view, r.Identity)
	if err != nil {
		return r, err
	}
	usual := settings.Role(view.Map.Defaults.Role)
	preferred := slices.DeleteFunc(slices.Clone(rows), func(row access.Row) bool { return row.Role != usual })
	switch {
	case len(preferred) == 1:
		rows = preferred
	case len(preferred) == 0 && settings.DefaultRole != "":
		WarnDefaultRole(env, settings.DefaultRole)
	}
	chosen := rows[0]
	if len(rows) > 1 {
		chosen, err = ChooseRole(ctx, env, RoleChoice{Text: "Which role?", Rows: rows, Prefix: view.Prefix})
	}
	r.Role, r.Identity = chosen.Role, chosen.Identity
	return r, err
}

// namedRole is the role that a person typed. A part of the names of roles that they may take has them choose among these: a session
// under a role that was guessed would be worse than a key more. For programs a name is a name.
func namedRole(ctx context.Context, env *Env, b *broker.Broker, r broker.Request) (broker.Request, error) {
	if !env.Streams.Interactive {
		return r, nil
	}
	view, err := b.View()
	if err != nil {
		return r, err
	}
	if view.Map.Roles[r.Role] != nil || r.Role == "" {
		return r, nil
	}
	// Who is not signed in is told of the role that does not exist, rather than sent to a sign-in in its search.
	_, rows, _ := view.Available(ctx, r.Identity)
	part := strings.ToLower(r.Role)
	fitting := slices.DeleteFunc(rows, func(row access.Row) bool { return !strings.Contains(strings.ToLower(row.Role), part) })
	if len(fitting) > 0 {
		chosen, err := ChooseRole(ctx, env, RoleChoice{Text: "Which role?", Rows: fitting, Prefix: view.Prefix})
		r.Role, r.Identity = chosen.Role, chosen.Identity
		return r, err
	}
	near := ui.Nearest(r.Role, maps.Keys(view.Map.Roles))
	if near == "" {
		return r, nil // as where nobody is at a terminal
	}
	return r, ui.Errorf("role-unknown", ui.NoSuchRole, "the access map has no role %s", ui.Named(ui.Cut(r.Role, maxNamed))).
		With(ui.Advice("did you mean: " + insteadOf(env.Args, r.Role, near)))
}

// maxNamed bounds what is repeated of a name, in runes.
const maxNamed = 80

// insteadOf is the command line with one word for another.
func insteadOf(args []string, word, by string) string {
	line := []string{"dbxaccess"}
	if len(args) > 3 && args[0] == "dbx" && args[1] == "--shell" { // a shell's function, which has put these words before the person's
		line, args = args[:1:1], args[3:]
	}
	for _, arg := range args {
		if arg == word {
			arg, word = by, ""
		}
		line = append(line, shellWord(ui.Clean(arg)))
	}
	return strings.Join(line, " ")
}

// AskForRole is PickRole for a person who wants to choose, whatever their default.
func AskForRole(ctx context.Context, env *Env, r broker.Request) (broker.Request, error) {
	b, err := env.Broker(ctx)
	if err != nil {
		return r, err
	}
	view, err := b.View()
	if err != nil {
		return r, err
	}
	_, rows, err := Roles(ctx, env, view, r.Identity)
	if err != nil {
		return r, err
	}
	chosen := rows[0]
	if len(rows) > 1 {
		chosen, err = ChooseRole(ctx, env, RoleChoice{Text: "Which role?", Rows: rows, Prefix: view.Prefix})
	}
	r.Role, r.Identity = chosen.Role, chosen.Identity
	return r, err
}

// RoleChoice is a question for a role.
type RoleChoice struct {
	Text   string // the question
	Rows   []access.Row
	Prefix string // of the profiles' names
}

// ChooseRole has a person at a terminal choose a role, those used last standing first. Where there is none, the error lists them.
func ChooseRole(ctx context.Context, env *Env, c RoleChoice) (access.Row, error) {
	if !env.Streams.Interactive {
		var names []string
		for _, row := range c.Rows {
			names = append(names, row.Role)
		}
		return access.Row{}, ui.Errorf("role-ambiguous", ui.Usage, "you may take several roles: %s", strings.Join(names, ", ")).
			With(ui.Advice("name one, or choose one for always:"), ui.Command("dbxaccess config set default_role ROLE"))
	}
	rows := recentFirst(c.Rows, env.RecentRoles())
	options := make([]ui.Option, len(rows))
	for i, row := range rows {
		// Two identities may give a role of the same name; their profiles' names differ.
		options[i] = ui.Option{Name: strings.TrimPrefix(row.Profile, c.Prefix), Note: row.Description}
	}
	keep := "as default"
	if env.Asker().Agent != "" { // which may set nothing
		keep = ""
	}
	answer, err := picker.Ask(ctx, env.Streams, picker.Question{Text: c.Text, Options: options, Keep: keep})
	if err != nil {
		return access.Row{}, err
	}
	chosen := rows[answer.Index]
	if answer.Keep {
		_, _, err = config.Set(env.Getenv, "default_role", chosen.Role)
		if err == nil {
			env.Console.Info("%s is your default role now; to be asked again: dbxaccess config unset default_role", chosen.Role)
		}
	}
	return chosen, err
}

// WarnDefaultRole warns that the settings' default role can't be taken.
func WarnDefaultRole(env *Env, role string) {
	env.Console.Warn(ui.Warning{
		ID: "default-role-not-given", What: "default_role is set to " + role + ", but you can't take it", Fix: ui.Command("dbxaccess config set default_role ROLE"),
	})
}
