package main

import (
	"bufio"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// An error that nobody has ever seen may be told in words that lead nowhere, or by a program that can't say it at all. So some test has to
// name each ID in docs/errors.md as what it got: see docs/decisions/112-errors-that-tests-produce.md.

func TestTheErrorsOfTheDocsAreProduced(t *testing.T) {
	t.Parallel()
	proven := idsInScripts(t)
	maps.Copy(proven, idsInUnitTests(t))
	var listed []string
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| (?:[0-9]|that of)").FindAllStringSubmatch(page(t, "docs/errors.md"), -1) {
		listed = append(listed, match[1])
	}
	if len(listed) < 700 || len(proven) < 300 {
		t.Fatalf("only %d errors are found in docs/errors.md, and %d IDs in tests", len(listed), len(proven))
	}
	for _, id := range listed {
		if proven[id] == "" {
			t.Errorf("no test produces the error %s: have a script of the commands see error=%s with --debug, or a unit test compare ui.IDOf", id, id)
		}
	}
}

// seenID is an ID in what a script looks for: of the log that --debug writes, or of JSON.
var seenID = regexp.MustCompile(`\b(?:error(?:=|: )|cause=)([a-z0-9]+(?:-[a-z0-9]+)+)|"(?:id|cause|error|refused|code|error_code|error_id|refusal_id)":\s*(?:\\s\*)?"([a-z0-9]+(?:-[a-z0-9]+)+)"`)

// looksFor is a line of a script that has to find something, be it on some systems alone, or where some program is there.
var looksFor = regexp.MustCompile(`^(\[\w+\] )?(\[!missing:\w+\] )?(stderr|stdout|ttyout|grep) `)

// idsInScripts are the IDs that scripts expect in what programs print, with the script.
func idsInScripts(t *testing.T) map[string]string {
	t.Helper()
	seen := map[string]string{}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range scripts {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "-- ") {
			if looksFor.MatchString(lines.Text()) {
				for _, match := range seenID.FindAllStringSubmatch(lines.Text(), -1) {
					seen[match[1]+match[2]] = path
				}
			}
		}
		if err := cmp.Or(lines.Err(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return seen
}

// idsInUnitTests are the texts that stand for themselves in tests that ask for the ID of an error, with the file. The ID of an error that a test
// makes itself proves nothing.
func idsInUnitTests(t *testing.T) map[string]string {
	t.Helper()
	named := map[string]string{}
	err := filepath.WalkDir(filepath.Join(repository, "internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "IDOf(") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		made := map[ast.Node]bool{} // IDs of errors that the test makes itself
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isErrorf(call) {
				made[call.Args[0]] = true
			}
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && !made[literal] {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					named[text] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return named
}

// isErrorf reports whether a call is one of ui.Errorf.
func isErrorf(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Errorf" || len(call.Args) == 0 {
		return false
	}
	from, ok := selector.X.(*ast.Ident)
	return ok && from.Name == "ui"
}
