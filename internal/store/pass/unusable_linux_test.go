package pass_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestPassThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *passHome)
		cause backend.Cause
		says  string
		hint  string
		never bool // it is only found out in use
	}{
		"no pass": {
			spoil: func(h *passHome) { h.t.Setenv("PATH", filepath.Join(h.dir, "bin")) },
			cause: backend.Absent, says: "the program pass", hint: "install it",
		},
		"no store": {
			spoil: func(h *passHome) { h.must(os.RemoveAll(h.store)) },
			cause: backend.Absent, says: "there is no directory", hint: "pass init YOUR-GPG-KEY",
		},
		"not initialised": {
			spoil: func(h *passHome) { h.must(os.Remove(filepath.Join(h.store, ".gpg-id"))) },
			cause: backend.Absent, says: "is not initialised", hint: "pass init YOUR-GPG-KEY",
		},
		"no secret key": {
			spoil: func(h *passHome) {
				h.run("gpg", "--batch", "--yes", "--delete-secret-keys", h.fingerprint())
			},
			cause: backend.Denied, says: "no secret key", hint: "gpg --list-secret-keys", never: true,
		},
		"unknown recipient": {
			spoil: func(h *passHome) { h.write("home/.password-store/.gpg-id", "carol@example.com\n", 0o600) },
			cause: backend.Denied, says: "carol@example.com", hint: "gpg --list-keys", never: true,
		},
		"another program of that name": {
			spoil: func(h *passHome) { h.write("bin/pass", "#!/bin/sh\nexit 0\n", 0o700) },
			cause: backend.Failed, says: "has written nothing", hint: "pass ls", never: true,
		},
		"pass fails": {
			spoil: func(h *passHome) { h.write("bin/pass", "#!/bin/sh\necho 'token-free words' >&2\nexit 1\n", 0o700) },
			cause: backend.Failed, says: "token-free words", hint: "pass ls", never: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newPassHome(t, openKey)
			s := h.open(nil)
			storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
			c.spoil(h)
			err := s.Probe(t.Context())
			storetest.WantUnavailable(t, err, c.cause)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(ui.HintOf(err), c.hint) {
				t.Errorf("got %v\n%s", err, ui.HintOf(err))
			}
			if _, _, err := store.Resolve(t.Context(), pass.Name, 0); (err == nil) != c.never {
				t.Errorf("resolving: %v", err)
			}
			if name == "no store" {
				if _, err := os.Stat(h.store); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("the store was made: %v", err)
				}
			}
		})
	}
}

func (h *passHome) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestPassStoresElsewhereAreNamedInHints(t *testing.T) {
	newPassHome(t, openKey)
	dir := filepath.Join(t.TempDir(), "it's here")
	t.Setenv("PASSWORD_STORE_DIR", dir)
	_, _, err := store.Resolve(t.Context(), pass.Name, 0)
	storetest.WantUnavailable(t, err, backend.Absent)
	want := `PASSWORD_STORE_DIR='` + strings.ReplaceAll(dir, "'", `'\''`) + `' pass init YOUR-GPG-KEY`
	if !strings.Contains(ui.HintOf(err), want) {
		t.Errorf("got\n%s\nwant\n%s", ui.HintOf(err), want)
	}
}
