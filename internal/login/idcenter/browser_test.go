package idcenter

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestSigningInAtIdentityCenterByBrowser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(back url.Values)
		answer *logintest.Reply // to the code
		code   ui.Code
		words  []string
	}{
		"approved":       {func(url.Values) {}, nil, ui.Done, nil},
		"declined":       {func(back url.Values) { back.Del("code"); back.Set("error", "access_denied") }, nil, ui.Refused, []string{"declined"}},
		"no longer good": {func(url.Values) {}, ptr(logintest.AWSError(400, "InvalidGrantException")), ui.LoginNeeded, []string{"over"}},
		"forgotten":      {func(url.Values) {}, ptr(logintest.AWSError(400, "InvalidClientException")), ui.LoginNeeded, []string{"no longer knows"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
				if operation == "token" {
					return c.answer
				}
				return nil
			}
			status := make(chan int, 1)
			var query url.Values
			session, err := f.sessions.SignIn(t.Context(), testProvider(), logintest.InBrowser(func(address string) {
				u, err := url.Parse(address)
				if err != nil || u.Host != "oidc.us-east-1.amazonaws.com" {
					t.Errorf("opened %q, %v", address, err)
				}
				query = u.Query()
				back := url.Values{"code": {"canary-code"}, "state": {query.Get("state")}}
				c.change(back)
				go visit(t, query.Get("redirect_uri")+"?"+back.Encode(), status)
			}))
			if ui.CodeOf(err) != c.code {
				t.Fatalf("got %v", err)
			}
			if seen := <-status; (seen == http.StatusOK) != (err == nil) {
				t.Errorf("the browser saw %d", seen)
			}
			if err != nil {
				logintest.WantFault(t, err, c.code, c.words...)
				return
			}
			if in := f.center.Last; len(session.Groups) != 3 || session.AccessToken.IsZero() || in == nil {
				t.Errorf("got %+v", session)
			}
			if session.Registration == nil || session.Registration.ClientID != "c1" || query.Get("client_id") != "c1" {
				t.Error("the client is not remembered")
			}
		})
	}
}

func ptr(r logintest.Reply) *logintest.Reply { return &r }

func visit(t *testing.T, address string, status chan<- int) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		status <- 0
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	status <- resp.StatusCode
}
