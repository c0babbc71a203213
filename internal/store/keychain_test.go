//go:build unix

package store

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/format"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/keychain"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// newKeychain returns a store on a double of Apple's program.
func newKeychain(t *testing.T) (*Store, storetest.Security) {
	t.Helper()
	security := storetest.NewSecurity(t)
	s := newFakeStore(t, newFake(), keychain.Backend.PartSize)
	s.items = keychain.New(security.Program, s.options.Service, s.options.Waiting)
	s.caller = newCaller(&keychain.Backend, time.Minute)
	return s, security
}

// The Keychain is there in builds without cgo too (aws-vault 1179, granted 403), and no secret is an argument.
func TestKeychain(t *testing.T) {
	t.Parallel()
	s, security := newKeychain(t)
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) > 0 {
		t.Errorf("at first: %v, %v", keys, err)
	}
	for _, size := range []int{0, 100, 2700 - format.HeaderSize, 2700, 9000} {
		storetest.MustSet(t, s, "session/a", storetest.Pattern(size), Meta{Keep: true, Label: `a "label" \ of mine`})
		if got := storetest.MustGet(t, s, "session/a"); !bytes.Equal(got, storetest.Pattern(size)) {
			t.Errorf("%d bytes came back, want %d", len(got), size)
		}
		parts, _ := filepath.Glob(filepath.Join(security.Dir, "item-*"))
		if want := 1 + (size+2699)/2700; size+format.HeaderSize > 2700 && len(parts) != want || size+format.HeaderSize <= 2700 && len(parts) != 1 {
			t.Errorf("%d bytes lie in %d items", size, len(parts))
		}
	}
	storetest.MustSet(t, s, strings.Repeat("k", 128), storetest.Pattern(9000), Meta{Label: strings.Repeat("l", 40)}) // the longest line
	if keys, err := s.Keys(t.Context(), ""); err != nil || !slices.Equal(keys, []string{strings.Repeat("k", 128), "session/a"}) {
		t.Errorf("keys: %v, %v", keys, err)
	}
	argv, err := os.ReadFile(filepath.Join(security.Dir, "argv"))
	if err != nil {
		t.Fatal(err)
	}
	if secret := base64.StdEncoding.EncodeToString(storetest.Pattern(100)[:30]); bytes.Contains(argv, []byte(secret)) || bytes.Contains(argv, []byte("base64:")) {
		t.Error("a secret was an argument")
	}
	for _, key := range []string{"session/a", "session/a", strings.Repeat("k", 128)} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(security.Dir, "item-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestManyUseTheKeychainAtOnce(t *testing.T) {
	t.Parallel()
	s, security := newKeychain(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			other := newFakeStore(t, newFake(), keychain.Backend.PartSize)
			other.items, other.lock = keychain.New(security.Program, s.options.Service, s.options.Waiting), s.lock
			for _, size := range []int{6000, 100} {
				key := fmt.Sprint("role/", i%2)
				if err := other.Set(t.Context(), key, storetest.Pattern(size), Meta{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, key := range []string{"role/0", "role/1"} {
		if got := storetest.MustGet(t, s, key); !bytes.Equal(got, storetest.Pattern(len(got))) {
			t.Errorf("%s is not whole", key)
		}
	}
}

func TestAKeychainThatCantAskSaysSo(t *testing.T) {
	t.Parallel()
	s, security := newKeychain(t)
	storetest.MustSet(t, s, "session/a", []byte("x"), Meta{Keep: true})
	if err := os.WriteFile(filepath.Join(security.Dir, "locked"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, getErr := s.Get(t.Context(), "session/a")
	for _, err := range []error{getErr, s.Set(t.Context(), "session/a", []byte("y"), Meta{}), s.Probe(t.Context())} {
		storetest.WantUnavailable(t, err, backend.Locked)
		if !strings.Contains(err.Error(), "-25308") || !strings.Contains(ui.HintOf(err), backend.UseFile) {
			t.Errorf("%v\n%s", err, ui.HintOf(err))
		}
	}
	// Signing out of it needs no password.
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) != 1 {
		t.Errorf("%v, %v", keys, err)
	}
	if err := s.Delete(t.Context(), "session/a"); err != nil {
		t.Error(err)
	}
}

func TestADialogOfTheKeychainIsWaitedForInVain(t *testing.T) {
	t.Parallel()
	s, security := newKeychain(t)
	storetest.MustSet(t, s, "session/a", []byte("x"), Meta{})
	if err := os.WriteFile(filepath.Join(security.Dir, "hang"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.caller = newCaller(&keychain.Backend, 300*time.Millisecond)
	_, err := s.Get(t.Context(), "session/a")
	storetest.WantUnavailable(t, err, backend.Hung)
	if op := s.abandoned.Load(); op != nil {
		<-op.ended // or a program that a busy machine has yet to end writes into a directory that is being removed
	}
	if keychain.Backend.Timeout < 30*time.Second {
		t.Error("that is no time for a person to type a password")
	}
}

func TestKeychainItemsOfOtherBuilds(t *testing.T) {
	t.Parallel()
	s, security := newKeychain(t)
	name := func(key string) string { return security.Item(s.options.Service, s.prefix+key) }
	write := func(path string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Builds with cgo wrote the bytes as they are.
	it := &item{Name: s.prefix + "session/old", Keep: true, Payload: storetest.Pattern(5000)}
	write(name("session/old"), it.Encode())
	if got := storetest.MustGet(t, s, "session/old"); !bytes.Equal(got, it.Payload) {
		t.Errorf("%d bytes came back", len(got))
	}
	for what, data := range map[string]string{"torn": "base64:ZGJ4", "no base64": "base64:!", "a person's": "hunter2", "empty": ""} {
		write(name("role/a"), []byte(data))
		if _, err := s.Get(t.Context(), "role/a"); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", what, err)
		}
		storetest.MustSet(t, s, "role/a", []byte("new"), Meta{})
		if got := storetest.MustGet(t, s, "role/a"); string(got) != "new" {
			t.Errorf("%s: then %q", what, got)
		}
	}
	// What another program made is told from what is absent, and can be replaced and deleted.
	write(name("role/foreign")+".foreign", nil)
	_, err := s.Get(t.Context(), "role/foreign")
	storetest.WantUnavailable(t, err, backend.Locked)
	fresh := &item{Name: s.prefix + "role/foreign", Payload: []byte("new")}
	if err := s.items.Set(t.Context(), fresh.Name, "label", fresh.Encode()); err != nil {
		t.Error(err)
	}
	if got := storetest.MustGet(t, s, "role/foreign"); string(got) != "new" {
		t.Errorf("got %q", got)
	}
}
