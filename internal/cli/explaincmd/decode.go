package explaincmd

import (
	"context"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// decoded has the encoded message of a refusal decoded, and reads what it says. What the text itself said stays.
func decoded(ctx context.Context, env *cli.Env, o options, found refusal.Found) (refusal.Found, error) {
	if found.EncodedMessage == "" {
		return found, ui.Errorf("nothing-to-decode", ui.Failed, "there is no encoded message in the text").
			With(ui.Command("dbxaccess explain"))
	}
	b, request, err := cli.PickRole(ctx, env, broker.Request{Identity: o.identity}, named(o.role))
	if err != nil {
		return found, err
	}
	text, err := b.DecodeMessage(ctx, request, found.EncodedMessage)
	if err != nil {
		return found, err
	}
	said, err := refusal.Read([]byte(text))
	if err != nil {
		return found, ui.Errorf("decoded-unknown", ui.Failed, "what STS decoded is not understood: %w", err).
			With(ui.Advice("aws sts decode-authorization-message --encoded-message shows it whole"))
	}
	said.Others = found.Others
	if found.Kind != refusal.Encoded {
		said.Kind, said.Policy = found.Kind, found.Policy
	}
	return said, nil
}

func named(role string) []string {
	if role == "" {
		return nil
	}
	return []string{role}
}
