package pass_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

func TestPass(t *testing.T) {
	h := newPassHome(t, openKey)
	selection, note, err := store.Resolve(t.Context(), pass.Name, 0)
	if err != nil || selection != (store.Selection{Backend: pass.Name, Place: backend.Place{Directory: h.store}}) || note != "" {
		t.Fatalf("resolved to %+v, %q, %v", selection, note, err)
	}
	t.Setenv("PASSWORD_STORE_DIR", t.TempDir()) // what was recorded counts
	s := h.open(nil)
	if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before anything was stored: %v", err)
	}
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("got %v, %v", keys, err)
	}
	if err := s.Probe(t.Context()); err != nil {
		t.Error(err)
	}
	const canary = "canary-secret-value"
	values := map[string][]byte{
		"session/a": []byte(canary), "role/empty": {}, "role/b/c": storetest.Pattern(6 << 10), "role/d": storetest.Pattern(64 << 10), "role/e": storetest.Pattern(1 << 20),
	}
	for key, value := range values {
		storetest.MustSet(t, s, key, storetest.Pattern(10), store.Meta{})
		storetest.MustSet(t, s, key, value, store.Meta{})
	}
	other := h.open(nil)
	for key, value := range values {
		if got := storetest.MustGet(t, other, key); !bytes.Equal(got, value) {
			t.Errorf("%s came back changed", key)
		}
	}
	want := []string{"role/b/c", "role/d", "role/e", "role/empty", "session/a"}
	if got, err := other.Keys(t.Context(), ""); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := other.Keys(t.Context(), "session/"); err != nil || !slices.Equal(got, want[4:]) {
		t.Errorf("got %v, %v, want %v", got, err, want[4:])
	}
	for path, content := range storetest.FilesUnder(t, h.store) {
		if bytes.Contains(content, []byte(canary)) || strings.Contains(path, backend.StagingPrefix) {
			t.Errorf("%s holds the value in the clear, or is left over", path)
		}
	}
	for key := range values {
		if err := errors.Join(s.Delete(t.Context(), key), s.Delete(t.Context(), key)); err != nil {
			t.Error(err)
		}
	}
	if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) != 0 {
		t.Errorf("left: %v, %v", keys, err)
	}
}

func TestPassItemsArePrivateUnderAnyUmask(t *testing.T) {
	h := newPassHome(t, openKey)
	t.Setenv("PASSWORD_STORE_UMASK", "0")
	storetest.MustSet(t, h.open(nil), "session/a", []byte("x"), store.Meta{})
	h.before("export PASSWORD_STORE_UMASK=0") // as a person's own script around pass may have it
	storetest.MustSet(t, h.open(nil), "session/b", []byte("x"), store.Meta{})
	storetest.WantPrivate(t, filepath.Join(h.store, "dbxaccess-test"))
}

// What a person sees with pass itself.
func TestPassShowsItemsAsText(t *testing.T) {
	h := newPassHome(t, openKey)
	storetest.MustSet(t, h.open(nil), "session/a", storetest.Pattern(1000), store.Meta{})
	if listing := h.run("pass", "ls", "dbxaccess-test"); !strings.Contains(listing, "v1+session,a") {
		t.Errorf("pass lists\n%s", listing)
	}
	text := h.run("pass", "show", "dbxaccess-test/v1+session,a")
	if _, err := base64.StdEncoding.DecodeString(text); err != nil {
		t.Errorf("%v: %.50q", err, text)
	}
}

// An item lives for hours, what was committed for good.
func TestPassCommitsNothing(t *testing.T) {
	h := newPassHome(t, openKey)
	git := func(args ...string) string {
		return h.run("git", append([]string{"-C", h.store, "-c", "user.name=alice", "-c", "user.email=alice@example.com"}, args...)...)
	}
	git("init", "--quiet")
	git("add", "--all")
	git("commit", "--quiet", "--message=mine")
	h.write("home/.password-store/staged", "by the person", 0o600)
	git("add", "staged")

	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	storetest.MustSet(t, s, "session/a", []byte("y"), store.Meta{})
	storetest.MustSet(t, s, "session/b", []byte("z"), store.Meta{})
	if err := s.Delete(t.Context(), "session/b"); err != nil {
		t.Fatal(err)
	}
	git("add", "--all")
	if status := git("status", "--porcelain"); status != "A  staged" {
		t.Errorf("git status:\n%s", status)
	}
	if log := git("log", "--format=%s"); log != "mine" {
		t.Errorf("git log:\n%s", log)
	}
}

