package localfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileIsReadWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "file"), "12345678")
	for name, read := range map[string]func(string, int) ([]byte, fs.FileInfo, error){"plain": Read, "trusted": ReadTrusted} {
		if data, info, err := read(path, 8); err != nil || string(data) != "12345678" || info.Size() != 8 {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		data, _, err := read(path, 7)
		if large, ok := errors.AsType[*TooLargeError](err); !ok || large.Limit != 7 || data != nil {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if _, _, err := read(path+"x", 8); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := read(filepath.Dir(path), 8); !errors.Is(err, ErrNotRegular) {
			t.Errorf("%s: a directory: %v", name, err)
		}
	}
	for limit, want := range map[int]string{64 << 10: "larger than 64 KiB", 8 << 20: "larger than 8 MiB"} {
		if got := (&TooLargeError{limit}).Error(); got != want {
			t.Errorf("got %q", got)
		}
	}
}

func TestTheNullDeviceSaysThatThereIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), "")
	for path, want := range map[string]bool{os.DevNull: true, file: false, dir: false, file + "x": false} {
		if IsNull(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

// Programs are started without HOME by cron, by systemd and by some desktops.
func TestHome(t *testing.T) {
	t.Parallel()
	account, err := AccountHome()
	if err != nil {
		t.Skip(err) // as in a container, for a number without an account
	}
	elsewhere := t.TempDir()
	for set, want := range map[string]string{"": account, elsewhere: elsewhere, "relative": ""} {
		home, err := Home(func(string) string { return set })
		if home != want || (err != nil) != (want == "") || err != nil && ui.IDOf(err) != "home-not-absolute" {
			t.Errorf("%q: %q, %v", set, home, err)
		}
	}
}
