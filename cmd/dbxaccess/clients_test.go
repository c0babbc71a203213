package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row of docs/clients.md says how it is known: by tests that are there, or by a source to read.
func TestTheTableOfClients(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{} // and scripts
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		tests[filepath.Base(script)] = true
	}
	for _, pattern := range []string{"cmd/dbxaccess/*_test.go", "e2e/*_test.go"} {
		files, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
				tests[match[1]] = true
			}
		}
	}
	var (
		named  = regexp.MustCompile("`(Test\\w+|[\\w-]+\\.txtar)`")
		source = regexp.MustCompile(`read: .*\]\(https://\S+\)`)
		rows   = 0
	)
	for line := range strings.Lines(page(t, "docs/clients.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.TrimSpace(cells[0]) == "client" {
			continue
		}
		rows++
		client, known := strings.TrimSpace(cells[0]), cells[len(cells)-1]
		if len(cells) != 4 {
			t.Errorf("%s: %d cells, want 4", client, len(cells))
		}
		proofs := named.FindAllStringSubmatch(known, -1)
		if len(proofs) == 0 && !source.MatchString(known) {
			t.Errorf("%s: neither a test nor a source: %s", client, known)
		}
		for _, proof := range proofs {
			if !tests[proof[1]] {
				t.Errorf("%s: no test is called %s", client, proof[1])
			}
		}
	}
	if rows < 25 {
		t.Errorf("only %d rows are found", rows)
	}
}