// A folder of the store may have keys of its own: pass init --path.
func TestPassEncryptsToTheKeysOfTheFolder(t *testing.T) {
	h := newPassHome(t, openKey)
	h.run("gpg", "--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase=", "--quick-gen-key", "carol@example.com", "future-default", "default", "never")
	h.run("pass", "init", "--path=dbxaccess-test", "carol@example.com")
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	storetest.MustGet(t, s, "session/a")
	if said := h.run("gpg", "--batch", "--decrypt", "--output=/dev/null", h.file("session/a")); !strings.Contains(said, "carol@example.com") {
		t.Errorf("encrypted to others: %s", said)
	}
}

// A careful person has pass refuse a store that names other keys than they signed.
func TestPassVerifiesWhoseKeysTheStoreNames(t *testing.T) {
	h := newPassHome(t, openKey)
	t.Setenv("PASSWORD_STORE_SIGNING_KEY", h.fingerprint())
	h.run("pass", "init", openKey)
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", []byte("x"), store.Meta{})
	h.write("home/.password-store/.gpg-id", openKey+"\n"+openKey+"\n", 0o600)
	err := s.Set(t.Context(), "session/a", []byte("y"), store.Meta{})
	storetest.WantUnavailable(t, err, backend.Failed)
	if got := storetest.MustGet(t, s, "session/a"); string(got) != "x" {
		t.Errorf("got %q", got)
	}
}

// Every argument and the whole environment of every child are logged, and searched for what must not be there.
func TestPassChildrenSeeNoSecrets(t *testing.T) {
	h := newPassHome(t, openKey)
	log := filepath.Join(h.dir, "log")
	for _, name := range []string{"pass", "gpg"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		h.write("bin/"+name, "#!/bin/sh\n{ echo \""+name+" $*\"; env; } >>'"+log+"'\nexec "+path+" \"$@\"\n", 0o700)
	}
	for _, name := range []string{"DBXACCESS_KEYRING_PASSPHRASE", "AWS_SECRET_ACCESS_KEY", "BASH_ENV", "PASSWORD_STORE_KEY"} {
		t.Setenv(name, "canary-"+name)
	}
	s := h.open(nil)
	value := []byte("canary-value")
	storetest.MustSet(t, s, "session/a", value, store.Meta{Label: "canary-label"})
	storetest.MustGet(t, s, "session/a")
	logged, err := os.ReadFile(log)
	if err != nil || !bytes.Contains(logged, []byte("gpg -d")) || !bytes.Contains(logged, []byte("PATH=")) {
		t.Fatalf("the log misses something: %v\n%s", err, logged)
	}
	for _, secret := range []string{"canary", base64.StdEncoding.EncodeToString(value)} {
		if bytes.Contains(logged, []byte(secret)) {
			t.Errorf("%q was seen:\n%s", secret, logged)
		}
	}
}

func TestPassFindsDamage(t *testing.T) {
	h := newPassHome(t, openKey)
	s := h.open(nil)
	storetest.MustSet(t, s, "session/a", storetest.Pattern(300), store.Meta{})
	whole, err := os.ReadFile(h.file("session/a"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"empty": {}, "no message": bytes.Repeat([]byte("x"), 300), "too large": make([]byte, backend.MaxFile+1)}
	for _, at := range []int{1, 50, len(whole) / 2, len(whole) - 1} {
		damaged[fmt.Sprint("cut at ", at)] = whole[:at]
		flipped := slices.Clone(whole)
		flipped[at] ^= 0x40
		damaged[fmt.Sprint("flipped at ", at)] = flipped
	}
	for name, content := range damaged {
		if err := os.WriteFile(h.file("session/a"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
	}
	for name, content := range map[string]string{"text": "swordfish\n", "an empty one": "", "base64": "eHh4\n"} {
		insert := exec.Command("pass", "insert", "-m", "-f", "dbxaccess-test/v1+session,a")
		insert.Stdin = strings.NewReader(content)
		if err := insert.Run(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("a foreign item (%s): got %v, want ErrCorrupt", name, err)
		}
	}
	if err := errors.Join(os.Remove(h.file("session/a")), os.Mkdir(h.file("session/a"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "session/a"); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("a directory: got %v, want ErrCorrupt", err)
	}
}
