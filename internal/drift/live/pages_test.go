package live

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/drift"
)

// unmarked takes the markers out of answers, so that lists go on and nothing says where.
type unmarked struct{ http.RoundTripper }

var marker = regexp.MustCompile(`<Marker>[^<]*</Marker>`)

func (u unmarked) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	body = marker.ReplaceAll(body, nil)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, err
}

// A list that is cut off is not the whole of it.
func TestAListThatDoesNotSayWhereItGoesOn(t *testing.T) {
	t.Parallel()
	_, o := start(t, held)
	o.HTTP = &http.Client{Transport: unmarked{o.HTTP.Transport}, CheckRedirect: o.HTTP.CheckRedirect, Timeout: o.HTTP.Timeout}
	got, err := read(t, o, named([]string{reader}))
	if err != nil {
		t.Fatal(err)
	}
	var parts []drift.Part
	for _, u := range got.Unread {
		parts = append(parts, u.Part)
		if u.Name != "" || u.Why != "IAM says that the list goes on, and not where" {
			t.Errorf("%+v", u)
		}
	}
	if want := []drift.Part{drift.PartInline, drift.PartAttached}; !slices.Equal(parts, want) {
		t.Errorf("%v is not read, want %v: %+v", parts, want, got)
	}
}
