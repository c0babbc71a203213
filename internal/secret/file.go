package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// MaxFile bounds a file with a secret, in bytes: the largest useful token is a third of it.
const MaxFile = 64 << 10

// ReadFile reads a secret from a regular file, without the white space around it; symbolic links are followed, as
// Kubernetes needs it. A longer file is refused rather than cut, also if it grows meanwhile. The error has no path in
// it.
func ReadFile(path string) (String, error) {
	info, err := os.Stat(path) // before opening: a pipe would wait for its writer
	if err != nil {
		return String{}, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return String{}, errors.New("it is not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return String{}, withoutPath(err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err != nil {
		return String{}, withoutPath(err)
	}
	if len(data) > MaxFile {
		return String{}, fmt.Errorf("it is larger than %d KiB", MaxFile>>10)
	}
	return New(strings.TrimSpace(string(data))), nil
}

func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
