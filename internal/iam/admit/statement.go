package admit

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dbxaccess/dbxaccess/internal/iam/evaluate"
)

// statement is one, as texts, and as policies of their own.
type statement struct {
	Sid          string
	Effect       string
	Principal    principals
	NotPrincipal principals
	Condition    map[string]map[string]words

	number int
	alone  *evaluate.Policy // it alone
	bare   *evaluate.Policy // without its conditions
}

// principals are by kind: AWS, Service, Federated, CanonicalUser.
type principals map[string]words

// UnmarshalJSON implements json.Unmarshaler.
func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	var by map[string]words
	if err := json.Unmarshal(data, &by); err != nil {
		return err
	}
	*p = by
	return nil
}

// words are one value or several, as texts.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		list = []json.RawMessage{data}
	}
	*w = words{}
	for _, one := range list {
		var text string
		if json.Unmarshal(one, &text) != nil {
			text = string(one) // a number, true or false
		}
		*w = append(*w, text)
	}
	return nil
}

// read takes apart a document that package evaluate has read.
func read(document string) ([]statement, error) {
	var top struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(document), &top); err != nil {
		return nil, err
	}
	var raw []json.RawMessage
	if json.Unmarshal(top.Statement, &raw) != nil {
		raw = []json.RawMessage{top.Statement}
	}
	statements := make([]statement, len(raw))
	for i, text := range raw {
		s := &statements[i]
		var parts map[string]json.RawMessage
		if err := errors.Join(json.Unmarshal(text, s), json.Unmarshal(text, &parts)); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		s.number = i + 1
		delete(parts, "Condition")
		without, err := json.Marshal(parts)
		if err != nil {
			return nil, err
		}
		version := ""
		if top.Version != "" {
			version = `"Version":"` + top.Version + `",`
		}
		for into, statement := range map[**evaluate.Policy]string{&s.alone: string(text), &s.bare: string(without)} {
			if *into, err = evaluate.Parse(`{` + version + `"Statement":[` + statement + `]}`); err != nil {
				return nil, fmt.Errorf("statement %d: %w", i+1, err)
			}
		}
	}
	return statements, nil
}
