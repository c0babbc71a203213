package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/config/settings"
)

// put returns the file with a setting in it. Whatever form the file has, what comes out is read once more: it must say the same as
// before about all else. So an edit that YAML takes otherwise than meant is an error, and never a changed meaning.
func put(data []byte, key string, words []string, list bool) ([]byte, error) {
	rendered, err := render(words, list)
	if err != nil {
		return nil, err
	}
	t, err := newText(data)
	if err != nil {
		return nil, err
	}
	switch found, section := t.find(key); {
	case len(found) > 1:
		return nil, fmt.Errorf("%s stands in it twice, in line %d for the second time", key, found[1].key.Line)
	case len(found) == 1:
		err = t.replace(found[0], rendered)
	case section != nil:
		err = t.insert(section, last(key)+": "+rendered)
	default:
		err = t.add(key, rendered)
	}
	if err != nil {
		return nil, err
	}
	want := any(words)
	if !list {
		want = words[0]
	}
	return t.checked(data, key, want)
}

// drop returns the file without a setting, and without its section if nothing is left in it. Comments stay.
func drop(data []byte, key string) ([]byte, error) {
	t, err := newText(data)
	if err != nil {
		return nil, err
	}
	switch found, _ := t.find(key); {
	case len(found) == 0:
		return data, nil
	case len(found) > 1:
		return nil, fmt.Errorf("%s stands in it twice, in line %d for the second time", key, found[1].key.Line)
	default:
		if err := t.remove(found[0]); err != nil {
			return nil, err
		}
	}
	return t.checked(data, key, nil)
}

// render writes words as YAML has them anywhere, in a flow collection too.
func render(words []string, list bool) (string, error) {
	sequence := yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, word := range words {
		item := yaml.Node{}
		item.SetString(word)
		if strings.ContainsAny(word, "\n\r") || !utf8.ValidString(word) { // which YAML has other forms for
			return "", errors.New("a value is no text of one line")
		}
		sequence.Content = append(sequence.Content, &item)
	}
	out, err := yaml.Marshal(&sequence)
	text := strings.TrimSpace(string(out))
	if !list {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	}
	return text, err
}

// checked returns the text if it says of all else what it said before, and of the key what was wanted; nil is nothing.
func (t *text) checked(before []byte, key string, want any) ([]byte, error) {
	after := t.bytes()
	was, err := meaning(before)
	if err != nil {
		return nil, err
	}
	is, err := meaning(after)
	if err != nil {
		return nil, errors.New("its form is unusual")
	}
	delete(was, key)
	got := is[key]
	delete(is, key)
	if words, ok := got.([]any); ok {
		var list []string
		for _, word := range words {
			list = append(list, fmt.Sprint(word))
		}
		got = list
	}
	if !reflect.DeepEqual(was, is) || !reflect.DeepEqual(got, want) {
		return nil, errors.New("its form is unusual")
	}
	return after, nil
}

// meaning is what a file says, by key. A section that says nothing is as none. There must be nothing behind its end.
func meaning(data []byte) (map[string]any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	top := map[string]any{}
	if err := decoder.Decode(&top); err != nil && len(bytes.TrimSpace(data)) > 0 && document(data) != nil {
		return nil, err
	}
	if err := decoder.Decode(new(any)); err == nil {
		return nil, errors.New("it holds more than one document")
	}
	flat := map[string]any{}
	for key, value := range top {
		key = strings.ToLower(key)
		section, ok := value.(map[string]any)
		if !ok || settings.Find(key) != nil {
			if value != nil || !isSection(key) {
				flat[key] = value
			}
			continue
		}
		for inner, value := range section {
			flat[key+"."+strings.ToLower(inner)] = value
		}
	}
	return flat, nil
}

// isSection reports whether settings have that section.
func isSection(key string) bool {
	return slices.ContainsFunc(settings.All(), func(t settings.Setting) bool { return strings.HasPrefix(t.Key, key+".") })
}

// last is a key without its section.
func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
