package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Bookkeeping that is linked elsewhere must not cost what it is linked to.
func TestALinkInPlaceOfAnOwnFileIsTakenAway(t *testing.T) {
	t.Parallel()
	needsLinks(t)
	dir := t.TempDir()
	other, path := filepath.Join(dir, "other"), filepath.Join(dir, "own")
	put(t, other, []byte("another's"))
	for _, to := range []string{other, filepath.Join(dir, "nowhere")} {
		link(t, to, path)
		if err := WriteOwn(path, []byte("ours"), 0o600); err != nil {
			t.Fatal(err)
		}
		holds(t, other, "another's")
		holds(t, path, "ours")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a dangling link was written through")
	}
}

func TestWhatOthersMayWriteIsMadeAnew(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing of others here")
	}
	path := filepath.Join(t.TempDir(), "own")
	for before, want := range map[os.FileMode]os.FileMode{0o666: 0o600, 0o620: 0o600, 0o644: 0o644} {
		put(t, path, []byte("ours"))
		if err := os.Chmod(path, before); err != nil {
			t.Fatal(err)
		}
		old, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteOwn(path, []byte("ours"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := old.WriteString("MINE"); err != nil || old.Close() != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%v became %v, want %v (%v)", before, info.Mode(), want, err)
		}
		if before != want {
			holds(t, path, "ours")
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALinkIsWrittenThroughAndStays(t *testing.T) {
	t.Parallel()
	needsLinks(t)
	home, dotfiles := t.TempDir(), t.TempDir()
	dotfile := filepath.Join(dotfiles, "aws-config")
	put(t, dotfile, []byte("old"))
	link(t, dotfile, filepath.Join(dotfiles, "hop"))
	path := filepath.Join(home, "config")
	relative, err := filepath.Rel(home, filepath.Join(dotfiles, "hop"))
	if err != nil {
		t.Fatal(err)
	}
	link(t, relative, path)

	if err := Write(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, dotfile, "new")
	for _, l := range []string{path, filepath.Join(dotfiles, "hop")} {
		if info, err := os.Lstat(l); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is a link no more (%v)", l, err)
		}
	}
	if info, err := os.Lstat(dotfile); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the target became something else: %v, %v", info, err)
	}
}

func TestALinkedDirectoryIsWrittenThrough(t *testing.T) {
	t.Parallel()
	needsLinks(t)
	home, dotfiles := t.TempDir(), t.TempDir()
	link(t, dotfiles, filepath.Join(home, ".aws"))
	if err := Write(filepath.Join(home, ".aws", "config"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(dotfiles, "config"), "x")
}

func TestLinksThatLeadNowhereAreRefused(t *testing.T) {
	t.Parallel()
	needsLinks(t)
	dir := t.TempDir()
	dangling, loop, folder := filepath.Join(dir, "dangling"), filepath.Join(dir, "loop"), filepath.Join(dir, "folder")
	link(t, filepath.Join(dir, "absent"), dangling)
	link(t, loop, loop)
	link(t, filepath.Join(dir, "absent-folder"), folder)
	for _, path := range []string{dangling, loop, filepath.Join(folder, "config")} {
		_, err := Update(path, 0o600, func([]byte) ([]byte, error) { return []byte("x"), nil })
		if err == nil {
			t.Errorf("%s was written", path)
		}
		if ui.HintOf(err) == "" {
			t.Errorf("no hint: %v", err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 3 {
		t.Errorf("something was made: %v", entries)
	}
}

func TestALinkThatMovesMeanwhileIsAChange(t *testing.T) {
	t.Parallel()
	needsLinks(t)
	dir := t.TempDir()
	one, two, path := filepath.Join(dir, "one"), filepath.Join(dir, "two"), filepath.Join(dir, "config")
	put(t, one, []byte("same\n"))
	put(t, two, []byte("same\n"))
	link(t, one, path)
	calls := 0
	_, err := Update(path, 0o600, func(old []byte) ([]byte, error) {
		if calls++; calls == 1 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			link(t, two, path)
		}
		return append(old, "ours\n"...), nil
	})
	if err != nil || calls != 2 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	holds(t, one, "same\n")
	holds(t, two, "same\nours\n")
}

func TestOnlyRegularFilesAreReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{dir, "", dir + string(filepath.Separator), os.DevNull} {
		if err := Write(path, []byte("x"), 0o600); !errors.Is(err, localfile.ErrNotRegular) || ui.HintOf(err) == "" {
			t.Errorf("%q: got %v with hint %q", path, err, ui.HintOf(err))
		}
		if _, err := Read(path); !errors.Is(err, localfile.ErrNotRegular) {
			t.Errorf("%q was read: %v", path, err)
		}
	}
}

func TestALinkToNoFileIsNamedAsTheLink(t *testing.T) {
	t.Parallel()
	needsLinks(t)
	dir := t.TempDir()
	named := filepath.Join(dir, "config")
	link(t, t.TempDir(), named)
	if err := Write(named, []byte("x"), 0o600); err == nil || !strings.HasPrefix(err.Error(), named+" is a link to ") {
		t.Errorf("got %v", err)
	}
}

func TestAReadOnlyFileThatIsRightIsNoError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("same"))
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	changed, err := Update(path, 0o600, func(old []byte) ([]byte, error) { return old, nil })
	if err != nil || changed {
		t.Errorf("%t, %v", changed, err)
	}
	if err := Write(path, []byte("same"), 0o600); err != nil {
		t.Error(err)
	}
	if err := Write(path, []byte("other"), 0o600); err == nil {
		t.Error("it was replaced")
	}
}

func TestAReadOnlyFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("old"))
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("new"), 0o600); err == nil || ui.HintOf(err) == "" {
		t.Errorf("got %v with hint %q", err, ui.HintOf(err))
	}
	holds(t, path, "old")
	if err := os.Chmod(path, 0o600); err != nil { // or the directory can't be removed on Windows
		t.Fatal(err)
	}
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}

func needsLinks(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("an ordinary user may not make symbolic links here")
	}
}
