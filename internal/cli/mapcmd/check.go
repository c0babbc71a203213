package mapcmd

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkProblem is an object of the contract of `map check -o json`.
type checkProblem struct {
	Severity string `json:"severity"`     // error, warning or note
	ID       string `json:"id,omitempty"` // of a warning (docs/lints.md), and of all that is said of a token (docs/findings.md)
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Message  string `json:"message"`
	Reason   string `json:"acknowledged,omitempty"` // what the map says of a warning that is meant
	Fix      ui.Fix `json:"fix,omitempty"`          // for what is said of a token
}

func newMapCheck(env *cli.Env) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a map: every error and warning with line and column",
		Long: `Checks a file, or the map in use. Errors end with exit code 1: unknown or duplicate keys, bad values, undefined
references, a session policy that AWS would refuse. Warnings are about what is legal but rarely meant; each ends with
its ID, by which the map can acknowledge it (docs/lints.md). With --strict, warnings that are left end with exit code
1 too. Notes tell which grants end soon, and what of the map's policy is enforced and what is comfort.

With --claims an ID token is held against the map as well, in full or as its claims in JSON: which session tags and source
identity it has for AWS, whether AWS takes them, which roles are refused for want of a tag of signed_tags, and which claims the map's
policy asks for that it lacks (docs/findings.md). Its signature is not looked at.`,
		Example: "  dbxaccess map check access-map.yaml\n  dbxaccess map check --strict access-map.yaml\n  dbxaccess map check --claims token.jwt access-map.yaml\n" +
			"  dbxaccess map check -o json access-map.yaml",
		Args: cli.MaybeOne("file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return checkMap(env, o)
		},
	}
	cmd.Flags().BoolVar(&o.strict, "strict", false, "fail on warnings that the map does not acknowledge")
	cmd.Flags().StringVar(&o.claims, "claims", "", "hold the ID token, or its claims, in this `file` against the map; - is standard input")
	cli.IdentityFlag(env, cmd, &o.identity)
	cli.OutputFlag(cmd, &o.output)
	return cmd
}

type checkOptions struct {
	file, claims, identity, output string
	strict                         bool
}

func checkMap(env *cli.Env, o checkOptions) error {
	if o.identity != "" && o.claims == "" {
		return ui.Errorf("identity-of-no-claims", ui.Usage, "--identity says whose the claims are, and there are none").With(ui.Advice("add --claims FILE"))
	}
	if err := inputOnce(o.file, o.claims); err != nil {
		return err
	}
	m, err := mapFrom(env, o.file)
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
		if err := found.token(env, m, o); err != nil {
			return err
		}
	}
	if o.output == "json" {
		err = ui.PrintJSON(env.Streams.Out, map[string][]checkProblem{"problems": found.rows})
	} else {
		err = printProblems(env, o.file, found.rows)
	}
	switch {
	case err != nil:
		return err
	case found.wrong > 0:
		return ui.Errorf("map-has-errors", ui.Failed, "the access map has %s", ui.Count(found.wrong, "error", "errors"))
	case o.strict && found.warned > 0:
		return ui.Errorf("map-has-warnings", ui.Failed, "the access map has %s", ui.Count(found.warned, "warning", "warnings")).
			With(ui.Advice("change what they are about, or say why it is meant: acknowledge: { ID: \"the reason\" } beside it"))
	case o.output == "json":
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
		c.rows = append(c.rows, checkProblem{Severity: "warning", ID: string(w.ID), Line: w.Line, Column: w.Column, Message: w.Message, Reason: w.Reason})
		if w.Reason == "" {
			c.warned++
		} else {
			c.meant++
		}
	}
}

// token is what is said of an ID token, at the identity that it is of.
func (c *checked) token(env *cli.Env, m *accessmap.Map, o checkOptions) error {
	claims, err := claimsFrom(env, o.claims)
	if claims == nil || err != nil {
		return err
	}
	identity, err := access.IdentityOfToken(m, o.identity, claims)
	if err != nil {
		return err
	}
	signIn, err := access.Suppose(m, identity, claims, nil, env.Now())
	if err != nil {
		return err
	}
	line, column := m.IdentityPlace(identity.Name)
	for _, found := range signIn.TokenFindings() {
		row := checkProblem{
			Severity: "note", ID: string(found.ID), Line: line, Column: column, Message: "identity " + identity.Name + ": " + found.What, Fix: found.Fix,
		}
		if found.Refused {
			row.Severity = "warning"
			c.warned++
		}
		c.rows = append(c.rows, row)
	}
	return nil
}

// printProblems prints those that are not acknowledged, one per line, in the form that editors recognise: behind the file, where
// one was named.
func printProblems(env *cli.Env, file string, rows []checkProblem) error {
	if file != "" {
		file = ui.Clean(file) + ":"
	}
	lines := bufio.NewWriterSize(env.Streams.Out, 64<<10) // a large map has thousands, and each by itself would be a write
	for _, row := range rows {
		if row.Reason != "" {
			continue
		}
		id := ""
		if row.ID != "" {
			id = " [" + row.ID + "]"
		}
		fmt.Fprintf(lines, "%s%d:%d: %s: %s%s\n", file, row.Line, row.Column, row.Severity, ui.Clean(row.Message), id)
		for _, step := range row.Fix.Clean() {
			fmt.Fprintf(lines, "  %s\n", step.Text)
		}
	}
	return lines.Flush()
}
