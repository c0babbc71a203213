// Package person stands for someone with a browser. In comes a page's address and what the person has to say; forms are
// filled in and submitted until a page has none. It knows nothing of the servers but their pages, as a person does: it
// must not import them.
package person

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
)

const (
	maxSteps = 8       // of a walk; the longest has four pages
	maxPage  = 1 << 20 // bytes
)

// Browser keeps cookies from page to page.
type Browser struct{ client *http.Client }

// NewBrowser opens a browser. It keeps no connections: a client closes its listener once it has been called.
func NewBrowser() (*Browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("making a cookie jar: %w", err)
	}
	return &Browser{&http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}, nil
}

// Walk opens a page in a new browser and goes from form to form: answers are what is typed into fields and chosen by buttons,
// by their names. It fails unless it ends with the outcome that is wanted: one that the last page tells (approved, denied),
// or "" for a page that is not the first one's server's, as the browser flow ends at the client.
func Walk(ctx context.Context, start string, answers map[string]string, outcome string) error {
	b, err := NewBrowser()
	if err != nil {
		return err
	}
	p, err := b.Open(ctx, start)
	if err != nil {
		return err
	}
	from := p.URL.Host
	for range maxSteps {
		switch {
		case p.Form != nil && p.Problem == "":
			if p, err = b.Submit(ctx, p, answers); err != nil {
				return err
			}
		case p.Outcome != outcome || p.Problem != "" || outcome == "" && p.URL.Host == from:
			return fmt.Errorf("the sign-in ended at %s with status %d, outcome %q, %q", p.URL.Host, p.Status, p.Outcome, p.Problem)
		default:
			return nil
		}
	}
	return errors.New("the pages lead round in circles")
}

// Open loads a page.
func (b *Browser) Open(ctx context.Context, address string) (*Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("opening the page: %w", err)
	}
	return b.load(r)
}

// Submit answers the form of a page: types into its fields and presses the first button that says what is wanted, or
// nothing in particular.
func (b *Browser) Submit(ctx context.Context, p *Page, answers map[string]string) (*Page, error) {
	action, err := p.URL.Parse(p.Form.Action)
	if err != nil {
		return nil, fmt.Errorf("the form's address: %w", err)
	}
	values := url.Values{}
	for name, value := range p.Form.Fields {
		values.Set(name, value)
		if answer, ok := answers[name]; ok {
			values.Set(name, answer)
		}
	}
	button, ok := p.Form.press(answers)
	if !ok {
		return nil, fmt.Errorf("the page %s has no button for any of the answers", p.URL.Path)
	}
	if button.Name != "" {
		values.Set(button.Name, button.Value)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, fmt.Errorf("submitting the form: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.load(r)
}

func (b *Browser) load(r *http.Request) (*Page, error) {
	response, err := b.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("loading a page: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	p := &Page{URL: response.Request.URL, Status: response.StatusCode}
	return p, p.read(io.LimitReader(response.Body, maxPage))
}
