package chain

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// appendTo writes lines at the end of the newest file, or of the next one where that is full, and on to the disk. What could not be
// written whole is taken away again; what a killed process has left of a line is closed off.
func appendTo(dir string, maxSize int64, lines []byte) (err error) {
	paths, err := audit.Files(dir)
	if err != nil {
		return err
	}
	path := audit.NextFile(dir, paths)
	if len(paths) > 0 {
		newest := paths[len(paths)-1]
		if info, err := os.Lstat(newest); err != nil {
			return err
		} else if info.Size() < maxSize {
			path = newest
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size > 0 {
		var last [1]byte
		if _, err := file.ReadAt(last[:], size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte("\n"), lines...)
		}
	}
	if _, err := file.Write(lines); err != nil {
		return errors.Join(fmt.Errorf("writing the record: %w", err), file.Truncate(size))
	}
	return file.Sync()
}

// block is how much is read at once, backwards.
const block = 64 << 10

// lastOf is the newest line of a chain that can be read; nil where there is none.
func lastOf(paths []string, chain string) (*audit.Entry, error) {
	return newest(paths, []byte(`"uid":"`+chain+`"`), func(e *audit.Entry) bool { return e.Chain == chain })
}

// lastOfPeople is the newest line that is not a workload's, whose key ends with its process; nil where there is none.
func lastOfPeople(paths []string) (*audit.Entry, error) {
	return newest(paths, nil, func(e *audit.Entry) bool { return !e.Workload })
}

// newest is the last line that is wanted. named is what such a line has in it: reading the others is saved.
func newest(paths []string, named []byte, wanted func(*audit.Entry) bool) (*audit.Entry, error) {
	for i := len(paths) - 1; i >= 0; i-- {
		entry, err := lastIn(paths[i], named, wanted)
		if entry != nil || err != nil {
			return entry, err
		}
	}
	return nil, nil
}

func lastIn(path string, named []byte, wanted func(*audit.Entry) bool) (entry *audit.Entry, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	at, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	var rest []byte // what was read and stands before the first line feed of it
	for at > 0 {
		from := max(at-block, 0)
		part := make([]byte, at-from, at-from+int64(len(rest)))
		if _, err := file.ReadAt(part, from); err != nil {
			return nil, err
		}
		at, rest = from, append(part, rest...)
		for {
			i := bytes.LastIndexByte(rest, '\n')
			if i < 0 && at > 0 {
				break // it goes on to the left
			}
			line := rest[i+1:]
			if bytes.Contains(line, named) {
				if e, err := audit.Decode(bytes.Clone(line)); err == nil && wanted(&e) {
					return &e, nil
				}
			}
			if i < 0 {
				break
			}
			rest = rest[:i]
		}
		if len(rest) > audit.MaxLine {
			rest = rest[:0] // no record of ours
		}
	}
	return nil, nil
}
