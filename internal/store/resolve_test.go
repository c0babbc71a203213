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
	if _, err := ParseBackend("plaintext"); ui.IDOf(err) != "keyring-unknown" || ui.CodeOf(err) != ui.Usage || ui.HintOf(err) == "" {
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

// What auto takes, and what is said where it can take none.
func TestAutoTakesTheFirstThatCanBeUsed(t *testing.T) {
	t.Parallel()
	kind := func(name backend.Name) *backend.Descriptor {
		return &backend.Descriptor{About: &backend.About{Name: name, Title: "the " + name.String()}, Auto: true, Caveat: "only in memory"}
	}
	first, second, third := kind("first"), kind("second"), kind("third")
	third.Auto = false
	for name, c := range map[string]struct {
		candidates []*backend.Descriptor
		fails      map[backend.Name]error
		want       backend.Name
		note       string
		id         ui.ID
		hint       string
	}{
		"the first":         {[]*backend.Descriptor{first, second}, nil, "first", "", "", ""},
		"the second":        {[]*backend.Descriptor{first, second}, map[backend.Name]error{"first": first.Unavailable(backend.Absent, nil)}, "second", "only in memory, because the first is not there", "", ""},
		"one that is hung":  {[]*backend.Descriptor{first, third}, map[backend.Name]error{"first": first.Unavailable(backend.Hung, nil)}, "", "", "keyring-hung", "try again"},
		"none of the two":   {[]*backend.Descriptor{first, second, third}, map[backend.Name]error{"first": first.Unavailable(backend.Absent, nil), "second": second.Unavailable(backend.Denied, nil)}, "", "", "keyring-none", "DBXACCESS_KEYRING_BACKEND=file dbxaccess login"},
		"none that is auto": {[]*backend.Descriptor{third}, nil, "", "", "keyring-none", "DBXACCESS_KEYRING_BACKEND=file dbxaccess login"},
	} {
		got, note, err := choose(c.candidates, func(b *backend.Descriptor) (Selection, error) { return Selection{Backend: b.Name}, c.fails[b.Name] })
		if ui.IDOf(err) != c.id || err == nil && (got.Backend != c.want || note != c.note) || !strings.Contains(ui.HintOf(err), c.hint) {
			t.Errorf("%s: %+v, %q, %v, hint %q", name, got, note, err, ui.HintOf(err))
		}
		if err != nil && ui.CodeOf(err) != ui.KeyringUnavailable {
			t.Errorf("%s: exit %d", name, ui.CodeOf(err))
		}
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
