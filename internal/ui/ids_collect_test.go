package ui

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// said is what one place says under an ID, and what it says helps.
type said struct {
	place, code, what string
	fix               []string
}

// product is what is known of the product's code when its errors are collected.
type product struct {
	constants map[string]string              // IDs that have a name, by package and name
	makers    map[string]bool                // functions like Errorf, by package and name
	rows      map[string]bool                // structs that begin with a field id, by package and name
	tables    map[string][]*ast.CompositeLit // what there is of them, by package
	found     map[string][]said              // by ID
	passing   map[string]bool                // files with an error whose ID is another's
}

// errorsOf collects the errors with IDs of a Go file.
func (p *product) errorsOf(path string, file *ast.File) {
	fixes := map[*ast.CallExpr][]string{} // of the errors that have one, which are called before the others are
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || p.makers[file.Name.Name+"."+f.Name.Name] {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && nameOf(call.Fun) == "With" {
				if inner, ok := call.Fun.(*ast.SelectorExpr).X.(*ast.CallExpr); ok {
					fixes[inner] = fixOf(call.Args)
				}
			}
			if !ok || len(call.Args) < 3 || nameOf(call.Fun) != "Errorf" && !p.makers[file.Name.Name+"."+nameOf(call.Fun)] {
				return true
			}
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok && nameOf(selector.X) != "ui" {
				return true // fmt's and the tests'
			}
			if literal, ok := call.Args[0].(*ast.BasicLit); ok && literal.Value == `""` {
				return true // it has that of the error it wraps
			}
			code, format := nameOf(call.Args[1]), spoken(call.Args[2])
			ids := p.idsOf(call.Args[0], file.Name.Name, f)
			for id, what := range ids {
				p.found[id] = append(p.found[id], said{filepath.Dir(path), code, cmp.Or(what, format), fixes[call]})
			}
			if len(ids) == 0 {
				p.passing[filepath.ToSlash(strings.TrimPrefix(path, "../../"))] = true
			}
			return true
		})
	}
}

// idsOf are the IDs that an expression may be in a function, with what a table says of each.
func (p *product) idsOf(e ast.Expr, in string, f *ast.FuncDecl) map[string]string {
	ids := map[string]string{}
	if id := cmp.Or(text(e), p.constants[in+"."+nameOf(e)]); id != "" {
		return map[string]string{id: ""}
	}
	switch e := e.(type) {
	case *ast.Ident: // a variable, which is set before
		ast.Inspect(f, func(n ast.Node) bool {
			set, ok := n.(*ast.AssignStmt)
			for i := 0; ok && i < len(set.Lhs) && len(set.Lhs) == len(set.Rhs); i++ {
				value := set.Rhs[i]
				if call, ok := value.(*ast.CallExpr); ok && nameOf(call.Fun) == "ID" && len(call.Args) == 1 {
					value = call.Args[0]
				}
				if id := text(value); nameOf(set.Lhs[i]) == e.Name && id != "" {
					ids[id] = ""
				}
			}
			return true
		})
	case *ast.SelectorExpr: // a table's, or of what stands in one
		if e.Sel.Name != "id" {
			break
		}
		for _, row := range p.tables[in] {
			if id := text(fieldOf(row, "id", 0)); id != "" {
				ids[id] = spoken(fieldOf(row, "what", 1))
			}
		}
	}
	return ids
}

// fieldOf is a field of a struct, which stands at a place where fields are not named.
func fieldOf(row *ast.CompositeLit, name string, place int) ast.Expr {
	for i, element := range row.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok && nameOf(pair.Key) == name {
			return pair.Value
		} else if !ok && i == place {
			return element
		}
	}
	return nil
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

// know collects what other files' errors are told by: constants that are IDs, functions that make errors of them, tables of them.
func (p *product) know(file *ast.File) {
	in := file.Name.Name
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if nameOf(n.Type) == "ID" && len(n.Values) == len(n.Names) {
				for i, name := range n.Names {
					p.constants[in+"."+name.Name] = text(n.Values[i])
				}
			}
		case *ast.FuncDecl:
			if of := n.Type.Params.List; n.Recv == nil && len(of) > 2 && nameOf(of[0].Type) == "ID" && nameOf(of[1].Type) == "Code" {
				p.makers[in+"."+n.Name.Name] = true
			}
		case *ast.TypeSpec:
			if fields, ok := n.Type.(*ast.StructType); ok {
				first := fields.Fields.List
				p.rows[in+"."+n.Name.Name] = len(first) > 1 && nameOf(first[0].Type) == "ID" && len(first[0].Names) == 1 && first[0].Names[0].Name == "id"
			}
		}
		return true
	})
}

// tablesOf collects the rows of the tables of what has a field id.
func (p *product) tablesOf(file *ast.File) {
	in := file.Name.Name
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if p.rows[in+"."+nameOf(lit.Type)] {
			p.tables[in] = append(p.tables[in], lit)
		}
		if list, ok := lit.Type.(*ast.ArrayType); ok && p.rows[in+"."+nameOf(list.Elt)] {
			for _, row := range lit.Elts {
				if row, ok := row.(*ast.CompositeLit); ok {
					p.tables[in] = append(p.tables[in], row)
				}
			}
		}
		return true
	})
}

// parsed is the product's code, parsed once.
var parsed = sync.OnceValues(func() (*product, error) {
	p := &product{map[string]string{}, map[string]bool{}, map[string]bool{}, map[string][]*ast.CompositeLit{}, map[string][]said{}, map[string]bool{}}
	files := map[string]*ast.File{}
	for _, root := range []string{"../../cmd", "../../internal"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				files[path] = file
				p.know(file)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		p.tablesOf(file)
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		p.errorsOf(path, files[path])
	}
	return p, nil
})

func productOf(t *testing.T) *product {
	t.Helper()
	p, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
