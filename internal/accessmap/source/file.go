package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Load parses a map from a file, without asking where it came from: for a file that the person named. The stamp is of
// the state that was parsed or an earlier one, never a later one. Errors are *accessmap.Problems, or wrap the error of
// package os.
func Load(path string) (*accessmap.Map, Stamp, error) {
	data, stamp, err := readFile(path)
	if err != nil {
		return nil, Stamp{}, err
	}
	m, err := accessmap.Parse(stamp.Path, data)
	if err != nil {
		return nil, Stamp{}, err
	}
	return m, stamp, nil
}

// readFile reads a regular file of at most accessmap.MaxSize bytes.
func readFile(path string) (data []byte, stamp Stamp, err error) {
	if path, err = filepath.Abs(path); err == nil {
		data, stamp, err = readRegular(path)
	}
	if err != nil {
		hint := "check the path of the access map"
		if errors.Is(err, fs.ErrPermission) {
			hint = "make the file readable for you"
		}
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // names the path again
		}
		return nil, Stamp{}, ui.Errorf("map-unreadable", ui.Failed, "reading the access map %s: %w", ui.Clean(path), err).With(ui.Advice(hint))
	}
	if len(data) > accessmap.MaxSize {
		return nil, Stamp{}, ui.Errorf("map-too-large", ui.Failed, "%s is larger than %d MiB", ui.Clean(path), accessmap.MaxSize>>20).
			With(ui.Advice("an access map is smaller than that; check the path"))
	}
	return data, stamp, nil
}

// readRegular reads one byte more than a map may have, at most. A pipe is refused, as opening one may wait for ever.
func readRegular(path string) ([]byte, Stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, Stamp{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, Stamp{}, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Stamp{}, err
	}
	defer func() { _ = f.Close() }()
	// Before reading: a change while it is read must make the stamp differ afterwards.
	if info, err = f.Stat(); err != nil {
		return nil, Stamp{}, err
	}
	data, err := io.ReadAll(io.LimitReader(f, accessmap.MaxSize+1))
	return data, stampOf(path, info), err
}
