package editor

import (
	"strings"
	"unicode"
)

// HeaderStyle is how a kind of config file writes the headers of its sections.
type HeaderStyle int

const (
	// Plain: [name].
	Plain HeaderStyle = iota
	// Prefixed: [profile name], and [default] without the word; a section with another word in front is not a profile.
	// All readers of such files ignore the case of keys and read ":" as "=".
	Prefixed
)

func (h HeaderStyle) header(name string) string {
	if h == Plain || name == "default" {
		return "[" + name + "]"
	}
	return "[profile " + name + "]"
}

// reads reports whether every reader of such a file reads the property as the setting.
func (h HeaderStyle) reads(p *Property, v Setting) bool {
	return p.Value == v.Value && (p.AsWritten || h == Prefixed)
}

// parse reads a line that starts with a bracket. ok is false if the readers of these files read it in different ways
// (measured with botocore, the AWS SDK for Go and Python's configparser, which reads up to the last bracket). name is
// "" for a section that is not a profile.
func (h HeaderStyle) parse(line string) (name string, ok bool) {
	inner, rest, closed := strings.Cut(line[1:], "]")
	rest = strings.TrimSpace(rest)
	if !closed || strings.ContainsAny(inner, "[#;") || rest != "" && !isComment(rest) || strings.Contains(rest, "]") ||
		inner != strings.TrimSpace(inner) {
		return "", false
	}
	if h == Plain || inner == "default" {
		return inner, inner != ""
	}
	space := strings.IndexAny(inner, " \t")
	if space < 0 || inner[:space] != "profile" {
		return "", true
	}
	return unquote(strings.Trim(inner[space:], " \t"))
}

// unquote removes the quotes from a name such as "a b". Names that a shell would join from parts are refused.
func unquote(name string) (string, bool) {
	if len(name) >= 2 && (name[0] == '"' || name[0] == '\'') && name[len(name)-1] == name[0] {
		name = name[1 : len(name)-1]
	} else if strings.ContainsAny(name, " \t") {
		return "", false
	}
	return name, name != "" && !strings.ContainsAny(name, `"'\`)
}

// mentions reports whether a line that is not clearly a header may mean the section of that name.
func mentions(line, name string) bool {
	line = strings.NewReplacer(`"`, "", "'", "", `\`, "").Replace(line)
	for word := range strings.FieldsFuncSeq(line, func(r rune) bool {
		return r <= unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
	}) {
		if word == name {
			return true
		}
	}
	return false
}
