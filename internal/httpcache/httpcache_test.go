package httpcache

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
)

const address = "https://idp.example.com/.well-known/openid-configuration"

// notes of one test.
type notes map[string][]byte

func (n notes) Note(name string) []byte { return n[name] }

func (n notes) SetNote(name string, note []byte) {
	if delete(n, name); note != nil {
		n[name] = note
	}
}

// server answers with one document and counts.
type server struct {
	status     int
	header     http.Header
	body       string
	err        error
	asked      int
	conditions http.Header
}

func (s *server) fetch(conditions http.Header) (*httpclient.Answer, error) {
	s.asked++
	s.conditions = conditions
	if s.err != nil {
		return nil, s.err
	}
	a := &httpclient.Answer{Status: s.status, Header: s.header, Body: []byte(s.body)}
	a.Object, _ = httpclient.ParseObject(a.Body)
	return a, nil
}

func TestForHowLongAnAnswerIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		status int
		want   time.Duration
	}{
		"not told":            {nil, 200, 24 * time.Hour},
		"two hours":           {http.Header{"Cache-Control": {"public, max-age=7200"}}, 200, 2 * time.Hour},
		"in quotes":           {http.Header{"Cache-Control": {`Max-Age="7200"`}}, 200, 2 * time.Hour},
		"two hours, one over": {http.Header{"Cache-Control": {"max-age=7200"}, "Age": {"600"}}, 200, 110 * time.Minute},
		"a month":             {http.Header{"Cache-Control": {"max-age=2592000"}}, 200, 24 * time.Hour},
		"seconds":             {http.Header{"Cache-Control": {"max-age=15, stale-while-revalidate=15"}}, 200, time.Hour},
		"not at all":          {http.Header{"Cache-Control": {"max-age=7200", "no-cache, no-store"}}, 200, time.Hour},
		"absurd":              {http.Header{"Cache-Control": {"max-age=-1"}, "Age": {"99999999999999999999"}}, 200, 24 * time.Hour},
		"nothing there":       {http.Header{"Cache-Control": {"max-age=86400"}}, 404, time.Hour},
	} {
		now := time.Unix(1_800_000_000, 0)
		cache := Cache{Notes: notes{}, Now: func() time.Time { return now }}
		s := &server{status: c.status, header: c.header, body: `{"issuer":"x"}`}
		get := func(wantKept bool) {
			t.Helper()
			a, kept, err := cache.Get(address, false, s.fetch)
			if err != nil || kept != wantKept || a.Status != c.status || c.status == 200 && a.Text("issuer") != "x" {
				t.Errorf("%s: %+v, kept %v, %v", name, a, kept, err)
			}
		}
		get(false)
		get(true)
		now = now.Add(c.want - time.Second)
		get(true)
		now = now.Add(time.Second)
		get(false)
		if s.asked != 2 {
			t.Errorf("%s: asked %d times", name, s.asked)
		}
	}
}

func TestTheServerSaysWhetherItIsStillTheSame(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	cache := Cache{Notes: notes{}, Now: func() time.Time { return now }}
	short := http.Header{"Cache-Control": {"max-age=3600"}}
	s := &server{status: 200, header: maps.Clone(short), body: `{"keys":[]}`}
	s.header.Set("ETag", `W/"1"`)
	s.header.Set("Last-Modified", "Mon, 16 Nov 2026 10:00:00 GMT")
	get := func(anew bool) (*httpclient.Answer, bool) {
		t.Helper()
		a, kept, err := cache.Get(address, anew, s.fetch)
		if err != nil {
			t.Fatal(err)
		}
		return a, kept
	}
	get(false)
	now = now.Add(time.Hour)
	s.status, s.body = 304, ""
	if a, kept := get(false); a.Status != 200 || string(a.Body) != `{"keys":[]}` || kept {
		t.Errorf("the same: %+v, kept %v", a, kept)
	}
	if s.conditions.Get("If-None-Match") != `W/"1"` || s.conditions.Get("If-Modified-Since") != "Mon, 16 Nov 2026 10:00:00 GMT" {
		t.Errorf("sent %v", s.conditions)
	}
	if _, kept := get(false); !kept {
		t.Error("the server has just said that it is the same")
	}
	s.status, s.body, s.header = 200, `{"keys":[1]}`, short
	if a, kept := get(true); string(a.Body) != s.body || kept || len(s.conditions) != 0 {
		t.Errorf("anew: %+v, kept %v, sent %v", a, kept, s.conditions)
	}
	now = now.Add(time.Hour)
	if get(false); len(s.conditions) != 0 {
		t.Errorf("without validators, sent %v", s.conditions)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*server{
		"an outage":        {status: 503, body: `{"error":"x"}`},
		"a page":           {status: 200, body: `<html>`},
		"an error":         {err: errors.New("no route")},
		"far too much":     {status: 200, body: `{"a":"` + strings.Repeat("x", maxBody) + `"}`},
		"unasked the same": {status: 304},
	} {
		cache := Cache{Notes: notes{}, Now: time.Now}
		for range 2 {
			if _, kept, err := cache.Get(address, false, s.fetch); kept || !errors.Is(err, s.err) {
				t.Errorf("%s: kept %v, %v", name, kept, err)
			}
		}
		if s.asked != 2 || len(cache.Notes.(notes)) != 0 {
			t.Errorf("%s: asked %d times, %v", name, s.asked, cache.Notes)
		}
	}
	s := &server{status: 200, body: `{}`}
	for range 2 {
		if _, kept, err := (Cache{Now: time.Now}).Get(address, false, s.fetch); kept || err != nil {
			t.Errorf("without notes: kept %v, %v", kept, err)
		}
	}
	Cache{}.Forget(address)
}

func TestForget(t *testing.T) {
	t.Parallel()
	cache := Cache{Notes: notes{}, Now: time.Now}
	s := &server{status: 200, body: `{}`}
	for range 2 {
		if _, kept, err := cache.Get(address, false, s.fetch); kept || err != nil {
			t.Errorf("kept %v, %v", kept, err)
		}
		cache.Forget(address)
	}
}

// Whatever a note holds, it is a document of this address and of the last day, or none.
func FuzzRead(f *testing.F) {
	now := time.Unix(1_800_000_000, 0).UTC()
	f.Add([]byte(`{"address":"` + address + `","asked":"2027-01-15T08:00:00Z","until":"2027-01-15T09:00:00Z","status":200,"etag":"\"1\"","body":"e30="}`))
	f.Add([]byte(`{"address":"` + address + `","asked":"2027-01-15T08:00:00Z","until":"2127-01-15T09:00:00Z","status":404}`))
	f.Add([]byte(`{"address":"https://evil.example","status":200}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, note []byte) {
		cache := Cache{Notes: notes{nameOf(address): note}, Now: func() time.Time { return now }}
		d, ok := cache.read(address)
		if !ok {
			return
		}
		if d.Address != address || d.Asked.Before(now.Add(-longest)) || d.Asked.After(now.Add(leeway)) || d.Until.After(now.Add(longest+leeway)) {
			t.Errorf("believed: %+v", d)
		}
		for name, values := range d.conditions() {
			if validator(values[0]) != values[0] {
				t.Errorf("sends %s: %q", name, values[0])
			}
		}
		if a := d.answer(); a.Status != http.StatusNotFound && (a.Status != http.StatusOK || a.Object == nil) {
			t.Errorf("answers %+v", a)
		}
	})
}
