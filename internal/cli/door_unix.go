//go:build unix

package cli

import (
	"fmt"
	"os"
	"syscall"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// onlyOurs returns an error if another user than this one and root could have put something at one of these paths: it is
// theirs, or everybody may write to it, the sticky bit or not.
func onlyOurs(paths ...string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		switch stat, ok := info.Sys().(*syscall.Stat_t); {
		case !ok || stat.Uid != 0 && int(stat.Uid) != os.Geteuid():
			return fmt.Errorf("%s belongs to another user", ui.Clean(path))
		case info.Mode().Perm()&0o002 != 0:
			return fmt.Errorf("everybody may write to %s", ui.Clean(path))
		}
	}
	return nil
}
