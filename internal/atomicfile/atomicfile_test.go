package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestUpdateHandsOutWhatTheFileHolds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old     []byte // nil: no file
		updated []byte
		changed bool
	}{
		"a new file":                       {nil, []byte("new\n"), true},
		"nothing for nothing":              {nil, nil, false},
		"an empty file is not no file":     {[]byte{}, []byte("x"), true},
		"another content":                  {[]byte("old\n"), []byte("new\n"), true},
		"the same content":                 {[]byte("old\n"), []byte("old\n"), false},
		"emptied":                          {[]byte("old\n"), nil, true},
		"bytes of any value stay":          {[]byte("\xff\x00\r\n"), []byte("\xff\x00\r\n\xfe"), true},
		"larger than one buffer of a pipe": {bytes.Repeat([]byte("x"), 1<<20), bytes.Repeat([]byte("y"), 2<<20), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config")
			if c.old != nil {
				put(t, path, c.old)
			}
			changed, err := Update(path, 0o600, func(old []byte) ([]byte, error) {
				if !bytes.Equal(old, c.old) || (old == nil) != (c.old == nil) {
					t.Errorf("edit got %.40q, want %.40q", old, c.old)
				}
				return c.updated, nil
			})
			if err != nil || changed != c.changed {
				t.Fatalf("got changed %v, error %v; want changed %v", changed, err, c.changed)
			}
			got, err := Read(path)
			if err != nil || !bytes.Equal(got, c.updated) {
				t.Errorf("the file holds %.40q (%v), want %.40q", got, err, c.updated)
			}
			onlyFile(t, path, c.old != nil || c.changed)
		})
	}
}

func TestTheSameBytesLeaveTheFileAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("old"))
	before, _ := os.Stat(path)
	_, err := Update(path, 0o600, func(old []byte) ([]byte, error) { return old, nil })
	after, _ := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the file was replaced without need (%v)", err)
	}
}

func TestAnErrorOfTheEditWritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("old"))
	mine := errors.New("mine")
	changed, err := Update(path, 0o600, func(old []byte) ([]byte, error) {
		old[0] = 'X' // even an edit that works in place changes nothing
		return old, mine
	})
	if changed || !errors.Is(err, mine) {
		t.Errorf("got %v, %v; want the edit's own error", changed, err)
	}
	holds(t, path, "old")
	if changed, err = Update(path, 0o600, func(old []byte) ([]byte, error) {
		old[0] = 'X'
		return old, nil
	}); !changed || err != nil {
		t.Errorf("an edit in place was taken for no change: %v, %v", changed, err)
	}
	holds(t, path, "Xld")
}

func TestAChangeBetweenReadAndRenameIsMerged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("a\n"))
	for times, wantErr := range []bool{0: false, 1: false, maxRetries: false, maxRetries + 1: true} {
		put(t, path, []byte("a\n"))
		calls := 0
		changed, err := Update(path, 0o600, func(old []byte) ([]byte, error) {
			if calls++; calls <= times {
				put(t, path, append(bytes.Clone(old), "theirs\n"...))
			}
			return append(old, "ours\n"...), nil
		})
		want := "a\n" + strings.Repeat("theirs\n", times)
		if !wantErr {
			want += "ours\n"
		}
		if changed == wantErr || (ui.IDOf(err) == "file-busy") != wantErr || (err != nil) != wantErr || calls != min(times, maxRetries)+1 {
			t.Errorf("%d changes: got %v, %v after %d calls", times, changed, err, calls)
		}
		holds(t, path, want)
		onlyFile(t, path, true)
	}
}

func TestAFileThatComesOrGoesMeanwhileIsAChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	calls := 0
	edit := func(meanwhile func()) func([]byte) ([]byte, error) {
		return func(old []byte) ([]byte, error) {
			if calls++; calls == 1 {
				meanwhile()
			}
			return append(old, "ours\n"...), nil
		}
	}
	if _, err := Update(path, 0o600, edit(func() { put(t, path, []byte{}) })); err != nil || calls != 2 {
		t.Errorf("an empty file that came: %v after %d calls", err, calls)
	}
	calls = 0
	if _, err := Update(path, 0o600, edit(func() { _ = os.Remove(path) })); err != nil || calls != 2 {
		t.Errorf("a file that went: %v after %d calls", err, calls)
	}
	holds(t, path, "ours\n")
}

func TestUpdatesAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	var all sync.WaitGroup
	for _, line := range []string{"a\n", "b\n", "c\n", "d\n"} {
		all.Go(func() {
			for range 100 {
				// Giving up after three changes is an honest answer; overwriting another's line is not.
				if _, err := Update(path, 0o600, func(old []byte) ([]byte, error) {
					return append(old, line...), nil
				}); err == nil {
					return
				}
			}
			t.Error("never came through")
		})
	}
	all.Wait()
	got, _ := os.ReadFile(path)
	for _, line := range []string{"a\n", "b\n", "c\n", "d\n"} {
		if strings.Count(string(got), line) != 1 {
			t.Errorf("%q is not there once: %q", line, got)
		}
	}
}

func TestRemainsOfKilledProcessesAreRemoved(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(path string) error{
		"by a write": func(path string) error { return Write(path, []byte("x"), 0o600) },
		"by a look":  func(path string) error { RemoveLeftovers(path); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remainsAreRemoved(t, do)
		})
	}
}

func remainsAreRemoved(t *testing.T, do func(path string) error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	old := time.Now().Add(-2 * staleAfter)
	for name, stays := range map[string]bool{
		".config.dbxaccess-12345":   false,
		".config.dbxaccess-1":       false,
		".config.dbxaccess-":        true,
		".config.dbxaccess-notes":   true,
		".config.dbxaccess-12.save": true,
		".credentials.dbxaccess-12": true,
		"config.dbxaccess-12":       true,
		".config.dbxaccess-777":     true, // young: its process may be at work
		".config.dbxaccess-42":      true, // a directory
	} {
		name = filepath.Join(dir, name)
		if strings.HasSuffix(name, "-42") {
			if err := os.Mkdir(name, 0o700); err != nil {
				t.Fatal(err)
			}
		} else {
			put(t, name, []byte("half of a fi"))
		}
		if !strings.HasSuffix(name, "-777") {
			if err := os.Chtimes(name, old, old); err != nil {
				t.Fatal(err)
			}
		}
		defer func() {
			if _, err := os.Lstat(name); (err == nil) != stays {
				t.Errorf("%s: stays %v, want %v", filepath.Base(name), err == nil, stays)
			}
		}()
	}
	if err := do(path); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsReadIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, nil)
	if err := os.Truncate(path, MaxSize+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); ui.IDOf(err) != "file-too-large" || ui.HintOf(err) == "" {
		t.Errorf("a file over the bound was read: %v", err)
	}
	if err := os.Truncate(path, MaxSize); err != nil {
		t.Fatal(err)
	}
	if data, err := Read(path); err != nil || len(data) != MaxSize {
		t.Errorf("a file at the bound: %d bytes, %v", len(data), err)
	}
}

func TestAPathThroughAFileIsExplained(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, nil)
	err := Write(filepath.Join(file, "config"), nil, 0o600)
	if err == nil || ui.HintOf(err) == "" {
		t.Errorf("got %v with hint %q", err, ui.HintOf(err))
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", filepath.Base(path), got, err, want)
	}
}

// onlyFile checks that nothing was left beside the file.
func onlyFile(t *testing.T, path string, there bool) {
	t.Helper()
	_ = filepath.WalkDir(filepath.Dir(path), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (p != path || !there) {
			t.Errorf("%s was left", p)
		}
		return err
	})
}
