package request

import (
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// edit puts an item into the list under a key of the mapping at a path, and makes what is missing of these; or moves its end.
type edit struct {
	path   []string
	key    string
	item   string
	until  time.Time // of a role that is given; zero for no end
	reason string    // why it is; may be empty
	behind []string  // keys that a new one stands behind
	extend bool      // the item is there and has ended: until is its new end
}

// text is the item as it stands in a list.
func (e edit) text() string {
	if e.until.IsZero() && e.reason == "" {
		return quoted(e.item)
	}
	text := "{ role: " + quoted(e.item)
	if !e.until.IsZero() {
		text += ", until: " + accessmap.Until(e.until)
	}
	if e.reason != "" {
		text += ", reason: " + quoted(e.reason)
	}
	return text + " }"
}

// insertions turn edits into texts, in their order in the file.
func (d *document) insertions(edits []edit) ([]insertion, error) {
	var texts []insertion
	for _, e := range edits {
		var (
			text insertion
			err  error
		)
		parent, above := d.at(e.path...), d.at(e.path[:len(e.path)-1]...)
		switch {
		case e.extend && value(parent, e.key) != nil:
			moved, err := d.extend(value(parent, e.key), e)
			if err != nil {
				return nil, err
			}
			texts = append(texts, moved...)
			continue
		case value(parent, e.key) != nil:
			text, err = d.addItem(value(parent, e.key), e.text())
		case parent != nil:
			text, err = d.addKey(parent, e.key, "["+e.text()+"]", e.behind...)
		case above != nil:
			text, err = d.addKey(above, e.path[len(e.path)-1], "{ "+quoted(e.key)+": ["+e.text()+"] }")
		default:
			err = errNoPlace
		}
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	slices.SortStableFunc(texts, func(a, b insertion) int { return a.at - b.at })
	return texts, nil
}

// settle works out a change: its patch and what it does. false where the map that comes of it would be wrong, or not do what is
// wanted. A file that can't be edited leaves the way without a patch, with what has to be changed in words.
func (w *worker) settle(doc *document, way *Way) bool {
	texts, err := doc.insertions(way.edits)
	if err != nil {
		return true
	}
	next, err := accessmap.Parse(w.File, doc.apply(texts))
	if err != nil || !w.holds(next, way) {
		return false
	}
	way.Changes = accessmap.Changes(w.Map, next)
	if patch, ok := doc.unified(w.File, texts, secretsOf(w.Map)); ok {
		way.Patch = patch
	}
	return true
}

// secretsOf are the client secrets of a map, which no patch shows.
func secretsOf(m *accessmap.Map) (secrets []string) {
	for _, i := range m.Identities {
		if !i.ClientSecret.IsZero() {
			secrets = append(secrets, i.ClientSecret.Reveal())
		}
	}
	return secrets
}

// errorsOf are the errors that a map has.
func errorsOf(m *accessmap.Map) map[string]bool {
	had := make(map[string]bool)
	for _, problem := range m.Check() {
		had[problem.Message] = true
	}
	return had
}

// holds reports whether a changed map does what is wanted and has no error that the map did not have.
func (w *worker) holds(next *accessmap.Map, way *Way) bool {
	if !w.does(next, way.Role) {
		return false
	}
	if len(w.By) > 0 && !slices.ContainsFunc(w.By, func(by Holder) bool {
		return slices.ContainsFunc(next.RolesFor(by.Identity, by.Claims, w.Now), func(g accessmap.Grant) bool { return g.Role == way.Role })
	}) {
		return false
	}
	if w.had == nil {
		w.had = errorsOf(w.Map)
	}
	return !slices.ContainsFunc(next.Check(), func(p accessmap.Problem) bool { return !w.had[p.Message] })
}
