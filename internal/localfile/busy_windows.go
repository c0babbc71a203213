package localfile

import (
	"errors"
	"time"

	"golang.org/x/sys/windows"
)

// Patiently tries for half a second: another program that has the file open, as an editor, a backup or a virus scanner,
// makes opening and renaming fail for a moment.
func Patiently(do func() error) error {
	var err error
	for range 25 {
		err = do()
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_LOCK_VIOLATION) &&
			!errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}
