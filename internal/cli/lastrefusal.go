package cli

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// LastRefusal is what dbxaccess itself was refused, or refused, last: kept for `explain --last`, beside the locks, for a day
// at most. Its texts are clean and bounded, and hold no secret, as those of every error.
type LastRefusal struct {
	At       time.Time      `json:"at"`
	Activity audit.Activity `json:"activity"`
	Role     string         `json:"role,omitempty"`
	ID       ui.ID          `json:"id,omitempty"`
	Text     string         `json:"text"`
	Fix      []ui.Step      `json:"fix,omitempty"`
}

const (
	lastRefusalName = "last refusal"

	maxRefusalText  = 4000 // runes
	maxRefusalSteps = 8
)

// remembering is a recorder that keeps the last refusal besides.
type remembering struct {
	audit.Recorder
	notes interface {
		SetNote(name string, note []byte)
	}
}

// Record implements audit.Recorder.
func (r remembering) Record(ctx context.Context, record audit.Record) error {
	if record.Refused != nil && !errors.Is(record.Refused, context.Canceled) {
		last := LastRefusal{
			At: record.Time, Activity: record.Activity, Role: record.Role, ID: ui.IDOf(record.Refused),
			Text: ui.Cut(record.Refused.Error(), maxRefusalText),
		}
		for _, step := range ui.FixOf(record.Refused).Clean() {
			if len(last.Fix) < maxRefusalSteps {
				last.Fix = append(last.Fix, step)
			}
		}
		if note, err := json.Marshal(last); err == nil {
			r.notes.SetNote(lastRefusalName, note)
		}
	}
	return r.Recorder.Record(ctx, record)
}

// LastRefusal returns it; nil where none is kept.
func (e *Env) LastRefusal(ctx context.Context) (*LastRefusal, error) {
	selected, err := e.KeyringInUse(ctx)
	if errors.Is(err, source.ErrNoCopy) {
		return nil, nil // neither a map nor a sign-in: nothing was kept
	}
	if err != nil {
		return nil, err
	}
	keyring, err := e.Keyring(selected)
	if err != nil {
		return nil, err
	}
	return lastRefusalIn(keyring), nil
}

func lastRefusalIn(keyring *store.Store) *LastRefusal {
	var last LastRefusal
	if json.Unmarshal(keyring.Note(lastRefusalName), &last) != nil || last.Text == "" {
		return nil
	}
	return &last
}
