package ui

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
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
	untold            bool // it says what helps, and what that is can't be told here
}

// product is what is known of the product's code when its errors are collected.
type product struct {
	constants map[string]string   // IDs that have a name, by package and name
	makers    map[string]bool     // functions like Errorf, by package and name
	rows      map[string][]string // the fields of structs that begin with a field id, by package and name
	tables    map[string][]row    // what there is of them, by package
	texts     map[string][]piece  // constant texts, and what functions return as a text, by package and name
	fixes     map[string][]piece  // what functions return as a Fix, and variables that are one, by package and name
	found     map[string][]said   // by ID
	passing   map[string]bool     // files with an error whose ID is another's
}

// row is one of a table, with the names of its fields.
type row struct {
	piece

	lit    *ast.CompositeLit
	fields []string
}

// raised is what is known of an ID beside what the error says: what a table says of it, and where it was chosen.
type raised struct {
	what   string
	fix    []string
	chosen bool // by a variable
	near   ast.Node
}

// errorsOf collects the errors with IDs of a Go file.
func (p *product) errorsOf(path string, file *ast.File) {
	fixes := map[*ast.CallExpr][]ast.Expr{} // of the errors that have one, which are called before the others are
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || p.makers[file.Name.Name+"."+f.Name.Name] {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && nameOf(call.Fun) == "With" {
				if inner, ok := call.Fun.(*ast.SelectorExpr).X.(*ast.CallExpr); ok {
					fixes[inner] = call.Args
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
			in := piece{in: file.Name.Name, f: f}
			code, format := nameOf(call.Args[1]), p.spoken(call.Args[2], in)
			ids := p.idsOf(call.Args[0], in)
			for id, is := range ids {
				in.chosen, in.near = is.chosen, is.near
				fix := slices.Concat(is.fix, p.fixOf(fixes[call], in))
				p.found[id] = append(p.found[id], said{filepath.Dir(path), code, cmp.Or(is.what, format), fix, len(fixes[call]) > 0 && len(fix) == 0})
			}
			if len(ids) == 0 {
				p.passing[filepath.ToSlash(strings.TrimPrefix(path, "../../"))] = true
			}
			return true
		})
	}
}

// idsOf are the IDs that an expression may be.
func (p *product) idsOf(e ast.Expr, at piece) map[string]raised {
	ids := map[string]raised{}
	if id := cmp.Or(text(e), p.constants[at.in+"."+nameOf(e)]); id != "" {
		return map[string]raised{id: {}}
	}
	switch e := e.(type) {
	case *ast.Ident: // a variable, which is set before
		at.set(e.Name, at.f, func(value ast.Expr, branch ast.Node) {
			if call, ok := value.(*ast.CallExpr); ok && nameOf(call.Fun) == "ID" && len(call.Args) == 1 {
				value = call.Args[0]
			}
			if id := text(value); id != "" {
				ids[id] = raised{chosen: true, near: branch}
			}
		})
	case *ast.SelectorExpr: // a table's, or of what stands in one
		if e.Sel.Name != "id" {
			break
		}
		for _, row := range p.tables[at.in] {
			id := text(row.field("id"))
			if id == "" {
				continue
			}
			is := ids[id]
			if what := p.spoken(row.field("what"), row.piece); what != "…" {
				is.what = strings.TrimPrefix(is.what+orElse+what, orElse)
			}
			if advice := row.field("advice"); advice != nil {
				is.fix = append(is.fix, p.wordsOf(advice, row.piece)...)
			}
			ids[id] = is
		}
	}
	return ids
}

// field is a field of a row, nil where it is left out.
func (r row) field(name string) ast.Expr {
	for i, element := range r.lit.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok && nameOf(pair.Key) == name {
			return pair.Value
		} else if !ok && i < len(r.fields) && r.fields[i] == name {
			return element
		}
	}
	return nil
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
	p.knowTexts(file)
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
			fields, ok := n.Type.(*ast.StructType)
			if !ok || len(fields.Fields.List) < 2 || nameOf(fields.Fields.List[0].Type) != "ID" {
				break
			}
			var names []string
			for _, field := range fields.Fields.List {
				for _, name := range field.Names {
					names = append(names, name.Name)
				}
			}
			if len(names) > 0 && names[0] == "id" {
				p.rows[in+"."+n.Name.Name] = names
			}
		}
		return true
	})
}

// tablesOf collects the rows of the tables of what has a field id.
func (p *product) tablesOf(file *ast.File) {
	in := file.Name.Name
	for _, decl := range file.Decls {
		f, _ := decl.(*ast.FuncDecl)
		at := piece{in: in, f: f}
		ast.Inspect(decl, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if fields := p.rows[in+"."+nameOf(lit.Type)]; fields != nil {
				p.tables[in] = append(p.tables[in], row{at, lit, fields})
			}
			if list, ok := lit.Type.(*ast.ArrayType); ok && p.rows[in+"."+nameOf(list.Elt)] != nil {
				for _, of := range lit.Elts {
					if of, ok := of.(*ast.CompositeLit); ok {
						p.tables[in] = append(p.tables[in], row{at, of, p.rows[in+"."+nameOf(list.Elt)]})
					}
				}
			}
			return true
		})
	}
}

// parsed is the product's code, parsed once.
var parsed = sync.OnceValues(func() (*product, error) {
	p := &product{
		constants: map[string]string{}, makers: map[string]bool{}, rows: map[string][]string{}, tables: map[string][]row{},
		texts: map[string][]piece{}, fixes: map[string][]piece{}, found: map[string][]said{}, passing: map[string]bool{},
	}
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
