package store

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// What one warm read costs, without the start of a process.
func BenchmarkWarmGetFile(b *testing.B) {
	s, err := Open(fileOptions(b.TempDir(), "pw"))
	if err != nil {
		b.Fatal(err)
	}
	benchmarkGet(b, s)
}

func benchmarkGet(b *testing.B, s *Store) {
	b.Helper()
	if err := s.Set(b.Context(), "role/a", storetest.Pattern(1800), Meta{Expires: time.Now().Add(time.Hour)}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Get(b.Context(), "role/a"); err != nil {
			b.Fatal(err)
		}
	}
}
