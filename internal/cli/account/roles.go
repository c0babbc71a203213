package account

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// NewRoles is `roles`.
func NewRoles(env *cli.Env) *cobra.Command {
	var (
		why      bool
		output   string
		identity string
		agent    string
	)
	cmd := &cobra.Command{
		Use:   "roles [WORD...]",
		Short: "List the roles you may take",
		Long: `Lists the roles that the access map gives you, or of them those with these words in their name or description. With --why, each role is followed by the claim, what it holds and
the rule that gave the role, and by what it grants; then come the roles that you may not take, with what you would
need for them. With --agent, it says of each role what a coding agent of that name may have of it. This is what the map says; the role's own trust policy at AWS has the last word. Exit code 6 if you may
take none, 4 if a new sign-in is needed first.`,
		Example: "  dbxaccess roles\n  dbxaccess roles churn\n  dbxaccess roles --why\n  dbxaccess roles --agent claude-code\n  dbxaccess roles -o json",
		Args:    cobra.ArbitraryArgs, ValidArgsFunction: env.CompleteRoles,
		RunE: func(cmd *cobra.Command, words []string) error {
			b, err := env.Broker(cmd.Context())
			if err != nil {
				return err
			}
			view, err := b.View()
			if err != nil {
				return err
			}
			signIns, rows, err := cli.Available(cmd.Context(), env, view, identity)
			if err != nil {
				return err
			}
			err = overAll(env, b, signIns)
			if len(rows) == 0 {
				rows, err = []access.Row{}, noRoles(signIns[0], why) // beside what would give one
			}
			others, lackingErr := lacking(view, signIns)
			if lackingErr != nil {
				return lackingErr
			}
			if why {
				rows = append(rows, others...)
			}
			fitting := withWords(rows, words)
			if len(fitting) == 0 && len(rows) > 0 {
				return noneWithWords(cmd.CommandPath(), rows, others, words)
			}
			rows = append([]access.Row{}, fitting...)
			if err := cli.AsAgent(view.Map, agent, rows); err != nil {
				return err
			}
			if output == "json" {
				return errors.Join(ui.PrintJSON(env.Streams.Out, rows), err)
			}
			if why || agent != "" || len(rows) == 0 {
				return errors.Join(cli.PrintRolesWhy(env, rows, cli.Asking{Identity: identity}), err)
			}
			return errors.Join(cli.PrintRoles(env, rows), err)
		},
	}
	cmd.Flags().BoolVar(&why, "why", false, "say which claim and rule gave each role, what it grants, and what you would need for the others")
	cli.OutputFlag(cmd, &output)
	cli.IdentityFlag(env, cmd, &identity)
	cli.AsAgentFlag(cmd, &agent)
	return cmd
}

// noRoles is why a person has none; whoever looks at what the others would take is not sent there.
func noRoles(s *access.SignIn, why bool) error {
	err := s.NoRoles()
	if told, ok := errors.AsType[*ui.Error](err); ok && why {
		told.Fix = slices.DeleteFunc(told.Fix, func(step ui.Step) bool { return step.Text == access.AllRoles })
	}
	return err
}

// lacking are the roles that these sign-ins don't give.
func lacking(view *access.View, signIns []*access.SignIn) (rows []access.Row, err error) {
	for _, s := range signIns {
		others, err := view.Lacking(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, others...)
	}
	return rows, nil
}

// noneWithWords is why no role has these words. Where one has them that is not the person's, they are told what it takes.
func noneWithWords(command string, rows, others []access.Row, words []string) error {
	typed := ui.Clean(strings.Join(words, " "))
	err := ui.Errorf("roles-without-words", ui.NoSuchRole, "none of these %d roles has %q in its name or description", len(rows), typed)
	if found := withWords(others, words); len(found) > 0 {
		for _, word := range words {
			command += " " + ui.Word(ui.Clean(word))
		}
		return err.With(ui.Advice("what it takes to be given "+found[0].Role+":"), ui.Command(command+" --why"))
	}
	return err.With(ui.Command(command))
}

// withWords are the roles with each of these words in the name or description, whatever the case.
func withWords(rows []access.Row, words []string) []access.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(row access.Row) bool {
		text := strings.ToLower(row.Role + " " + row.Description)
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, strings.ToLower(word)) })
	})
}

// overAll is an error where only a new sign-in makes the roles of any of these of use, and a warning where that is so of some.
func overAll(env *cli.Env, b *broker.Broker, signIns []*access.SignIn) error {
	var over []ui.Warning
	for _, s := range signIns {
		if standing := b.Standing(s.Provider, s.Session); s.Session.Token == nil && access.StateOf(standing) == access.Over {
			over = append(over, ui.Warning{
				ID: "session-over-of-several", What: "some of these roles need a new sign-in",
				Why: fmt.Sprintf("the session of %s at %s is %s", s.Session.Display(), s.Identity.Host(), access.SessionWords(s.Session, standing)),
				Fix: ui.Command(s.Provider.LoginCommand()),
			})
		}
	}
	if len(over) == len(signIns) {
		last := over[len(over)-1]
		return ui.Errorf("sessions-over", ui.LoginNeeded, "a new sign-in is needed: %s", last.Why).With(last.Fix)
	}
	for _, one := range over {
		env.Console.Warn(one)
	}
	return nil
}
