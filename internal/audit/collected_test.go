package audit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What machines, exports and sinks have written is read alike, each in its order.
func TestWhatWasCollectedIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, key := newKey(t)
	line := func(chain string, sequence uint64) string {
		text, _, err := Encode(full(Assume), Link{Chain: chain, Sequence: sequence, Prev: zeros}, "", key)
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	file := func(name, text string) string {
		if strings.HasSuffix(name, ".gz") {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			text = packed.String()
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("laptop/record-1000000.jsonl", line("l", 3))
	file("laptop/record-999999.jsonl", line("l", 1)+line("l", 2))
	file("laptop/served/abc", "no record")
	file("bucket/day=2026-11-29/b-000000000002-000000000002-00.jsonl.gz", line("b", 2))
	file("bucket/day=2026-11-28/b-000000000001-000000000001-00.jsonl.gz", line("b", 1))
	march := file("march.jsonl", line("m", 1))
	odd := file("other/odd.txt", line("o", 1))
	if err := os.Symlink(odd, filepath.Join(dir, "link.jsonl")); err != nil {
		t.Log(err) // not on each system
	}
	read := func(path string) (got []string) {
		files, err := Collected(path)
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range ReadFiles(files) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(e.Chain, e.Sequence))
		}
		return got
	}
	for path, want := range map[string][]string{
		dir: {"m1", "b1", "b2", "l1", "l2", "l3"}, march: {"m1"}, odd: {"o1"}, filepath.Join(dir, "laptop"): {"l1", "l2", "l3"},
	} {
		if got := read(path); !slices.Equal(got, want) {
			t.Errorf("%s: %q", path, got)
		}
	}
	if _, err := Collected(filepath.Join(dir, "other")); !errors.Is(err, ErrNoFiles) {
		t.Errorf("no record: %v", err)
	}
	if _, err := Collected(filepath.Join(dir, "nonesuch")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
	// What is no gzip, or is cut short, is an error: what it had is missing.
	whole, err := os.ReadFile(filepath.Join(dir, "bucket/day=2026-11-28/b-000000000001-000000000001-00.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"no gzip", string(whole[:len(whole)-9])} {
		path := filepath.Join(dir, "damaged.jsonl.gz")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, err := range ReadFile(path) {
			failed = errors.Join(failed, err)
		}
		if failed == nil {
			t.Errorf("%.10q is read without an error", text)
		}
	}
}
