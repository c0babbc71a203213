//go:build unix

package tally

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestWhereNothingCanBeWrittenIsTold(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "audit")
	dir := filepath.Join(record, "served")
	err := Add(dir, "a", time.Now(), 1)
	if Unwritable(dir, err) {
		t.Errorf("the directory can be made: %v", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Add(dir, "a", time.Now(), 1); Unwritable(dir, err) {
		t.Errorf("it can be begun: %v", err)
	}
	if err := Add("/dev", "full", time.Now(), 1); runtime.GOOS == "linux" && !Unwritable(dir, err) {
		t.Errorf("a full disk: %v", err)
	}
	if os.Geteuid() == 0 {
		return // who may write all the same
	}
	if err := os.Chmod(record, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := Add(dir, "a", time.Now(), 1); !Unwritable(dir, err) {
		t.Errorf("nobody can write: %v", err)
	}
}
