package verifycmd

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/verify"
)

// watch holds how far a run is, for the line that says so.
type watch struct {
	mu sync.Mutex
	at verify.Progress
}

func (w *watch) set(p verify.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = p
}

func (w *watch) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.at
	text := fmt.Sprintf("looking at %s (%d of %d): %s, %s", p.Part, p.Number, p.Of, ui.Count(p.Objects, "object", "objects"), ui.Count(p.Findings, "finding", "findings"))
	if p.Left > 0 {
		text += ", about " + ui.Span(p.Left) + " left"
	}
	return text
}

// How long before its end a token is asked to be replaced, and how long nobody asks again after it was not.
const (
	renewBefore = 10 * time.Minute
	renewPause  = 30 * time.Second
)

// renewal gives a token, and the next one in time. ask is the broker, who knows better when that is: it serves the one that lives, and has
// another made where that ends. While the one at hand lives, it will do: that nobody is signed in any more ends a run when it is over.
func renewal(ask func(context.Context) (*databricks.Token, error), token *databricks.Token, now func() time.Time) func(context.Context) (*databricks.Token, error) {
	var asked time.Time
	return func(ctx context.Context) (*databricks.Token, error) {
		left := token.Expires.Sub(now())
		if left > renewBefore || left > 0 && now().Sub(asked) < renewPause {
			return token, nil
		}
		asked = now()
		next, err := ask(ctx)
		switch {
		case err == nil:
			token = next
		case left <= 0:
			return nil, err
		}
		return token, nil
	}
}
