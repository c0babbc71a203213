package tally

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestServingsAreCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := Add(dir, "a", time.Now(), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("counted without a beginning: %v", err)
	}
	if err := Begin(dir, "a", []byte(`{"role":"r"}`)); err != nil {
		t.Fatal(err)
	}
	if err := Begin(dir, "a", []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("begun twice: %v", err)
	}
	began := time.Unix(1_700_000_000, 5).UTC()
	for i := range 3 {
		if err := Add(dir, "a", began.Add(time.Duration(i)*time.Minute), 1); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Read(dir, "a")
	if err != nil || string(c.Common) != `{"role":"r"}` || c.Untold != 3 || !c.Since.Equal(began) || !c.Last.Equal(began.Add(2*time.Minute)) {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := errors.Join(Add(dir, "a", began.Add(time.Hour), 1), c.Told()); err != nil { // one more since it was read
		t.Fatal(err)
	}
	if c, err = Read(dir, "a"); err != nil || c.Untold != 1 || !c.Since.Equal(began.Add(time.Hour)) {
		t.Errorf("%+v, %v", c, err)
	}
}

// A serving that a full disk broke off is none, and does not spoil those behind it.
func TestABrokenEntryIsReadOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := errors.Join(Begin(dir, "a", []byte("x")), Add(dir, "a", time.Now(), 1))
	path := filepath.Join(dir, "a")
	file, openErr := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err = errors.Join(err, openErr); err != nil {
		t.Fatal(err)
	}
	_, err = file.Write(make([]byte, 7))
	if err = errors.Join(err, file.Close(), Add(dir, "a", time.Now(), 1)); err != nil {
		t.Fatal(err)
	}
	if c, err := Read(dir, "a"); err != nil || c.Untold != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestManyCountAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := Begin(dir, "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := Add(dir, "a", time.Now(), 1); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if c, err := Read(dir, "a"); err != nil || c.Untold != 50 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWhatIsNoTallyIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "text": "hello\n", "number": "zz00000000000000 x\n", "no end": "0000000000000000 x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := Read(dir, name); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// What a warm start pays for the record.
func BenchmarkAdd(b *testing.B) {
	dir := b.TempDir()
	now := time.Now()
	s := Served{Identity: "acme", Role: "ml-trainer", AccessKeyID: "ASIAVX3J56JVXA3IXD3M", Expires: now}
	if err := Begin(dir, s.Name(), []byte("x")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Add(dir, s.Name(), now, 1); err != nil {
			b.Fatal(err)
		}
	}
}
