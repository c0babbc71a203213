package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
)

// staleAfter is the age at which a temporary file is taken for that of a killed process.
const staleAfter = time.Minute

// replace replaces the target by data. lastCheck is called at the last moment before the rename, under a
// lock that processes of this program share; its error stops the rename and is returned as it is.
func (t target) replace(data []byte, perm fs.FileMode, lastCheck func() error) (err error) {
	dir := filepath.Dir(t.path)
	if err := MakeDirectories(dir); err != nil {
		return explain("creating the directory of", t.path, err)
	}
	if t.info == nil {
		if err := localfile.MayMake(dir); err != nil {
			return err
		}
	}
	temp, err := t.writeTemp(data, perm)
	if err != nil {
		return explainAt("writing", t.path, dir, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	unlock := LockDirectory(dir)
	defer unlock()
	if err := lastCheck(); err != nil {
		return err
	}
	if err := rename(temp, t.path); err != nil {
		return explain("replacing", t.path, err)
	}
	syncDirectory(dir)
	return nil
}

// writeTemp writes data to a new file beside the target, flushed to the disk, and returns its name.
func (t target) writeTemp(data []byte, perm fs.FileMode) (name string, err error) {
	dir, prefix := filepath.Dir(t.path), tempPrefix(t.path)
	f, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if info, err := f.Stat(); err == nil {
		removeStale(dir, prefix, info.ModTime())
	}
	_, err = f.Write(data)
	if err == nil {
		err = t.giveMode(f, perm)
	}
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// giveMode gives the new file the mode of the old one, if that stays.
func (t target) giveMode(f *os.File, perm fs.FileMode) error {
	mode := perm.Perm()
	if t.info != nil && !t.anew {
		mode = t.info.Mode().Perm()
		if !keepGroup(f, t.info) {
			// The bits were for the old group; they must not open the file to another.
			mode &^= 0o070
		}
	}
	if info, err := f.Stat(); err != nil || info.Mode().Perm() == mode {
		return err
	}
	return f.Chmod(mode)
}

func tempPrefix(path string) string { return "." + filepath.Base(path) + ".dbxaccess-" }

// RemoveLeftovers removes the temporary files that killed processes left for a file which is otherwise not written: what
// a write finds, it removes itself. What can't be removed does no harm.
func RemoveLeftovers(path string) {
	t, err := locate(path)
	if err != nil {
		return
	}
	dir, prefix := filepath.Dir(t.path), tempPrefix(t.path)
	if len(leftovers(dir, prefix)) == 0 {
		return
	}
	clock, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return
	}
	if info, err := clock.Stat(); err == nil {
		removeStale(dir, prefix, info.ModTime())
	}
	_ = clock.Close()
	_ = os.Remove(clock.Name())
}

// removeStale removes those of them that are old. It compares times of one file system with one another, since the clock
// of a file server may differ from ours.
func removeStale(dir, prefix string, now time.Time) {
	for _, e := range leftovers(dir, prefix) {
		info, err := e.Info()
		if err != nil || now.Sub(info.ModTime()) < staleAfter {
			continue
		}
		if _, other := localfile.OtherOwner(info); !other {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// leftovers are the temporary files for a target, those of living processes too.
func leftovers(dir, prefix string) []fs.DirEntry {
	entries, _ := os.ReadDir(dir) // those that were read before an error
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		random, ours := strings.CutPrefix(e.Name(), prefix)
		return !ours || random == "" || strings.Trim(random, "0123456789") != "" || !e.Type().IsRegular()
	})
}

// MakeDirectories is os.MkdirAll with mode 0700 exactly: a strict umask would lock a directory's own owner out.
func MakeDirectories(dir string) error {
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: errNotDirectory}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := MakeDirectories(parent); err != nil {
			return err
		}
	}
	if err := localfile.MayMake(filepath.Dir(dir)); err != nil {
		return err
	}
	switch err := os.Mkdir(dir, 0o700); {
	case err == nil:
		return os.Chmod(dir, 0o700) //nolint:gosec // a directory needs the x bit
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	// It was made meanwhile, and may be gone again, or is a dangling link.
	_, err := os.Stat(dir)
	if info, linkErr := os.Lstat(dir); err != nil && linkErr == nil && info.Mode()&fs.ModeSymlink != 0 {
		return danglingLink(dir)
	}
	return err
}
