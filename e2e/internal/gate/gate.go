// Package gate is a recording reverse proxy: it stands in front of a server, passes everything on unchanged and
// remembers each form that was posted with its answer, and each request that was signed with an access key. Tests count
// refreshes, role assumptions and reads by it, and learn from it which secrets were issued.
package gate

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Exchange is a posted form and its answer.
type Exchange struct {
	Path   string
	Form   url.Values
	Status int
	Body   []byte
}

// Visit is a request that was signed with an access key, and when and how it was answered.
type Visit struct {
	Path        string
	AccessKeyID string
	Status      int
	At          time.Time
}

// Gate is an open gate.
type Gate struct {
	URL string // http://127.0.0.1:port

	mu        sync.Mutex
	exchanges []Exchange
	visits    []Visit
}

type formKey struct{}

// Open opens a gate before the server at address, host:port, which may start later. The server sees the Host header
// that the client sent. The gate closes when the test is over.
func Open(t testing.TB, address string) *Gate {
	t.Helper()
	return open(t, address, func(client string) string { return client })
}

// OpenFor is Open for a server that answers to one name, host:port, only: whatever the client sent, this is the Host
// header that it sees.
func OpenFor(t testing.TB, address, host string) *Gate {
	t.Helper()
	return open(t, address, func(string) string { return host })
}

func open(t testing.TB, address string, host func(client string) string) *Gate {
	g := &Gate{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.Host = host(r.In.Host)
		},
		ModifyResponse: g.record,
		// The server may not be there yet: the client gets a 502, and that is enough.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			form, err := url.ParseQuery(string(body))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			r = r.WithContext(context.WithValue(r.Context(), formKey{}, form))
		}
		if r.URL.Path == "/.well-known/databricks-config" { // a workspace names its own address there, which leads past the gate
			http.NotFound(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

func (g *Gate) record(resp *http.Response) error {
	form, ok := resp.Request.Context().Value(formKey{}).(url.Values)
	if !ok {
		g.visited(resp)
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.exchanges = append(g.exchanges, Exchange{resp.Request.URL.Path, form, resp.StatusCode, body})
	return nil
}

// signed is what a request with Signature Version 4 begins its Authorization with.
const signed = "AWS4-HMAC-SHA256 Credential="

func (g *Gate) visited(resp *http.Response) {
	credential, ok := strings.CutPrefix(resp.Request.Header.Get("Authorization"), signed)
	if !ok {
		return
	}
	key, _, _ := strings.Cut(credential, "/")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.visits = append(g.visits, Visit{resp.Request.URL.Path, key, resp.StatusCode, time.Now()})
}

// Visits returns the signed requests for a path so far, in the order of their answers.
func (g *Gate) Visits(path string) []Visit {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []Visit
	for _, v := range g.visits {
		if v.Path == path {
			found = append(found, v)
		}
	}
	return found
}

// Exchanges returns those recorded so far where a form field has the value, in the order of their answers.
func (g *Gate) Exchanges(field, value string) []Exchange {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []Exchange
	for _, e := range g.exchanges {
		if e.Form.Get(field) == value {
			found = append(found, e)
		}
	}
	return found
}

// Count tells how many of them there are so far, and how many were not answered with 200.
func (g *Gate) Count(field, value string) (tried, refused int) {
	for _, e := range g.Exchanges(field, value) {
		tried++
		if e.Status != http.StatusOK {
			refused++
		}
	}
	return tried, refused
}
