// Package browser is a person at a web page: it opens one, fills in its forms and presses the buttons that say what the
// person wants, until the page that says it is done.
package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// maxPages bounds a walk; the longest sign-in has four.
const maxPages = 6

// Walk opens a page and submits form after form until a page shows the words done. answers are what the person enters
// into the fields of a name, and the values of the buttons they press.
func Walk(ctx context.Context, start string, answers map[string]string, done string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	person := &http.Client{Jar: jar, Timeout: time.Minute}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, start, nil)
	if err != nil {
		return err
	}
	for range maxPages {
		page, err := open(person, request)
		if err != nil {
			return err
		}
		if strings.Contains(page.text, done) {
			return nil
		}
		if len(page.forms) == 0 {
			return fmt.Errorf("a page without a form: %s", page.text)
		}
		// Where there are two, the first goes on and the second refuses.
		if request, err = page.forms[0].fill(ctx, page.address, answers); err != nil {
			return err
		}
	}
	return errors.New("the forms never end")
}

type page struct {
	address *url.URL
	text    string
	forms   []form
}

type form struct {
	action  string
	fields  url.Values // with the values that the page gave them
	buttons []button
}

type button struct{ name, value string }

func open(person *http.Client, request *http.Request) (*page, error) {
	resp, err := person.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	root, err := html.Parse(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	p := &page{address: resp.Request.URL}
	p.read(root)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s: %s", p.address.Path, resp.Status, p.text)
	}
	return p, nil
}

// read collects the forms and the visible text below a node.
func (p *page) read(n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		if text := strings.TrimSpace(n.Data); text != "" {
			p.text += text + " "
		}
	case n.Type == html.ElementNode && (n.Data == "script" || n.Data == "style"):
		return
	case n.Type == html.ElementNode && n.Data == "form":
		p.forms = append(p.forms, form{action: attribute(n, "action"), fields: url.Values{}})
	case n.Type == html.ElementNode && len(p.forms) > 0:
		last := &p.forms[len(p.forms)-1]
		switch n.Data {
		case "input":
			last.fields.Set(attribute(n, "name"), attribute(n, "value"))
		case "button":
			last.buttons = append(last.buttons, button{attribute(n, "name"), attribute(n, "value")})
		}
	}
	for child := range n.ChildNodes() {
		p.read(child)
	}
}

// fill makes the request that submits the form. A field without an answer keeps the page's value, and a button counts
// where its value is the answer.
func (f form) fill(ctx context.Context, page *url.URL, answers map[string]string) (*http.Request, error) {
	target, err := page.Parse(f.action) // an empty action is the page itself
	if err != nil {
		return nil, err
	}
	for name := range f.fields {
		if answer, ok := answers[name]; ok {
			f.fields.Set(name, answer)
		}
	}
	for _, b := range f.buttons {
		if answer, ok := answers[b.name]; ok && answer == b.value {
			f.fields.Set(b.name, b.value)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(f.fields.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request, nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
