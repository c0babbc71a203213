package policy

import (
	"iter"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// allowed is a set of resources of one kind and what is allowed on them.
type allowed struct{ actions, resources iam.Words }

// shared writes what is allowed without condition with as few characters as say the same. Each action meets resources
// of its own kind alone (objects, buckets, keys), so one statement may hold a set of each, and nothing widens. Whether
// objects on which two verbs are allowed are named in a statement of their own or in that of each verb depends on
// what is longer, their names or the actions', so all ways are compared.
func (b *gathered) shared() []iam.Statement {
	var best []allowing
	least := -1
	ofBuckets, keys := b.waysOfBuckets(), b.onKeys()
	for objects := range b.waysOfObjects() {
		for _, buckets := range ofBuckets {
			joined := join(objects, buckets, keys)
			if size := sizeOf(joined); least < 0 || size < least {
				best, least = joined, size
			}
		}
	}
	statements := make([]iam.Statement, len(best))
	for i, a := range best {
		statements[i] = a.statement()
	}
	return statements
}

// waysOfObjects iterates over the ways to allow each set of verbs on its objects.
func (b *gathered) waysOfObjects() iter.Seq[[]allowed] {
	return func(yield func([]allowed) bool) {
		var byVerbs [everyVerb + 1]iam.Words
		var choose func(v Verbs) bool
		choose = func(v Verbs) bool {
			if v > everyVerb {
				return yield(listed(byVerbs))
			}
			if len(b.objects[v]) == 0 {
				return choose(v + 1)
			}
			for _, parts := range ways(v) {
				before := byVerbs
				for _, part := range parts {
					byVerbs[part] = slices.Concat(byVerbs[part], b.objects[v])
				}
				if !choose(v + 1) {
					return false
				}
				byVerbs = before
			}
			return true
		}
		choose(1)
	}
}

func listed(byVerbs [everyVerb + 1]iam.Words) (list []allowed) {
	for v := range everyVerb + 1 {
		if len(byVerbs[v]) > 0 {
			list = append(list, allowed{v.OnObjects(), byVerbs[v]})
		}
	}
	return list
}

// ways are how a set of verbs is put together from sets, none of which could be left out; the set itself is first.
func ways(v Verbs) [][]Verbs {
	switch v {
	case Read | Write:
		return [][]Verbs{{v}, {Read, Write}}
	case Read | Delete:
		return [][]Verbs{{v}, {Read, Delete}}
	case Write | Delete:
		return [][]Verbs{{v}, {Write, Delete}}
	case everyVerb:
		return [][]Verbs{
			{v}, {Read | Write, Delete}, {Read | Delete, Write}, {Write | Delete, Read}, {Read, Write, Delete},
			{Read | Write, Write | Delete}, {Read | Write, Read | Delete}, {Read | Delete, Write | Delete},
		}
	}
	return [][]Verbs{{v}}
}

// waysOfBuckets are the ways to allow what whole buckets need besides what others do.
func (b *gathered) waysOfBuckets() [][]allowed {
	const locate, list = "s3:GetBucketLocation", "s3:ListBucket"
	switch {
	case len(b.buckets) == 0 && len(b.whole) == 0:
		return [][]allowed{nil}
	case len(b.whole) == 0:
		return [][]allowed{{{iam.Words{locate}, b.buckets}}}
	case len(b.buckets) == 0:
		return [][]allowed{{{iam.Words{locate, list}, b.whole}}}
	}
	return [][]allowed{
		{{iam.Words{locate}, b.buckets}, {iam.Words{locate, list}, b.whole}},
		{{iam.Words{locate}, slices.Concat(b.buckets, b.whole)}, {iam.Words{list}, b.whole}},
	}
}

func (b *gathered) onKeys() (list []allowed) {
	if len(b.readKeys) > 0 {
		list = append(list, allowed{Read.OnKey(), b.readKeys})
	}
	if len(b.keys) > 0 {
		list = append(list, allowed{Write.OnKey(), b.keys})
	}
	return list
}

// allowing is one statement: of each kind of resource one set at most.
type allowing struct{ objects, buckets, keys allowed }

// join puts sets of different kinds into one statement. Which ones hardly matters for the length.
func join(objects, buckets, keys []allowed) []allowing {
	list := make([]allowing, 0, len(objects)+len(buckets)+len(keys))
	for _, o := range objects {
		list = append(list, allowing{objects: o})
	}
	for _, b := range buckets {
		at := slices.IndexFunc(list, func(a allowing) bool { return a.buckets.actions == nil && a.takes(b) })
		if at < 0 {
			list, at = append(list, allowing{}), len(list)
		}
		list[at].buckets = b
	}
	for _, k := range keys {
		at := slices.IndexFunc(list, func(a allowing) bool { return a.keys.actions == nil })
		if at < 0 {
			list, at = append(list, allowing{}), len(list)
		}
		list[at].keys = k
	}
	return list
}

// takes reports whether buckets can stand beside the objects of a statement. MinIO takes a bucket's own name for one of
// the objects of "bucket/*", so all objects of a bucket only stand beside that bucket.
func (a allowing) takes(buckets allowed) bool {
	return !slices.ContainsFunc(a.objects.resources, func(resource string) bool {
		bucket, whole := strings.CutSuffix(resource, "/*")
		return whole && !strings.Contains(bucket, "/") && !slices.Contains(buckets.resources, bucket)
	})
}

func (a allowing) statement() iam.Statement {
	s := iam.Statement{
		Effect:   "Allow",
		Action:   slices.Concat(a.objects.actions, a.buckets.actions, a.keys.actions),
		Resource: slices.Concat(a.objects.resources, a.buckets.resources, a.keys.resources),
	}
	slices.Sort(s.Action)
	slices.Sort(s.Resource)
	return s
}

// sizeOf is how many characters statements have.
func sizeOf(list []allowing) int {
	const around = len(`{"Effect":"Allow","Action":,"Resource":},`)
	size := 0
	for _, a := range list {
		size += around
		for _, words := range [][3]iam.Words{
			{a.objects.actions, a.buckets.actions, a.keys.actions}, {a.objects.resources, a.buckets.resources, a.keys.resources},
		} {
			n := 0
			for _, w := range words {
				n += len(w)
				for _, word := range w {
					size += len(word) + len(`"",`)
				}
			}
			if n > 1 {
				size += len(`[]`) - 1 // no comma behind the last
			} else {
				size--
			}
		}
	}
	return size
}
