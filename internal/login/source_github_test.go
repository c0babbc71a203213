package login

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
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// github has the job's own endpoint answer.
func (f *machineFixture) github(answer func(n int, req *http.Request) reply) {
	f.from(idp.TokenSource{From: idp.FromGitHub})
	f.env[githubURL] = "https://run.actions.githubusercontent.com/x//idtoken/1/2?api-version=2.0"
	f.env[githubBearer] = "canary-bearer"
	f.sessions.Client.HTTP = &http.Client{Transport: answers(func(req *http.Request) reply {
		if req.URL.Host != "run.actions.githubusercontent.com" {
			return f.idp.answer(req, nil)
		}
		f.asked++
		return answer(f.asked, req)
	})}
}

func (f *machineFixture) value() reply {
	return jsonReply(http.StatusOK, map[string]any{"count": 1234, "value": f.token(nil).Reveal()})
}

func TestATokenOfGitHubActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMachineFixture(t)
		f.github(func(_ int, req *http.Request) reply {
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
		if _, err := f.sessions.Fresh(t.Context(), f.provider, 20*time.Minute); err != nil || f.asked != 2 {
			t.Errorf("asked %d times: %v", f.asked, err)
		}
	})
}

func TestGitHubIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		first []reply
		asked int
		code  ui.Code
		words []string
		took  time.Duration
	}{
		"once":         {[]reply{{status: 503}}, 2, ui.Done, nil, 500 * time.Millisecond},
		"three times":  {[]reply{{status: 500}, {err: errConnectionLost}, {status: 429}}, 4, ui.Done, nil, 7500 * time.Millisecond},
		"to no avail":  {slices.Repeat([]reply{{status: 502, body: "<html>canary"}}, 9), 4, ui.Failed, []string{"502", "passing fault"}, 7500 * time.Millisecond},
		"with respect": {[]reply{{status: 429, header: map[string]string{"Retry-After": "10"}}}, 2, ui.Done, nil, 10 * time.Second},
		"in time":      {[]reply{{status: 429, header: map[string]string{"Retry-After": "3600"}}}, 2, ui.Done, nil, 15 * time.Second},
		"not if it may not": {[]reply{{status: 403, body: `{"message":"canary"}`}}, 1, ui.LoginNeeded,
			[]string{"403", "permissions: { id-token: write }"}, 0},
		"not if there is none": {[]reply{{status: 200, body: `{"value":""}`}}, 1, ui.Failed, []string{githubURL}, 0},
		"nor an odd one":       {[]reply{{status: 200, body: `{"value":5}`}}, 1, ui.Failed, []string{githubURL}, 0},
		"nor of HTML":          {[]reply{{status: 200, body: "<html>"}}, 1, ui.Failed, []string{githubURL}, 0},
		"nor elsewhere":        {[]reply{{err: &httpclient.RedirectError{Host: "run"}}}, 1, ui.Failed, []string{"redirect"}, 0},
		"the body breaks off":  {[]reply{{status: 200, body: `{"value":"`, bodyErr: errConnectionLost}}, 2, ui.Done, nil, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newMachineFixture(t)
				f.github(func(n int, _ *http.Request) reply {
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
					wantFault(t, err, c.code, c.words...)
					if strings.Contains(err.Error(), "canary") {
						t.Errorf("a secret in %v", err)
					}
				}
			})
		})
	}
}

func TestCtrlCWhileGitHubIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMachineFixture(t)
		ctx, cancel := context.WithCancel(t.Context())
		f.github(func(int, *http.Request) reply {
			time.AfterFunc(100*time.Millisecond, cancel)
			return reply{status: 503}
		})
		if _, err := f.sessions.Load(ctx, f.provider); ui.CodeOf(err) != ui.Interrupted || !errors.Is(err, context.Canceled) || f.asked != 1 {
			t.Errorf("asked %d times: %v", f.asked, err)
		}
	})
}
