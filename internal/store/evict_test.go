package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// newFullStore holds, within its quota: a kept session, an expired role, and three living roles stored one minute after
// another.
func newFullStore(t *testing.T) (*Store, *fakeKeyring) {
	t.Helper()
	fake := newFake()
	s := newFakeStore(t, fake, 2500)
	now := storetest.Time()
	s.options.Now = func() time.Time { return now }
	storetest.MustSet(t, s, "session/me", storetest.Pattern(4000), Meta{Keep: true, Expires: storetest.Time().Add(-time.Hour)})
	storetest.MustSet(t, s, "role/expired", storetest.Pattern(1500), Meta{Expires: storetest.Time().Add(10 * time.Minute)})
	for i := range 3 {
		now = storetest.Time().Add(time.Duration(i+1) * time.Minute)
		storetest.MustSet(t, s, fmt.Sprint("role/", i), storetest.Pattern(1500), Meta{Expires: storetest.Time().Add(time.Hour)})
	}
	now = storetest.Time().Add(20 * time.Minute)
	for name, data := range fake.items {
		fake.quota += len(name) + len(data)
	}
	return s, fake
}

func TestRoomIsMadeInOrder(t *testing.T) {
	t.Parallel()
	s, _ := newFullStore(t)
	for _, step := range []struct {
		add  string
		want []string
	}{
		{"role/a", []string{"role/0", "role/1", "role/2", "role/a", "session/me"}}, // the expired one went
		{"role/b", []string{"role/1", "role/2", "role/a", "role/b", "session/me"}}, // then the oldest
		{"role/c", []string{"role/2", "role/a", "role/b", "role/c", "session/me"}},
	} {
		storetest.MustSet(t, s, step.add, storetest.Pattern(1500), Meta{Expires: storetest.Time().Add(time.Hour)})
		got, err := s.Keys(t.Context(), "")
		if err != nil || !slices.Equal(got, step.want) {
			t.Fatalf("after %s: %v, %v, want %v", step.add, got, err, step.want)
		}
	}
	if got := storetest.MustGet(t, s, "session/me"); len(got) != 4000 {
		t.Errorf("the session has %d bytes", len(got))
	}
}

func TestAllThatIsUselessGoesBeforeALivingItem(t *testing.T) {
	t.Parallel()
	s, fake := newFullStore(t)
	fake.items[s.prefix+"role/broken"] = []byte("damaged")
	fake.items[partName(s.prefix+"role/orphan", 1, 0)] = storetest.Pattern(500)
	// Foreign items count towards the quota and are left alone.
	fake.items["Chrome Safe Storage"] = storetest.Pattern(300)
	fake.quota += 320
	storetest.MustSet(t, s, "role/a", storetest.Pattern(1500), Meta{})
	want := []string{"role/0", "role/1", "role/2", "role/a", "session/me"}
	if got, err := s.Keys(t.Context(), ""); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !slices.Contains(fake.names(), "Chrome Safe Storage") {
		t.Error("another program's item was evicted")
	}
}

func TestFullWhenOnlyKeptItemsAreLeft(t *testing.T) {
	t.Parallel()
	s, fake := newFullStore(t)
	fake.quota = 5000
	err := s.Set(t.Context(), "session/other", storetest.Pattern(3000), Meta{Keep: true})
	if !errors.Is(err, ErrFull) || ui.CodeOf(err) != ui.KeyringUnavailable || ui.HintOf(err) == "" {
		t.Errorf("got %v, code %d, hint %q", err, ui.CodeOf(err), ui.HintOf(err))
	}
	if got := storetest.MustGet(t, s, "session/me"); len(got) != 4000 {
		t.Errorf("the session has %d bytes", len(got))
	}
	if got, _ := s.Keys(t.Context(), ""); !slices.Equal(got, []string{"session/me"}) {
		t.Errorf("left: %v", got)
	}
	for _, name := range fake.names() {
		if headOf(name) != "" && headOf(name) != s.prefix+"session/me" {
			t.Errorf("a part of the failed write is left: %s", name)
		}
	}
	// What stood under the key stays when its successor does not fit.
	if err := s.Set(t.Context(), "session/me", storetest.Pattern(9000), Meta{Keep: true}); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if got := storetest.MustGet(t, s, "session/me"); len(got) != 4000 {
		t.Errorf("the session has %d bytes", len(got))
	}
}

func TestNothingIsEvictedOverAnItemThatCantBeRead(t *testing.T) {
	t.Parallel()
	s, fake := newFullStore(t)
	before := fake.names()
	fake.hook = func(operation, name string) error {
		if operation == "get" && name == s.prefix+"session/me" {
			return errors.New("busy")
		}
		return nil
	}
	storetest.WantUnavailable(t, s.Set(t.Context(), "role/a", storetest.Pattern(1500), Meta{}), backend.Failed)
	if !slices.Equal(fake.names(), before) {
		t.Errorf("left: %v, want %v", fake.names(), before)
	}
}
