package ui

import (
	"cmp"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// piece is an expression, with where it stands.
type piece struct {
	in     string        // package
	f      *ast.FuncDecl // nil outside of functions
	chosen bool          // only the branch counts in which an ID was chosen
	near   ast.Node      // that branch, nil outside of all
	e      ast.Expr
}

// set calls found for each value that a variable is set to within a node, with the branch in which it is.
func (at piece) set(name string, within ast.Node, found func(value ast.Expr, branch ast.Node)) {
	var open []ast.Node
	var branches []ast.Node
	ast.Inspect(within, func(n ast.Node) bool {
		if n == nil {
			if len(branches) > 0 && open[len(open)-1] == branches[len(branches)-1] {
				branches = branches[:len(branches)-1]
			}
			open = open[:len(open)-1]
			return true
		}
		open = append(open, n)
		var names, values []ast.Expr
		switch n := n.(type) {
		case *ast.CaseClause:
			branches = append(branches, n)
		case *ast.AssignStmt:
			if n.Tok != token.ADD_ASSIGN {
				names, values = n.Lhs, n.Rhs
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				names = append(names, name)
			}
			values = n.Values
		}
		for i := 0; len(names) == len(values) && i < len(names); i++ {
			if nameOf(names[i]) == name {
				var branch ast.Node
				if len(branches) > 0 {
					branch = branches[len(branches)-1]
				}
				found(values[i], branch)
			}
		}
		return true
	})
}

// valuesOf are what a variable or a constant of a function may be, in the branch that counts.
func (at piece) valuesOf(name string) (values []ast.Expr) {
	if at.f == nil {
		return nil
	}
	var outside []ast.Expr
	at.set(name, at.f, func(value ast.Expr, branch ast.Node) {
		if !at.chosen || branch == at.near {
			values = append(values, value)
		} else if branch == nil {
			outside = append(outside, value)
		}
	})
	if values == nil {
		return outside
	}
	return values
}

// grows reports whether a function adds to a text.
func (at piece) grows(name string) (grows bool) {
	if at.f != nil {
		ast.Inspect(at.f, func(n ast.Node) bool {
			add, ok := n.(*ast.AssignStmt)
			grows = grows || ok && add.Tok == token.ADD_ASSIGN && nameOf(add.Lhs[0]) == name
			return true
		})
	}
	return grows
}

// of is what a name stands for in a list by package and name. A method is known by its name: that of its package, or the only one.
func of(list map[string][]piece, e ast.Expr, in string, called bool) []piece {
	selector, ok := e.(*ast.SelectorExpr)
	if !ok {
		return list[in+"."+nameOf(e)]
	}
	if there := list[nameOf(selector.X)+"."+selector.Sel.Name]; there != nil || !called {
		return there
	}
	if here := list[in+"."+selector.Sel.Name]; here != nil {
		return here
	}
	var elsewhere []piece
	for name, pieces := range list {
		if strings.HasSuffix(name, "."+selector.Sel.Name) {
			if elsewhere != nil {
				return nil
			}
			elsewhere = pieces
		}
	}
	return elsewhere
}

// knowTexts collects constant texts of a package, what its functions return as a text or a Fix, and its variables that are a Fix.
func (p *product) knowTexts(file *ast.File) {
	in := file.Name.Name
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				spec, ok := spec.(*ast.ValueSpec)
				for i := 0; ok && len(spec.Names) == len(spec.Values) && i < len(spec.Names); i++ {
					name, is := in+"."+spec.Names[i].Name, piece{in: in, e: spec.Values[i]}
					if decl.Tok == token.CONST {
						p.texts[name] = append(p.texts[name], is)
					} else {
						p.fixes[name] = append(p.fixes[name], is)
					}
				}
			}
		case *ast.FuncDecl:
			if decl.Body == nil || decl.Type.Results.NumFields() != 1 {
				continue
			}
			list := map[string]map[string][]piece{"string": p.texts, "Fix": p.fixes}[nameOf(decl.Type.Results.List[0].Type)]
			for _, value := range returned(decl) {
				name := in + "." + decl.Name.Name
				if list != nil {
					list[name] = append(list[name], piece{in: in, f: decl, e: value})
				}
			}
		}
	}
}

// returned are the values that a function returns, which has one.
func returned(f *ast.FuncDecl) (values []ast.Expr) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if back, ok := n.(*ast.ReturnStmt); ok && len(back.Results) == 1 {
			values = append(values, back.Results[0])
		}
		_, inner := n.(*ast.FuncLit)
		return !inner
	})
	return values
}

// fixOf are the steps of an error's Fix: commands as they are typed, advice in words, with who takes it where that is not the person.
// What is all verbs is left out, unless words lead to it.
func (p *product) fixOf(args []ast.Expr, at piece) (steps []string) {
	for _, step := range p.stepsOf(args, at, 0) {
		if speaks(step) || len(steps) > 0 && strings.HasSuffix(steps[len(steps)-1], ":") {
			steps = append(steps, step)
		}
	}
	return steps
}

