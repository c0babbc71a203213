package render

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document writes an object as YAML, in the order of its members.
func document(o object) string {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(node(o)); err != nil {
		panic(fmt.Sprintf("render: %v", err)) // never: a buffer takes all
	}
	return b.String()
}

// commented is a value with lines of comment above its key.
type commented struct {
	comment comment
	value   value
}

func node(v value) *yaml.Node {
	switch v := v.(type) {
	case string:
		return scalar(v)
	case int:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(v)}
	case reference: // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getatt.html
		return node(object{{"Fn::GetAtt", list{string(v), "Arn"}}})
	case list:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for _, one := range v {
			n.Content = append(n.Content, node(one))
		}
		return n
	case object:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for _, m := range v {
			key, below := scalar(m.key), m.value
			if c, ok := below.(commented); ok {
				below = c.value
				for i, line := range c.comment {
					c.comment[i] = strings.TrimRight("# "+line, " ")
				}
				key.HeadComment = strings.Join(c.comment, "\n")
			}
			n.Content = append(n.Content, key, node(below))
		}
		return n
	}
	panic(fmt.Sprintf("render: no value of YAML: %T", v)) // never: the values are this package's own
}

// scalar is a text, in quotes unless it is one of ARNs, actions and names that every version of YAML reads as text.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	plain := text != "" && letter(rune(text[0])) && !strings.HasSuffix(text, ":") && strings.IndexFunc(text, func(r rune) bool {
		return !letter(r) && !digit(r) && !strings.ContainsRune(":/._*-", r)
	}) < 0
	if !plain || slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(text)) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
