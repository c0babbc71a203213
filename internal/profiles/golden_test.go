package profiles

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each directory of testdata/golden holds a config file as people have them (in), what it becomes when the two profiles
// below are synced and stale ones pruned (synced, with the diff), and when all entries are removed again (removed).
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob(filepath.Join("testdata", "golden", "*", "in"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			files := awsFiles(t)
			before := read(t, in)
			write(t, files.Config, before)

			plan, err := planAWS("linux", files, testHelper(), testProfiles(), []Option{Prune("acme")})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "diff"), []byte(strings.ReplaceAll(plan.Diff(), files.Config, "config")))
			if got := read(t, files.Config); !bytes.Equal(got, before) {
				t.Fatalf("planning wrote %q", got)
			}
			apply(t, plan)
			golden(t, filepath.Join(dir, "synced"), read(t, files.Config))

			again, err := planAWS("linux", files, testHelper(), testProfiles(), []Option{Prune("acme")})
			if err != nil || again.Diff() != "" {
				t.Errorf("a second sync would change (%v)\n%s", err, again.Diff())
			}

			remove, err := RemoveAWS(files, []string{"acme"})
			if err != nil {
				t.Fatal(err)
			}
			apply(t, remove)
			golden(t, filepath.Join(dir, "removed"), read(t, files.Config))
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		write(t, path, got)
	}
	if want := read(t, path); !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%q\nwant\n%q", path, got, want)
	}
}

func testHelper() Helper { return Helper{Path: "/usr/local/bin/dbxaccess"} }

func testSync(want ...AWSProfile) *awsSync {
	return &awsSync{goos: "linux", helper: testHelper(), want: want, files: AWSFiles{Config: "config"}}
}

func testProfiles() []AWSProfile {
	return []AWSProfile{
		{Name: "dbx-ml-reader", Role: "ml-reader", Identity: "acme", Region: "us-east-1"},
		{Name: "dbx-ml-trainer", Role: "ml-trainer", Identity: "acme"},
	}
}

func awsFiles(t *testing.T) AWSFiles {
	t.Helper()
	dir := t.TempDir()
	return AWSFiles{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
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
