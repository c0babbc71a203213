package ui

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/needed"
)

var update = flag.Bool("update", false, "write generated files")

// said is what one place says under an ID, and what it says helps.
type said struct {
	place, code, format string
	fix                 []string
}

// errorsOf collects the errors with IDs of a Go file. constants are IDs that have a name, by package and name.
func errorsOf(path string, file *ast.File, constants map[string]string, found map[string][]said) {
	fixes := map[*ast.CallExpr][]string{} // of the errors that have one, which are called before the others are
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && nameOf(call.Fun) == "With" {
			if inner, ok := call.Fun.(*ast.SelectorExpr).X.(*ast.CallExpr); ok {
				fixes[inner] = fixOf(call.Args)
			}
		}
		if !ok || nameOf(call.Fun) != "Errorf" || len(call.Args) < 3 {
			return true
		}
		id, format := text(call.Args[0]), text(call.Args[2])
		if name := nameOf(call.Args[0]); id == "" && name != "" {
			id = constants[file.Name.Name+"."+name]
		}
		if id != "" && format != "" {
			found[id] = append(found[id], said{filepath.Dir(path), nameOf(call.Args[1]), format, fixes[call]})
		}
		return true
	})
}

// fixOf are the steps of an error's Fix: commands as they are typed, advice in words, with who takes it where that is not the person.
func fixOf(args []ast.Expr) (steps []string) {
	for _, arg := range args {
		call, ok := arg.(*ast.CallExpr)
		if !ok {
			continue
		}
		if marked, ok := call.Fun.(*ast.SelectorExpr); ok && marked.Sel.Name == "ForAdmin" && len(call.Args) == 0 {
			steps = append(steps, fixOf([]ast.Expr{marked.X})...)
			continue
		}
		for _, line := range call.Args {
			words := spoken(line)
			switch {
			case strings.Trim(words, "… ") == "":
			case nameOf(call.Fun) == "Command":
				steps = append(steps, "`"+words+"`")
			case nameOf(call.Fun) == "Advice":
				steps = append(steps, words)
			case nameOf(call.Fun) == "ForAdmin":
				steps = append(steps, "an administrator: "+words)
			}
		}
	}
	return steps
}

// spoken is a text with … for what is known when it is said.
func spoken(e ast.Expr) string {
	if joined, ok := e.(*ast.BinaryExpr); ok {
		return spoken(joined.X) + spoken(joined.Y)
	}
	words := text(e)
	if call, ok := e.(*ast.CallExpr); ok && nameOf(call.Fun) == "Sprintf" && len(call.Args) > 0 {
		words = text(call.Args[0])
	}
	return cmp.Or(withoutVerbs(words), "…")
}

// withoutVerbs is a format with … for its verbs.
func withoutVerbs(format string) string {
	return regexp.MustCompile(`%[-+ #0-9.*]*[a-zA-Z]`).ReplaceAllString(format, "…")
}

// nameOf is the last part of a name, "" for what is none.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// text is that of a literal, or of literals that are joined.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.BinaryExpr:
		return text(e.X) + text(e.Y)
	}
	return ""
}

// namedIDs collects constants that are IDs.
func namedIDs(file *ast.File, constants map[string]string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && nameOf(spec.Type) == "ID" && len(spec.Values) == len(spec.Names) {
			for i, name := range spec.Names {
				constants[file.Name.Name+"."+name.Name] = text(spec.Values[i])
			}
		}
		return true
	})
}

func errorsOfTheProduct(t *testing.T) map[string][]said {
	t.Helper()
	files, constants, found := map[string]*ast.File{}, map[string]string{}, map[string][]said{}
	for _, root := range []string{"../../cmd", "../../internal"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				files[path] = file
				namedIDs(file, constants)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		errorsOf(path, files[path], constants, found)
	}
	return found
}

// exitCodes are those that have a number in docs/reference.md.
var exitCodes = map[string]Code{
	"Failed": Failed, "Usage": Usage, "Refused": Refused, "LoginNeeded": LoginNeeded, "KeyringUnavailable": KeyringUnavailable, "NoSuchRole": NoSuchRole,
	"Interrupted": Interrupted,
}

func TestAnIDMeansOneThing(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	for id, places := range errorsOfTheProduct(t) {
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(id) {
			t.Errorf("%q is no ID: small words with hyphens", id)
		}
		for _, p := range places {
			if p.code != places[0].code && exitCodes[p.code] != 0 && exitCodes[places[0].code] != 0 {
				t.Errorf("%s has the exit codes %s (%s) and %s (%s)", id, places[0].code, places[0].place, p.code, p.place)
			}
		}
	}
}

// inCell is a text in a table of Markdown.
func inCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

func TestTheDocsListEveryError(t *testing.T) {
	t.Parallel()
	needed.FullSpeed(t)
	var b strings.Builder
	b.WriteString("# Errors\n\nEach has an ID that stays the same in every version, whatever the words. " +
		"`--debug` logs it, and `dbxaccess doctor -o json` has it as the `cause` of a finding. `…` stands for what differs.\n\n" +
		"| ID | exit code | what is said |\n|---|---|---|\n")
	all := errorsOfTheProduct(t)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		first := all[id][0]
		code := "that of the cause"
		if n := exitCodes[first.code]; n != 0 {
			code = strconv.Itoa(int(n))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", id, code, cmp.Or(inCell(withoutVerbs(first.format)), "…"))
	}
	b.WriteString("\n## What helps\n\nEach error says it itself, with the names and paths of the case at hand. Where several places say the same, all that they say is here. " +
		"Where nothing here fits, begin with `dbxaccess doctor`, then `dbxaccess --debug COMMAND`.\n\n| ID | what helps |\n|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(all)) {
		var steps []string
		for _, place := range all[id] {
			for _, step := range place.fix {
				if !slices.Contains(steps, step) {
					steps = append(steps, step)
				}
			}
		}
		if len(steps) > 0 {
			fmt.Fprintf(&b, "| `%s` | %s |\n", id, inCell(strings.ReplaceAll(strings.Join(steps, "; "), ":; ", ": ")))
		}
	}
	path := filepath.Join("..", "..", "docs", "errors.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is stale (%v): make generate", path, err)
	}
}
