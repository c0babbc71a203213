package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/databricks/databricks-sdk-go/httpclient"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	scimPage = 100
	// mostPages bounds one list. The SDK's iterators have no bound: they ask a server for ever that answers each request with the same page.
	mostPages = 100
)

// pages reads a list, page by page: ask is given what names a page, "" for the first, and returns what names the next, "" after the last.
// A list that does not end is an error: what came until then would be taken for all there is.
func (l *Live) pages(of string, ask func(page string) (next string, err error)) error {
	page := ""
	for range mostPages {
		next, err := ask(page)
		if err != nil || next == "" {
			return err
		}
		if next == page {
			break
		}
		page = next
	}
	return l.unusual("the list of "+of, "does not end")
}

// scim reads a list in SCIM's form (RFC 7644 3.4.2.4), whose pages begin at a number, from 1.
func scim[T any](ctx context.Context, l *Live, path, filter, attributes string, do func(T)) error {
	start := 1
	return l.pages(path, func(page string) (string, error) {
		query := map[string]any{"filter": filter, "attributes": attributes, "count": scimPage}
		if page != "" {
			query["startIndex"] = page
		}
		var answer struct {
			Total     int `json:"totalResults"` // a server may leave it out, and end with an empty page
			Resources []T `json:"Resources"`
		}
		if err := l.ask(ctx, http.MethodGet, path, query, &answer); err != nil {
			return "", err
		}
		for _, one := range answer.Resources {
			do(one)
		}
		start += len(answer.Resources)
		if len(answer.Resources) == 0 || answer.Total > 0 && start > answer.Total {
			return "", nil
		}
		return strconv.Itoa(start), nil
	})
}

// identifier reports whether an ID is one that may be written into a path, or be shown to be copied, as it is.
func identifier(id string) bool { return len(id) <= 64 && ui.IsPlain(id, "-") }

// ask makes a request for which the SDK's services have no whole form, or no bound. body is the query of a GET.
func (l *Live) ask(ctx context.Context, method, path string, body, into any) error {
	headers := map[string]string{"Accept": "application/json", "Content-Type": "application/json"}
	if id := l.c.SDK().Config.WorkspaceID; id != "" {
		headers["X-Databricks-Workspace-Id"] = id // of a host that serves several
	}
	return l.c.SDK().Do(ctx, method, path, headers, nil, body, into)
}

// unusual is an answer that is none of the API.
func (l *Live) unusual(what, is string) error {
	return ui.Errorf("workspace-unknown-answer", ui.Failed, "%s: %s %s", l.c.Doing("what stands"), what, is).
		With(ui.Advice("check the host of the workspace in the access map, and the proxy if there is one"))
}

// misread reports whether an answer was JSON of another form, or none at all.
func misread(err error) bool {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, form := errors.AsType[*json.UnmarshalTypeError](err)
	return syntax || form || errors.Is(err, httpclient.ErrHTMLContent)
}
