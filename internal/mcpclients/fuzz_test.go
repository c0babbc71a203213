package mcpclients

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fuzz has arbitrary files edited: nothing of another's may get lost or be shown, and what was put in comes out again.
func fuzz(f *testing.F, client string) {
	c, err := Find(client)
	if err != nil {
		f.Fatal(err)
	}
	seeds, err := filepath.Glob("testdata/golden/*/in")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		f.Add(readFile(f, seed))
		f.Add(readFile(f, filepath.Join(filepath.Dir(seed), "installed")))
	}
	f.Fuzz(func(t *testing.T, before []byte) {
		plan, err := c.Install("file", before, program(c), "")
		if err != nil || plan.Inserted == "" {
			return
		}
		if !within(before, plan.After) {
			t.Fatalf("bytes are lost:\n%q\n%q", before, plan.After)
		}
		if bytes.Count(plan.After, []byte(plan.Inserted)) == 1 {
			if undone, err := c.Remove("file", plan.After, plan.Inserted); err != nil || !bytes.Equal(undone.After, before) {
				t.Fatalf("undoing gives %q of %q (%v)", undone.After, before, err)
			}
		}
		taken, err := c.Remove("file", plan.After, "")
		if err != nil {
			return // refused, and so left alone
		}
		if !within(taken.After, plan.After) || !within(compact(before), compact(taken.After)) {
			t.Fatalf("taking it out of\n%q\nleaves\n%q", plan.After, taken.After)
		}
		servers, err := c.Servers("file", taken.After)
		for _, s := range servers {
			if s.Name == Name && s.Ours() && len(s.Args) == 3 {
				t.Fatalf("it is still there: %q", taken.After)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

// within reports whether all of the bytes are in another text, in their order.
func within(some, all []byte) bool {
	for _, b := range some {
		at := bytes.IndexByte(all, b)
		if at < 0 {
			return false
		}
		all = all[at+1:]
	}
	return true
}

// compact is a text without what separates.
func compact(text []byte) []byte {
	return bytes.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\r\n,", c) {
			return -1
		}
		return c
	}, text)
}

func readFile(f *testing.F, path string) []byte {
	f.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return data
}

func FuzzJSON(f *testing.F) { fuzz(f, "vscode") }
func FuzzTOML(f *testing.F) { fuzz(f, "codex") }
func FuzzYAML(f *testing.F) { fuzz(f, "goose") }
