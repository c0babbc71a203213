package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/keychain"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestParseBackend(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]backend.Name{
		"": Auto, "auto": Auto, "secret-service": secretService.Name, "keychain": keychain.Name, "credential-manager": credentialManager.Name,
		"kernel": kernel.Name, "file": File, "pass": pass.Name,
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
	for _, b := range backends {
		if b.Exists() {
			continue
		}
		selection, _, err := Resolve(t.Context(), b.Name, 0)
		storetest.WantUnavailable(t, err, backend.Unsupported)
		if selection != (Selection{}) {
			t.Errorf("%s became %+v", b.Name, selection)
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
	for _, want := range []Selection{{Backend: secretService.Name, Place: backend.Place{Collection: "my_20wallet"}}, {Backend: kernel.Name}, {Backend: File}, {Backend: pass.Name, Place: backend.Place{Directory: dir}}} {
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
	for _, b := range backends {
		for cause := backend.Failed; cause <= backend.BadPassphrase; cause++ {
			err := b.Unavailable(cause, errors.New("bad\x1b[31m thing"))
			storetest.WantUnavailable(t, err, cause)
			if ui.IDOf(err) == "" || err.Error() != ui.Clean(err.Error()) || !strings.HasPrefix(err.Error(), b.Title+" ") {
				t.Errorf("without an ID, a name, or not clean: %q", err)
			}
		}
	}
}
