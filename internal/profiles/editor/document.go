// Package editor changes single lines of config files with sections, such as AWS's and Databricks', and keeps every
// other byte: comments, order, line endings and odd spacing stay as a person left them.
//
// In come the bytes of a file and the wanted settings of a section. Out come the new bytes and a diff of the removed
// and added lines. The caller knows what the settings mean, and whose a section is.
//
// The package must never change a line that it was not told to, never guess where readers of such files disagree (it
// refuses, with the number of the line), and never show a line that stays: such files may hold static keys.
package editor

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// UnsafeError says that a file can't be edited without the risk of damage.
type UnsafeError struct {
	Line   int // from 1
	Reason string
}

func (e *UnsafeError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Document is a config file as lines, with the changes to them. Numbers of lines are from 1; 0 for none.
type Document struct {
	BOM      bool // it starts with a byte order mark
	Sections []*Section

	style    HeaderStyle
	lines    []line
	eol      string // of the file, for lines that are added
	finalEOL bool   // the last line ends with one; true for an empty file
	murky    []int  // lines that are headers to some readers only
	tail     []addition
}

type line struct {
	text   string   // without line ending
	eol    string   // "\n", "\r\n"; "" possible for the last line only
	header bool     // of one of the sections
	gone   bool     // removed
	after  []string // lines added behind it, or in its place
}

// Section is a profile's section; others are only boundaries. Its texts are as in the file.
type Section struct {
	Name       string
	Line       int // of the header
	Properties []*Property
	Other      int // the first line that is neither property, comment nor blank
	Next       int // the header that ends the section; 0 at the end of the file
	murky      int // the first line that some readers take for a header
}

// Property is a line "key = value" of a section.
type Property struct {
	Key       string // in small letters
	Value     string // without surrounding space; a comment may follow
	Line      int
	Continued int  // the first line that continues the value by its indentation
	AsWritten bool // the key is in small letters and "=" follows, as Put writes it
	indent    string
}

const byteOrderMark = "\xef\xbb\xbf"

// Parse reads lines and sections. Lines that are not ours may hold anything but what makes readers disagree on where a
// line ends. The error is an *UnsafeError.
func Parse(data []byte, style HeaderStyle) (*Document, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, &UnsafeError{1, "the file is UTF-16; no tool reads that, save it as UTF-8"}
	}
	doc := &Document{style: style, eol: "\n", finalEOL: true}
	text, hasBOM := strings.CutPrefix(string(data), byteOrderMark)
	doc.BOM = hasBOM
	for raw := range strings.Lines(text) {
		l := splitEOL(raw)
		switch {
		case strings.Contains(l.text, "\x00"):
			return nil, &UnsafeError{len(doc.lines) + 1, "a NUL byte; this is not a text file"}
		case strings.Contains(l.text, "\r"):
			return nil, &UnsafeError{len(doc.lines) + 1, "a carriage return inside a line, which some tools take for its end"}
		}
		doc.lines = append(doc.lines, l)
		doc.finalEOL = l.eol != ""
	}
	if len(doc.lines) > 0 && doc.lines[0].eol != "" {
		doc.eol = doc.lines[0].eol
	}
	doc.findSections()
	return doc, nil
}

func splitEOL(raw string) line {
	for _, eol := range []string{"\r\n", "\n"} {
		if text, ok := strings.CutSuffix(raw, eol); ok {
			return line{text: text, eol: eol}
		}
	}
	return line{text: raw}
}

