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
	s, fake := newFullStore(t)
	fake.quota += 200 // for the notice
	var told []ui.Warning
	s.options.Warn = func(w ui.Warning) { told = append(told, w) }
	for i, added := range []string{"role/a", "role/b", "role/c"} {
		storetest.MustSet(t, s, added, storetest.Pattern(1500), Meta{Expires: storetest.Time().Add(time.Hour)})
		got, err := s.Keys(t.Context(), "role/")
		if err != nil || len(got) != 4 || !slices.Contains(got, added) || slices.Contains(got, "role/expired") {
			t.Fatalf("after %s: %v, %v", added, got, err)
		}
		if want := min(i, 1); len(told) != want { // the expired one is no loss
			t.Errorf("after %s, told %d times, want %d", added, len(told), want)
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
	if !errors.Is(err, ErrFull) || ui.IDOf(err) != "keyring-full" || ui.CodeOf(err) != ui.KeyringUnavailable || ui.HintOf(err) == "" {
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

// More roles in turn than there is room for: some must still be found, and that there is no more room is told once.
func TestRolesInRotationAreNotAllAskedForAgain(t *testing.T) {
	t.Parallel()
	fake := newFake()
	s := newFakeStore(t, fake, 32000)
	told := 0
	s.options.Warn = func(ui.Warning) { told++ }
	storetest.MustSet(t, s, "session/me", storetest.Pattern(1500), Meta{Keep: true})
	fake.quota = 20000
	const roles, rounds = 12, 6
	asked := 0
	for i := range roles * rounds {
		key := fmt.Sprintf("role/%02d", i%roles)
		if _, err := s.Get(t.Context(), key); errors.Is(err, ErrNotFound) {
			asked++
			storetest.MustSet(t, s, key, storetest.Pattern(1900), Meta{Expires: storetest.Time().Add(time.Hour)})
		}
	}
	if asked == roles*rounds || told != 1 {
		t.Errorf("asked %d times for %d requests, told %d times", asked, roles*rounds, told)
	}
	t.Logf("asked %d times for %d requests", asked, roles*rounds)
}
