package scancmd

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func key(n int) string {
	const digits = "6f1b94ce2d7a80356f0b94ce2d7a8f31"
	n %= len(digits)
	return "da" + "pi" + digits[n:] + digits[:n]
}

// More findings than are listed are counted, and a baseline of them would be a lie.
func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWork(cli.NewEnv(cli.Process{Streams: &ui.Streams{}}), &statickeys.Scanner{})
	line := "t = '" + key(0) + "'\n"
	w.content("x.py", "", []byte(strings.Repeat(line, maxFindings+3)))
	r := w.report()
	if len(r.Findings) != maxFindings || r.Uncounted != 3 {
		t.Errorf("%d findings, %d beyond", len(r.Findings), r.Uncounted)
	}
	path := filepath.Join(t.TempDir(), "b.json")
	if err := writeBaseline(path, newSalt(), false, r); ui.IDOf(err) != "scan-baseline-many" {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it was written")
	}
}

// A file that grows beyond the bound, or is over it, is named and not read.
func TestLargeFilesAreNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "large")
	if err := errors.Join(os.WriteFile(path, []byte(key(1)), 0o600), os.Truncate(path, maxFile+1)); err != nil {
		t.Fatal(err)
	}
	w := newWork(cli.NewEnv(cli.Process{Streams: &ui.Streams{}}), &statickeys.Scanner{})
	if err := w.all(t.Context(), asked{paths: []string{path}}); err != nil {
		t.Fatal(err)
	}
	r := w.report()
	if len(r.Findings) != 0 || len(r.NotLookedAt) != 1 || r.NotLookedAt[0].Why != statickeys.TooLarge || r.Files != 0 {
		t.Errorf("%+v", r)
	}
}

// A name that holds a key is shown without it, and a path that is named and not read is no path without keys.
func TestNamesAreShownWithoutKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, key(2)+".py"), []byte("t = '"+key(3)+"'"), 0o600), os.WriteFile(filepath.Join(dir, key(4)+".bin"), []byte{0}, 0o600)); err != nil {
		t.Fatal(err)
	}
	w := newWork(cli.NewEnv(cli.Process{Streams: &ui.Streams{}}), &statickeys.Scanner{})
	if err := w.all(t.Context(), asked{paths: []string{dir, os.DevNull}}); err != nil {
		t.Fatal(err)
	}
	r := w.report()
	var table strings.Builder
	if err := printTable(&table, r); err != nil {
		t.Fatal(err)
	}
	log, err := json.Marshal(sarifOf(r, "1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{table.String(), string(log)} {
		if len(r.Findings) != 1 || strings.Contains(text, key(2)) || strings.Contains(text, key(4)) || !strings.Contains(text, "not looked at: ") {
			t.Error(text)
		}
	}
	if r.unreadable != 1 || !strings.Contains(string(log), `"executionSuccessful":false`) {
		t.Errorf("%d, %s", r.unreadable, log)
	}
}

func TestCtrlCEndsAScan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 200 {
		if err := os.WriteFile(filepath.Join(dir, key(n)[10:20]+string(rune('a'+n%26))), []byte(key(n)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWork(cli.NewEnv(cli.Process{Streams: &ui.Streams{}}), &statickeys.Scanner{})
	if err := w.all(ctx, asked{paths: []string{dir}}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSizesAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{999: "999 bytes", 1500: "1.5 kB", 2_500_000: "2.5 MB", 3_000_000_000: "3.0 GB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
