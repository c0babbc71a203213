// Package idtoken believes ID tokens.
//
// In comes a raw token and the issuer that it must be by; out come its claims, once its signature is by one of the issuer's
// published keys and it is for us, of now, and of this sign-in. No claim may be believed before that, no key be taken from
// anywhere but the address that the issuer's own metadata names, and no token get into an error.
package idtoken

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpcache"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Client asks issuers for their metadata and keys.
type Client struct {
	HTTP *http.Client     // made by httpclient.New: bounded bodies, no redirects, https or loopback
	Now  func() time.Time // wall clock
	// Notes keep the issuers' metadata and keys for other processes; nil: each asks.
	Notes httpcache.Notes
}

// Issuer is who signs tokens, as its metadata says. It also remembers how far the issuer's clock was from ours, and must not
// be copied for that reason.
type Issuer struct {
	Name       string   // exactly as its tokens write it
	Keys       string   // jwks_uri
	Algorithms []string // for ID tokens; empty: not told
	Kept       bool     // by what its metadata said a while ago

	place      string                        // where its metadata was; "" for its WellKnown
	clockAhead atomic.Pointer[time.Duration] // the issuer's clock minus ours; nil while unknown
}

func (i *Issuer) host() string { return ui.Host(i.Name) }

// WellKnown is where an issuer's metadata is (OpenID Connect Discovery 1.0 §4).
func (i *Issuer) WellKnown() string {
	return strings.TrimSuffix(i.Name, "/") + "/.well-known/openid-configuration"
}

// Issuer reads from an issuer's metadata where its keys are. Who signs tokens for workloads is mostly no provider that anybody
// signs in at, and has no other endpoints: GitHub, Kubernetes, AWS.
func (c *Client) Issuer(ctx context.Context, name string) (*Issuer, error) {
	i := &Issuer{Name: name}
	err := c.read(ctx, i, false)
	if err != nil && i.Kept {
		err = c.read(ctx, i, true)
	}
	if err != nil {
		return nil, err
	}
	return i, nil
}

// read fills in what the metadata of an issuer says of its keys. refetch asks for it, whatever was kept.
func (c *Client) read(ctx context.Context, i *Issuer, refetch bool) error {
	const hint = "correct " + FoundByName
	issuer, err := httpclient.CheckURL(i.Name)
	if err != nil {
		return ui.Errorf("issuer-invalid", ui.Failed, "the issuer: %w", err).With(ui.Advice(hint))
	}
	asked := httpclient.Asked{Doing: "asking " + i.host() + " for its keys", Of: "an issuer", Named: FoundByName}
	a, err := c.Metadata(ctx, i, asked, refetch, cmp.Or(i.place, i.WellKnown()))
	if err != nil {
		return err
	}
	keys := a.Text("jwks_uri")
	if err := CheckEndpoint(issuer, "jwks_uri", keys, hint); err != nil {
		return err
	}
	i.Keys = keys
	i.Algorithms, _ = List(a.Object, "id_token_signing_alg_values_supported")
	return nil
}

// Metadata fetches what an issuer says of itself, from the first of the places that has something, and checks that it is of this
// issuer. It may be what was kept a while ago, which the issuer then is marked by; refetch asks in any case.
func (c *Client) Metadata(ctx context.Context, i *Issuer, asked httpclient.Asked, refetch bool, places ...string) (*httpclient.Answer, error) {
	i.Kept = false
	for n, place := range places {
		a, kept, err := c.Get(ctx, i, asked, place, refetch)
		i.Kept = i.Kept || kept
		if err != nil {
			return nil, err
		}
		if a.Status == http.StatusNotFound && n < len(places)-1 {
			continue
		}
		if a.Status != http.StatusOK || a.Text("issuer") == "" {
			return nil, a.NoAnswer()
		}
		i.place = place
		return a, CheckIssuer(i.Name, a.Text("issuer"))
	}
	return nil, errors.New("an issuer's metadata has no place")
}

// What names an issuer, and how its metadata are found by it.
const (
	NamedByMap  = "issuer of the identity in the access map"
	FoundByName = NamedByMap + ": its metadata must be at <issuer>/.well-known/openid-configuration"
)

// maxHops bounds how often a public document may be elsewhere on the same server.
const maxHops = 3

