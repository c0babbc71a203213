package accessmap_test

import (
	"fmt"
	"strings"
)

// text is the map.
func (w world) text() string {
	var b strings.Builder
	b.WriteString("version: 1\nidentities: {idp: {issuer: https://idp.example, client_id: x, groups: {}}}\n")
	if len(w.datasets) > 0 {
		b.WriteString("datasets:\n")
	}
	for _, d := range w.datasets {
		fmt.Fprintf(&b, "  %s: {%s}\n", d.name, strings.Join(d.words(), ", "))
	}
	b.WriteString("roles:\n")
	for _, r := range w.roles {
		fmt.Fprintf(&b, "  %s: {%s}\n", r.name, strings.Join(r.words(), ", "))
	}
	return b.String()
}

func (d dataset) words() []string {
	words := []string{"locations: " + quoted(d.places)}
	if len(d.places) == 1 {
		words[0] = fmt.Sprintf("location: %q", d.places[0])
	}
	if len(d.deny) > 0 {
		words = append(words, "deny: "+quoted(d.deny))
	}
	if d.root {
		words = append(words, "root: exact")
	}
	if d.key != "" {
		words = append(words, fmt.Sprintf("kms_key: %q", d.key))
	}
	return words
}

func (r role) words() []string {
	words := []string{fmt.Sprintf("aws: {role_arn: %q, region: us-east-1}", r.arn)}
	for _, list := range []struct {
		word  string
		names []string
	}{{"inherits", r.inherits}, {"read", r.read}, {"write", r.write}, {"readwrite", r.readwrite}, {"delete", r.delete}} {
		if len(list.names) > 0 {
			words = append(words, list.word+": "+quoted(list.names))
		}
	}
	var statements []string
	for _, s := range r.statements {
		statements = append(statements, fmt.Sprintf("{actions: %s, resources: %s}", quoted(s.actions), quoted(s.resources)))
	}
	if len(statements) > 0 {
		words = append(words, "statements: ["+strings.Join(statements, ", ")+"]")
	}
	return words
}

func quoted[T any](list []T) string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = fmt.Sprintf("%q", fmt.Sprint(one))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
