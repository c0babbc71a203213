// Package mapcmd holds the commands that read an access map: check it, show a role's session policy, print the schema.
//
// In comes a file, or the map in use; out come problems with line and column, or JSON. They need no sign-in and no network, and
// change nothing.
package mapcmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// New is `map`.
func New(env *cli.Env) *cobra.Command {
	return cli.Group("map", "Check the access map and show what it compiles to",
		"The access map says who may take which roles, and what a role may do. These commands read it; they need no sign-in.",
		newMapCheck(env), newMapPolicy(env), newMapSchema(env))
}

// mapFrom parses a named file, else the map in use.
func mapFrom(env *cli.Env, file string) (*accessmap.Map, error) {
	if file == "" {
		m, _, err := env.Map()
		return m, err
	}
	m, _, err := source.Load(file)
	return m, err
}

type checkProblem struct {
	Severity string `json:"severity"` // error, warning or note
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Message  string `json:"message"`
}

func newMapCheck(env *cli.Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a map: every error and warning with line and column",
		Long: `Checks a file, or the map in use. Errors end with exit code 1: unknown or duplicate keys, bad values, undefined
references, a session policy that AWS would refuse. Warnings are about what is legal but rarely meant. Notes tell which grants
end soon, and what of the map's policy is enforced and what is comfort.`,
		Example: "  dbxaccess map check access-map.yaml\n  dbxaccess map check -o json access-map.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			return checkMap(env, file, output)
		},
	}
	cli.OutputFlag(cmd, &output)
	return cmd
}

func checkMap(env *cli.Env, file, output string) error {
	m, err := mapFrom(env, file)
	problems, isProblems := errors.AsType[*accessmap.Problems](err)
	if err != nil && !isProblems {
		return err
	}
	rows := []checkProblem{}
	add := func(severity string, list []accessmap.Problem) {
		for _, p := range list {
			rows = append(rows, checkProblem{severity, p.Line, p.Column, p.Message})
		}
	}
	if m == nil {
		add("error", problems.List)
	} else {
		ended, ending := m.LintEnds(env.Now())
		escaping, holding := m.LintPolicy()
		add("error", m.Check())
		add("warning", inOrder(m.Lint(), ended, escaping))
		add("note", inOrder(ending, holding))
	}
	if output == "json" {
		err = ui.PrintJSON(env.Streams.Out, rows)
	} else {
		err = printProblems(env, rows)
	}
	count := make(map[string]int)
	for _, row := range rows {
		count[row.Severity]++
	}
	wrong := count["error"]
	if err == nil && wrong > 0 {
		return ui.Errorf("map-has-errors", ui.Failed, "the access map has %s", ui.Count(wrong, "error", "errors"))
	}
	if err == nil && output != "json" {
		_, err = fmt.Fprintf(env.Streams.Out, "ok: %s, %s, %s, %s\n",
			ui.Count(len(m.Identities), "identity", "identities"), ui.Count(len(m.Roles), "role", "roles"),
			ui.Count(len(m.Datasets), "dataset", "datasets"), ui.Count(count["warning"], "warning", "warnings"))
	}
	return err
}

// inOrder joins problems in the order of the file.
func inOrder(lists ...[]accessmap.Problem) []accessmap.Problem {
	return slices.SortedStableFunc(slices.Values(slices.Concat(lists...)), func(a, b accessmap.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// printProblems prints one per line, in the form that editors recognise.
func printProblems(env *cli.Env, rows []checkProblem) error {
	for _, row := range rows {
		if _, err := fmt.Fprintf(env.Streams.Out, "%d:%d: %s: %s\n", row.Line, row.Column, row.Severity, ui.Clean(row.Message)); err != nil {
			return err
		}
	}
	return nil
}

func newMapPolicy(env *cli.Env) *cobra.Command {
	var (
		file  string
		scope []string
	)
	cmd := &cobra.Command{
		Use:   "policy ROLE",
		Short: "Print the session policy that a role compiles to",
		Long: `Prints the JSON that is sent to AWS with the role. A session policy narrows the IAM role's own permissions and
never widens them: what it does not name is denied.`,
		Example: "  dbxaccess map policy ml-trainer\n  dbxaccess map policy ml-trainer --scope churn --map access-map.yaml",
		Args:    cli.OneArg("role"), ValidArgsFunction: env.CompleteRoles,
		RunE: func(_ *cobra.Command, args []string) error {
			m, err := mapFrom(env, file)
			if err != nil {
				return err
			}
			policy, err := m.Policy(args[0], scope, time.Time{})
			if err != nil {
				return err
			}
			if policy == "" {
				env.Console.Info("The role %s names no dataset, so no session policy is sent: the permissions of its IAM role or permission set apply.", args[0])
				return nil
			}
			_, err = fmt.Fprintln(env.Streams.Out, policy)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "map", "", "read this `file` instead of the map in use")
	cli.ScopeFlag(cmd, &scope)
	return cmd
}

func newMapSchema(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the access map's JSON Schema, for editors",
		Example: `  dbxaccess map schema > access-map.schema.json
  # first line of the map: # yaml-language-server: $schema=access-map.schema.json`,
		Args: cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := env.Streams.Out.Write(accessmap.Schema())
			return err
		},
	}
}
