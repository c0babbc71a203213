package workspace

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/config/credentials"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// bearer sets our token on each request, and asks for the next one in time.
type bearer struct {
	renew func(context.Context) (*databricks.Token, error) // nil: the token is all there is

	mu    sync.Mutex
	token *databricks.Token
	had   []secret.String // every token that was sent
}

func newBearer(token *databricks.Token, renew func(context.Context) (*databricks.Token, error)) *bearer {
	return &bearer{renew: renew, token: token, had: []secret.String{token.AccessToken}}
}

// renewalError is one of Renew, which says itself what mends it.
type renewalError struct{ error }

func (e *renewalError) Unwrap() error { return e.error }

func (*bearer) Name() string { return "dbxaccess" }

func (b *bearer) Configure(context.Context, *config.Config) (credentials.CredentialsProvider, error) {
	return credentials.CredentialsProviderFn(func(r *http.Request) error {
		token, err := b.current(r.Context())
		if err != nil {
			return &renewalError{err}
		}
		r.Header.Set("Authorization", "Bearer "+token.Reveal())
		return nil
	}), nil
}

// current is the token to be sent now. What renews it knows how long it lives.
func (b *bearer) current(ctx context.Context) (secret.String, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.renew == nil {
		return b.token.AccessToken, nil
	}
	next, err := b.renew(ctx)
	if err != nil {
		return secret.String{}, err
	}
	if next.Host != b.token.Host || next.WorkspaceID != b.token.WorkspaceID {
		return secret.String{}, ui.Errorf("workspace-changed", ui.Failed, "the role's workspace was %s when this began, and is %s now", ui.Clean(b.token.Host), ui.Clean(next.Host)).
			With(ui.Advice("the access map has changed meanwhile; begin again"))
	}
	if next.AccessToken.Reveal() != b.token.AccessToken.Reveal() {
		b.token, b.had = next, append(b.had, next.AccessToken)
	}
	return b.token.AccessToken, nil
}

// scrub takes the tokens out of what a server says.
func (b *bearer) scrub(said string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, token := range b.had {
		said = secret.Redactor(token).Replace(said)
	}
	return strings.TrimSpace(said)
}
