package account

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/ui/picker"
)

// askMostUsed asks a person at a terminal, who has just signed in and has no default role, which of several they use most, and keeps the
// answer as default_role. "" where nobody can be asked, or they would rather not say: the next sign-in asks again.
func askMostUsed(ctx context.Context, env *cli.Env, rows []access.Row) (string, error) {
	if !env.Streams.Interactive || len(rows) < 2 {
		return "", nil
	}
	const later = "(no default role)" // which no role can be called
	options := []ui.Option{}
	for _, row := range rows {
		options = append(options, ui.Option{Name: row.Role, Note: row.Description})
	}
	options = append(options, ui.Option{Name: later, Note: "choose each time", Default: true})
	answer, err := picker.Ask(ctx, env.Streams, picker.Question{Text: "Which role do you use most?", Options: options})
	switch {
	case ui.IDOf(err) == "choice-left": // by Esc, which is no answer
		return "", nil
	case err != nil || answer.Index == len(rows):
		return "", err
	}
	role := rows[answer.Index].Role
	if _, _, err := config.Set(env.Getenv, "default_role", role); err != nil {
		env.Console.Warn(ui.Warning{ID: "default-role-not-kept", What: "default_role could not be set: " + ui.Clean(err.Error()), Fix: ui.FixOf(err)})
	} else {
		env.Console.Info("Your default role is %s; dbxaccess config set default_role changes it.", role)
	}
	return role, nil
}
