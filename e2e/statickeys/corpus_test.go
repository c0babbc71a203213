package statickeys

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seed of the corpus that the table in docs/static-keys.md was measured on.
const seed = 1

func corpus(t *testing.T, seed uint64) *Corpus {
	t.Helper()
	c, err := Write(t.Context(), t.TempDir(), seed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The corpus is as large as the figures claim, the same each time, and each key is where its place says.
func TestCorpus(t *testing.T) {
	t.Parallel()
	c, again, other := corpus(t, seed), corpus(t, seed), corpus(t, seed+1)
	if len(c.Keys) < 100 || len(c.Files) < 60 || len(c.Clean) < 30 {
		t.Errorf("%d keys in %d files, %d clean files", len(c.Keys), len(c.Files), len(c.Clean))
	}
	if diff := cmp.Diff(c.Keys, again.Keys); diff != "" {
		t.Error(diff)
	}
	if c.Keys[0].Secret == other.Keys[0].Secret {
		t.Error("another seed makes the same keys")
	}
	seen := map[string]bool{}
	for _, key := range c.Keys {
		if seen[key.Secret] {
			t.Errorf("%s: a key occurs twice", key.File)
		}
		seen[key.Secret] = true
		if key.Entry != "" || key.Inner > 0 || key.History || slices.Contains([]string{".gz", ".ipynb"}, filepath.Ext(key.File)) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(c.Dir, key.File))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(content), "\x00", "")
		if before, _, found := strings.Cut(text, key.Written); !found || strings.Count(before, "\n")+1 != key.Line {
			t.Errorf("%s:%d: the %s is not there", key.File, key.Line, key.Kind)
		}
	}
}
