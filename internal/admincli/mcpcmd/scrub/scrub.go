// Package scrub takes secrets out of what a program printed, before a language model sees it.
//
// In come secrets that are known, and a text; out comes the text with a mark in the place of each of them, and of what has the shape of
// a key. It looks for them as they are, as JSON, URLs, base64 and hex have them, in pieces of 16 characters, and with white space in
// between. It must never change anything else, and it is no wall: what a program encodes in a way of its own is not found.
package scrub

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/statickeys"
)

const (
	// Mark stands in the place of a secret.
	Mark = "[redacted]"
	// piece is how much of a secret is enough for it to be found, in bytes; one that is shorter is found whole.
	piece = 16
	// shortest secret that is looked for. What is shorter would be found everywhere.
	shortest = 8
)

// Secrets are those that are looked for. The zero value has none.
type Secrets struct {
	known  map[string]bool
	pieces map[string]bool // of piece bytes
	short  map[string]bool // whole, shorter than that
}

// Add adds a secret in all its forms.
func (s *Secrets) Add(value secret.String) {
	text := value.Reveal()
	if len(text) < shortest || s.known[text] {
		return
	}
	if s.known == nil {
		s.known, s.pieces, s.short = make(map[string]bool), make(map[string]bool), make(map[string]bool)
	}
	s.known[text] = true
	for _, form := range forms(text) {
		if len(form) < piece {
			s.short[form] = true
			continue
		}
		for i := range len(form) - piece + 1 {
			s.pieces[form[i:i+piece]] = true
		}
	}
}

// forms are how a secret may stand in a text.
func forms(text string) []string {
	all := []string{
		text, strings.ReplaceAll(text, "/", `\/`), strings.NewReplacer("/", `\u002f`, "+", `\u002b`, "=", `\u003d`).Replace(text),
		url.QueryEscape(text), url.PathEscape(text), lowerEscapes(url.QueryEscape(text)), lowerEscapes(url.PathEscape(text)),
		hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text))),
	}
	for offset := range 3 { // where it stands in what was encoded
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			inner := encoding.EncodeToString([]byte("\x00\x00"[:offset] + text))[[]int{0, 2, 3}[offset]:]
			if (offset+len(text))%3 != 0 {
				inner = inner[:len(inner)-1] // it holds bits of what follows
			}
			all = append(all, inner)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return len(form) < shortest })
}

// lowerEscapes has %2F as %2f.
func lowerEscapes(text string) string {
	b := []byte(text)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

// shapes are of tokens that end by themselves, which package statickeys does not look for: JSON web tokens, AWS session tokens, the keys of
// such sessions.
var shapes = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}` +
	`|\b(?:IQoJ|FwoG|FQoG|AQoD)[A-Za-z0-9+/=%]{60,}` +
	`|\bdapi[0-9a-f]{32}(?:-[0-9])?\b|\bdkea[0-9a-f]{32}\b`)

// Span is a part of a text.
type Span struct{ Start, End int }

// Find finds what has to go, in order and without overlaps.
func (s *Secrets) Find(text string) []Span {
	with := &Secrets{}
	for known := range s.known {
		with.Add(secret.New(known))
	}
	new(statickeys.Scanner).Bytes("output", []byte(text), func(f statickeys.Finding) { with.Add(f.Secret()) })
	var spans []Span
	for _, at := range shapes.FindAllStringIndex(text, -1) {
		spans = append(spans, Span{at[0], at[1]})
	}
	return merged(append(spans, with.in(text)...))
}

// in finds known secrets, with white space in them or without.
func (s *Secrets) in(text string) []Span {
	if len(s.known) == 0 {
		return nil
	}
	spans := s.at(text)
	squeezed, from := squeeze(text)
	if len(squeezed) == len(text) {
		return spans
	}
	for _, span := range s.at(squeezed) {
		spans = append(spans, Span{from[span.Start], from[span.End-1] + 1})
	}
	return spans
}

func (s *Secrets) at(text string) (spans []Span) {
	for i := range len(text) - piece + 1 {
		if s.pieces[text[i:i+piece]] {
			spans = append(spans, Span{i, i + piece})
		}
	}
	for short := range s.short {
		for from := 0; ; {
			i := strings.Index(text[from:], short)
			if i < 0 {
				break
			}
			spans = append(spans, Span{from + i, from + i + len(short)})
			from += i + len(short)
		}
	}
	return spans
}

// squeeze is a text without white space, and where each of its bytes came from.
func squeeze(text string) (squeezed string, from []int) {
	var b strings.Builder
	for i := range len(text) {
		switch text[i] {
		case ' ', '\t', '\n', '\r':
		default:
			b.WriteByte(text[i])
			from = append(from, i)
		}
	}
	return b.String(), from
}

// merged are spans in order, with those that touch made one.
func merged(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	var all []Span
	for _, span := range spans {
		if last := len(all) - 1; last >= 0 && span.Start <= all[last].End {
			all[last].End = max(all[last].End, span.End)
			continue
		}
		all = append(all, span)
	}
	return all
}

// Cut is the part of a text from start to end with the mark in the place of each span, and how many marks it has. A span that is only
// partly in it goes whole.
func Cut(text string, spans []Span, start, end int) (string, int) {
	var b strings.Builder
	marks := 0
	for _, span := range spans {
		if span.End <= start || span.Start >= end {
			continue
		}
		b.WriteString(text[start:max(start, span.Start)])
		b.WriteString(Mark)
		marks++
		start = span.End
	}
	b.WriteString(text[min(start, end):end])
	return b.String(), marks
}
