package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const spaces = " \t\r\n"

// word is one word of a fault or a setting: name=value, or a bare name, which is short for name=true.
type word struct {
	name  string
	value string // with a Go string literal's quotes and escapes resolved
	raw   string // as written
}

// json is the value as JSON. It is taken as written, so that "5" is a JSON string and 5 a number.
func (w word) json() (json.RawMessage, error) {
	if !json.Valid([]byte(w.raw)) {
		return nil, fmt.Errorf("%s is not JSON", w.raw)
	}
	return json.RawMessage(w.raw), nil
}

// splitWords splits a text at white space. A value that starts with a double quote goes on to the closing one, so that
// it can hold spaces and, escaped, control characters.
func splitWords(text string) ([]word, error) {
	var words []word
	for {
		text = strings.TrimLeft(text, spaces)
		if text == "" {
			return words, nil
		}
		end := strings.IndexAny(text, "="+spaces)
		if end < 0 {
			end = len(text)
		}
		w := word{name: text[:end], value: "true", raw: "true"}
		text = text[end:]
		if after, ok := strings.CutPrefix(text, "="); ok {
			var err error
			if w.raw, w.value, err = cutValue(after); err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
			text = after[len(w.raw):]
		}
		words = append(words, w)
	}
}

func cutValue(text string) (raw, value string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, spaces)
		if end < 0 {
			end = len(text)
		}
		return text[:end], text[:end], nil
	}
	raw, err = strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", errors.New("the quoted value is not closed or holds an unknown escape")
	}
	value, err = strconv.Unquote(raw)
	return raw, value, err
}
