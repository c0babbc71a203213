package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// held puts files below a folder, which is a module's.
func held(t *testing.T, files map[string]string, packages ...string) module {
	t.Helper()
	m := module{"example.com/m v1.0.0", t.TempDir(), map[string]bool{}}
	for name, text := range files {
		path := filepath.Join(m.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range packages {
		m.packages[filepath.Join(m.dir, filepath.FromSlash(name))] = true
	}
	return m
}

// What a module has taken from others has its licence beside it; what is not linked has no say.
func TestEachLicenceOnTheWayIsFound(t *testing.T) {
	t.Parallel()
	m := held(t, map[string]string{
		"LICENSE.txt": "ours\r\nof 2026\r\n", "NOTICE": "made by us", "license.go": "package m", "Licensed/a.go": "package licensed",
		"json/COPYING": "theirs", "json/internal/a.go": "package internal", "unused/LICENSE": "never linked", "licenses_test.txt": "no licence",
	}, ".", "json/internal")
	texts, err := m.texts()
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"LICENSE.txt": "ours\nof 2026", "NOTICE": "made by us", "json/COPYING": "theirs"}; !maps.Equal(texts, want) {
		t.Errorf("it has %q and not %q", texts, want)
	}
}

func TestAModuleWithoutALicenceIsAnError(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]module{
		"nothing":           held(t, map[string]string{"a.go": "package m"}, "."),
		"a notice alone":    held(t, map[string]string{"NOTICE": "made by us"}, "."),
		"an empty one":      held(t, map[string]string{"LICENSE": "\n"}, "."),
		"one further down":  held(t, map[string]string{"json/LICENSE": "theirs"}, "json"),
		"a package outside": held(t, map[string]string{"LICENSE": "ours"}, ".."),
	} {
		if text, err := page([]module{m}); err == nil {
			t.Errorf("%s is taken: %s", name, text)
		}
	}
}

// What two modules share is printed once, below both their names.
func TestATextIsPrintedOnce(t *testing.T) {
	t.Parallel()
	one, two := held(t, map[string]string{"LICENSE": "the same\n"}, "."), held(t, map[string]string{"COPYING": "the same", "NOTICE": "another"}, ".")
	two.name = "example.com/two v2.0.0"
	text, err := page([]module{one, two})
	if err != nil {
		t.Fatal(err)
	}
	if want := "\n\nexample.com/m v1.0.0: LICENSE\nexample.com/two v2.0.0: COPYING\n\nthe same\n"; !strings.Contains(string(text), want) ||
		strings.Count(string(text), "the same") != 1 || !strings.Contains(string(text), "\n\nexample.com/two v2.0.0: NOTICE\n\nanother\n") {
		t.Errorf("%s", text)
	}
}
