package person

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Page is what a person would notice on a page.
type Page struct {
	URL     *url.URL
	Status  int
	Form    *Form  // nil without
	Problem string // what an alert says
	Outcome string // how the sign-in ended, on the last page
}

// Form is the form of a page.
type Form struct {
	Action  string
	Fields  map[string]string // with the values that the page gave them
	Buttons []Button
}

// Button is one of a form's. One without a name only submits it.
type Button struct{ Name, Value string }

func (f *Form) press(answers map[string]string) (Button, bool) {
	for _, b := range f.Buttons {
		if b.Name == "" || answers[b.Name] == b.Value {
			return b, true
		}
	}
	return Button{}, false
}

func (p *Page) read(r io.Reader) error {
	root, err := html.Parse(r)
	if err != nil {
		return fmt.Errorf("reading a page: %w", err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		if attr["data-outcome"] != "" {
			p.Outcome = attr["data-outcome"]
		}
		if attr["role"] == "alert" {
			p.Problem = innerText(n)
		}
		switch {
		case n.Data == "form":
			p.Form = &Form{Action: attr["action"], Fields: map[string]string{}}
		case n.Data == "input" && p.Form != nil:
			p.Form.Fields[attr["name"]] = attr["value"]
		case n.Data == "button" && p.Form != nil:
			p.Form.Buttons = append(p.Form.Buttons, Button{attr["name"], attr["value"]})
		}
	}
	return nil
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
