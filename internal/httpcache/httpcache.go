// Package httpcache keeps public documents of servers from one process to the next: what an issuer says of itself, the keys that
// it signs with, what the host of a workspace is.
//
// In comes an address and the way to ask it; out comes what it answers, or what it answered an earlier process a while ago. What
// was kept gets no belief for that: callers judge it as they judge an answer that has just come, and ask again where it does not
// fit. It must never be older than a day, be of another address, or be the answer to a request that held a secret.
package httpcache

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

const (
	// longest bounds for how long an answer is kept without asking, and is how long one is that does not say.
	longest = 24 * time.Hour
	// shortest is how long one is kept that is to be asked for each time: see docs/decisions/048-kept-documents.md.
	shortest = time.Hour
	// leeway is how far ahead of this machine's clock an answer may have come.
	leeway = time.Minute

	// maxBody bounds what is kept, in bytes; Microsoft's key sets, the largest, have under 20 KiB. Base64 makes a third more of it.
	maxBody = 40 << 10
	// maxValidator bounds an entity tag or a date, in bytes.
	maxValidator = 256
)

// Notes are where all processes of a user see what was kept. Nobody else may write there.
type Notes interface {
	// Note is what SetNote left, nil for nothing.
	Note(name string) []byte
	// SetNote leaves a note; nil takes it away. It does what it can.
	SetNote(name string, note []byte)
}

// Cache has what was kept. The zero value keeps nothing.
type Cache struct {
	Notes Notes
	Now   func() time.Time // wall clock
}

// Fetch sends the request for a document. conditions are to be among its headers.
type Fetch func(conditions http.Header) (*httpclient.Answer, error)

// document is a note.
type document struct {
	Address  string    `json:"address"`
	Asked    time.Time `json:"asked"` // when the server last said so
	Until    time.Time `json:"until"` // it is not asked again before
	Status   int       `json:"status"`
	ETag     string    `json:"etag,omitempty"`
	Modified string    `json:"modified,omitempty"` // as the server wrote it
	Body     []byte    `json:"body,omitempty"`
}

// Get returns what was kept of an address, else what the server answers, which is kept if it is a document, or says that there
// is none (404). Once the time is over for which it may be kept, the server is asked whether it is still the same (RFC 9110
// section 13.1). refetch asks in any case, and for the whole document. The error is fetch's.
func (c Cache) Get(address string, refetch bool, fetch Fetch) (a *httpclient.Answer, kept bool, err error) {
	known, ok := c.read(address)
	switch {
	case refetch || !ok:
		known = document{}
	case c.Now().Before(known.Until):
		return known.answer(), true, nil
	}
	a, err = fetch(known.conditions())
	if err != nil {
		return nil, false, err
	}
	if a.Status == http.StatusNotModified && known.Status == http.StatusOK {
		known.keepFor(a.Header, c.Now())
		c.write(known)
		return known.answer(), false, nil
	}
	c.keep(address, a)
	return a, false, nil
}

// Forget has the next process ask again.
func (c Cache) Forget(address string) {
	if c.Notes != nil {
		c.Notes.SetNote(nameOf(address), nil)
	}
}

// keep keeps what is worth it: a JSON object, or the absence of any. What a network or an outage has to say is neither.
func (c Cache) keep(address string, a *httpclient.Answer) {
	d := document{Address: address, Status: a.Status}
	switch {
	case a.Status == http.StatusOK && a.Object != nil && len(a.Body) <= maxBody:
		d.Body, d.ETag, d.Modified = a.Body, a.Header.Get("ETag"), a.Header.Get("Last-Modified")
	case a.Status != http.StatusNotFound:
		return
	}
	d.keepFor(a.Header, c.Now())
	c.write(d)
}

// validator is a text that the server is sent again; "" for one that is no such text.
func validator(value string) string {
	if len(value) > maxValidator || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return value
}

// keepFor sets the time of an answer that came now (RFC 9111 section 4.2.1). That there is no document is soon asked again.
func (d *document) keepFor(header http.Header, now time.Time) {
	life := lifetime(header)
	if d.Status != http.StatusOK {
		life = shortest
	}
	d.Asked = now.UTC().Round(0)
	d.Until = d.Asked.Add(life)
}

// lifetime is for how long an answer may be kept by its own word, within our bounds.
func lifetime(header http.Header) time.Duration {
	life := longest
	for directive := range strings.SplitSeq(strings.ToLower(strings.Join(header.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache":
			return shortest
		case "max-age":
			if seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				life = min(life, time.Duration(seconds)*time.Second)
			}
		}
	}
	if age, err := strconv.ParseUint(header.Get("Age"), 10, 31); err == nil {
		life -= time.Duration(age) * time.Second
	}
	return max(life, shortest)
}

// conditions ask for the document only if it is another by now.
func (d document) conditions() http.Header {
	header := http.Header{}
	for name, value := range map[string]string{"If-None-Match": d.ETag, "If-Modified-Since": d.Modified} {
		if value = validator(value); value != "" {
			header.Set(name, value)
		}
	}
	return header
}

func (d document) answer() *httpclient.Answer {
	a := &httpclient.Answer{Status: d.Status, Header: http.Header{}, Body: d.Body}
	a.Object, _ = httpclient.ParseObject(d.Body)
	return a
}

// read returns what was kept if it can be believed: of this address, of the last day, and not of the future.
func (c Cache) read(address string) (d document, ok bool) {
	if c.Notes == nil {
		return d, false
	}
	if json.Unmarshal(c.Notes.Note(nameOf(address)), &d) != nil || d.Address != address || len(d.Body) > maxBody {
		return document{}, false
	}
	now := c.Now()
	if d.Asked.After(now.Add(leeway)) || now.Sub(d.Asked) > longest || d.Until.Sub(d.Asked) > longest {
		return document{}, false
	}
	document := d.Status == http.StatusOK && d.answer().Object != nil
	return d, document || d.Status == http.StatusNotFound
}

func (c Cache) write(d document) {
	if data, err := json.Marshal(d); err == nil && c.Notes != nil {
		c.Notes.SetNote(nameOf(d.Address), data)
	}
}

func nameOf(address string) string { return "document " + address }
