package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// ReasonFlag adds --reason, which is kept as broker.Reason has it.
func ReasonFlag(cmd *cobra.Command, value *string) {
	cmd.Flags().Var(reason{value}, "reason", "what the credentials are for, in a few `words`; goes into the record ("+broker.ReasonVariable+")")
}

type reason struct{ value *string }

func (r reason) String() string {
	if r.value == nil {
		return ""
	}
	return *r.value
}
func (r reason) Type() string { return "words" }
func (r reason) Set(text string) (err error) {
	*r.value, err = broker.Reason(text)
	return err
}

// reasonOf is the reason in the environment; "" where there is none.
func reasonOf(getenv func(string) string) (string, error) {
	text := getenv(broker.ReasonVariable)
	if text == "" {
		return "", nil
	}
	text, err := broker.Reason(text)
	if err != nil {
		return "", ui.Errorf("reason-invalid", ui.Usage, "%s: %w", broker.ReasonVariable, err)
	}
	return text, nil
}

// WithReason gets what a role is asked for, and asks a person at a terminal for a reason where the role is given only with one and
// none was said.
func WithReason[T any](ctx context.Context, env *Env, r broker.Request, get func(broker.Request) (T, error)) (T, error) {
	got, err := get(r)
	if ui.IDOf(err) != "reason-required" || !env.Streams.Interactive {
		return got, err
	}
	env.Console.Info("dbxaccess: %s", ui.Clean(err.Error()))
	text, asked := env.Streams.Ask(ctx, "What for? ")
	if asked == nil {
		r.Reason, asked = broker.Reason(text)
	}
	if asked != nil {
		return got, asked
	}
	return get(r)
}
