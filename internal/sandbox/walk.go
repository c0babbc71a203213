package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// maxSteps bounds a walk; the longest has four pages.
const maxSteps = 8

// maxPage bounds a page, in bytes.
const maxPage = 1 << 20

// ApproveByForm approves a device code as a person does: it opens the verification page and fills in its forms, as user.
// A verification URL with or without the code will do. client gets a cookie jar of its own; nil is http.DefaultClient.
func ApproveByForm(ctx context.Context, client *http.Client, verificationURL, userCode, user string) error {
	return walkTo(ctx, client, "approved", verificationURL,
		map[string]string{"user_code": userCode, "user": user, "decision": "approve"})
}

// DenyByForm denies a device code as a person does.
func DenyByForm(ctx context.Context, client *http.Client, verificationURL, userCode, user string) error {
	return walkTo(ctx, client, "denied", verificationURL,
		map[string]string{"user_code": userCode, "user": user, "decision": "deny"})
}

// AuthorizeByForm stands for the browser in the browser flow: it opens the authorization URL, signs in as user,
// approves, and follows the redirect to the client that waits on loopback.
func AuthorizeByForm(ctx context.Context, client *http.Client, authorizationURL, user string) error {
	last, err := walk(ctx, client, authorizationURL, map[string]string{"user": user, "decision": "approve"})
	if err == nil && last.outcome != "" {
		err = last.failure()
	}
	return err
}

// walkTo walks to a page that says how it ended, and fails unless it ended so.
func walkTo(ctx context.Context, client *http.Client, outcome, start string, answers map[string]string) error {
	last, err := walk(ctx, client, start, answers)
	if err == nil && last.outcome != outcome {
		err = last.failure()
	}
	return err
}

// walk submits form after form until a page has none, and returns that page.
func walk(ctx context.Context, client *http.Client, start string, answers map[string]string) (*document, error) {
	if client == nil {
		client = http.DefaultClient
	}
	person := *client
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("making a cookie jar: %w", err)
	}
	person.Jar = jar

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, start, nil)
	if err != nil {
		return nil, fmt.Errorf("opening the page: %w", err)
	}
	for range maxSteps {
		d, err := load(&person, request)
		if err != nil {
			return nil, err
		}
		if d.form == nil || d.problem != "" {
			return d, nil
		}
		action, values, err := d.form.fill(d.base, answers)
		if err != nil {
			return nil, err
		}
		request, err = http.NewRequestWithContext(ctx, http.MethodPost, action.String(), strings.NewReader(values.Encode()))
		if err != nil {
			return nil, fmt.Errorf("submitting the form: %w", err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return nil, errors.New("the pages lead round in circles")
}

func load(client *http.Client, request *http.Request) (*document, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("loading a page: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	d, err := readDocument(io.LimitReader(response.Body, maxPage))
	if err != nil {
		return nil, err
	}
	d.base = response.Request.URL
	d.status = response.StatusCode
	return d, nil
}

// fill answers a form as a person does: types into its fields and presses the button that says what is wanted.
func (f *form) fill(base *url.URL, answers map[string]string) (*url.URL, url.Values, error) {
	action, err := base.Parse(f.action)
	if err != nil {
		return nil, nil, fmt.Errorf("the form's address: %w", err)
	}
	values := url.Values{}
	for _, field := range f.fields {
		values.Set(field.name, field.value)
		if answer, ok := answers[field.name]; ok && !field.hidden {
			values.Set(field.name, answer)
		}
	}
	for _, b := range f.buttons {
		if b.name == "" {
			return action, values, nil
		}
		if answers[b.name] == b.value {
			values.Set(b.name, b.value)
			return action, values, nil
		}
	}
	return nil, nil, fmt.Errorf("the page %s has no button for any of the answers", base.Path)
}
