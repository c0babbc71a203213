package request

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// Removal takes a role out of a group's list, or a dataset out of a role's.
type Removal struct {
	Identity, Group string // whose list it is; "" for a dataset
	Role            string
	Dataset, Verb   string // "" for a rule
}

// list names what removals are worked out together of: a group's list, or a role's.
func (r Removal) list() Removal {
	if r.Dataset != "" {
		return Removal{Role: r.Role}
	}
	return Removal{Identity: r.Identity, Group: r.Group}
}

// Removed is what comes of removals.
type Removed struct {
	// Patch is a unified diff of the file; "" where nothing can be removed, or only beside a client secret.
	Patch   string
	Changes []accessmap.Change // what it does: it never widens
	Left    []Removal          // that are not in it: the file is written in a way that is not edited, or the map would give more
}

// maxAlone bounds how many lists are tried one by one where all at once would not do: each is a whole map parsed and compared.
const maxAlone = 100

// Remove works out the patch of some removals. They must be of the map that the bytes were parsed to. What comes of it has no error
// that the map did not have, and gives nobody more. An error means that the bytes are of no map.
func Remove(m *accessmap.Map, data []byte, file string, removals []Removal) (Removed, error) {
	doc, err := newDocument(data)
	if err != nil {
		return Removed{}, err
	}
	byList := make(map[Removal][]Removal)
	var lists []Removal
	for _, r := range removals {
		if byList[r.list()] == nil {
			lists = append(lists, r.list())
		}
		byList[r.list()] = append(byList[r.list()], r)
	}
	p := &pruner{Map: m, doc: doc, file: file, had: errorsOf(m), byList: byList}
	fit := lists
	if _, _, ok := p.without(fit); !ok {
		fit = nil
		for i, list := range lists {
			if _, _, ok := p.without([]Removal{list}); ok && i < maxAlone {
				fit = append(fit, list)
			}
		}
	}
	texts, changes, ok := p.without(fit)
	if !ok {
		fit, texts, changes = nil, nil, nil
	}
	var removed Removed
	for _, list := range lists {
		if !slices.Contains(fit, list) {
			removed.Left = append(removed.Left, byList[list]...)
		}
	}
	if len(texts) > 0 {
		removed.Changes = changes
		removed.Patch, _ = doc.unified(file, texts, secretsOf(m))
	}
	return removed, nil
}

// pruner takes grants out of a map.
type pruner struct {
	*accessmap.Map
	doc    *document
	file   string
	had    map[string]bool
	byList map[Removal][]Removal
}

// without is the map without what some lists are to lose; ok is false where that can't be written, is no map, or gives anybody more.
func (p *pruner) without(lists []Removal) (texts []insertion, changes []accessmap.Change, ok bool) {
	var spans []span
	for _, list := range lists {
		var cut []span
		var put []insertion
		var err error
		if list.Group != "" {
			cut, put, err = p.doc.drop([]string{"identities", list.Identity, "groups"}, list.Group, func(name string) bool {
				return slices.ContainsFunc(p.byList[list], func(r Removal) bool { return r.Role == name })
			})
		} else {
			cut, put, err = p.ofRole(list.Role, p.byList[list])
		}
		if err != nil {
			return nil, nil, false
		}
		spans, texts = append(spans, cut...), append(texts, put...)
	}
	cuts, err := p.doc.cuts(spans)
	if err != nil {
		return nil, nil, false
	}
	texts = append(texts, cuts...)
	slices.SortStableFunc(texts, func(a, b insertion) int { return a.at - b.at })
	next, err := accessmap.Parse(p.file, p.doc.apply(texts))
	if err != nil || slices.ContainsFunc(next.Check(), func(e accessmap.Problem) bool { return !p.had[e.Message] }) {
		return nil, nil, false
	}
	changes = accessmap.Changes(p.Map, next)
	return texts, changes, !slices.ContainsFunc(changes, func(c accessmap.Change) bool { return c.Effect == accessmap.Widens })
}

// ofRole takes datasets out of a role's lists. What stands in readwrite, and loses one of the two, moves to the list of the other.
func (p *pruner) ofRole(role string, removals []Removal) (cut []span, put []insertion, err error) {
	const both = "readwrite"
	path := []string{"roles", role}
	mapping := p.doc.at(path...)
	goes := func(verb, dataset string) bool {
		return slices.ContainsFunc(removals, func(r Removal) bool { return r.Verb == verb && r.Dataset == dataset })
	}
	drop := func(key string, which func(name string) bool) {
		if value(mapping, key) == nil || err != nil {
			return
		}
		c, t, failed := p.doc.drop(path, key, which)
		cut, put, err = append(cut, c...), append(put, t...), failed
	}
	for _, verb := range accessmap.Verbs() {
		drop(verb, func(name string) bool { return goes(verb, name) })
	}
	drop(both, func(name string) bool { return goes(accessmap.Read, name) || goes(accessmap.Write, name) })
	for _, verb := range []string{accessmap.Read, accessmap.Write} {
		other := map[string]string{accessmap.Read: accessmap.Write, accessmap.Write: accessmap.Read}[verb]
		var stay []string
		if list := value(mapping, both); list != nil {
			for _, item := range list.Content {
				if goes(other, item.Value) && !goes(verb, item.Value) {
					stay = append(stay, quoted(item.Value))
				}
			}
		}
		if len(stay) == 0 || err != nil {
			continue
		}
		text, failed := p.doc.addNames(mapping, verb, stay, both)
		put, err = append(put, text...), failed
	}
	return cut, put, err
}

// addNames puts names into the list under a key of a mapping, which is made behind another key where it is missing.
func (d *document) addNames(mapping *yaml.Node, key string, names []string, behind string) ([]insertion, error) {
	if len(names) > 1 && value(mapping, key) != nil { // each would be put in as the only one
		return nil, fmt.Errorf("%w: several names for %s", errNoPlace, key)
	}
	if list := value(mapping, key); list != nil {
		text, err := d.addItem(list, names[0])
		return []insertion{text}, err
	}
	var all string
	for i, name := range names {
		if i > 0 {
			all += ", "
		}
		all += name
	}
	text, err := d.addKey(mapping, key, "["+all+"]", behind)
	return []insertion{text}, err
}
