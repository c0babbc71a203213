package chain

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
)

// What a process told and could not note as told, as it was killed between the two, is told twice, and both lines say which servings
// they are about.
func TestServingsThatAreToldTwiceSaySo(t *testing.T) {
	t.Parallel()
	w := writer(t.TempDir())
	keep := func(r audit.Record) {
		t.Helper()
		if err := w.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	serving := issued(1)
	keep(serving)
	serving.Activity = audit.Serve
	names, err := tally.Names(w.servedDir())
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	keep(serving)
	keep(serving)
	file := filepath.Join(w.servedDir(), names[0])
	untold, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	record(t, w, 2)
	if err := os.WriteFile(file, untold, 0o600); err != nil {
		t.Fatal(err)
	}
	keep(serving)
	record(t, w, 3)
	keep(serving)
	record(t, w, 4)
	type told struct{ first, count int }
	var got []told
	for _, e := range read(t, w) {
		if e.Activity == audit.Serve {
			got = append(got, told{e.First, e.Count})
			if e.Tally != names[0] {
				t.Errorf("of the tally %q", e.Tally)
			}
		}
	}
	if want := []told{{1, 2}, {1, 3}, {4, 1}}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// What a line costs where two hundred credentials are served, each a thousand times so far.
func BenchmarkALineBesideManyTallies(b *testing.B) {
	w := writer(b.TempDir())
	keep := func(r audit.Record) {
		if err := w.Record(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	for n := range 200 {
		keep(issued(n + 1))
	}
	names, err := tally.Names(w.servedDir())
	if err != nil || len(names) != 200 {
		b.Fatal(names, err)
	}
	for _, name := range names {
		for range 1000 {
			if err := tally.Add(w.servedDir(), name, w.Now(), 1); err != nil {
				b.Fatal(err)
			}
		}
	}
	signIn := issued(1)
	signIn.Activity = audit.SignIn
	keep(signIn) // which tells them
	for b.Loop() {
		w.served(w.Now())
	}
}
