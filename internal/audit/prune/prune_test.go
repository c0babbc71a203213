package prune

import (
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/chain"
	"github.com/dbxaccess/dbxaccess/internal/audit/verify"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/store"
)

var noon = time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)

// keyring is one in memory.
type keyring map[string][]byte

func (k keyring) Get(_ context.Context, key string) ([]byte, error) {
	if data, ok := k[key]; ok {
		return data, nil
	}
	return nil, store.ErrNotFound
}

func (k keyring) Set(_ context.Context, key string, value []byte, _ store.Meta) error {
	k[key] = value
	return nil
}

func (k keyring) Lock(context.Context, string) (func() error, error) {
	return func() error { return nil }, nil
}

// machine records, one line a file, each a day after the one before.
type machine struct {
	*testing.T
	dir  string
	keys map[string]keyring
	days int
}

func (m *machine) record(who string) {
	m.Helper()
	if m.keys[who] == nil {
		m.keys[who] = keyring{}
	}
	m.days++
	at := noon.AddDate(0, 0, m.days-100)
	w := &chain.Writer{Dir: m.dir, Keyring: m.keys[who], Version: "1.2.3", MaxSize: 1, Now: func() time.Time { return at }}
	r := audit.New(at, audit.SignIn, audit.Who{Subject: who, Workload: who != "alice"})
	if err := w.Record(m.Context(), r); err != nil {
		m.Fatal(err)
	}
}

func (m *machine) files() []string {
	m.Helper()
	files, err := audit.Files(m.dir)
	if err != nil {
		m.Fatal(err)
	}
	return files
}

func (m *machine) plan(before time.Time, needs ...Need) []File {
	m.Helper()
	known, err := chain.Public(m.Context(), m.keys["alice"], m.dir)
	if err != nil {
		m.Fatal(err)
	}
	files, err := Plan(m.files(), known.Key, before, needs)
	if err != nil {
		m.Fatal(err)
	}
	return files
}

// findings are what verify has of what is left.
func (m *machine) findings() (found []string) {
	m.Helper()
	known, err := chain.Public(m.Context(), m.keys["alice"], m.dir)
	if err != nil {
		m.Fatal(err)
	}
	report, err := verify.Verify(audit.ReadDir(m.dir), verify.Known{Keys: []ed25519.PublicKey{known.Key}, Heads: []audit.Head{*known.Head}, Own: true})
	if err != nil {
		m.Fatal(err)
	}
	for _, f := range report.Findings {
		found = append(found, f.What)
	}
	return found
}

func going(files []File) (n int) {
	for _, f := range files {
		if f.Stays == "" {
			n++
		}
	}
	return n
}

func newMachine(t *testing.T) *machine {
	return &machine{T: t, dir: filepath.Join(t.TempDir(), "audit"), keys: map[string]keyring{}}
}

func TestTheOldestGoAndTheRestStaysProven(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	for range 6 {
		m.record("alice")
	}
	paths := m.files()
	for name, c := range map[string]struct {
		before time.Time
		needs  []Need
		want   int
	}{
		"nothing is that old":  {noon.AddDate(0, 0, -99), nil, 0},
		"two are":              {noon.AddDate(0, 0, -97), nil, 2},
		"but one is needed":    {noon.AddDate(0, 0, -97), []Need{{paths[1], "a sink has not got it"}}, 1},
		"the first is needed":  {noon.AddDate(0, 0, -97), []Need{{paths[4], ""}, {paths[0], "a sink has not got it"}}, 0},
		"all but the newest":   {noon, nil, 5},
		"what is later is not": {noon, []Need{{paths[5], "the keyring knows the record up to a line of it"}}, 5},
	} {
		if files := m.plan(c.before, c.needs...); going(files) != c.want || len(files) != 6 || files[c.want].Stays == "" {
			t.Errorf("%s: %+v", name, files)
		}
	}
	if err := Remove(m.plan(noon.AddDate(0, 0, -97))); err != nil {
		t.Fatal(err)
	}
	if left := m.files(); !slices.Equal(left, paths[2:]) {
		t.Errorf("left: %q", left)
	}
	m.record("alice")
	if found := m.findings(); len(found) > 0 {
		t.Errorf("%q", found)
	}
}

// A clock that was set back leaves later records in older files, and a file without one is as old as those around it.
func TestAFileIsAsOldAsItsLatestRecord(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.record("alice")
	m.days = 50
	m.record("alice")
	m.days = 2
	m.record("alice")
	m.record("alice")
	if err := os.WriteFile(m.files()[0], []byte("no record\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if files := m.plan(noon.AddDate(0, 0, -90)); going(files) != 1 || !strings.Contains(files[1].Stays, "2026-10") || files[2].Stays == "" {
		t.Errorf("%+v", files)
	}
}

// Whatever chains there are, what verify has found before is all that it finds after.
func TestPruningLooksLikeNoTampering(t *testing.T) {
	needed.FullSpeed(t)
	t.Parallel()
	less := false
	for _, order := range []string{"aaaa", "abab", "abba", "abcabc", "bbaaaa", "cabbba"} {
		for old := range len(order) {
			m := newMachine(t)
			for _, who := range order {
				m.record(map[rune]string{'a': "alice", 'b': "job b", 'c': "job c"}[who])
			}
			m.record("alice")
			files := m.plan(noon.AddDate(0, 0, old-98))
			less = less || going(files) < old+1
			if err := Remove(files); err != nil {
				t.Fatal(err)
			}
			if found := m.findings(); len(found) > 0 {
				t.Errorf("%s, %d of %d files removed: %q", order, going(files), old+1, found)
			}
		}
	}
	if !less {
		t.Error("no chain that goes on has kept a file")
	}
}
