package dex

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

// maxPages bounds the walk: user code, log in, grant, and the page that says it is done.
const maxPages = 5

// Approve does what a person does with a browser: open the verification page, enter the user code, log in as the user
// and grant access.
func Approve(ctx context.Context, verificationURI, userCode string, user User) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, verificationURI, nil)
	if err != nil {
		return err
	}
	answers := map[string]string{
		"user_code": userCode, "login": user.Email, "password": user.Password, "approval": "approve",
	}
	for range maxPages {
		page, err := open(browser, request)
		if err != nil {
			return err
		}
		if page.says("Login Successful") {
			return nil
		}
		if len(page.forms) == 0 {
			return fmt.Errorf("a page without a form: %s", page.text)
		}
		// Where there are two, the first grants and the second refuses.
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
	action string
	fields url.Values // with the values that the page gave them
}

func open(browser *http.Client, request *http.Request) (*page, error) {
	resp, err := browser.Do(request)
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
		p.forms = append(p.forms, form{attribute(n, "action"), url.Values{}})
	case n.Type == html.ElementNode && n.Data == "input" && len(p.forms) > 0:
		p.forms[len(p.forms)-1].fields.Set(attribute(n, "name"), attribute(n, "value"))
	}
	for child := range n.ChildNodes() {
		p.read(child)
	}
}

func (p *page) says(words string) bool { return strings.Contains(p.text, words) }

// fill makes the request that submits the form. A field without an answer keeps the page's value.
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
