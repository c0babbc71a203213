package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/99designs/keyring"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestParseBackend(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Backend{
		"": Auto, "auto": Auto, "secret-service": SecretService, "keychain": Keychain, "credential-manager": CredentialManager,
		"kernel": Kernel, "file": File, "pass": Pass,
	} {
		if got, err := ParseBackend(name); got != want || err != nil {
			t.Errorf("ParseBackend(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := ParseBackend("plaintext"); ui.CodeOf(err) != ui.Usage || ui.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestAnExplicitWishIsNeverReplaced(t *testing.T) {
	t.Parallel()
	for _, b := range []Backend{Keychain, CredentialManager, Kernel, SecretService} {
		if traits[b].systems[0] == runtime.GOOS {
			continue
		}
		selection, _, err := Resolve(t.Context(), b, 0)
		wantUnavailable(t, err, Unsupported)
		if selection != (Selection{}) {
			t.Errorf("%s became %+v", b, selection)
		}
	}
	selection, note, err := Resolve(t.Context(), File, 0)
	if err != nil || selection != (Selection{Backend: File}) || note != "" {
		t.Errorf("got %+v, %q, %v", selection, note, err)
	}
}

func TestTheSelectionIsRecorded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dbxaccess")
	if selection, recorded, err := ReadSelection(dir); recorded || err != nil {
		t.Errorf("before: %+v, %v, %v", selection, recorded, err)
	}
	for _, want := range []Selection{{Backend: SecretService, Collection: "my_20wallet"}, {Backend: Kernel}, {Backend: File}, {Backend: Pass, Directory: dir}} {
		if err := want.Record(dir); err != nil {
			t.Fatal(err)
		}
		if got, recorded, err := ReadSelection(dir); got != want || !recorded || err != nil {
			t.Errorf("got %+v, %v, %v, want %+v", got, recorded, err, want)
		}
	}
	if err := (Selection{Backend: Auto}).Record(dir); err == nil {
		t.Error("auto was recorded as a selection")
	}
	for _, damaged := range []string{
		"", "{", "null", `{"backend":"auto"}`, `{"backend":"secret-service"}`, `{"backend":"kernel","collection":"x"}`,
		`{"backend":"secret-service","collection":"../x"}`, `{"backend":"kernel","more":1}`,
		`{"backend":"pass"}`, `{"backend":"pass","directory":"store"}`, `{"backend":"kernel","directory":"/store"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, SelectionFile), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if selection, _, err := ReadSelection(dir); ui.CodeOf(err) != ui.KeyringUnavailable || ui.HintOf(err) == "" {
			t.Errorf("%q was read as %+v, %v", damaged, selection, err)
		}
	}
}

func TestEveryCauseHasItsSentenceAndHint(t *testing.T) {
	t.Parallel()
	for b := range traits {
		for cause := Failed; cause <= BadPassphrase; cause++ {
			err := unavailable(b, cause, errors.New("bad\x1b[31m thing"))
			wantUnavailable(t, err, cause)
			if err.Error() != ui.Clean(err.Error()) {
				t.Errorf("not clean: %q", err)
			}
		}
	}
}

func TestTheKeychainTellsLockedFromAbsent(t *testing.T) {
	t.Parallel()
	fake := newFake()
	r := &keychainRing{libraryRing{opened: fake}}
	if _, err := r.get(t.Context(), "a"); err == nil || ui.CodeOf(err) == ui.KeyringUnavailable {
		t.Errorf("absent: %v", err)
	}
	fake.items["a"] = []byte("x")
	fake.hook = func(operation, _ string) error {
		if operation == "get" {
			return keyring.ErrKeyNotFound
		}
		return nil
	}
	_, err := r.get(t.Context(), "a")
	wantUnavailable(t, err, Locked)
}
