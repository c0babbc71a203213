package file

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/keyring"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// The library's own files must stay readable, and ours by it: people move between versions. It opens what is written for
// a typed passphrase too.
func TestFilesAreTheLibrarys(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	const phrase, text = "correct horse", "a secret"
	dir := t.TempDir()
	theirs, err := keyring.Open(keyring.Config{
		AllowedBackends: []keyring.BackendType{keyring.FileBackend}, FileDir: dir, FilePasswordFunc: keyring.FixedStringPrompt(phrase),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []bool{false, true} {
		ours := newWrapper(secret.New(phrase), typed)
		sealed, err := ours.seal(keyring.Item{Key: "a", Data: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "a"), sealed, 0o600); err != nil {
			t.Fatal(err)
		}
		header, err := base64.RawURLEncoding.DecodeString(strings.SplitN(string(sealed), ".", 2)[0])
		if want := fmt.Sprint(`"p2c":`, map[bool]int{false: 8192, true: 600_000}[typed]); err != nil || !strings.Contains(string(header), want) {
			t.Errorf("typed %v: %s, %v", typed, header, err)
		}
		if _, err := newWrapper(secret.New("wrong"), typed).open(sealed); err == nil {
			t.Error("a wrong passphrase opens it")
		}
		if it, err := theirs.Get("a"); err != nil || string(it.Data) != text {
			t.Errorf("ours read by them: %q, %v", it.Data, err)
		}
		if err := theirs.Set(keyring.Item{Key: "b", Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		sealed, err = os.ReadFile(filepath.Join(dir, "b"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ours.open(sealed); err != nil || string(got) != text {
			t.Errorf("theirs read by us: %q, %v", got, err)
		}
	}
}

// A command that reads a dozen items must not derive a dozen keys.
func TestOneSaltForAllFiles(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	var files [][]byte
	for range 4 { // each is another process
		w := newWrapper(secret.New("correct horse"), false)
		for _, sealed := range files {
			if _, err := w.open(sealed); err != nil {
				t.Fatal(err)
			}
		}
		sealed, err := w.seal(keyring.Item{Key: "a"})
		if err != nil {
			t.Fatal(err)
		}
		if files = append(files, sealed); len(w.derived) != 1 {
			t.Errorf("%d keys were derived for %d files", len(w.derived), len(files))
		}
	}
	// What costs less to try is not what new files are sealed with.
	typed := newWrapper(secret.New("correct horse"), true)
	if _, err := typed.open(files[0]); err != nil || len(typed.derived) != 1 {
		t.Errorf("%v, %d keys", err, len(typed.derived))
	}
	if _, err := typed.seal(keyring.Item{Key: "a"}); err != nil || len(typed.derived) != 2 {
		t.Errorf("%v, %d keys", err, len(typed.derived))
	}
}

// What one start pays on the encrypted file, where a program gives the passphrase and where a person types it.
func BenchmarkDerive(b *testing.B) {
	for name, typed := range map[string]bool{"given": false, "typed": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := newWrapper(secret.New("correct horse"), typed)
				if _, err := w.derive(w.salt, w.rounds); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
