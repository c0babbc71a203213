package scancmd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Whatever a baseline says: no finding goes that it does not list, each goes that it lists, and what it has is there once it was written
// again.
func FuzzBaseline(f *testing.F) {
	const salt = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	for _, text := range []string{
		`{"version":1,"salt":"` + salt + `","findings":[{"rule":"aws-access-key","fingerprint":"f1","file":"a.py"}]}`,
		`{"version":1,"salt":"` + salt + `","findings":[{"rule":"aws-access-key","fingerprint":"f1"},{"rule":"*","fingerprint":"","file":"."}]}`,
		`{"version":1,"salt":"` + salt + `","findings":null,"history":true}`, `{"version":1,"salt":"00"}`, `{"version":2}`, `null`, ``,
	} {
		f.Add([]byte(text), "aws-access-key", "f1", "a.py")
	}
	path := filepath.Join(f.TempDir(), "b.json")
	f.Fuzz(func(t *testing.T, text []byte, rule, fingerprint, file string) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		a := asked{paths: []string{"."}, baseline: path}
		b, err := readBaseline(a)
		if err != nil {
			if ui.IDOf(err) != "scan-baseline-damaged" {
				t.Fatal(err)
			}
			return
		}
		finding := statickeys.Finding{Rule: rule, Fingerprint: fingerprint, Place: statickeys.Place{File: file}}
		r := &report{Findings: []statickeys.Finding{finding}}
		b.leaveOut(r, a)
		listed := slices.Contains(b.Findings, entryOf(finding))
		if (len(r.Findings) == 0) != listed || (r.Known == 1) != listed {
			t.Fatalf("listed: %t, left out: %t", listed, len(r.Findings) == 0)
		}
		if err := writeBaseline(path, b.salt(), b.History, &report{Findings: []statickeys.Finding{finding}}); err != nil {
			t.Fatal(err)
		}
		again, err := readBaseline(a)
		if err != nil || len(again.Findings) != 1 || again.Salt == "" || string(again.salt()) != string(b.salt()) {
			t.Fatalf("%+v, %v", again, err)
		}
	})
}
