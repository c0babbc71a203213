package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"
)

// listed is a package as go list tells of it. One that is compiled again for a test is another, as "p [p.test]".
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	IgnoredGoFiles  []string          // of other systems
	Imports         []string          // by ImportPath
	ImportMap       map[string]string // from what a file says to the ImportPath, where they differ
	Module          *struct {
		Path, GoVersion string
		Main            bool
	}
	Error *struct{ Err string }
}

// ours reports whether it is of the module that is judged, and not what go test makes of it.
func (p *listed) ours() bool {
	return p.Module != nil && p.Module.Main && !strings.HasSuffix(p.ImportPath, ".test")
}

// paths are where files of the package are.
func (p *listed) paths(names []string) []string {
	paths := make([]string, 0, len(names))
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		paths = append(paths, name)
	}
	return paths
}

// list has go list name all packages of a module, with their tests, and all that they import, each after what it imports.
func (s system) list(ctx context.Context, dir string) (all []*listed, err error) {
	out, err := s.command(ctx, dir, "list", "-e", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,IgnoredGoFiles,Imports,ImportMap,Module,Error", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &listed{}
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("what go list said: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		if p.Module == nil || !p.Module.Main || p.ours() {
			all = append(all, p)
		}
	}
}

// sources parse each file once, whatever systems it is for.
type sources struct {
	positions token.FileSet // safe for several at once
	parsed    sync.Map      // from a path to func() (*ast.File, error)
}

// file returns a file's syntax. Of another's file the bodies of functions are not kept: there are hundreds of megabytes of them.
func (s *sources) file(path string, ours bool) (*ast.File, error) {
	parse, _ := s.parsed.LoadOrStore(path, sync.OnceValues(func() (*ast.File, error) {
		mode := parser.SkipObjectResolution
		if ours {
			mode |= parser.ParseComments // some say what the compiler is to do
		}
		file, err := parser.ParseFile(&s.positions, path, nil, mode)
		if err != nil || ours {
			return file, err
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				f.Body = &ast.BlockStmt{}
			}
		}
		return file, nil
	}))
	return parse.(func() (*ast.File, error))() //nolint:forcetypeassert // there is nothing else in it
}

// check type-checks packages in their order and returns those of the module, for the analyzers. Its error is all that is wrong, a
// line each.
func (s system) check(from *sources, all []*listed) (ours []*packages.Package, err error) {
	checked := map[string]*types.Package{"unsafe": types.Unsafe}
	known := map[string]*packages.Package{}
	var wrong []string
	for _, p := range all {
		if p.ImportPath == "unsafe" {
			continue
		}
		path, _, _ := strings.Cut(p.ImportPath, " ")
		result := &packages.Package{
			ID: p.ImportPath, PkgPath: path, Fset: &from.positions, TypesSizes: types.SizesFor("gc", s.arch),
			GoFiles: p.paths(p.GoFiles), CompiledGoFiles: p.paths(p.GoFiles), IgnoredFiles: p.paths(p.IgnoredGoFiles),
			Imports: map[string]*packages.Package{},
		}
		for _, file := range result.GoFiles {
			syntax, err := from.file(file, p.ours())
			if err != nil {
				return nil, err
			}
			result.Syntax = append(result.Syntax, syntax)
		}
		config := types.Config{
			Sizes:            result.TypesSizes,
			IgnoreFuncBodies: !p.ours(),
			Error:            func(err error) { wrong = append(wrong, err.Error()) },
			Importer: importer(func(path string) (*types.Package, error) {
				if to, ok := p.ImportMap[path]; ok {
					path = to
				}
				if found := checked[path]; found != nil {
					return found, nil
				}
				return nil, fmt.Errorf("go list did not name %s", path)
			}),
		}
		if p.Module != nil && p.Module.GoVersion != "" {
			config.GoVersion = "go" + p.Module.GoVersion
		}
		if p.ours() {
			result.TypesInfo = newInfo()
			result.Module = &packages.Module{Path: p.Module.Path, Main: true, GoVersion: p.Module.GoVersion}
		}
		result.Types, _ = config.Check(path, &from.positions, result.Syntax, result.TypesInfo) // Error was told of each
		result.Name = result.Types.Name()
		checked[p.ImportPath] = result.Types
		if p.ours() {
			for _, path := range p.Imports {
				if of := known[path]; of != nil {
					result.Imports[path] = of
				}
			}
			known[p.ImportPath] = result
			ours = append(ours, result)
		}
	}
	return ours, told(wrong)
}

// told is an error of a line for each thing that is wrong. A package is there twice: with its tests, and as others import it.
func told(wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return errors.New(strings.Join(slices.Compact(wrong), "\n"))
}

// newInfo has room for all that analyzers ask for.
func newInfo() *types.Info {
	return &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{},
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Implicits: map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{}, FileVersions: map[*ast.File]string{},
	}
}

// importer is a function as types.Importer.
type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }
