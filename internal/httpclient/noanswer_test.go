package httpclient

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestWhatIsNoAnswerIsToldApart(t *testing.T) {
	t.Parallel()
	const html, none, json = "text/html; charset=utf-8", "", "application/json"
	for name, c := range map[string]struct {
		status        int
		kind, body    string
		id            ui.ID
		says          string
		named         bool // what names the address may be wrong
		lost, hopeful bool
	}{
		"an outage":                  {503, json, `{}`, "service-down", "answered 503 Service Unavailable", false, true, true},
		"an outage with a page":      {502, html, "<html><title>x</title>", "service-down", "answered 502 Bad Gateway", false, true, true},
		"a status of one's own":      {599, none, "", "service-down", "answered 599", false, true, true},
		"too many":                   {429, html, "<html>", "service-busy", "answered 429 Too Many Requests", false, false, true},
		"a page":                     {200, html, "Welcome", "web-page-came", "is a web page (200 OK), no answer of an orderly service", false, false, false},
		"a page without a type":      {200, none, "\ufeff\r\n <!DOCTYPE html><title\n> Hotel &amp; Spa\x1b[31m </title>", "web-page-came", `(200 OK, "Hotel & Spa[31m")`, false, false, false},
		"a page with a title only":   {403, html, "<title>Blocked: canary-of-a-token</title>", "web-page-came", `(403 Forbidden, "Blocked: [redacted]")`, false, false, false},
		"a login page":               {401, html, "<html>", "web-page-came", "401 Unauthorized", false, false, false},
		"XHTML":                      {200, "Application/XHTML+XML", "", "web-page-came", "200 OK", false, false, false},
		"a network's sign-in":        {511, none, "", "web-page-came", "511 Network Authentication Required", false, false, false},
		"a proxy's sign-in":          {407, none, "", "web-page-came", "407 Proxy Authentication Required", false, false, false},
		"nothing there":              {404, html, "<html>", "address-not-there", "has nothing at this address (404 Not Found)", true, false, false},
		"no longer there":            {410, none, "", "address-not-there", "410 Gone", true, false, false},
		"not for that":               {405, json, `{}`, "address-not-there", "405", true, false, false},
		"JSON of another kind":       {200, json, `{"policy":"x"}`, "another-server", "(200 OK, application/json)", true, true, false},
		"JSON that is called a page": {200, html, `{"policy":"x"}`, "another-server", "(200 OK, text/html; charset=utf-8)", true, true, false},
		"nothing":                    {200, none, "", "another-server", "(200 OK, no content type)", true, true, false},
		"a type to be cleaned":       {200, "a\tcanary-of-a-token", "", "another-server", "(200 OK, a [redacted])", true, true, false},
		"a refusal of another":       {403, json, `{"error":{"code":1}}`, "another-server", "(403 Forbidden, application/json)", true, false, false},
	} {
		address := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			if c.kind != "" {
				w.Header().Set("Content-Type", c.kind)
			}
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Do(New(Options{}), Asked{Doing: "asking", Of: "an orderly service", Named: "NAMED"}, r, secret.New("canary-of-a-token"))
		if err != nil {
			t.Fatal(err)
		}
		got := a.NoAnswer()
		after, passing := Passing(got)
		hint := ui.HintOf(got)
		if got.ID != c.id || got.Code != ui.Failed || !strings.HasPrefix(got.Error(), "asking: ") || !strings.Contains(got.Error(), c.says) ||
			!strings.Contains(got.Error()+hint, strings.TrimPrefix(address, "http://")) {
			t.Errorf("%s: %s, %v, hint %q", name, got.ID, got, hint)
		}
		if strings.Contains(hint, "NAMED") != c.named || hint == "" {
			t.Errorf("%s: hint %q", name, hint)
		}
		if Lost(got) != c.lost || passing != c.hopeful || Permanent(got) != c.named || after != 7*time.Second {
			t.Errorf("%s: lost %v, passing %v after %s", name, Lost(got), passing, after)
		}
		if told := got.Error() + strings.ReplaceAll(hint, "\n", " "); told != ui.Clean(told) || strings.Contains(told, "canary") {
			t.Errorf("%s: told %q", name, told)
		}
	}
	if _, passing := Passing(nil); passing {
		t.Error("no error is no outage")
	}
}

func TestNobodysAnswerIsNoAnswerEither(t *testing.T) {
	t.Parallel()
	if err := new(Answer).NoAnswer(); err.ID != "another-server" || ui.HintOf(err) == "" {
		t.Errorf("got %v", err)
	}
}

func TestAnSDKSeesItsServiceAlone(t *testing.T) {
	t.Parallel()
	sdk := SDK{
		Client: New(Options{}), Asked: Asked{Doing: "asking"}, Secrets: []secret.String{secret.New("canary-of-a-body")},
		Answers: func(a *Answer) bool { return strings.HasPrefix(string(a.Body), "<Response>") },
	}
	for body, want := range map[string]string{
		"200 <Response>canary-of-a-body":        "<Response>canary-of-a-body", // what it gives, it may have been given
		"403 <Response>canary-of-a-body denied": "<Response>[redacted] denied",
		"403 <Response>canary-of-a-header":      "<Response>[redacted]",
	} {
		status, text, _ := strings.Cut(body, " ")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(map[string]int{"200": 200, "403": 403}[status])
			_, _ = io.WriteString(w, text)
		}), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 canary-of-a-header")
		resp, err := sdk.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if err != nil || string(got) != want || resp.ContentLength != int64(len(got)) || resp.Request != r {
			t.Errorf("%s: %q, %v", body, got, err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>")
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := sdk.Do(r); resp != nil || ui.IDOf(err) != "web-page-came" {
		t.Errorf("%v, %v", resp, err)
	}
}
