package tracecmd

import (
	"cmp"

	"github.com/dbxaccess/dbxaccess/internal/audit/trace"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// naming is what people are called where people read it.
type naming struct {
	nameOf func(trace.Person) string
	shared map[string]bool // names that several people have
}

// namingOf takes names from the record, or from an engine's rows.
func namingOf(t *trace.Tally, x *trace.Index) naming {
	n := naming{nameOf: func(p trace.Person) string { return cmp.Or(x.Name(p), t.Name(p)) }, shared: map[string]bool{}}
	of := map[string]trace.Person{}
	for p := range t.People.By {
		name := n.name(p)
		if other, known := of[name]; known && other.Subject != p.Subject {
			n.shared[name] = true
		}
		of[name] = p
	}
	return n
}

// name is a person's name, cleaned; "" where none is known.
func (n naming) name(p trace.Person) string { return ui.Cut(ui.Clean(n.nameOf(p)), maxText) }

// shown is the name, with the subject where others have the same, and the subject alone where there is no name.
func (n naming) shown(p trace.Person) string {
	name, subject := n.name(p), ui.Clean(p.Subject)
	if name != "" && n.shared[name] {
		return name + " (" + subject + ")"
	}
	return cmp.Or(name, subject)
}
