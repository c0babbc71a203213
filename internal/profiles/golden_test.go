package profiles

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var update = flag.Bool("update", false, "write the golden files")

// Each directory of testdata/golden and testdata/databricks holds a config file as people have them (in), what it becomes
// when the wanted profiles are synced and stale ones pruned (synced, with the diff), and when all entries are removed
// again (removed).
func TestGolden(t *testing.T) {
	t.Parallel()
	goldenFiles(t, "golden", func(file string) (*Plan, error) {
		return awsIn(t, filepath.Dir(file)).Plan(testHelper(), testProfiles(), of("acme"))
	}, func(file string) (*Plan, error) {
		return awsIn(t, filepath.Dir(file)).Remove(of("acme"))
	})
}

func TestGoldenDatabricks(t *testing.T) {
	t.Parallel()
	goldenFiles(t, "databricks", func(file string) (*Plan, error) {
		stale := func(e Entry) bool { return strings.HasPrefix(e.Name, "dbx-") }
		return databricksTarget(t, file).Plan(testHelper(), testWorkspaces(), stale)
	}, func(file string) (*Plan, error) {
		return databricksTarget(t, file).Remove(func(Entry) bool { return true })
	})
}

func goldenFiles(t *testing.T, kind string, sync, remove func(file string) (*Plan, error)) {
	t.Helper()
	cases, err := filepath.Glob(filepath.Join("testdata", kind, "*", "in"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "config")
			before := read(t, in)
			write(t, file, before)

			plan, err := sync(file)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "diff"), []byte(strings.ReplaceAll(plan.Diff(), file, "config")))
			if got := read(t, file); !bytes.Equal(got, before) {
				t.Fatalf("planning wrote %q", got)
			}
			apply(t, plan)
			golden(t, filepath.Join(dir, "synced"), read(t, file))

			again, err := sync(file)
			if err != nil || again.Diff() != "" {
				t.Errorf("a second sync would change (%v)\n%s", err, again.Diff())
			}

			removal, err := remove(file)
			if err != nil {
				t.Fatal(err)
			}
			apply(t, removal)
			golden(t, filepath.Join(dir, "removed"), read(t, file))

			// The token of every profile in the files is called so.
			shown := plan.Diff() + removal.Diff() + sentences(plan.Warnings) + sentences(removal.Warnings)
			for _, c := range append(plan.Changes, removal.Changes...) {
				shown += c.Note
			}
			if strings.Contains(shown, "canary") {
				t.Errorf("another's line is shown:\n%s", shown)
			}
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		write(t, path, got)
	}
	if want := read(t, path); !bytes.Equal(got, want) {
		t.Errorf("%s (if it should change: make generate): got\n%q\nwant\n%q", path, got, want)
	}
}

func sentences(warnings []ui.Warning) string {
	var b strings.Builder
	for _, w := range warnings {
		b.WriteString(w.String() + "\n")
	}
	return b.String()
}

func testHelper() Helper { return Helper{Path: "/usr/local/bin/dbxaccess"} }

func testProfiles() []Profile {
	return []Profile{
		{Name: "dbx-ml-reader", Role: "ml-reader", Identity: "acme", Region: "us-east-1"},
		{Name: "dbx-ml-trainer", Role: "ml-trainer", Identity: "acme"},
	}
}

func testWorkspaces() []Profile {
	return []Profile{
		{Name: "dbx-ml-reader", Host: "https://dbc-1234.cloud.databricks.com"},
		{Name: "dbx-ml-trainer", Host: "http://127.0.0.1:8443"},
	}
}

func awsTarget(t testing.TB) Target {
	t.Helper()
	return awsIn(t, t.TempDir())
}

func awsIn(t testing.TB, dir string) Target {
	t.Helper()
	files := map[string]string{"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"}
	target, err := AWS(func(variable string) string { return filepath.Join(dir, files[variable]) }, "")
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func databricksTarget(t testing.TB, file string) Target {
	t.Helper()
	target, err := Databricks(func(string) string { return file }, "")
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// of tells the entries of some identities from others.
func of(identities ...string) func(Entry) bool {
	return func(e Entry) bool { return slices.Contains(identities, e.Identity) }
}

func apply(t *testing.T, p *Plan) {
	t.Helper()
	if err := p.Apply(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
