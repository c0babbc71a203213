package accessmap

import "slices"

// The verbs of the map: what a role may do with a dataset.
const (
	Read   = "read"
	Write  = "write"
	Delete = "delete"
)

// Verbs are all of them, in the order in which they are told.
func Verbs() []string { return []string{Read, Write, Delete} }

// On are the datasets that the role itself, without what it inherits, names under a verb.
func (r *Role) On(verb string) []string { return under(verb, r.Read, r.Write, r.Delete) }

// On are the datasets that the role has under a verb, by name.
func (e *Effective) On(verb string) []string { return under(verb, e.Read, e.Write, e.Delete) }

// May reports whether the role has a verb on a dataset.
func (e *Effective) May(verb, dataset string) bool { return slices.Contains(e.On(verb), dataset) }

// VerbsOn are those that the role has on a dataset.
func (e *Effective) VerbsOn(dataset string) []string {
	return slices.DeleteFunc(Verbs(), func(verb string) bool { return !e.May(verb, dataset) })
}

func under(verb string, reads, writes, deletes []string) []string {
	switch verb {
	case Read:
		return reads
	case Write:
		return writes
	case Delete:
		return deletes
	}
	return nil
}
