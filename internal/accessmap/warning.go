package accessmap

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Warning is one thing at one place of a map that is allowed and probably not meant.
type Warning struct {
	Problem
	ID LintID
	// Reason is why the map's author means it: what acknowledge says of it; "" where it is not acknowledged.
	Reason string

	about concern
}

// Open are the warnings that nobody has acknowledged, in their order.
func Open(all []Warning) []Warning {
	return slices.DeleteFunc(slices.Clone(all), func(w Warning) bool { return w.Reason != "" })
}

// part is a section of the map, or the whole of it.
type part string

const (
	partMap       part = "map"
	partIdentity  part = "identity"
	partWorkspace part = "workspace"
	partDataset   part = "dataset"
	partRole      part = "role"
	partAgent     part = "agent"
)

// concern is what a warning is about, and where it can be acknowledged besides the map itself.
type concern struct {
	part part
	name string // "" for the map
}

func (s concern) String() string {
	if s.part == partMap {
		return "the map"
	}
	return string(s.part) + " " + s.name
}

func (s concern) compare(t concern) int {
	return cmp.Or(cmp.Compare(s.part, t.part), cmp.Compare(s.name, t.name))
}

// warnings collects them.
type warnings struct {
	limit int // how many are kept; 0 for all
	list  []Warning
}

func (w *warnings) warn(id LintID, about concern, at position, format string, args ...any) {
	if w.limit > 0 && len(w.list) >= w.limit {
		return
	}
	w.list = append(w.list, Warning{
		Problem: Problem{Line: max(at.line, 1), Column: max(at.column, 1), Message: ui.Clean(fmt.Sprintf(format, args...))},
		ID:      id, about: about,
	})
}

// sorted returns the warnings in the order of the file, each once.
func (w *warnings) sorted() []Warning {
	slices.SortFunc(w.list, func(a, b Warning) int {
		return cmp.Or(position{a.Line, a.Column}.compare(position{b.Line, b.Column}), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(w.list)
}
