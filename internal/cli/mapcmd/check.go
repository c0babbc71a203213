package mapcmd

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkProblem is an object of the contract of `map check -o json`.
type checkProblem struct {
	Severity string           `json:"severity"`     // error, warning or note
	ID       accessmap.LintID `json:"id,omitempty"` // of a warning
	Line     int              `json:"line"`
	Column   int              `json:"column"`
	Message  string           `json:"message"`
	Reason   string           `json:"acknowledged,omitempty"` // what the map says of a warning that is meant
}

func newMapCheck(env *cli.Env) *cobra.Command {
	var (
		output string
		strict bool
	)
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a map: every error and warning with line and column",
		Long: `Checks a file, or the map in use. Errors end with exit code 1: unknown or duplicate keys, bad values, undefined
references, a session policy that AWS would refuse. Warnings are about what is legal but rarely meant; each ends with
its ID, by which the map can acknowledge it (docs/lints.md). With --strict, warnings that are left end with exit code
1 too. Notes tell which grants end soon, and what of the map's policy is enforced and what is comfort.`,
		Example: "  dbxaccess map check access-map.yaml\n  dbxaccess map check --strict access-map.yaml\n  dbxaccess map check -o json access-map.yaml",
		Args:    cli.MaybeOne("file"),
		RunE: func(_ *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			return checkMap(env, file, output, strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "fail on warnings that the map does not acknowledge")
	cli.OutputFlag(cmd, &output)
	return cmd
}

func checkMap(env *cli.Env, file, output string, strict bool) error {
	m, err := mapFrom(env, file)
	problems, isProblems := errors.AsType[*accessmap.Problems](err)
	if err != nil && !isProblems {
		return err
	}
	found := checked{rows: []checkProblem{}}
	if m == nil {
		found.errors(problems.List)
	} else {
		// Each compiles every policy, which is most of the work: side by side.
		lint := make(chan []accessmap.Warning, 1)
		go func() { lint <- m.Lint(env.Now()) }()
		found.errors(m.Check())
		found.warnings(<-lint)
		found.notes(m.Notes(env.Now()))
	}
	if output == "json" {
		err = ui.PrintJSON(env.Streams.Out, map[string][]checkProblem{"problems": found.rows})
	} else {
		err = printProblems(env, file, found.rows)
	}
	switch {
	case err != nil:
		return err
	case found.wrong > 0:
		return ui.Errorf("map-has-errors", ui.Failed, "the access map has %s", ui.Count(found.wrong, "error", "errors"))
	case strict && found.warned > 0:
		return ui.Errorf("map-has-warnings", ui.Failed, "the access map has %s", ui.Count(found.warned, "warning", "warnings")).
			With(ui.Advice("change what they are about, or say why it is meant: acknowledge: { ID: \"the reason\" } beside it"))
	case output == "json":
		return nil
	}
	end := ""
	if found.meant > 0 {
		end = fmt.Sprintf(", %d acknowledged", found.meant)
	}
	_, err = fmt.Fprintf(env.Streams.Out, "ok: %s, %s, %s, %s%s\n",
		ui.Count(len(m.Identities), "identity", "identities"), ui.Count(len(m.Roles), "role", "roles"),
		ui.Count(len(m.Datasets), "dataset", "datasets"), ui.Count(found.warned, "warning", "warnings"), end)
	return err
}

// checked is what a check found, and how many of each sort.
type checked struct {
	rows                 []checkProblem
	wrong, warned, meant int
}

func (c *checked) errors(list []accessmap.Problem) {
	for _, p := range list {
		c.rows = append(c.rows, checkProblem{Severity: "error", Line: p.Line, Column: p.Column, Message: p.Message})
		c.wrong++
	}
}

func (c *checked) notes(list []accessmap.Problem) {
	for _, p := range list {
		c.rows = append(c.rows, checkProblem{Severity: "note", Line: p.Line, Column: p.Column, Message: p.Message})
	}
}

func (c *checked) warnings(list []accessmap.Warning) {
	for _, w := range list {
		c.rows = append(c.rows, checkProblem{"warning", w.ID, w.Line, w.Column, w.Message, w.Reason})
		if w.Reason == "" {
			c.warned++
		} else {
			c.meant++
		}
	}
}

// printProblems prints those that are not acknowledged, one per line, in the form that editors recognise: behind the file, where
// one was named.
func printProblems(env *cli.Env, file string, rows []checkProblem) error {
	if file != "" {
		file = ui.Clean(file) + ":"
	}
	var lines strings.Builder // a large map has thousands, and each by itself would be a write
	for _, row := range rows {
		if row.Reason != "" {
			continue
		}
		id := ""
		if row.ID != "" {
			id = " [" + string(row.ID) + "]"
		}
		fmt.Fprintf(&lines, "%s%d:%d: %s: %s%s\n", file, row.Line, row.Column, row.Severity, ui.Clean(row.Message), id)
	}
	_, err := io.WriteString(env.Streams.Out, lines.String())
	return err
}