// Get fetches a public document: metadata or keys. Nothing secret is sent, so that a redirect to another place on the same
// server, as to the address with a slash at its end, is followed. What the document says of its issuer is judged as ever.
// What an earlier process was told a while ago is not asked for again, unless refetch says so: kept.
func (c *Client) Get(
	ctx context.Context, i *Issuer, asked httpclient.Asked, address string, refetch bool,
) (a *httpclient.Answer, kept bool, err error) {
	cache := httpcache.Cache{Notes: c.Notes, Now: c.Now}
	return cache.Get(address, refetch, func(conditions http.Header) (*httpclient.Answer, error) {
		return c.fetch(ctx, i, asked, address, conditions)
	})
}

// Forget has the next process ask for an issuer's metadata.
func (c *Client) Forget(i *Issuer) { httpcache.Cache{Notes: c.Notes}.Forget(i.place) }

func (c *Client) fetch(ctx context.Context, i *Issuer, asked httpclient.Asked, address string, conditions http.Header) (*httpclient.Answer, error) {
	for hop := 0; ; hop++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, httpclient.Explain(asked.Doing, err)
		}
		maps.Copy(req.Header, conditions)
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Cache-Control", "no-cache") // a stale key set fails every token after a rotation
		a, err := httpclient.Do(c.HTTP, asked, req)
		if redirect, ok := errors.AsType[*httpclient.RedirectError](err); ok && hop < maxHops {
			if address, ok = redirect.SameOrigin(); ok {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		i.NoteClock(a.Header, c.Now())
		return a, nil
	}
}

// NoteClock compares the Date of an answer of the issuer's with our clock. Answers out of a cache carry an old date and don't
// count.
func (i *Issuer) NoteClock(header http.Header, now time.Time) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil && header.Get("Age") == "" {
		ahead := date.Sub(now.Round(0))
		i.clockAhead.Store(&ahead)
	}
}

// ClockAhead tells by how much the issuer's clock is ahead of ours, negative where it is behind, by the Date of the last
// answer (RFC 9110 section 6.6.1): exact to about a second. known is false where no answer had one of its own.
func (i *Issuer) ClockAhead() (ahead time.Duration, known bool) {
	noted := i.clockAhead.Load()
	if noted == nil {
		return 0, false
	}
	return noted.Round(time.Second), true
}

// CheckIssuer compares the name that an issuer's metadata gives itself with the one that is meant, to the letter.
func CheckIssuer(meant, told string) error {
	if told == meant {
		return nil
	}
	told = ui.Clean(told)
	write := "write into the access map: issuer: " + told
	switch {
	case strings.Contains(told, "{tenantid}"):
		return ui.Errorf("issuer-of-many-tenants", ui.Failed, "%s serves many tenants and vouches for none of them by itself", ui.Clean(meant)).
			With(ui.Advice("write the tenant's id into issuer in the access map, in place of common or organizations"))
	case strings.TrimSuffix(told, "/") == strings.TrimSuffix(meant, "/"):
		with, without := "the provider", "the access map"
		if strings.HasSuffix(meant, "/") {
			with, without = without, with
		}
		return ui.Errorf("issuer-slash", ui.Failed,
			"the issuer differs by its trailing slash: %s writes it with one, %s without (%s)", with, without, told).With(ui.Advice(write))
	}
	return ui.Errorf("issuer-differs", ui.Failed, "the provider at %s calls itself %q, not %q", ui.Host(meant), told, ui.Clean(meant)).
		With(ui.Advice(write + ", if that is the provider you mean"))
}

// CheckEndpoint judges an address that metadata names. A provider elsewhere has no business having us send requests to this
// machine.
func CheckEndpoint(issuer *url.URL, name, raw, hint string) error {
	u, err := httpclient.CheckURL(raw)
	if err != nil {
		return ui.Errorf("endpoint-invalid", ui.Failed, "%s of %s: %w", name, ui.Clean(issuer.Host), err).With(ui.Advice(hint))
	}
	if httpclient.IsLoopback(u.Hostname()) && !httpclient.IsLoopback(issuer.Hostname()) {
		return ui.Errorf("endpoint-on-this-machine", ui.Failed, "%s of %s points at this machine (%s)", name, ui.Clean(issuer.Host), u.Host).
			With(ui.Advice(hint))
	}
	return nil
}