// findSections reads the lines as Python's configparser does, which botocore uses, and marks what other readers (the
// AWS SDKs for Go and JavaScript) read in another way. A line that is indented more than the property above it
// continues that one's value; blank lines and comments between make no difference.
func (doc *Document) findSections() {
	var (
		current = &Section{} // for what belongs to no profile
		last    *Property
	)
	for i, l := range doc.lines {
		n, text := i+1, doc.Text(i+1)
		if text == "" {
			continue
		}
		indent := l.text[:len(l.text)-len(strings.TrimLeftFunc(l.text, unicode.IsSpace))]
		if text[0] == '[' {
			name, ok := doc.style.parse(text)
			if indent != "" || !ok {
				doc.murky = append(doc.murky, n)
			}
			if indent == "" {
				current.Next = n
				current, last = &Section{Name: name, Line: n}, nil
				if ok && name != "" {
					doc.lines[i].header = true
					doc.Sections = append(doc.Sections, current)
				}
			} else if current.murky == 0 {
				current.murky = n
			}
			continue
		}
		if last != nil && len(indent) > len(last.indent) {
			if last.Continued == 0 {
				last.Continued = n
			}
			continue
		}
		delimiter := strings.IndexAny(text, "=:")
		if delimiter < 0 {
			if current.Other == 0 {
				current.Other = n
			}
			continue
		}
		key := strings.TrimSpace(text[:delimiter])
		last = &Property{
			Key:       strings.ToLower(key),
			Value:     strings.TrimSpace(text[delimiter+1:]),
			Line:      n,
			AsWritten: key == strings.ToLower(key) && text[delimiter] == '=',
			indent:    indent,
		}
		current.Properties = append(current.Properties, last)
	}
}

// Text is a line without surrounding space; "" for a comment.
func (doc *Document) Text(line int) string {
	if text := strings.TrimSpace(doc.lines[line-1].text); !isComment(text) {
		return text
	}
	return ""
}

// Len is the number of lines.
func (doc *Document) Len() int { return len(doc.lines) }

// EndsInBracket reports whether a line is a header to every reader: to some it is not if a comment, or any space but
// that of ASCII, follows the bracket.
func (doc *Document) EndsInBracket(line int) bool {
	text := strings.Trim(doc.lines[line-1].text, " \t")
	return strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
}

// isComment reports whether a line without surrounding space is a comment.
func isComment(text string) bool { return text != "" && (text[0] == '#' || text[0] == ';') }

// Header is the header of a section of that name.
func (doc *Document) Header(name string) string { return doc.style.header(name) }

// Find returns the section of that name, or nil. It refuses two of them, and a line that may be the header of one.
func (doc *Document) Find(name string) (*Section, error) {
	var found *Section
	for _, s := range doc.Sections {
		if s.Name != name {
			continue
		}
		if found != nil {
			return nil, &UnsafeError{s.Line, fmt.Sprintf("the section %s begins a second time, after line %d", doc.Header(name), found.Line)}
		}
		found = s
	}
	for _, n := range doc.murky {
		if mentions(doc.lines[n-1].text, name) {
			return nil, &UnsafeError{n, fmt.Sprintf("this line is the header %s to some tools only", doc.Header(name))}
		}
	}
	return found, nil
}

// Property returns the first property of that key, in small letters, or nil.
func (s *Section) Property(key string) *Property {
	for _, p := range s.Properties {
		if p.Key == key {
			return p
		}
	}
	return nil
}

// Value is the value of that key without a comment behind it; "" if there is none.
func (s *Section) Value(key string) string {
	p := s.Property(key)
	if p == nil {
		return ""
	}
	bare, _ := cutComment(p.Value)
	return bare
}

// Editable refuses a section in which it is not certain which lines are those of the keys.
func (s *Section) Editable(keys []string) error {
	if s.murky != 0 {
		return &UnsafeError{s.murky, "an indented bracket, which some tools read as the header of a new section"}
	}
	for _, key := range keys {
		first := s.Property(key)
		for _, p := range s.Properties {
			switch {
			case p.Key != key:
			case p.Continued != 0:
				return &UnsafeError{p.Continued, "it is indented, and so continues the value of " + key}
			case p != first:
				return &UnsafeError{p.Line, fmt.Sprintf("%s is set a second time, after line %d", key, first.Line)}
			}
		}
	}
	return nil
}

// cutComment splits a value from a comment behind it. The AWS SDKs for Go and JavaScript drop such a comment; the AWS
// CLI reads it as part of the value.
func cutComment(value string) (bare, comment string) {
	for i := 1; i < len(value); i++ {
		if (value[i] == '#' || value[i] == ';') && (value[i-1] == ' ' || value[i-1] == '\t') {
			return strings.TrimSpace(value[:i]), value[i:]
		}
	}
	return value, ""
}
