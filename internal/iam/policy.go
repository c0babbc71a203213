package iam

import (
	"encoding/json"
	"maps"
	"slices"
)

// Document is an IAM policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one of a permission policy, which names resources, or of a trust policy, which names a principal.
type Statement struct {
	Effect    string
	Principal map[string]Words `json:",omitempty"`
	Action    Words
	Resource  Words      `json:",omitempty"`
	Condition Conditions `json:",omitempty"`
}

// Conditions are the values that each operator takes of each key.
type Conditions map[string]map[string]Words

// Words is written as IAM's JSON allows: a single word as it is, several as a list.
type Words []string

// MarshalJSON writes them.
func (w Words) MarshalJSON() ([]byte, error) { return w.append(nil), nil }

// Policy is the document that holds these statements.
func Policy(statements ...Statement) Document {
	return Document{Version: "2012-10-17", Statement: statements}
}

// JSON is the document without white space, the same bytes for the same document.
func (d Document) JSON() string {
	b := append(appendText(append(make([]byte, 0, MaxSessionPolicy), `{"Version":`...), d.Version), `,"Statement":[`...)
	for i, s := range d.Statement {
		if i > 0 {
			b = append(b, ',')
		}
		b = s.append(b)
	}
	return string(append(b, "]}"...))
}

// JSON is the statement without white space.
func (s Statement) JSON() string { return string(s.append(nil)) }

// append writes the statement as encoding/json would. A map of ten thousand roles has as many policies, and reflection would
// be most of what they cost.
func (s Statement) append(b []byte) []byte {
	b = appendText(append(b, `{"Effect":`...), s.Effect)
	if len(s.Principal) > 0 {
		b = appendWords(append(b, `,"Principal":`...), s.Principal)
	}
	b = s.Action.append(append(b, `,"Action":`...))
	if len(s.Resource) > 0 {
		b = s.Resource.append(append(b, `,"Resource":`...))
	}
	if len(s.Condition) > 0 {
		b = append(b, `,"Condition":`...)
		for i, operator := range slices.Sorted(maps.Keys(s.Condition)) {
			b = append(b, "{,"[min(i, 1)])
			b = appendWords(append(appendText(b, operator), ':'), s.Condition[operator])
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendWords(b []byte, wordsOf map[string]Words) []byte {
	b = append(b, '{')
	for i, key := range slices.Sorted(maps.Keys(wordsOf)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = wordsOf[key].append(append(appendText(b, key), ':'))
	}
	return append(b, '}')
}

func (w Words) append(b []byte) []byte {
	if len(w) == 1 {
		return appendText(b, w[0])
	}
	b = append(b, '[')
	for i, word := range w {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, word)
	}
	return append(b, ']')
}

// appendText writes a text in quotes. ARNs and actions stand for themselves; a claim of a token may be anything.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, _ := json.Marshal(s) // never fails for a text
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
