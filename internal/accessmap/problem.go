package accessmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxProblems bounds how many problems of one file are kept; the rest are counted.
const maxProblems = 1000

// Problem is one thing that is wrong, or worth a look, at one place of a map.
type Problem struct {
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // in characters, from 1
	Message string `json:"message"`
}

// Problems is the error of a map that can't be used: everything that is wrong with it, in the order of the file.
type Problems struct {
	Name string // of the file, as Parse was told
	List []Problem
	More int // further problems, beyond the first 1,000
}

// Error is one line per problem, "name:line:column: message", the form that editors jump to.
func (p *Problems) Error() string {
	name := ui.Clean(p.Name)
	var lines []string
	for _, problem := range p.List {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", name, problem.Line, problem.Column, problem.Message))
	}
	if p.More > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more", name, p.More))
	}
	return strings.Join(lines, "\n")
}

// position is a place in the file; line and column count from 1.
type position struct{ line, column int }

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

// report collects problems.
type report struct {
	limit int // how many are kept, the rest being counted; 0 for all
	list  []Problem
	more  int
}

func (r *report) add(at position, format string, args ...any) {
	if r.limit > 0 && len(r.list) >= r.limit {
		r.more++
		return
	}
	r.list = append(r.list, Problem{
		Line: max(at.line, 1), Column: max(at.column, 1), Message: ui.Clean(fmt.Sprintf(format, args...)),
	})
}

// sorted returns the problems in the order of the file, each once.
func (r *report) sorted() []Problem {
	slices.SortStableFunc(r.list, func(a, b Problem) int {
		return position{a.Line, a.Column}.compare(position{b.Line, b.Column})
	})
	return slices.Compact(r.list)
}

// err returns what was collected as the error of the file called name, or nil.
func (r *report) err(name string) error {
	if len(r.list) == 0 {
		return nil
	}
	return &Problems{Name: name, List: r.sorted(), More: r.more}
}

// shown quotes a value of the file for a message, cut to a readable length.
func shown(value string) string {
	const bound = 80
	if len(value) <= bound && plainText(value) {
		return `"` + value + `"`
	}
	runes := []rune(value[:min(len(value), 4*bound)])
	if len(runes) > bound || len(value) > 4*bound {
		return fmt.Sprintf("%q…", string(runes[:min(len(runes), bound)]))
	}
	return fmt.Sprintf("%q", value)
}

// plainText reports whether a value stands for itself between quotes.
func plainText(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
