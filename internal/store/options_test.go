package store

import (
	"path/filepath"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// Two stores with different items have different locks, also in one directory.
func TestTheLocksOfAStoreAreItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pass := Options{Service: "x", Selection: Selection{Backend: Pass, Directory: filepath.Join(dir, "pass")}, LockDir: dir}
	for name, c := range map[string]struct {
		change func(*Options)
		shared bool
	}{
		"the same":              {func(*Options) {}, true},
		"written in other ways": {func(o *Options) { o.Selection.Directory += "/../pass/" }, true},
		"another directory":     {func(o *Options) { o.Selection.Directory += "2" }, false},
		"another service":       {func(o *Options) { o.Service = "y" }, false},
		"another backend":       {func(o *Options) { o.Selection.Backend, o.FileDir = File, o.Selection.Directory }, false},
	} {
		other := pass
		c.change(&other)
		if shared := lockDir(pass) == lockDir(other); shared != c.shared {
			t.Errorf("%s: shared is %v, want %v", name, shared, c.shared)
		}
	}
	// The names of locks are those of other versions, too.
	if got, want := lockDir(pass), (lock.Dir{Path: dir, Scope: "x\x00pass\x00" + filepath.Join(dir, "pass")}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
