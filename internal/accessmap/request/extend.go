package request

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
)

// extend moves the end of a role that a list gives, and puts in why, if that is said.
func (d *document) extend(list *yaml.Node, e edit) ([]insertion, error) {
	at := slices.IndexFunc(list.Content, func(n *yaml.Node) bool {
		role := value(n, "role")
		return role != nil && role.Value == e.item
	})
	if at < 0 {
		return nil, errNoPlace
	}
	given := list.Content[at]
	until, err := d.instead(value(given, "until"), accessmap.Until(e.until))
	if err != nil || e.reason == "" {
		return []insertion{until}, err
	}
	var reason insertion
	if old := value(given, "reason"); old != nil {
		reason, err = d.instead(old, quoted(e.reason))
	} else {
		reason, err = d.addKey(given, "reason", quoted(e.reason))
	}
	return []insertion{until, reason}, err
}

// instead puts a text where a scalar stands, which must be in one line and without a tag or anchor.
func (d *document) instead(n *yaml.Node, text string) (insertion, error) {
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	if n == nil || n.Kind != yaml.ScalarNode || n.Anchor != "" || n.Style&^quotes != 0 {
		return insertion{}, errNoPlace
	}
	begin, err := d.offset(n)
	if err != nil {
		return insertion{}, err
	}
	end := begin + len(n.Value)
	if n.Style&quotes != 0 {
		end = quoteEnd(d.data, begin)
	} else if !bytes.HasPrefix(d.data[begin:], []byte(n.Value)) {
		return insertion{}, errNoPlace
	}
	if end < begin || bytes.ContainsAny(d.data[begin:end], "\r\n") {
		return insertion{}, errNoPlace
	}
	return insertion{begin, text, end - begin}, nil
}
