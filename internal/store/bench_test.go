package store

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// What one warm read costs, without the start of a process.
func BenchmarkWarmGetFile(b *testing.B) {
	dir := b.TempDir()
	benchmarkGet(b, func() *Store { // each start derives the key again
		s, err := Open(fileOptions(dir, "pw"))
		if err != nil {
			b.Fatal(err)
		}
		return s
	})
}

func benchmarkGet(b *testing.B, open func() *Store) {
	b.Helper()
	if err := open().Set(b.Context(), "role/a", storetest.Pattern(1800), Meta{Expires: time.Now().Add(time.Hour)}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := open().Get(b.Context(), "role/a"); err != nil {
			b.Fatal(err)
		}
	}
}
