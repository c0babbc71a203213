package mapplace

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhereTheMapStands(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"ml.yaml": "ml.yaml", "access/our map.yaml": "access/our%20map.yaml", filepath.Join(here, "access", "ml.yaml"): "access/ml.yaml",
		filepath.Join(filepath.Dir(here), "other", "ml.yaml"): "ml.yaml", "../ml.yaml": "ml.yaml", "100%.yaml": "100%25.yaml", "a:b.yaml": "./a:b.yaml",
		"https://maps.example.com/acme/access-map.yaml": "access-map.yaml", "https://maps.example.com/": "access-map.yaml", "https://maps.example.com": "access-map.yaml",
	} {
		if got := (Place{From: from}).URI(); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "m.yaml")
	if err := os.WriteFile(file, []byte("version: 1\nidentities:\n  ci: {}\ndatasets:\n  d: {}\nroles:\n  a: {}\n  b: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := LinesOf(file)
	if at.Roles["b"] != 8 || at.Identities["ci"] != 3 || at.Datasets["d"] != 5 || at.Roles["gone"] != 0 {
		t.Errorf("%+v", at)
	}
	if at := LinesOf(file + "-gone"); at.Roles["a"] != 0 {
		t.Errorf("%+v", at)
	}
}
