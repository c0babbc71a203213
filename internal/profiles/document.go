package profiles

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// unsafeError tells why a file can't be edited without the risk of damage, and where.
type unsafeError struct {
	line   int // from 1
	reason string
}

func (e *unsafeError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.reason) }

// document is a config file cut into lines, with what is to become of each.
type document struct {
	dialect  dialect
	bom      string
	lines    []line
	eol      string // of the file, for lines that are added
	finalEOL bool   // the last line ends with one; true for an empty file
	sections []section
	murky    []int // lines that may or may not be headers, depending on who reads
	tail     []addition
}

type line struct {
	text  string   // without line ending
	eol   string   // "\n", "\r\n"; "" possible for the last line only
	gone  bool     // taken out
	after []string // lines put in behind it, or into its place
}

// section is a profile's section; others are only boundaries.
type section struct {
	name       string
	header     int // line
	properties []property
	others     int // line of the first thing that is neither property, comment nor blank; 0: none
	murky      int // line of the first thing that may be a header; 0: none
}

type property struct {
	key       string // in small letters
	value     string // without surrounding space
	indent    string
	line      int
	continued int  // the first line that belongs to the same value by its indentation; 0: none
	asWritten bool // the key is in small letters and "=" follows, as put writes it
}

const byteOrderMark = "\xef\xbb\xbf"

// parse cuts a file into lines and sections. Foreign lines may hold anything but what makes readers disagree on where a
// line ends. The error is an *unsafeError.
func parse(data []byte, d dialect) (*document, error) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, &unsafeError{1, "the file is UTF-16; no tool reads that, save it as UTF-8"}
	}
	doc := &document{dialect: d, eol: "\n", finalEOL: true}
	text, hasBOM := strings.CutPrefix(string(data), byteOrderMark)
	if hasBOM {
		doc.bom = byteOrderMark
	}
	for rest := text; rest != ""; {
		raw := rest
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			raw = rest[:end+1]
		}
		rest = rest[len(raw):]
		l := splitEOL(raw)
		switch {
		case strings.Contains(l.text, "\x00"):
			return nil, &unsafeError{len(doc.lines) + 1, "a NUL byte; this is not a text file"}
		case strings.Contains(l.text, "\r"):
			return nil, &unsafeError{len(doc.lines) + 1, "a carriage return inside a line, which some tools take for its end"}
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

// findSections reads the lines as Python's configparser does (botocore reads with it), and marks what the AWS SDKs for
// Go and JavaScript read in another way. A line that is indented more than the property above it continues that one's
// value; blank lines and comments between make no difference.
func (doc *document) findSections() {
	var (
		current *section
		scratch section // takes what belongs to no profile
		last    *property
	)
	current = &scratch
	for i, l := range doc.lines {
		trimmed := strings.TrimSpace(l.text)
		if trimmed == "" || isComment(trimmed) {
			continue
		}
		indent := l.text[:len(l.text)-len(strings.TrimLeftFunc(l.text, unicode.IsSpace))]
		if trimmed[0] == '[' {
			name, ok := doc.dialect.parse(trimmed)
			if indent != "" || !ok {
				doc.murky = append(doc.murky, i)
			}
			if indent == "" {
				scratch, current, last = section{}, &scratch, nil
				if ok && name != "" {
					doc.sections = append(doc.sections, section{name: name, header: i})
					current = &doc.sections[len(doc.sections)-1]
				}
			} else if current.murky == 0 {
				current.murky = i
			}
			continue
		}
		if last != nil && len(indent) > len(last.indent) {
			if last.continued == 0 {
				last.continued = i
			}
			continue
		}
		delimiter := strings.IndexAny(trimmed, "=:")
		if delimiter < 0 {
			if current.others == 0 {
				current.others = i
			}
			continue
		}
		key := strings.TrimSpace(trimmed[:delimiter])
		current.properties = append(current.properties, property{
			key:       strings.ToLower(key),
			value:     strings.TrimSpace(trimmed[delimiter+1:]),
			indent:    indent,
			line:      i,
			asWritten: key == strings.ToLower(key) && trimmed[delimiter] == '=',
		})
		last = &current.properties[len(current.properties)-1]
	}
}

// isComment reports whether a line without the space around it is a comment.
func isComment(text string) bool { return text != "" && (text[0] == '#' || text[0] == ';') }

// find returns the section of that name, or nil. It refuses where there are two, or a line that may be a second one.
func (doc *document) find(name string) (*section, error) {
	var found *section
	for i := range doc.sections {
		s := &doc.sections[i]
		if s.name != name {
			continue
		}
		if found != nil {
			return nil, &unsafeError{s.header + 1, fmt.Sprintf("the section %s is there a second time, after line %d",
				doc.dialect.header(name), found.header+1)}
		}
		found = s
	}
	for _, i := range doc.murky {
		if mentions(doc.lines[i].text, name) {
			return nil, &unsafeError{i + 1, fmt.Sprintf("this line may be the header %s; not every tool reads it so",
				doc.dialect.header(name))}
		}
	}
	return found, nil
}

// property returns the one property of that key, or nil.
func (s *section) property(key string) *property {
	for i := range s.properties {
		if s.properties[i].key == key {
			return &s.properties[i]
		}
	}
	return nil
}

// editable refuses a section in which the lines of the given keys can't be told apart for certain.
func (s *section) editable(keys []string) error {
	if s.murky != 0 {
		return &unsafeError{s.murky + 1, "an indented bracket, which some tools take for the header of a new section"}
	}
	for _, key := range keys {
		var first *property
		for i := range s.properties {
			p := &s.properties[i]
			switch {
			case p.key != key:
			case p.continued != 0:
				return &unsafeError{p.continued + 1, fmt.Sprintf("it is indented and so continues the value of %s", key)}
			case first != nil:
				return &unsafeError{p.line + 1, fmt.Sprintf("%s is set a second time, after line %d", key, first.line+1)}
			default:
				first = p
			}
		}
	}
	return nil
}

// cutComment splits a value from a comment behind it. The AWS SDKs for Go and JavaScript drop such a comment, the AWS
// CLI takes it for a part of the value.
func cutComment(value string) (bare, comment string) {
	for i := 1; i < len(value); i++ {
		if (value[i] == '#' || value[i] == ';') && (value[i-1] == ' ' || value[i-1] == '\t') {
			return strings.TrimSpace(value[:i]), value[i:]
		}
	}
	return value, ""
}
