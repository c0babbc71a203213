package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// newLoggedStore returns a store over a fake, and what its log says from now on, a map for each record.
func newLoggedStore(t *testing.T, level slog.Level) (s *Store, fake *fakeKeyring, said func() []map[string]any) {
	t.Helper()
	var log bytes.Buffer
	now := storetest.Time()
	o := fileOptions(t.TempDir(), "passphrase-canary")
	o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: level}))
	o.Now = func() time.Time { now = now.Add(time.Minute); return now }
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	fake = newFake()
	s.items = &library{opened: fake}
	return s, fake, func() (records []map[string]any) {
		if strings.Contains(log.String(), "canary") {
			t.Errorf("a secret was logged: %s", &log)
		}
		for line := range bytes.Lines(log.Bytes()) {
			var record map[string]any
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatal(err)
			}
			records = append(records, record)
		}
		log.Reset()
		return records
	}
}

func TestTheLogTellsEachStep(t *testing.T) {
	t.Parallel()
	s, fake, said := newLoggedStore(t, slog.LevelDebug)
	if got := said(); len(got) != 1 || got[0]["msg"] != "keyring opened" || got[0]["backend"] != "file" || got[0]["service"] != "dbxaccess-test" {
		t.Errorf("opening: %v", got)
	}
	ctx, value := t.Context(), []byte("value-canary")
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		do   func() error
		want map[string]any
		has  string // a duration
	}{
		"read":    {func() error { _, err := s.Get(ctx, "role/a"); return err }, map[string]any{"msg": "keyring item read", "key": "role/a", "result": "hit", "bytes": 12.0, "age": 60e9}, "took"},
		"missing": {func() error { _, err := s.Get(ctx, "role/b"); return err }, map[string]any{"msg": "keyring item read", "key": "role/b", "result": "miss"}, "took"},
		"damaged": {func() error {
			fake.items[s.prefix+"role/a"][40] ^= 1
			_, err := s.Get(ctx, "role/a")
			return err
		}, map[string]any{"msg": "keyring item read", "result": "corrupt", "error": "the stored item is damaged: its digest differs"}, "took"},
		"unreadable": {func() error {
			fake.hook = func(string, string) error { return broken }
			_, err := s.Get(ctx, "role/a")
			fake.hook = nil
			return err
		}, map[string]any{"msg": "keyring item read", "result": "failed", "error": "the encrypted file failed: broken"}, "took"},
		"stored":  {func() error { return s.Set(ctx, "role/a", value, Meta{}) }, map[string]any{"msg": "keyring item stored", "key": "role/a", "result": "ok", "bytes": 12.0}, "took"},
		"deleted": {func() error { return s.Delete(ctx, "role/a") }, map[string]any{"msg": "keyring item deleted", "key": "role/a", "result": "ok"}, "took"},
		"locked": {func() error {
			unlock, err := s.Lock(ctx, "role/a")
			if err == nil {
				err = unlock()
			}
			return err
		}, map[string]any{"msg": "lock waited for", "name": "role/a", "exclusive": true}, "waited"},
	} {
		storetest.MustSet(t, s, "role/a", value, Meta{})
		said()
		err := c.do()
		got := said()
		if len(got) != 1 {
			t.Errorf("%s: said %v, after %v", name, got, err)
			continue
		}
		for field, want := range c.want {
			if got[0][field] != want {
				t.Errorf("%s: %s is %v, want %v", name, field, got[0][field], want)
			}
		}
		if _, ok := got[0][c.has].(float64); !ok || (got[0]["error"] != nil) != (c.want["error"] != nil) {
			t.Errorf("%s: %v", name, got[0])
		}
	}
}

func TestALogThatNobodyReadsIsNotWritten(t *testing.T) { //nolint:paralleltest // allocations are the process's
	s, _, said := newLoggedStore(t, slog.LevelInfo)
	storetest.MustSet(t, s, "role/a", []byte("x"), Meta{})
	storetest.MustGet(t, s, "role/a")
	unlock, err := s.RLock(context.Background(), "role/a")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil || len(said()) != 0 {
		t.Errorf("%v, or something was logged", err)
	}
	if n := testing.AllocsPerRun(100, func() { s.logItem(context.Background(), "read", "role/a", nil, time.Time{}, nil) }); n != 0 {
		t.Errorf("it costs %v allocations", n)
	}
}
