package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Each step is logged at debug level, with keys and never with values. Where the level is off, nothing is put together.

// logItem logs that an item was "read", "stored" or "deleted"; it is nil unless it was read or is stored.
func (s *Store) logItem(ctx context.Context, done, key string, it *item, began time.Time, err error) {
	log := s.options.Log
	if !log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	result := "ok"
	switch {
	case errors.Is(err, ErrNotFound):
		result, err = "miss", nil
	case errors.Is(err, ErrCorrupt):
		result = "corrupt"
	case err != nil:
		result = "failed"
	case done == "read":
		result = "hit"
	}
	attrs := []any{"key", key, "result", result, "took", time.Since(began)}
	if it != nil {
		attrs = append(attrs, "bytes", len(it.Payload))
	}
	if result == "hit" {
		attrs = append(attrs, "age", s.options.Now().Sub(it.Stored))
	}
	if err != nil {
		attrs = append(attrs, "error", err)
	}
	log.DebugContext(ctx, "keyring item "+done, attrs...)
}

// logLocks logs how long each lock was waited for.
func logLocks(log *slog.Logger, acquire lock.Func) lock.Func {
	return func(ctx context.Context, name string, mode lock.Mode) (unlock func() error, err error) {
		began := time.Now()
		unlock, err = acquire(ctx, name, mode)
		if log.Enabled(ctx, slog.LevelDebug) {
			attrs := []any{"name", name, "exclusive", mode == lock.Exclusive, "waited", time.Since(began)}
			if err != nil {
				attrs = append(attrs, "error", err)
			}
			log.DebugContext(ctx, "lock waited for", attrs...)
		}
		return unlock, err
	}
}
