package backend

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What kinds of keyring that keep items in files share.
const (
	// MaxFile bounds an encrypted file in bytes: base64 twice over the largest item, and some.
	MaxFile = 4 << 20
	// StagingPrefix is how the names of staging folders begin.
	StagingPrefix = ".staging-"
	// StaleAfter is the age at which a staging folder is that of a writer that was killed.
	StaleAfter = time.Hour
)

// FileName is what the file of an item is called: ":" would name a stream on Windows, and "/" a folder. Neither "+" nor ","
// stands in a service's name or a key, so the way back is certain.
func FileName(item string) string { return strings.NewReplacer(":", "+", "/", ",").Replace(item) }

// ItemName is the way back.
func ItemName(file string) string { return strings.NewReplacer("+", ":", ",", "/").Replace(file) }

// MakeStaging makes a staging folder in dir, private under any umask, and clears away what writers that were killed left
// behind. Those can't be told from living ones but by age.
func MakeStaging(dir string, now time.Time) (staging string, err error) {
	found, _ := filepath.Glob(filepath.Join(dir, StagingPrefix+"*"))
	for _, stale := range found {
		if info, err := os.Lstat(stale); err == nil && now.Sub(info.ModTime()) > StaleAfter {
			_ = os.RemoveAll(stale)
		}
	}
	if staging, err = os.MkdirTemp(dir, StagingPrefix); err != nil {
		return "", err
	}
	if err = os.Chmod(staging, 0o700); err != nil { //nolint:gosec // a directory needs the execute bit
		_ = os.RemoveAll(staging)
	}
	return staging, err
}
