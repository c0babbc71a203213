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

// starters are what starts a program, by the package's own name.
var starters = map[string][]string{
	"os/exec":                  {"Command", "CommandContext"},
	"os":                       {"StartProcess"},
	"syscall":                  {"Exec", "ForkExec", "StartProcess", "CreateProcess"},
	"golang.org/x/sys/unix":    {"Exec"},
	"golang.org/x/sys/windows": {"ShellExecute", "CreateProcess"},
	"github.com/pkg/browser":   {"OpenURL", "OpenFile", "OpenReader"},
}

// mayStart are the places that start programs, and why they may.
var mayStart = map[string]string{
	"internal/command/command.go":           "the one runner, with bounds",
	"internal/become/become_unix.go":        "the program takes our place: there is nobody to bound it",
	"internal/become/become_windows.go":     "as above: it is started in a job by the runner",
	"internal/desktop/browser_windows.go":   "Windows opens the browser; no program of ours is started",
	"internal/store/storetest/storetest.go": "for tests",
	"cmd/sandbox/demo.go":                   "the demo runs the product, and nothing else",
}

// A program that is started anywhere else has no bounds, and outlives us.
func TestProgramsAreStartedByTheRunner(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, root := range []string{"../../cmd", "../../internal"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			for _, found := range startsIn(file) {
				if seen[name] = true; mayStart[name] == "" {
					t.Errorf("%s starts a program by %s: internal/command does, with bounds", name, found)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range mayStart {
		if !seen[name] {
			t.Errorf("%s starts no program any more", name)
		}
	}
}

// startsIn lists what a file starts programs by.
func startsIn(file *ast.File) (found []string) {
	packages := map[string]string{} // by the name that the file has for it
	for _, spec := range file.Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(starters[packages[x.Name]], s.Sel.Name) {
				found = append(found, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}
