package mapcmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkProblem is an object of the contract of `map check -o json`.
type checkProblem struct {
	File     string `json:"file"`         // as it was named; of the map in use, where that is; - for standard input
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
policy asks for that it lacks (docs/findings.md). Its signature is not looked at.

Editors and linters read the lines of text; -o github writes annotations for GitHub Actions, and -o sarif what code scanning takes.`,
		Example: "  dbxaccess map check access-map.yaml\n  dbxaccess map check --strict -o github access-map.yaml\n" +
			"  dbxaccess map check --claims token.jwt access-map.yaml\n  git show main:access-map.yaml | dbxaccess map check -",
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
	cli.FormatFlag(cmd, &o.output, "print `text` for people and editors, json with stable field names, annotations for GitHub Actions, "+
		"or SARIF for code scanning", "text", "json", "github", "sarif")
	return cmd
}

type checkOptions struct {
	file, claims, identity, output string
	strict                         bool
}

func checkMap(env *cli.Env, o checkOptions) error {
	if o.identity != "" && o.claims == "" {
		return ui.Errorf("identity-of-no-claims", ui.Usage, "--identity says whose the claims are, and there are none").
			With(ui.Advice("add --claims FILE"))
	}
	if err := inputOnce(o.file, o.claims); err != nil {
		return err
	}
	name, err := nameToShow(env, o)
	if err != nil {
		return err
	}
	m, err := mapFrom(env, o.file)
	problems, isProblems := errors.AsType[*accessmap.Problems](err)
	if err != nil && !isProblems {
		return err
	}
	found := checked{file: name, rows: []checkProblem{}}
	if m == nil {
		found.errors(problems.List)
		found.more = problems.More
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
	found.sort()
	switch o.output {
	case "json":
		err = ui.PrintJSON(env.Streams.Out, map[string][]checkProblem{"problems": found.rows})
	case "github":
		err = printAnnotations(env.Streams.Out, found.rows)
	case "sarif":
		err = ui.PrintJSON(env.Streams.Out, sarifOf(found.rows, env.Version.Number))
	default:
		err = printProblems(env.Streams.Out, found.rows)
	}
	if err == nil {
		err = found.failure(o.strict)
	}
	if err != nil || o.output == "json" || o.output == "sarif" {
		return err
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

// nameToShow is what the file is called in front of each problem. Where others look at it in a repository, that is a path in there.
func nameToShow(env *cli.Env, o checkOptions) (string, error) {
	switch {
	case o.output == "github" || o.output == "sarif":
		if o.file == "" || o.file == "-" {
			return "", ui.Errorf("check-needs-file", ui.Usage, "-o %s is about a file of a repository, and none is named", o.output).
				With(ui.Command("dbxaccess map check -o " + o.output + " access-map.yaml"))
		}
		return cli.InRepository(o.file), nil
	case o.file == "":
		file, _, err := env.MapFile()
		return file, err
	}
	return o.file, nil
}

// checked is what a check found, and how many of each sort.
type checked struct {
	file                 string
	rows                 []checkProblem
	wrong, warned, meant int
	more                 int // errors beyond those in rows
}

func (c *checked) add(row checkProblem) {
	row.File = c.file
	c.rows = append(c.rows, row)
}

// sort puts all in the order of the file, at one place what is worst first.
func (c *checked) sort() {
	rank := func(row checkProblem) int { return slices.Index([]string{"error", "warning", "note"}, row.Severity) }
	slices.SortStableFunc(c.rows, func(a, b checkProblem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(rank(a), rank(b)))
	})
}

// failure is why the check fails, nil where it does not.
func (c *checked) failure(strict bool) error {
	warned := ui.Count(c.warned, "warning", "warnings")
	switch {
	case c.wrong > 0:
		text := ui.Count(c.wrong+c.more, "error", "errors")
		if c.more > 0 {
			text += fmt.Sprintf(", of which the first %d are listed", c.wrong)
		}
		if c.warned > 0 {
			text += " and " + warned
		}
		return ui.Errorf("map-has-errors", ui.Failed, "the access map has %s", text)
	case strict && c.warned > 0:
		return ui.Errorf("map-has-warnings", ui.Failed, "the access map has %s", warned).
			With(ui.Advice("change what they are about, or say why it is meant: acknowledge: { ID: \"the reason\" } beside it"))
	}
	return nil
}

func (c *checked) errors(list []accessmap.Problem) {
	for _, p := range list {
		c.add(checkProblem{Severity: "error", Line: p.Line, Column: p.Column, Message: p.Message})
		c.wrong++
	}
}

func (c *checked) notes(list []accessmap.Problem) {
	for _, p := range list {
		c.add(checkProblem{Severity: "note", Line: p.Line, Column: p.Column, Message: p.Message})
	}
}

func (c *checked) warnings(list []accessmap.Warning) {
	for _, w := range list {
		c.add(checkProblem{Severity: "warning", ID: string(w.ID), Line: w.Line, Column: w.Column, Message: w.Message, Reason: w.Reason})
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
			Severity: "note", ID: string(found.ID), Line: line, Column: column,
			Message: "identity " + identity.Name + ": " + found.What, Fix: found.Fix,
		}
		if found.Refused {
			row.Severity = "warning"
			c.warned++
		}
		c.add(row)
	}
	return nil
}
