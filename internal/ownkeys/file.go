package ownkeys

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dbxaccess/dbxaccess/internal/profiles/editor"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// form is how a file is written, as far as lines can be taken out of it.
type form int

const (
	byHand   form = iota // nothing is taken out: more than a line may belong together
	sections             // of AWS's and Databricks' config files
	settings             // lines NAME=value, as .env and shells have them
	history              // a command a line
)

// place is a file that may be there.
type place struct {
	tool  string
	path  string
	form  form
	named bool // by a variable or by its name: what is no file is told
}

// pairLines is how far from its id a secret stands at most, in lines.
const pairLines = 4

// keys are those in a file's content.
func (p place) keys(content []byte, f *Found) []Key {
	doc := p.document(content)
	var keys []Key
	var s statickeys.Scanner
	unread := s.Bytes(p.path, content, func(found statickeys.Finding) {
		if found.Allowed != "" {
			return
		}
		at := Place{Tool: p.tool, File: p.path, Line: found.Place.Line, Cell: found.Place.Cell}
		section := sectionAt(doc, at.Line)
		if section != nil {
			at.Section = ui.Clean(strings.TrimPrefix(section.Name, "profile "))
		}
		k := keyOf(found, at)
		if section != nil {
			k.host(section.Value("host"))
		} else {
			k.host(onlyHost(content))
		}
		keys = append(keys, k)
	})
	for _, u := range unread {
		f.Unread = append(f.Unread, Unread{p.path, string(u.Why)})
	}
	keys = paired(keys, func(id, secret Place) bool {
		if doc != nil {
			return id.Section == secret.Section
		}
		return id.Cell == secret.Cell && max(id.Line-secret.Line, secret.Line-id.Line) <= pairLines
	})
	slices.SortStableFunc(keys, func(a, b Key) int { return cmp.Compare(a.Line, b.Line) })
	for i := range keys {
		if !keys[i].Lesser {
			_, _, err := p.without(content, keys[i].values)
			keys[i].Movable = err == nil
		}
	}
	return keys
}

// document reads a file with sections; nil for others, and where it can't be read for certain.
func (p place) document(content []byte) *editor.Document {
	if p.form != sections {
		return nil
	}
	doc, err := editor.Parse(content, editor.Plain)
	if err != nil {
		return nil
	}
	return doc
}

// sectionAt is the section that a line belongs to, or nil.
func sectionAt(doc *editor.Document, line int) *editor.Section {
	if doc == nil {
		return nil
	}
	for _, s := range doc.Sections {
		if s.Line <= line && (s.Next == 0 || line < s.Next) {
			return s
		}
	}
	return nil
}

var hosts = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b[a-z0-9.-]+\.(?:cloud\.databricks\.com|azuredatabricks\.net|gcp\.databricks\.com)\b`)
})

// onlyHost is the workspace that a file names, "" for none or several.
func onlyHost(content []byte) string {
	only := ""
	for _, host := range hosts().FindAllString(string(content), -1) {
		if only != "" && only != host {
			return ""
		}
		only = host
	}
	if only == "" {
		return ""
	}
	return "https://" + only
}
