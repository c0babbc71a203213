package evaluate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// node is a JSON value that keeps the order of its members and refuses two of one name, in which encoding/json, IAM and
// other readers would each see another policy.
type node struct {
	name    string // of a member of an object
	kind    shape
	text    string // of a text; of a number, true or false as they are written
	members []node // of an object or an array
}

type shape int

const (
	text shape = iota
	scalar
	null
	array
	object
)

// deepest is how deep a policy nests: policy, statements, statement, conditions, operator, key, value.
const deepest = 8

func readJSON(document string) (node, error) {
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	n, err := readNode(decoder, 0)
	if err != nil {
		return node{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return node{}, errors.New("something follows the policy")
	}
	return n, nil
}

func readNode(decoder *json.Decoder, depth int) (node, error) {
	if depth > deepest {
		return node{}, errors.New("the policy nests too deep")
	}
	token, err := decoder.Token()
	if err != nil {
		return node{}, fmt.Errorf("the policy is not JSON: %w", err)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return readMembers(decoder, array, depth)
		}
		return readMembers(decoder, object, depth) // a closing one is an error of the decoder
	case string:
		return node{kind: text, text: token}, nil
	case json.Number:
		return node{kind: scalar, text: token.String()}, nil
	case bool:
		return node{kind: scalar, text: strconv.FormatBool(token)}, nil
	default:
		return node{kind: null}, nil
	}
}

func readMembers(decoder *json.Decoder, kind shape, depth int) (node, error) {
	n := node{kind: kind}
	names := make(map[string]bool)
	for decoder.More() {
		name := ""
		if kind == object {
			token, err := decoder.Token()
			if err != nil {
				return node{}, fmt.Errorf("the policy is not JSON: %w", err)
			}
			name, _ = token.(string) // the decoder takes nothing else there
			if names[name] {
				return node{}, fmt.Errorf("%q is there twice", short(name))
			}
			names[name] = true
		}
		m, err := readNode(decoder, depth+1)
		if err != nil {
			return node{}, err
		}
		m.name = name
		n.members = append(n.members, m)
	}
	if _, err := decoder.Token(); err != nil {
		return node{}, fmt.Errorf("the policy is not JSON: %w", err)
	}
	return n, nil
}
