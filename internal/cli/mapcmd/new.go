package mapcmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/draft"
	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/ui/picker"
)

func newMapNew(env *cli.Env) *cobra.Command {
	answers, output := draft.Answers{}, ""
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Begin an access map: asks what it needs, or takes flags",
		Long: `Writes an access map with one identity, one role and what that may read, with comments, and such that map check --strict
finds nothing in it. On a terminal it asks for what no flag says. --provider says where people sign in: a kind of OpenID Connect
provider, auto to tell it from the issuer, or identity-center for AWS IAM Identity Center.`,
		Example: "  dbxaccess map new --output access-map.yaml\n" +
			"  dbxaccess map new --provider okta --issuer https://acme.okta.com/oauth2/default --client-id 0oa1b2c3 --group ml-scientists \\\n" +
			"    --account 111122223333 --role-name ml-trainer --region us-east-1 --dataset s3://acme-ml/churn/",
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return beginMap(cmd.Context(), env, answers, output) },
	}
	for _, provider := range []string{"", draft.IdentityCenter} {
		for _, q := range draft.Questions(draft.Answers{"provider": provider}) {
			if cmd.Flags().Lookup(q.Key) == nil {
				cmd.Flags().Var(&answerFlag{answers, q}, q.Key, q.Ask)
			}
		}
	}
	_ = cmd.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(draft.Providers(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&output, "output", "", "write the map to this `file`; - is stdout")
	return cmd
}

// answerFlag is a flag that answers a question.
type answerFlag struct {
	to draft.Answers
	q  draft.Question
}

func (a *answerFlag) String() string { return "" }
func (a *answerFlag) Type() string   { return a.q.Example } // as help shows the flag
func (a *answerFlag) Set(text string) error {
	a.to[a.q.Key] = strings.TrimSpace(text)
	return nil
}

func beginMap(ctx context.Context, env *cli.Env, answers draft.Answers, output string) error {
	if err := answered(ctx, env, answers); err != nil {
		return err
	}
	text, m, err := draft.Write(answers)
	if problems, ok := errors.AsType[*accessmap.Problems](err); ok {
		return ui.Errorf("map-new-answers", ui.Failed, "these answers make no access map: %s", problems.List[0].Message).
			With(ui.Command("dbxaccess map new"))
	}
	if err != nil {
		return err
	}
	if output, err = whereTo(ctx, env, output); err != nil {
		return err
	}
	if output == "" {
		_, err = io.WriteString(env.Streams.Out, text)
	} else {
		err = writeNew(ctx, env, output, text)
	}
	if err != nil {
		return err
	}
	for _, w := range accessmap.Open(m.Lint(env.Now())) {
		env.Console.Warn(ui.Warning{ID: ui.ID(w.ID), What: w.Message})
	}
	return tellNext(env, answers, output)
}

// answered has a person answer what no flag does; of a program, which can't be asked, all that is needed has to be there.
func answered(ctx context.Context, env *cli.Env, answers draft.Answers) error {
	asked := map[string]bool{}
	for {
		questions := draft.Questions(answers) // they depend on what was answered before
		for _, q := range questions {
			if err := q.Check(answers[q.Key]); err != nil && answers[q.Key] != "" {
				return q.Wrong(err)
			}
		}
		i := slices.IndexFunc(questions, func(q draft.Question) bool {
			_, said := answers[q.Key]
			return !said && !asked[q.Key] && (!q.Optional || env.Streams.Interactive)
		})
		switch {
		case i < 0:
			return superfluous(questions, answers)
		case !env.Streams.Interactive:
			return incomplete(questions, answers)
		}
		q := questions[i]
		asked[q.Key] = true
		said, err := ask(ctx, env, q)
		if err != nil {
			return err
		}
		answers[q.Key] = said
	}
}

// superfluous refuses answers to questions that this provider leaves out: they would be lost.
func superfluous(questions []draft.Question, answers draft.Answers) error {
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		if !slices.ContainsFunc(questions, func(q draft.Question) bool { return q.Key == key }) {
			return ui.Errorf("map-new-superfluous", ui.Usage, "--%s is of no use with --provider %s", key, ui.Clean(answers["provider"])).
				With(ui.Advice("leave it out"))
		}
	}
	return nil
}

// incomplete names what is missing, and the command with it.
func incomplete(questions []draft.Question, answers draft.Answers) error {
	line, missing := "dbxaccess map new", []string{}
	if answers["provider"] == "" { // so that the examples are of one
		shown := maps.Clone(answers)
		shown["provider"] = questions[0].Example
		questions = draft.Questions(shown)
	}
	for _, q := range questions {
		said, ok := answers[q.Key]
		if !ok && !q.Optional {
			said = q.Example
			missing = append(missing, "--"+q.Key)
		}
		if said != "" {
			line += " --" + q.Key + " " + ui.Word(ui.Clean(said))
		}
	}
	return ui.Errorf("map-new-incomplete", ui.Usage, "there is no terminal to ask on, and no %s", strings.Join(missing, ", ")).
		With(ui.Command(line))
}

