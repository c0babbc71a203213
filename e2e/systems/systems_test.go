package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A module that is right on one system, wrong on each other in its own way: a type, a test's type, what only go vet minds, and what
// differs by the processor.
func TestEachSystemIsJudged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":            "module example.com/m\n\ngo 1.26\n",
		"m.go":              "package m\n\nimport \"fmt\"\n\nfunc Say(word string) { fmt.Println(word, number) }\n",
		"m_linux.go":        "package m\n\nconst number = 1\n",
		"m_darwin.go":       "package m\n\nfunc same(x int) { x = x }\n\nconst number = 1\n",
		"m_windows.go":      "package m\n\nconst number int = \"one\"\n",
		"m_freebsd.go":      "package m\n\nconst number = 1\n",
		"m_freebsd_test.go": "package m\n\nvar _ = missing\n",
		"m_arm64.go":        "package m\n\nvar _ uint8 = 256\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	from := &sources{}
	for s, want := range map[system]string{
		{"linux", "amd64"}:   "",
		{"linux", "arm64"}:   "m_arm64.go:3:15: ",
		{"darwin", "amd64"}:  "m_darwin.go:3:20: self-assignment of x",
		{"windows", "amd64"}: "m_windows.go:3:20: ",
		{"freebsd", "amd64"}: "m_freebsd_test.go:3:9: undefined: missing",
	} {
		err := s.judge(t.Context(), dir, from)
		if want == "" && err == nil {
			continue
		}
		if want == "" || err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", s, err, want)
		}
	}
}
