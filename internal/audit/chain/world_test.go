package chain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/atomicfile"
	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// TestMain lets the tests run this program as processes that record.
func TestMain(m *testing.M) {
	if run := children[os.Getenv("CHAIN_TEST_CHILD")]; run != nil {
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// folder is a keyring of files, which processes share.
type folder string

func (f folder) path(key string) string { return filepath.Join(string(f), filepath.Base(key)) }

func (f folder) Get(_ context.Context, key string) ([]byte, error) {
	data, err := os.ReadFile(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, store.ErrNotFound
	}
	return data, err
}

func (f folder) Set(_ context.Context, key string, value []byte, _ store.Meta) error {
	return atomicfile.Write(f.path(key), value, 0o600)
}

func (f folder) Lock(ctx context.Context, name string) (func() error, error) {
	return lock.Dir{Path: filepath.Join(string(f), "locks")}.Acquire(ctx, name, lock.Exclusive)
}

// writer records into a directory, with its keyring beside that.
func writer(dir string) *Writer {
	return &Writer{Dir: filepath.Join(dir, "audit"), Keyring: folder(filepath.Join(dir, "keyring")), Version: "1.2.3", Now: time.Now}
}

// issued is the record of a credential.
func issued(number int) audit.Record {
	r := audit.New(time.Now(), audit.Assume, audit.Who{Identity: "acme", Subject: "00u1"})
	r.Role, r.AccessKeyID, r.Expires = "ml-trainer", fmt.Sprintf("ASIA%d", number), time.Now().Add(time.Hour)
	return r
}

// record keeps some records.
func record(t *testing.T, w *Writer, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		if err := w.Record(t.Context(), issued(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// read returns all that is recorded, and fails where a line is damaged.
func read(t *testing.T, w *Writer) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	for entry, err := range audit.ReadDir(w.Dir) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}

// checkChain fails unless the entries are one whole chain that is signed with the keyring's key and ends where its head says.
func checkChain(t *testing.T, w *Writer, entries []audit.Entry) {
	t.Helper()
	known, err := Public(t.Context(), w.Keyring, w.Dir)
	if err != nil || known.Head == nil || len(entries) == 0 {
		t.Fatalf("%v, head %v, %d entries", err, known.Head, len(entries))
	}
	for i, e := range entries {
		if !e.Intact() || !e.SignedBy(known.Key) || e.Sequence != uint64(i)+1 || e.Chain != entries[0].Chain || i > 0 && e.Prev != entries[i-1].Hash {
			t.Fatalf("record %d: %+v", i+1, e.Link)
		}
	}
	if last := entries[len(entries)-1].Head(); *known.Head != last {
		t.Errorf("the head is %v, the last %v", known.Head, last)
	}
}