// ask asks until the answer will do, a few times.
func ask(ctx context.Context, env *cli.Env, q draft.Question) (string, error) {
	if q.Key == "provider" {
		return askProvider(ctx, env)
	}
	question := strings.ToUpper(q.Ask[:1]) + q.Ask[1:] + ", as in " + q.Example
	if q.Optional {
		question += "; Enter for none"
	}
	fmt.Fprintln(env.Streams.Err, ui.Hang(env.Streams.Err, question, 0))
	const tries = 3
	for try := 1; ; try++ {
		said, err := env.Streams.Ask(ctx, "> ")
		said = strings.TrimSpace(said)
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil && (said == "" || !errors.Is(err, io.EOF)):
			return "", ui.Errorf("map-new-unanswered", ui.Usage, "the question for --%s was not answered", q.Key).
				With(ui.Command("dbxaccess map new"))
		}
		wrong := q.Check(said)
		if wrong == nil {
			return said, nil
		}
		if try == tries {
			return "", q.Wrong(wrong)
		}
		fmt.Fprintln(env.Streams.Err, ui.Hang(env.Streams.Err, ui.Clean(wrong.Error()), 0))
	}
}

func askProvider(ctx context.Context, env *cli.Env) (string, error) {
	notes := map[string]string{
		"auto": "told from the issuer", "generic": "any other OpenID Connect provider", draft.IdentityCenter: "AWS IAM Identity Center",
	}
	var options []ui.Option
	for _, name := range draft.Providers() {
		options = append(options, ui.Option{Name: name, Note: notes[name], Default: name == "auto"})
	}
	chosen, err := picker.Ask(ctx, env.Streams, picker.Question{Text: "Where do people sign in?", Options: options})
	if err != nil {
		return "", err
	}
	return options[chosen.Index].Name, nil
}

// whereTo is the file that the map is written to, or "" for stdout. Who would read it off the screen is asked: lines that the terminal has
// broken are no map any more when they are copied.
func whereTo(ctx context.Context, env *cli.Env, output string) (string, error) {
	if _, screen := env.Streams.Out.(*ui.Screen); output == "" && screen && env.Streams.Interactive {
		fmt.Fprintln(env.Streams.Err, ui.Hang(env.Streams.Err, "File to write the map to; - for the screen, Enter for access-map.yaml", 0))
		said, err := env.Streams.Ask(ctx, "> ")
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil: // the answers are not lost
			output = "-"
		default:
			output = cmp.Or(strings.TrimSpace(said), "access-map.yaml")
		}
	}
	if output == "-" {
		return "", nil
	}
	return output, nil
}

// writeNew writes a file, and over another one only if a person says so.
func writeNew(ctx context.Context, env *cli.Env, path, text string) error {
	if _, err := os.Lstat(path); err == nil {
		exists := ui.Errorf("map-new-exists", ui.Refused, "%s is there already, and stays as it is", ui.Clean(path)).
			With(ui.Advice("name another file with --output, or move it away"))
		if !env.Streams.Interactive {
			return exists
		}
		agreed, err := env.Streams.Confirm(ctx, ui.Clean(path)+" is there already. Replace it?")
		if err != nil {
			return err
		}
		if !agreed {
			return exists
		}
	}
	const forAll = 0o644 // it is no secret
	return atomicfile.Write(path, []byte(text), forAll)
}

// tellNext says what to type next.
func tellNext(env *cli.Env, answers draft.Answers, output string) error {
	file, began := output, "Wrote "+ui.Clean(output)+"."
	if output == "" {
		file, began = "access-map.yaml", "Keep it as access-map.yaml."
	}
	word := ui.Word(ui.Clean(file))
	steps := [][2]string{
		{"dbxaccess map schema > " + draft.Schema, "so that your editor knows the keys"},
		{"dbxaccess map check --strict " + word, "after each change"},
	}
	if answers["provider"] != draft.IdentityCenter {
		steps = append(steps, [2]string{"dbxaccess map trust " + answers.Role() + " --map " + word, "the trust policy of the IAM role"})
	}
	steps = append(steps,
		[2]string{"dbxaccess map render --map " + word, "all that has to stand at AWS and Databricks, as Terraform"},
		[2]string{"dbxaccess init " + word, "try it yourself, then publish it"})
	env.Console.Info("%s Next:", began)
	for _, step := range steps {
		env.Console.Info("  %s\n      %s", step[0], ui.Hang(env.Streams.Err, step[1], 6))
	}
	return nil
}
