package configcmd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func newSetSecret(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "set-secret audit.SINK",
		Short: "Put the token of a sink of the record into the keyring",
		Long: `Puts the token of a sink of the settings into the keyring, in place of a former one. It is asked for on the terminal, or read from
stdin, of which it is the first line. In jobs the variable DBXACCESS_AUDIT_SINK_NAME_TOKEN may hold it instead.`,
		Example: "  dbxaccess config set-secret audit.siem\n  vault kv get -field=token secret/siem | dbxaccess config set-secret audit.siem",
		Args:    cli.OneArg("secret"), ValidArgsFunction: completeSecrets(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			sink, err := sinkOf(env, args[0])
			if err != nil {
				return err
			}
			keyring, err := open(cmd.Context(), env)
			if err != nil {
				return err
			}
			token, err := read(cmd.Context(), env, sink)
			if err != nil {
				return err
			}
			meta := store.Meta{Keep: true, Expires: env.Now().Add(10 * 365 * 24 * time.Hour), Label: "token of the sink " + sink}
			if err := keyring.Set(cmd.Context(), cli.SinkSecret(sink), []byte(token.Reveal()), meta); err != nil {
				return err
			}
			env.Console.Info("The token of the sink %s is in the keyring.", sink)
			return nil
		},
	}
}

func newUnsetSecret(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:     "unset-secret audit.SINK",
		Short:   "Delete the token of a sink of the record from the keyring",
		Example: "  dbxaccess config unset-secret audit.siem",
		Args:    cli.OneArg("secret"), ValidArgsFunction: completeSecrets(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			sink, ok := strings.CutPrefix(args[0], secretPrefix) // it may no longer be in the settings
			if !ok || !settings.IsSinkName(sink) {
				return unknown(args[0], nil)
			}
			keyring, err := open(cmd.Context(), env)
			if err != nil {
				return err
			}
			return keyring.Delete(cmd.Context(), cli.SinkSecret(sink))
		},
	}
}

const (
	secretPrefix = "audit."
	maxToken     = 8 << 10 // bytes
)

// open opens the keyring that is in use, or would be.
func open(ctx context.Context, env *cli.Env) (*store.Store, error) {
	selected, err := env.SelectedKeyring(ctx)
	if err != nil {
		return nil, err
	}
	return env.PromptingKeyring(selected)
}

// read asks for a token, or reads it from stdin.
func read(ctx context.Context, env *cli.Env, sink string) (secret.String, error) {
	var text string
	var err error
	if env.Streams.Interactive {
		text, err = env.Streams.AskHidden(ctx, "Token of the sink "+sink+": ")
	} else {
		text, err = bufio.NewReader(io.LimitReader(env.Streams.In, maxToken+1)).ReadString('\n')
		if err == io.EOF { //nolint:errorlint // as the reader has it
			err = nil
		}
	}
	text = strings.TrimSpace(text)
	switch {
	case err != nil:
		return secret.String{}, fmt.Errorf("reading the token: %w", err)
	case text == "" || len(text) > maxToken || text != ui.Clean(text) && len(text) <= 2000:
		return secret.String{}, ui.Errorf("secret-invalid", ui.Usage, "what was read is no token: it is empty, too long or holds control characters").
			With(ui.Command("dbxaccess config set-secret audit." + sink))
	}
	return secret.New(text), nil
}

// sinkOf is the sink that a secret is for, which the settings must name.
func sinkOf(env *cli.Env, name string) (string, error) {
	s, err := env.Settings()
	if err != nil {
		return "", err
	}
	for _, sink := range s.Audit.Sinks {
		if secretPrefix+sink.Name == name {
			return sink.Name, nil
		}
	}
	return "", unknown(name, s)
}

func unknown(name string, s *settings.Settings) error {
	known := []string{}
	if s != nil {
		known = secrets(s)
	}
	e := ui.Errorf("secret-unknown", ui.Usage, "%q is no secret of the settings", ui.Clean(name))
	if len(known) == 0 {
		return e.With(ui.Advice("name a sink of audit.sinks of the settings, as in audit.siem"))
	}
	return e.With(ui.Advice("they have: " + strings.Join(known, ", ")))
}

func secrets(s *settings.Settings) (names []string) {
	for _, sink := range s.Audit.Sinks {
		names = append(names, secretPrefix+sink.Name)
	}
	return names
}

func completeSecrets(env *cli.Env) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		s, err := env.Settings()
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return secrets(s), cobra.ShellCompDirectiveNoFileComp
	}
}
