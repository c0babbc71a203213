package lock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestClearLeavesWhatIsHeld(t *testing.T) {
	t.Parallel()
	d := Dir{Path: t.TempDir()}
	unlock, err := d.Acquire(t.Context(), "held", Exclusive)
	if err != nil {
		t.Fatal(err)
	}
	free, err := d.Acquire(t.Context(), "free", Exclusive)
	if err = errors.Join(err, free()); err != nil {
		t.Fatal(err)
	}
	d.SetNote("told", []byte("x"))
	Clear(d.Path)
	left, _ := filepath.Glob(filepath.Join(d.Path, "*"))
	if len(left) != 1 || left[0] != filepath.Join(d.Path, d.base("held")+".lock") {
		t.Errorf("left: %q", left)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := d.Acquire(ctx, "held", Exclusive); !errors.Is(err, ErrTimeout) {
		t.Errorf("a lock that is held was had: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	Clear(d.Path)
	if err := os.Remove(d.Path); err != nil {
		t.Errorf("something is left: %v", err)
	}
}
