package githistory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ownRepository refuses a repository that is made up of a checkout's own files: a directory with HEAD, objects and refs is one to git, so that
// whoever may commit could have their own history looked at in place of the checkout's. One without a working tree is no such, if there is no
// checkout around it.
func ownRepository(dir, repository string) error {
	at, err := filepath.Abs(dir)
	if err == nil {
		at, err = filepath.EvalSymlinks(at)
	}
	if err == nil {
		repository, err = filepath.EvalSymlinks(repository)
	}
	if err != nil {
		return err
	}
	if at != repository && !strings.HasPrefix(at, repository+string(filepath.Separator)) {
		return nil
	}
	for above := repository; ; {
		if _, err := os.Lstat(filepath.Join(above, ".git")); err == nil && filepath.Base(repository) != ".git" {
			return fmt.Errorf("git takes %q, of the checkout in %q, for a repository of its own: look through the checkout itself", repository, above)
		}
		parent := filepath.Dir(above)
		if parent == above {
			return nil
		}
		above = parent
	}
}
