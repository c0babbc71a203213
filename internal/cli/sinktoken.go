package cli

import (
	"context"
	"errors"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SinkSecret is the key of a sink's token in the keyring.
func SinkSecret(sink string) string { return "secret/audit-" + sink }

// SinkToken is the token of a sink: that of the environment, else of the keyring; zero where there is none.
func (e *Env) SinkToken(ctx context.Context, sink string) (secret.String, error) {
	if token := e.Getenv(settings.TokenVariable(sink)); token != "" {
		return secret.New(token), nil
	}
	selected, err := e.SelectedKeyring(ctx)
	if ui.CodeOf(err) == ui.LoginNeeded {
		return secret.String{}, nil // there is no keyring yet
	}
	if err != nil {
		return secret.String{}, err
	}
	keyring, err := e.Keyring(selected)
	if err != nil {
		return secret.String{}, err
	}
	value, err := keyring.Get(ctx, SinkSecret(sink))
	if errors.Is(err, store.ErrNotFound) {
		return secret.String{}, nil
	}
	return secret.New(string(value)), err
}
