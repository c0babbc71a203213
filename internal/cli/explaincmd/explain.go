// Package explaincmd is the command that explains a refusal: by AWS, Databricks or dbxaccess itself.
//
// In comes text, from a file, from standard input, or what was kept of the last refusal of our own; out come who was refused
// what and by what, what the access map says to it, and what to do. It needs neither a sign-in nor a map, and asks no server
// unless it is told to have a message decoded. Nothing of the text is shown but what package refusal lets through.
package explaincmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/refusal/judge"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

type options struct {
	file     string
	mapFile  string
	role     string
	identity string
	agent    string
	output   string
	last     bool
	decode   bool
}

// New is `explain`.
func New(env *cli.Env) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "explain [FILE|-]",
		Short: "Explain a refusal by AWS or Databricks: why, and who can put it right",
		Long: `Reads what a program wrote when it was refused, whole, as it stands in the terminal, the log or the mail: a line or a
stack trace of hundreds. Says who was refused what, by which kind of policy, whether the access map would allow it, which
role would, and what to do. Of several refusals it takes the first and counts the others.

Without FILE it reads standard input. It needs no sign-in and no network, and shows no secret that may be in the text.
Exit code 1 if nothing in it is recognised as a refusal.`,
		Example: `  python train.py 2>&1 | dbxaccess explain
  dbxaccess explain error.log
  dbxaccess explain --last
  dbxaccess explain -o json error.log | jq -r .next`,
		Args: cli.MaybeOne("file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return run(cmd.Context(), env, o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.last, "last", false, "explain the last refusal that dbxaccess itself met, in the place of a text")
	flags.BoolVar(&o.decode, "decode", false, "have an encoded message decoded by AWS STS, with the credentials of --role")
	flags.StringVar(&o.role, "role", "", "`role` of the access map that was refused, where the text does not say; with --decode, the one that asks STS")
	flags.StringVar(&o.mapFile, "map", "", "read this `file` instead of the map in use")
	_ = cmd.RegisterFlagCompletionFunc("role", env.CompleteRoles)
	flags.StringVar(&o.agent, "agent", "", "`name` of the coding agent that was refused: the map may give it less than the person")
	cli.IdentityFlag(env, cmd, &o.identity)
	cli.OutputFlag(cmd, &o.output)
	return cmd
}

func run(ctx context.Context, env *cli.Env, o options) error {
	if o.last && (o.file != "" || o.decode) {
		return ui.Errorf("explain-usage", ui.Usage, "--last takes neither a file nor --decode").With(ui.Command("dbxaccess explain --last"))
	}
	if o.agent != "" {
		if err := cli.AgentNamed(o.agent); err != nil {
			return err
		}
	}
	by, err := askerOf(ctx, env, o)
	if err != nil {
		return err
	}
	if o.last {
		return explainLast(ctx, env, o, by)
	}
	text, err := readText(ctx, env, o.file)
	if err != nil {
		return err
	}
	found, err := refusal.Read(text)
	if errors.Is(err, refusal.ErrNone) {
		return unrecognised(o.file)
	}
	if err != nil {
		return err
	}
	if o.decode {
		if found, err = decoded(ctx, env, o, found); err != nil {
			return err
		}
	}
	return show(env, o, found, judge.Of(found.Refusal, by), "")
}

func unrecognised(file string) error {
	what := "the text"
	if file != "" && file != "-" {
		what = file
	}
	return ui.Errorf("refusal-unrecognised", ui.Failed, "%s: %w", ui.Clean(what), refusal.ErrNone).
		With(ui.Advice("paste the message whole, with the lines around it that name the bucket or the table"), ui.Command("dbxaccess doctor"))
}
