package iam

import "encoding/json"

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
func (w Words) MarshalJSON() ([]byte, error) {
	if len(w) == 1 {
		return json.Marshal(w[0])
	}
	return json.Marshal([]string(w))
}

// Policy is the document that holds these statements.
func Policy(statements ...Statement) Document {
	return Document{Version: "2012-10-17", Statement: statements}
}

// JSON is the document without white space, the same bytes for the same document.
func (d Document) JSON() string { return compact(d) }

// JSON is the statement without white space.
func (s Statement) JSON() string { return compact(s) }

func compact(v any) string {
	text, _ := json.Marshal(v) // never fails: there is nothing but text in it
	return string(text)
}
