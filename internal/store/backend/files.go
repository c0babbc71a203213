package backend

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/format"
)

// For kinds of keyring that keep items in files.
const (
	MaxFile       = format.MaxFile
	StagingPrefix = ".staging-"
	StaleAfter    = time.Hour // the age at which a staging folder is that of a killed writer
)

// FileName is the name of an item's file, which ItemName can undo.
func FileName(item string) string { return format.FileName(item) }

// ItemName undoes FileName.
func ItemName(file string) string { return strings.NewReplacer("+", ":", ",", "/").Replace(file) }

// MakeStaging makes a staging folder in dir, private under any umask, and removes those of killed writers, which only
// their age tells from others: by the file system's clock, as that of a home on another machine is not ours.
func MakeStaging(dir string) (staging string, err error) {
	if staging, err = os.MkdirTemp(dir, StagingPrefix); err != nil {
		return "", err
	}
	made, err := os.Lstat(staging)
	if err == nil {
		err = os.Chmod(staging, 0o700) //nolint:gosec // a directory needs the execute bit
	}
	if err != nil {
		_ = os.RemoveAll(staging)
		return "", err
	}
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), StagingPrefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && made.ModTime().Sub(info.ModTime()) > StaleAfter {
			_ = os.RemoveAll(filepath.Join(dir, entry.Name()))
		}
	}
	return staging, nil
}