// speaks reports whether a text has more than … in it.
func speaks(text string) bool { return regexp.MustCompile(`[a-zA-Z]`).MatchString(text) }

// deepest is how far it is looked behind names: a Fix may be made of itself.
const deepest = 4

func (p *product) stepsOf(args []ast.Expr, at piece, depth int) (steps []string) {
	if depth > deepest {
		return nil
	}
	for _, arg := range args {
		switch arg := arg.(type) {
		case *ast.Ident:
			values := at.valuesOf(arg.Name)
			values = slices.DeleteFunc(values, func(e ast.Expr) bool { return nameOf(e) == arg.Name })
			steps = append(steps, p.stepsOf(values, at, depth+1)...)
			if len(values) == 0 {
				for _, is := range of(p.fixes, arg, at.in, false) {
					steps = append(steps, p.stepsOf([]ast.Expr{is.e}, is, depth+1)...)
				}
			}
		case *ast.SelectorExpr:
			for _, is := range of(p.fixes, arg, at.in, false) {
				steps = append(steps, p.stepsOf([]ast.Expr{is.e}, is, depth+1)...)
			}
		case *ast.CallExpr:
			steps = append(steps, p.stepsOfCall(arg, at, depth)...)
		}
	}
	return steps
}

func (p *product) stepsOfCall(call *ast.CallExpr, at piece, depth int) (steps []string) {
	name := nameOf(call.Fun)
	switch {
	case name == "append" || name == "Concat":
		return p.stepsOf(call.Args, at, depth+1)
	case (name == "ForAdmin" || name == "Clean") && len(call.Args) == 0:
		return p.stepsOf([]ast.Expr{call.Fun.(*ast.SelectorExpr).X}, at, depth+1)
	case name == "Fix": // none
		return nil
	case name != "Command" && name != "Advice" && name != "ForAdmin":
		for _, is := range of(p.fixes, call.Fun, at.in, true) {
			steps = append(steps, p.stepsOf([]ast.Expr{is.e}, is, depth+1)...)
		}
		return steps
	}
	for _, line := range call.Args {
		for _, words := range p.wordsOf(line, at) {
			if name == "Command" {
				words = "`" + strings.TrimSpace(words) + "`"
			} else if name == "ForAdmin" && speaks(words) {
				words = "an administrator: " + words
			}
			steps = append(steps, words)
		}
	}
	return steps
}

// wordsOf are the texts that a line may be.
func (p *product) wordsOf(line ast.Expr, at piece) (words []string) {
	lines, more := []piece{at.with(line)}, ""
	switch is := line.(type) {
	case *ast.Ident:
		if at.grows(is.Name) {
			more = "…"
		}
		if values := at.valuesOf(is.Name); len(values) > 0 {
			lines = nil
			for _, value := range values {
				lines = append(lines, at.with(value))
			}
		}
	case *ast.CallExpr:
		if nameOf(is.Fun) != "Sprintf" {
			if behind := of(p.texts, is.Fun, at.in, true); len(behind) > 0 {
				lines = behind
			}
		}
	}
	for _, line := range lines {
		words = append(words, withoutVerbs(p.spoken(line.e, line)+more))
	}
	return words
}

// with is another expression at the same place.
func (at piece) with(e ast.Expr) piece {
	at.e = e
	return at
}

// spoken is a text with … for what is known when it is said.
func (p *product) spoken(e ast.Expr, at piece) string { return p.spokenBehind(e, at, 0) }

func (p *product) spokenBehind(e ast.Expr, at piece, depth int) string {
	var behind []piece
	switch is := e.(type) {
	case *ast.BinaryExpr:
		return withoutVerbs(p.spokenBehind(is.X, at, depth) + p.spokenBehind(is.Y, at, depth))
	case *ast.CallExpr:
		if nameOf(is.Fun) == "Sprintf" && len(is.Args) > 0 {
			return p.spokenBehind(is.Args[0], at, depth)
		}
		behind = of(p.texts, is.Fun, at.in, true)
	case *ast.SelectorExpr:
		behind = of(p.texts, is, at.in, false)
	case *ast.Ident:
		values := at.valuesOf(is.Name)
		for _, value := range values {
			behind = append(behind, at.with(value))
		}
		if len(values) == 0 {
			behind = of(p.texts, is, at.in, false)
		}
	}
	if len(behind) == 1 && depth < deepest {
		if words := p.spokenBehind(behind[0].e, behind[0], depth+1); speaks(words) {
			return words
		}
	}
	return cmp.Or(withoutVerbs(text(e)), "…")
}

// withoutVerbs is a format with … for its verbs.
func withoutVerbs(format string) string {
	return regexp.MustCompile(`…{2,}`).ReplaceAllString(regexp.MustCompile(`%[-+ #0-9.*]*[a-zA-Z]`).ReplaceAllString(format, "…"), "…")
}
