// Package source is where the access map comes from and what it makes the person trust.
//
// In goes the path or address that the organisation gave; out come the map's bytes with their Origin, a copy of both in
// the settings directory, the Stamp by which a later run knows that the copy has not changed, and what a newer version
// of the map would change, which a person has to agree to before it is used. It does not ask for that itself. It must
// never load a copy that is not, byte for byte, what was fetched, never parse what the named key has not signed, and never
// send anything but the requests for the map and its signature.
package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Origin says where a copy of a map came from. It lies beside the copy.
type Origin struct {
	From    string    `json:"from"` // absolute path of a file, or the https address
	ETag    string    `json:"etag,omitempty"`
	SHA256  string    `json:"sha256"` // of the copy, in lower case hex
	Fetched time.Time `json:"fetched"`
	// What the map says about its own age, in seconds; 0 for nothing. Here it can be read without parsing the map.
	MaxAge  int64 `json:"max_age,omitempty"`
	Expires int64 `json:"expires,omitempty"`
	// The minisign key that the person named, by which each version has to be signed; "" for none. And what its author
	// said in signing this one.
	SignedBy string `json:"signed_by,omitempty"`
	Comment  string `json:"signature_comment,omitempty"`
}

// Display is where the map came from as it may be shown: cleaned, and without a query.
func (o Origin) Display() string { return withoutQuery(o.From) }

// Digest is the SHA-256 of a map's bytes, in lower case hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Fetch gets a map from a path, a file:// address or an https address (http to loopback), unparsed. client is one of
// internal/httpclient. The origin has From, ETag and SHA256; the caller sets Fetched.
//
// previous is the origin of the present copy, or nil where no copy loads. If the map has not changed since, notModified
// is true, data nil and the origin that of previous.
func Fetch(ctx context.Context, client *http.Client, from string, previous *Origin) (
	data []byte, origin Origin, notModified bool, err error,
) {
	address, path, err := locate(from)
	if err != nil {
		return nil, Origin{}, false, err
	}
	if address == nil {
		var stamp Stamp
		data, stamp, err = readFile(localfile.Read, path)
		origin.From = stamp.Path
	} else {
		origin.From = address.String()
		if previous != nil && previous.From != origin.From {
			previous = nil
		}
		data, origin.ETag, notModified, err = download(ctx, client, address, previous)
	}
	if err != nil {
		return nil, Origin{}, false, err
	}
	origin.SHA256 = Digest(data)
	if previous != nil && (notModified || previous.From == origin.From && previous.SHA256 == origin.SHA256) {
		return nil, *previous, true, nil
	}
	return data, origin, false, nil
}

// locate tells an address from a path; one of the two comes back.
func locate(from string) (address *url.URL, path string, err error) {
	scheme, _, isURL := strings.Cut(from, "://")
	if !isURL {
		path, err = filepath.Abs(from)
		return nil, path, err
	}
	if !strings.EqualFold(scheme, "file") {
		if address, err = httpclient.CheckURL(from); err != nil {
			return nil, "", ui.Errorf("map-address-invalid", ui.Usage, "the access map's address: %w", err).
				With(ui.Advice("name a file, or an https address"))
		}
		return address, "", nil
	}
	u, err := url.Parse(from)
	if err != nil || u.Host != "" && !strings.EqualFold(u.Host, "localhost") || u.RawQuery != "" || u.Fragment != "" {
		return nil, "", ui.Errorf("map-address-invalid", ui.Usage, "%q is not a file address", ui.Cut(from, 80)).
			With(ui.Advice("write it as file:///directory/map.yaml"))
	}
	path = u.Path
	if runtime.GOOS == "windows" { // file:///C:/map.yaml
		path = strings.TrimPrefix(path, "/")
	}
	path, err = filepath.Abs(filepath.FromSlash(path))
	return nil, path, err
}

// download asks an address for the map. known is the origin of the present copy of it, or nil.
func download(ctx context.Context, client *http.Client, address *url.URL, known *Origin) (
	data []byte, etag string, notModified bool, err error,
) {
	doing, tag := "fetching the access map from "+withoutQuery(address.String()), ""
	if known != nil {
		tag = known.ETag
	}
	a, err := ask(ctx, client, doing, address, tag)
	if err != nil {
		return nil, "", false, err
	}
	if a.Status == http.StatusNotModified && tag != "" {
		return nil, tag, true, nil
	}
	const elsewhere = "use an address that answers without signing in, or download the file and use its path"
	switch {
	case a.IsPage():
		return nil, "", false, a.NoAnswer().With(ui.Advice(elsewhere))
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return nil, "", false, ui.Errorf("map-fetch-refused", ui.Failed, "%s: the server answered with status %d", doing, a.Status).
			With(ui.Advice(elsewhere))
	case a.Status != http.StatusOK:
		return nil, "", false, a.NoAnswer()
	}
	if len(a.Body) > accessmap.MaxSize {
		return nil, "", false, httpclient.Explain(doing, httpclient.ErrBodyTooLarge)
	}
	return a.Body, usableETag(a.Header.Get("ETag")), false, nil
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

// withoutQuery is an address as it may be shown: a query may hold a token of a private repository. A path stays whole.
func withoutQuery(from string) string {
	if strings.Contains(from, "://") {
		from, _, _ = strings.Cut(from, "?")
	}
	return ui.Clean(from)
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
