package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestErrorsAreToldInOurOwnWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	_, noFile := os.ReadFile(missing)
	_, noNumber := strconv.Atoi("x1")
	noJSON := json.Unmarshal([]byte("{x"), new(any))
	var number struct{ N int }
	otherJSON := json.Unmarshal([]byte(`{"N": "one"}`), &number)
	full := &fs.PathError{Op: "write", Path: missing, Err: syscall.ENOSPC}
	for want, err := range map[string]error{
		missing + ": there is no such file":                           noFile,
		"reading " + missing + ": there is no such file":              fmt.Errorf("reading %s: %w", missing, noFile),
		"reading the map: " + missing + ": there is no such file":     Errorf("x", Failed, "reading the map: %w", noFile),
		"again: reading: " + missing + ": there is no such file, now": Errorf("y", Failed, "again: %w, now", Errorf("x", Failed, "reading: %w", noFile)),
		missing + ": the disk is full":                                full,
		missing + ": permission denied":                               &os.LinkError{Op: "rename", Old: dir, New: missing, Err: syscall.EACCES},
		`"x1" is no number that is wanted here`:                       noNumber,
		"the answer: no JSON (at byte 2)":                             fmt.Errorf("the answer: %w", noJSON),
		`JSON of another form than expected, at "N"`:                  otherJSON,
		"asking: it took too long":                                    fmt.Errorf("asking: %w", context.DeadlineExceeded),
		"locking: the file system is read-only":                       fmt.Errorf("locking: %w", syscall.EROFS),
		missing + ": there is no such file and the disk is full":      fmt.Errorf("%w and %w", noFile, full),
		"what is ours stays":                                          errors.New("what is ours stays"),
	} {
		if got := Told(err); got != want {
			t.Errorf("%v is told as %s, want %s", err, got, want)
		}
		if !errors.Is(Errorf("z", Failed, "%w", err), err) {
			t.Errorf("%v can't be told apart any more", err)
		}
	}
	if raw := Raw(Errorf("x", Failed, "reading: %w", noFile)); !strings.HasPrefix(raw, "open "+missing) {
		t.Errorf("with --debug it is %q", raw)
	}
	if raw := Raw(errors.New("ours")); raw != "" {
		t.Errorf("%q is ours", raw)
	}
}
