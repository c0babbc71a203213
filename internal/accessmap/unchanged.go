package accessmap

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

// writing is a digest of what stands in a file, by which two versions of a part are found to be the same without a look at
// each thing that it says: a key that is added to the language counts from the start. The seed is drawn for each process, so
// that nobody can write two parts that have the same.
type writing uint64

var seed = sync.OnceValue(maphash.MakeSeed)

// writingOf is that of nodes, whatever their place and the comments around them.
func writingOf(nodes ...*yaml.Node) writing {
	var h maphash.Hash
	h.SetSeed(seed())
	var head [16]byte
	var add func(n *yaml.Node)
	add = func(n *yaml.Node) {
		binary.LittleEndian.PutUint32(head[:], uint32(n.Kind))
		binary.LittleEndian.PutUint32(head[4:], uint32(n.Style))
		binary.LittleEndian.PutUint64(head[8:], uint64(len(n.Value))<<32|uint64(len(n.Content))) // a map has far less than 4 GB
		_, _ = h.Write(head[:])                                                                  // a hash takes all
		_, _ = h.WriteString(n.Value)
		for _, child := range n.Content {
			add(child)
		}
	}
	for _, n := range nodes {
		add(n)
	}
	return writing(h.Sum64())
}

// written notes the writing of each role, and that of all that stands neither in roles nor in identities.
func (m *Map) written(root *yaml.Node) {
	var rest []*yaml.Node
	for i := 0; i < len(root.Content); i += 2 {
		key, node := root.Content[i], root.Content[i+1]
		switch key.Value {
		case "roles":
			for j := 0; j < len(node.Content); j += 2 {
				m.Roles[node.Content[j].Value].writing = writingOf(node.Content[j+1])
			}
		case "identities":
		default:
			rest = append(rest, key, node)
		}
	}
	m.besides = writingOf(rest...)
}

// Unchanged returns what tells of a role whether both maps write it alike, with all that it inherits and refers to, so that it
// is and does the same by both. Of a role that does the same by other words it says no.
func Unchanged(old, next *Map) func(role string) bool {
	known := make(map[string]bool, len(next.Roles))
	var unchanged func(name string) bool
	unchanged = func(name string) bool {
		if same, seen := known[name]; seen {
			return same
		}
		before, after := old.Roles[name], next.Roles[name]
		known[name] = before != nil && after != nil && before.writing == after.writing && old.besides == next.besides &&
			!slices.ContainsFunc(after.Inherits, func(parent string) bool { return !unchanged(parent) }) // Parse lets no role inherit from itself
		return known[name]
	}
	return unchanged
}
