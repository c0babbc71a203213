package audit

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// packedSuffix ends the names of files that are packed with gzip, as a sink's objects by day are.
const packedSuffix = fileSuffix + ".gz"

// ErrNoFiles is that of a directory in which nothing is named as files of a record are.
var ErrNoFiles = errors.New("no file in it is named as in record-000001.jsonl, march.jsonl or 000000000001-000000000512-….jsonl.gz")

// Collected lists the files of records that somebody collected, in the order in which they were written: path itself where it is a file,
// else all regular files below it whose names end in .jsonl or .jsonl.gz, as those of a machine, an export, and the objects of a sink.
// ErrNoFiles if there is none. Links below path are not followed.
func Collected(path string) (files []string, err error) {
	err = filepath.WalkDir(path, func(file string, found fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file == path && !found.IsDir(): // whatever it is called
			files = append(files, file)
		case found.Type().IsRegular() && (strings.HasSuffix(file, fileSuffix) || strings.HasSuffix(file, packedSuffix)):
			files = append(files, file)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = ErrNoFiles
	}
	slices.SortFunc(files, func(a, b string) int {
		return cmp.Or(strings.Compare(filepath.Dir(a), filepath.Dir(b)), cmp.Compare(FileNumber(a), FileNumber(b)), strings.Compare(a, b))
	})
	return files, err
}

// unpacked is what a file has in it, packed or not. However much it inflates to, lines are bounded: see Read.
func unpacked(file *os.File) (io.Reader, error) {
	if !strings.HasSuffix(file.Name(), packedSuffix) {
		return file, nil
	}
	r, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", file.Name(), err)
	}
	return r, nil
}
