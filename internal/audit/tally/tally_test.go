package tally

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
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

// Whatever happens to a file, who reads what is new tells each serving, and knows which of them they are.
func TestReadingWhatIsNewCountsAsReadingAllDoes(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	for seed := range uint64(50) {
		dir, random := t.TempDir(), rand.New(rand.NewPCG(seed, 1))
		if err := Begin(dir, "a", bytes.Repeat([]byte("x"), random.IntN(5000))); err != nil {
			t.Fatal(err)
		}
		path, now := filepath.Join(dir, "a"), time.Unix(1_700_000_000, 0).UTC()
		for range 20 {
			switch random.IntN(8) {
			case 0: // a broken entry
				all, err := os.ReadFile(path)
				if err = errors.Join(err, os.WriteFile(path, append(all, make([]byte, 1+random.IntN(3))...), 0o600)); err != nil {
					t.Fatal(err)
				}
			case 1, 2:
				if c, err := ReadNew(dir, "a"); err == nil {
					_ = c.Told()
				}
			case 3:
				if seed%10 == 0 { // shortened
					if info, err := os.Stat(path); err != nil || os.Truncate(path, info.Size()-int64(random.IntN(20))) != nil {
						t.Fatal(err)
					}
				}
			default:
				now = now.Add(time.Duration(random.IntN(100)-10) * time.Second)
				_ = Add(dir, "a", now, 1)
			}
			whole, err := Read(dir, "a")
			fresh, freshErr := ReadNew(dir, "a")
			if fmt.Sprint(err) != fmt.Sprint(freshErr) || err == nil && fmt.Sprintf("%+v", whole) != fmt.Sprintf("%+v", fresh) {
				t.Fatalf("seed %d: %+v, %v; in all %+v, %v", seed, fresh, freshErr, whole, err)
			}
		}
	}
}

// What a line costs must not grow with what was told before it.
func TestReadingWhatIsNewCostsWhatIsNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := Begin(dir, "a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a")
	head, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(head, bytes.Repeat([]byte("123456789012"+mark), 1<<16)...), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadNew(dir, "a")
	if err = errors.Join(err, c.Told(), Add(dir, "a", time.Now(), 1)); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteAt(make([]byte, 1<<10), int64(len(head))) // which shows who reads it
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	if c, err = ReadNew(dir, "a"); err != nil || c.Untold != 1 || c.First != 1<<16+1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err = Read(dir, "a"); err == nil {
		t.Error("who reads all has to see it")
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
