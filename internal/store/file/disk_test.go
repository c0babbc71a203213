package file

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func openFiles(t *testing.T, dir string) *files {
	t.Helper()
	opened, err := open(backend.Config{
		Service: "a", FileDir: dir,
		Passphrase: func(context.Context) (secret.String, error) { return secret.New("pw"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	f, ok := opened.(*files)
	if !ok {
		t.Fatalf("opened a %T", opened)
	}
	return f
}

func TestAFullDiskLeavesTheOldValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := openFiles(t, dir)
	if err := f.Set(t.Context(), "a:v1:session/a", "", []byte("old")); err != nil {
		t.Fatal(err)
	}
	whole := f.write
	f.write = func(path string, data []byte) error { // half of an item, as on a disk that fills up meanwhile
		return errors.Join(whole(path, data[:len(data)/2]), &fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC})
	}
	err := f.Set(t.Context(), "a:v1:session/a", "", storetest.Pattern(5000))
	if !errors.Is(err, backend.ErrFull) || ui.CodeOf(err) != ui.KeyringUnavailable || !strings.Contains(ui.HintOf(err), "disk") {
		t.Errorf("got %v, hint %q", err, ui.HintOf(err))
	}
	f.write = whole
	if got, err := f.Get(t.Context(), "a:v1:session/a"); err != nil || string(got) != "old" {
		t.Errorf("got %q, %v", got, err)
	}
	for path := range storetest.FilesUnder(t, dir) {
		if strings.Contains(path, backend.StagingPrefix) {
			t.Errorf("left behind: %s", path)
		}
	}
}

func TestTheCheckItemIsNoKeys(t *testing.T) {
	t.Parallel()
	if openFiles(t, t.TempDir()).checkName() == backend.FileName("a:v1:check") {
		t.Error("a key has the name of the check item")
	}
}
