package place

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// web is an https address, or an http one of this machine.
type web struct{ url *url.URL }

func parseWeb(from string) (Place, error) {
	u, err := httpclient.CheckURL(from)
	if err != nil {
		return nil, invalid(err).
			With(ui.Advice("name a file, or an address that begins with https://, git+ssh://, git+https:// or s3://"))
	}
	return web{u}, nil
}

func (w web) String() string { return w.url.String() }
func (w web) Shown() string  { return withoutQuery(w.String()) }
func (w web) Quick() bool    { return true }

func (w web) Named() string {
	if w.url.RawQuery != "" {
		return "the same address"
	}
	return ui.Word(w.Shown())
}

// withoutQuery is an address as it may be shown: a query may hold a token of a private repository. A path stays whole.
func withoutQuery(from string) string {
	from, _, _ = strings.Cut(from, "?")
	return ui.Clean(from)
}

func (w web) read(ctx context.Context, t *Tools, tag string) (*Content, error) {
	doing := "fetching the access map from " + w.Shown()
	a, err := ask(ctx, t.HTTP, doing, w.url, tag)
	if err != nil {
		return nil, err
	}
	if a.Status == http.StatusNotModified && tag != "" {
		return &Content{Tag: tag, Unchanged: true}, nil
	}
	elsewhere := w.behindLogin()
	switch {
	case a.IsPage():
		return nil, a.NoAnswer().With(elsewhere)
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return nil, ui.Errorf("map-fetch-refused", ui.Failed, "%s: the server answered with status %d", doing, a.Status).With(elsewhere)
	case a.Status != http.StatusOK:
		return nil, a.NoAnswer()
	}
	if len(a.Body) > accessmap.MaxSize {
		return nil, httpclient.Explain(doing, httpclient.ErrBodyTooLarge)
	}
	return &Content{
		Data: a.Body, Tag: usableETag(a.Header.Get("ETag")),
		signature: func(ctx context.Context) ([]byte, string, error) { return w.signature(ctx, t.HTTP) },
	}, nil
}

// behindLogin is how to read a map that a server gives only to those who sign in.
func (w web) behindLogin() ui.Fix {
	if git := gitAddressOf(w.url); git != "" {
		return ui.Command("dbxaccess init " + ui.Word(git))
	}
	return ui.Advice("use an address that answers without signing in, or git+https://, git+ssh://, s3:// or --from-command (dbxaccess init --help), or download the file and use its path")
}

func (w web) signature(ctx context.Context, client *http.Client) (text []byte, place string, err error) {
	beside := *w.url // the suffix belongs to the path, before the query if there is one
	beside.Path += signatureSuffix
	if beside.RawPath != "" {
		beside.RawPath += signatureSuffix
	}
	place = withoutQuery(beside.String())
	a, err := ask(ctx, client, "fetching the access map's signature from "+place, &beside, "")
	if err != nil {
		return nil, place, err
	}
	switch a.Status {
	case http.StatusOK:
		if a.IsPage() {
			return nil, place, a.NoAnswer()
		}
		return a.Body, place, nil
	// Object stores say 401 or 403 of what is not there to those who may not list it. The map itself was there.
	case http.StatusNotFound, http.StatusGone, http.StatusUnauthorized, http.StatusForbidden:
		return nil, place, fmt.Errorf("%w: %d %s", ErrNoSignature, a.Status, http.StatusText(a.Status))
	}
	return nil, place, a.NoAnswer()
}

// ask requests one file of the server that has the map. tag is that of what is there already, or "".
func ask(ctx context.Context, client *http.Client, doing string, address *url.URL, tag string) (*httpclient.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	request.Header.Set("Accept", "application/yaml, text/plain, */*;q=0.5")
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	asked := httpclient.Asked{Doing: doing, Of: "a server with an access map", Named: "the address that dbxaccess init was given"}
	return httpclient.Do(client, asked, request)
}

// usableETag drops a tag that could not be sent back: RFC 9110 section 8.8.3.
func usableETag(tag string) string {
	const longest = 256
	opaque := strings.TrimPrefix(tag, "W/")
	if len(tag) > longest || len(opaque) < 2 || opaque[0] != '"' || opaque[len(opaque)-1] != '"' {
		return ""
	}
	for _, c := range []byte(opaque[1 : len(opaque)-1]) {
		if c < 0x21 || c == '"' || c == 0x7f {
			return ""
		}
	}
	return tag
}
