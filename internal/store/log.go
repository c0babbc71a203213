package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Each step is told at debug level, with keys and never with values. Where the level is off, nothing is put together.

func debugs(ctx context.Context, log *slog.Logger) bool {
	return log != nil && log.Enabled(ctx, slog.LevelDebug)
}

// tell logs what was done to an item: "read", "stored" or "deleted". it is what was read or stored, or nil.
func (s *Store) tell(ctx context.Context, done, key string, it *item, began time.Time, err error) {
	if !debugs(ctx, s.options.Log) {
		return
	}
	result, failed := "ok", error(nil)
	switch {
	case errors.Is(err, ErrNotFound):
		result = "miss"
	case errors.Is(err, ErrCorrupt):
		result, failed = "corrupt", err
	case err != nil:
		result, failed = "failed", err
	case done == "read":
		result = "hit"
	}
	attrs := []slog.Attr{slog.String("key", key), slog.String("result", result), slog.Duration("took", time.Since(began))}
	if it != nil {
		attrs = append(attrs, slog.Int("bytes", len(it.payload)))
	}
	if result == "hit" {
		attrs = append(attrs, slog.Duration("age", s.options.Now().Sub(it.stored)))
	}
	if failed != nil {
		attrs = append(attrs, slog.Any("error", failed))
	}
	s.options.Log.LogAttrs(ctx, slog.LevelDebug, "keyring item "+done, attrs...)
}

// tellLocks logs for how long each lock was waited for.
func tellLocks(log *slog.Logger, take lock.Func) lock.Func {
	if log == nil {
		return take
	}
	return func(ctx context.Context, name string, mode lock.Mode) (unlock func() error, err error) {
		began := time.Now()
		unlock, err = take(ctx, name, mode)
		if debugs(ctx, log) {
			attrs := []slog.Attr{
				slog.String("name", name), slog.Bool("exclusive", mode == lock.Exclusive), slog.Duration("waited", time.Since(began)),
			}
			if err != nil {
				attrs = append(attrs, slog.Any("error", err))
			}
			log.LogAttrs(ctx, slog.LevelDebug, "lock waited for", attrs...)
		}
		return unlock, err
	}
}
