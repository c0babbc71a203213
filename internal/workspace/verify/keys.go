package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/statickeys"
)

// settings looks for keys in an object's settings, as they came.
func (r *run) settings(part Part, o Object, runsAs string, raw json.RawMessage) {
	r.content(part, o, runsAs, "settings.json", raw)
}

// content looks for keys in a file's content. The name decides how it is decoded.
func (r *run) content(part Part, o Object, runsAs, name string, content []byte) {
	unread := r.keys.Bytes(name, content, func(k statickeys.Finding) {
		if k.Allowed != "" { // somebody wrote beside it why it is none
			r.acknowledged()
			return
		}
		f := secretOf(part, o, placeOf(k.Place), k)
		f.RunsAs = runsAs
		r.report(f)
	})
	for _, u := range unread {
		if u.Why != statickeys.Binary || part == Scripts { // of which keys by their shape were looked for; but a script that runs is text
			r.notRead(part, o, placeOf(u.Place), errors.New(string(u.Why)))
		}
	}
}

// placeOf says where in an object something is.
func placeOf(p statickeys.Place) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	if p.Entry != "" {
		add("%s", p.Entry)
	}
	if p.Cell > 0 {
		add("cell %d", p.Cell)
	}
	if p.Path != "" {
		add("%s", p.Path)
	}
	if p.Line > 0 && (p.Path == "" || p.Cell > 0) {
		add("line %d", p.Line)
	}
	return strings.Join(words, ", ")
}
