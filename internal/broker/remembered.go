package broker

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
)

// Remembered returns the workspace token for a question that was answered before, if it may be served as it is; nil where the
// question has to be answered again, which also says what is wrong. What is remembered is where the token lies: whether it is right is
// judged of the token itself, as ever.
func (b *Broker) Remembered(ctx context.Context, q credential.Question) (*databricks.Token, error) {
	var meant credential.Meant
	if json.Unmarshal(b.parts.Store.Note(q.Name()), &meant) != nil || !strings.HasPrefix(meant.Key, credential.WorkspacePrefix) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, credentialsWait)
	defer cancel()
	c := call{Broker: b, request: b.asks(Request{Identity: meant.Identity, Role: meant.Role, Workspace: meant.Workspace}), kind: b.workspace(), key: meant.Key}
	cached, err := c.cached(ctx, c.key)
	if err != nil || !c.servable(cached) {
		return nil, nil //nolint:nilerr // the keyring says it again
	}
	c.logCached(ctx, cached)
	it, err := c.serveCached(ctx, cached)
	if err != nil {
		return nil, err
	}
	return it.For(meant.Role).Token, nil
}

// Remember keeps what a question turned out to mean, for a day at most. It does nothing if the map is not the one that the question
// was asked by.
func (b *Broker) Remember(q credential.Question, r Request) {
	view, err := b.view()
	if err != nil || !view.Stamp.Equal(q.Map) {
		return
	}
	key, err := b.workspace().key(b.asks(r))
	if err != nil {
		return
	}
	note, _ := json.Marshal(credential.Meant{Identity: r.Identity, Role: r.Role, Workspace: r.Workspace, Key: key}) // never fails: text alone
	b.parts.Store.SetNote(q.Name(), note)
}
