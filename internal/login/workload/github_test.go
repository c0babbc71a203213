package workload

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// github has the job's own endpoint answer.
func (f *fixture) github(answer func(n int, req *http.Request) logintest.Reply) {
	f.from(idp.TokenSource{From: idp.FromGitHub})
	f.env[githubURL] = "https://run.actions.githubusercontent.com/x//idtoken/1/2?api-version=2.0"
	f.env[githubBearer] = "canary-bearer"
	f.source.HTTP = &http.Client{Transport: answers(func(req *http.Request) logintest.Reply {
		if req.URL.Host != "run.actions.githubusercontent.com" {
			return f.idp.Answer(req, nil)
		}
		f.asked++
		return answer(f.asked, req)
	})}
}

func (f *fixture) value() logintest.Reply {
	return logintest.JSON(http.StatusOK, map[string]any{"count": 1234, "value": f.token(nil).Reveal()})
}

func TestATokenOfGitHubActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.github(func(_ int, req *http.Request) logintest.Reply {
			if q := req.URL.Query(); req.Method != http.MethodGet || req.Header.Get("Authorization") != "Bearer canary-bearer" ||
				q.Get("audience") != testAudience || q.Get("api-version") != "2.0" || req.URL.Path != "/x//idtoken/1/2" {
				t.Errorf("asked %s %s", req.Method, req.URL)
			}
			return f.value()
		})
		for range 2 {
			if session, err := f.load(); err != nil || session.Subject != "repo:acme/churn:ref:refs/heads/main" {
				t.Errorf("got %+v, %v", session, err)
			}
		}
		time.Sleep(45 * time.Minute)
		if _, err := f.source.Lasting(t.Context(), f.provider, nil, 20*time.Minute); err != nil || f.asked != 2 {
			t.Errorf("asked %d times: %v", f.asked, err)
		}
	})
}

func TestGitHubIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		first []logintest.Reply
		asked int
		code  ui.Code
		id    ui.ID
		words []string
		took  time.Duration
	}{
		"once":         {[]logintest.Reply{{Status: 503}}, 2, ui.Done, "", nil, 500 * time.Millisecond},
		"three times":  {[]logintest.Reply{{Status: 500}, {Err: logintest.ErrConnectionLost}, {Status: 429}}, 4, ui.Done, "", nil, 7500 * time.Millisecond},
		"to no avail":  {slices.Repeat([]logintest.Reply{{Status: 502, Body: "<html>canary"}}, 9), 4, ui.Failed, "service-down", []string{"502", "has an outage"}, 7500 * time.Millisecond},
		"with respect": {[]logintest.Reply{{Status: 429, Header: map[string]string{"Retry-After": "10"}}}, 2, ui.Done, "", nil, 10 * time.Second},
		"in time":      {[]logintest.Reply{{Status: 429, Header: map[string]string{"Retry-After": "3600"}}}, 1, ui.Failed, "service-busy", []string{"429"}, 0},
		"not if it may not": {[]logintest.Reply{{Status: 403, Body: `{"message":"canary"}`}}, 1, ui.LoginNeeded, "github-refuses",
			[]string{"403", "permissions: { id-token: write }"}, 0},
		"not if there is none": {[]logintest.Reply{{Status: 200, Body: `{"value":""}`}}, 1, ui.Failed, "another-server", []string{githubURL}, 0},
		"nor an odd one":       {[]logintest.Reply{{Status: 200, Body: `{"value":5}`}}, 1, ui.Failed, "another-server", []string{githubURL}, 0},
		"nor of HTML":          {[]logintest.Reply{{Status: 200, Body: "<html>"}}, 1, ui.Failed, "web-page-came", []string{"is a web page"}, 0},
		"nor elsewhere":        {[]logintest.Reply{{Err: &httpclient.RedirectError{Host: "run"}}}, 1, ui.Failed, "redirect-refused", []string{"redirect"}, 0},
		"the body breaks off":  {[]logintest.Reply{{Status: 200, Body: `{"value":"`, BodyErr: logintest.ErrConnectionLost}}, 2, ui.Done, "", nil, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.github(func(n int, _ *http.Request) logintest.Reply {
					if n <= len(c.first) {
						return c.first[n-1]
					}
					return f.value()
				})
				began := time.Now()
				_, err := f.load()
				if ui.CodeOf(err) != c.code || f.asked != c.asked || time.Since(began) != c.took {
					t.Errorf("asked %d times in %s: %v", f.asked, time.Since(began), err)
				}
				if err != nil {
					logintest.WantFault(t, err, c.code, c.words...)
					if id := ui.IDOf(err); id != c.id {
						t.Errorf("got the error %q, want %s", id, c.id)
					}
					if strings.Contains(err.Error(), "canary") {
						t.Errorf("a secret in %v", err)
					}
				}
			})
		})
	}
}

// The bearer goes wherever the variable says.
func TestGitHubIsAskedAtHTTPSAlone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://run.actions.githubusercontent.com/x", "https://user:word@run.actions.githubusercontent.com/x", "run", "https://"} {
		f := newFixture(t)
		f.github(func(int, *http.Request) logintest.Reply { return f.value() })
		f.env[githubURL] = address
		_, err := f.load()
		logintest.WantFault(t, err, ui.Refused, githubURL, "as the runner set it")
		if id := ui.IDOf(err); id != "github-endpoint-invalid" || f.asked != 0 {
			t.Errorf("%s: asked %d times, got the error %q", address, f.asked, id)
		}
	}
}

func TestCtrlCWhileGitHubIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		ctx, cancel := context.WithCancel(t.Context())
		f.github(func(int, *http.Request) logintest.Reply {
			time.AfterFunc(100*time.Millisecond, cancel)
			return logintest.Reply{Status: 503}
		})
		if _, err := f.source.Load(ctx, f.provider); ui.CodeOf(err) != ui.Interrupted || !errors.Is(err, context.Canceled) || f.asked != 1 {
			t.Errorf("asked %d times: %v", f.asked, err)
		}
	})
}
