package sandbox

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// document is what a person would notice on a page.
type document struct {
	base    *url.URL
	status  int
	form    *form  // the first one; nil without
	problem string // what an alert says
	outcome string // how the sign-in ended, on the last page
}

type form struct {
	action  string
	fields  []field
	buttons []button
}

type field struct {
	name, value string
	hidden      bool
}

type button struct{ name, value string }

// failure tells why a walk ended on this page.
func (d *document) failure() error {
	return fmt.Errorf("the sign-in ended with status %d, outcome %q, %q", d.status, d.outcome, d.problem)
}

func readDocument(r io.Reader) (*document, error) {
	root, err := html.Parse(r)
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	d := &document{}
	var current *form
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := attributes(n)
		if outcome, ok := attr["data-outcome"]; ok {
			d.outcome = outcome
		}
		if attr["role"] == "alert" {
			d.problem = innerText(n)
		}
		switch n.Data {
		case "form":
			current = &form{action: attr["action"]}
			if d.form == nil {
				d.form = current
			}
		case "input":
			if current != nil && attr["name"] != "" {
				current.fields = append(current.fields, field{attr["name"], attr["value"], attr["type"] == "hidden"})
			}
		case "button":
			if current != nil {
				current.buttons = append(current.buttons, button{attr["name"], attr["value"]})
			}
		}
	}
	return d, nil
}

func attributes(n *html.Node) map[string]string {
	attr := make(map[string]string, len(n.Attr))
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
	}
	return attr
}

func innerText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
