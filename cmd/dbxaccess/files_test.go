package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// openers are the places of the product that open a file themselves, and why. All else is read through localfile, which
// takes regular files only, bounded, and judges whose they are where that matters.
var openers = map[string]string{
	"internal/localfile/localfile.go":           "the one reader",
	"internal/atomicfile/os_unix.go":            "a directory, to flush and to lock it",
	"internal/ancestors/ancestors_linux.go":     "the first words of a command line, which may be longer than is wanted",
	"internal/ui/attend_unix.go":                "the terminal, for a question and its answer",
	"internal/ui/attend_windows.go":             "the terminal, for a question and its answer",
	"internal/peer/tcp_linux.go":                "a table of the kernel's, which ends when it has been found in it what is looked for",
	"internal/store/busguard/busguard_linux.go": "it is initialised before every other package, and opens without waiting",
	"internal/admincli/tracecmd/input.go":       "logs are larger than memory; that they are regular files was seen before",
	"internal/audit/chain/files.go":             "the record is larger than memory, is appended to and is read from its end; its directory is ours alone",
	"internal/audit/read.go":                    "the record is larger than memory, and is read line by line, each bounded",
	"internal/audit/tally/tally.go":             "how many are told is written in place, and nothing is read",
	"internal/audit/tally/tally_unix.go":        "16 bytes are appended by three system calls, without waiting, and nothing is read",
	"internal/audit/tally/tally_windows.go":     "16 bytes are appended, and nothing is read",
	"internal/cli/doctorcmd/bundle.go":          "a file is made that was not there, and nothing is read from it",
	"internal/cli/mapcmd/unused.go":             "a trace may be larger than memory; that it is a regular file was seen before",
	"internal/store/lock/lock_unix.go":          "a lock's file is made, and nothing is read from it",
	"internal/store/lock/lock_windows.go":       "a lock's file is made, and nothing is read from it",
	"cmd/sandbox/leftovers.go":                  "the demo reads what it made",
	"cmd/sandbox/processes_linux.go":            "the demo reads what it made",
	"cmd/sandbox/serve.go":                      "a file is made that was not there, and nothing is read from it",
	"cmd/sandbox/steps.go":                      "the demo reads what it made",
	"internal/store/storetest/security/main.go": "tests read what they made",
	"internal/store/storetest/storetest.go":     "tests read what they made",
}

func TestFilesAreReadInOnePlace(t *testing.T) {
	forbidden := map[string][]string{
		"os":        {"Open", "OpenFile", "ReadFile", "DirFS", "OpenRoot", "OpenInRoot"},
		"io/ioutil": {"ReadFile"},
		"syscall":   {"Open"}, "golang.org/x/sys/unix": {"Open", "Openat", "Openat2"},
	}
	usedOnlyIn(t, openers, forbidden, "opens files", "read through internal/localfile, or give the reason here")
}

// usedOnlyIn fails where product code names one of these functions, by their packages, outside the places that have a
// reason to, and where such a place no longer does. doing is what they are for, instead what else is to be used.
func usedOnlyIn(t *testing.T, places map[string]string, functions map[string][]string, doing, instead string) {
	t.Helper()
	met := map[string]bool{}
	for _, root := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
			for _, call := range uses(t, path, functions) {
				if met[name] = true; places[name] == "" {
					t.Errorf("%s %s by %s: %s", name, doing, call, instead)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range places {
		if !met[name] {
			t.Errorf("%s no longer %s", name, doing)
		}
	}
}

// uses lists the functions of these packages that a file names.
func uses(t *testing.T, path string, functions map[string][]string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, imported := range file.Imports {
		of := strings.Trim(imported.Path.Value, `"`)
		name := of[strings.LastIndex(of, "/")+1:]
		if imported.Name != nil {
			name = imported.Name.Name
		}
		names[name] = functions[of]
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if of, ok := s.X.(*ast.Ident); ok && slices.Contains(names[of.Name], s.Sel.Name) {
				found = append(found, of.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}
