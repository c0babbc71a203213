package databricks

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestWhatIsSentAndWhatComesBack(t *testing.T) {
	t.Parallel()
	w := serve(t, granted("3600"))
	e := w.exchange()
	e.Host += "/?o=1"
	got, err := w.Exchange(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if got.Host != w.url || got.AccessToken.Reveal() != accessToken || !got.Expires.Equal(now.Add(time.Hour)) || got.Expires.Location() != time.UTC {
		t.Errorf("%+v", got)
	}
	r := w.requests[0]
	if r.Method != http.MethodPost || r.URL.Path != "/oidc/v1/token" || r.URL.RawQuery != "" || r.Header.Get("Authorization") != "" ||
		r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	want := map[string]string{
		"grant_type":         "urn:ietf:params:oauth:grant-type:token-exchange",
		"subject_token":      e.Token.Reveal(),
		"subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
		"scope":              "all-apis",
	}
	for key, value := range want {
		if r.PostForm.Get(key) != value {
			t.Errorf("%s = %q", key, r.PostForm.Get(key))
		}
	}
	if len(r.PostForm) != len(want) {
		t.Errorf("sent %v", r.PostForm)
	}
}

func TestTheServicePrincipalAndTheAccountAreNamed(t *testing.T) {
	t.Parallel()
	w := serve(t, granted("60"))
	e := w.exchange()
	e.ClientID, e.AccountID, e.Token = "app-1", "0123-abcd", idToken(`{"alg":"ES256"}`)
	if _, err := w.Exchange(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if r := w.requests[0]; r.PostForm.Get("client_id") != "app-1" || r.URL.Path != "/oidc/accounts/0123-abcd/v1/token" {
		t.Errorf("%s %v", r.URL, r.PostForm)
	}
}

func TestNothingIsSentWhereItWouldBeWrong(t *testing.T) {
	t.Parallel()
	w := serve(t, granted("3600"))
	for name, c := range map[string]struct {
		change     func(*Exchange)
		code       ui.Code
		id         ui.ID
		text, hint string
	}{
		"foreign host":   {func(e *Exchange) { e.Host = strings.Replace(w.url, "127.0.0.1", "evil.example", 1) }, ui.Failed, "workspace-host-invalid", "plain http", "https://evil.example"},
		"untrusted host": {func(e *Exchange) { e.Host = "https://evil.example" }, ui.Refused, "workspace-host-untrusted", "evil.example is neither a domain of Databricks", "trusted_hosts"},
		"no host":        {func(e *Exchange) { e.Host = "" }, ui.Failed, "workspace-host-invalid", "empty", "https://"},
		"path account":   {func(e *Exchange) { e.AccountID = "../x" }, ui.Failed, "databricks-account-invalid", `"../x" is not the ID`, "account_id"},
		"long account":   {func(e *Exchange) { e.AccountID = strings.Repeat("a", 65) }, ui.Failed, "databricks-account-invalid", "is not the ID", "account_id"},
		"no token":       {func(e *Exchange) { e.Token = secret.String{} }, ui.Failed, "id-token-size", "0 characters", "fewer groups"},
		"short token":    {func(e *Exchange) { e.Token = secret.New("a.b") }, ui.Failed, "id-token-size", "3 characters", "fewer groups"},
		"long token":     {func(e *Exchange) { e.Token = secret.New(strings.Repeat("x", 20_001)) }, ui.Failed, "id-token-size", "20001 characters", "fewer groups"},
		"opaque token":   {func(e *Exchange) { e.Token = secret.New(signature) }, ui.Failed, "id-token-malformed", "not a signed JWT", "login --force"},
		"two parts":      {func(e *Exchange) { e.Token = secret.New("e30." + claims) }, ui.Failed, "id-token-malformed", "not a signed JWT", "login"},
		"bad base64":     {func(e *Exchange) { e.Token = secret.New("=." + claims + "." + signature) }, ui.Failed, "id-token-malformed", "not a signed JWT", "login"},
		"header is null": {func(e *Exchange) { e.Token = idToken("null") }, ui.Failed, "id-token-malformed", "not a signed JWT", "login"},
		"encrypted":      {func(e *Exchange) { e.Token = secret.New("e30.a.b.c." + signature) }, ui.Failed, "id-token-encrypted", "is encrypted", "encryption"},
		"RS512":          {func(e *Exchange) { e.Token = idToken(`{"alg":"RS512"}`) }, ui.Failed, "id-token-algorithm", `signed with "RS512"`, "RS256"},
		"none":           {func(e *Exchange) { e.Token = idToken(`{"alg":"none"}`) }, ui.Failed, "id-token-algorithm", `signed with "none"`, "RS256"},
		"lower case":     {func(e *Exchange) { e.Token = idToken(`{"alg":"rs256"}`) }, ui.Failed, "id-token-algorithm", `signed with "rs256"`, "RS256"},
		"no algorithm":   {func(e *Exchange) { e.Token = idToken(`{"ALG":"RS256"}`) }, ui.Failed, "id-token-algorithm", `signed with ""`, "RS256"},
		"odd algorithm":  {func(e *Exchange) { e.Token = idToken(`{"alg":"\u001b[31m` + strings.Repeat("x", 900) + `"}`) }, ui.Failed, "id-token-algorithm", `signed with "[31m`, "RS256"},
	} {
		e := w.exchange()
		c.change(&e)
		_, err := w.Exchange(t.Context(), e)
		t.Log(name)
		mustFail(t, err, c.code, c.text, c.hint)
		if id := ui.IDOf(err); id != c.id {
			t.Errorf("%s: got the error %q, want %s", name, id, c.id)
		}
		if len(w.requests) != 0 || TokenRefused(err) {
			t.Fatalf("%s: %d requests, token refused: %v", name, len(w.requests), TokenRefused(err))
		}
	}
}

func TestARedirectGivesTheOtherHostNothing(t *testing.T) {
	t.Parallel()
	other := serve(t, granted("3600"))
	for _, status := range []int{301, 302, 303, 307, 308} {
		w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, other.url+"/oidc/v1/token", status)
		})
		_, err := w.Exchange(t.Context(), w.exchange())
		mustFail(t, err, ui.Failed, "redirect", "access map")
		_, err = w.Me(t.Context(), &Token{Host: w.url, AccessToken: secret.New(accessToken)})
		mustFail(t, err, ui.Failed, "redirect", "access map")
	}
	if len(other.requests) != 0 {
		t.Errorf("the other host got %d requests", len(other.requests))
	}
}

func TestABusyServerIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	busy := `{"error":"temporarily_unavailable"}`
	for name, c := range map[string]struct {
		handlers []http.HandlerFunc
		calls    int
		waited   time.Duration // 0: half a second to one, where a second call is made
		hint     string        // "" where it ends well
	}{
		"429":            {[]http.HandlerFunc{says(429, ""), granted("60")}, 2, 0, ""},
		"503":            {[]http.HandlerFunc{says(503, busy), granted("60")}, 2, 0, ""},
		"told to wait":   {[]http.HandlerFunc{says(429, "", "Retry-After", "2"), granted("60")}, 2, 2 * time.Second, ""},
		"odd header":     {[]http.HandlerFunc{says(503, "", "Retry-After", "-1"), granted("60")}, 2, 0, ""},
		"a date":         {[]http.HandlerFunc{says(503, "", "Retry-After", now.Add(4*time.Second).Format(http.TimeFormat)), granted("60")}, 2, 3*time.Second + 876543211, ""},
		"a past date":    {[]http.HandlerFunc{says(503, "", "Retry-After", now.Add(-time.Hour).Format(http.TimeFormat)), granted("60")}, 2, 0, ""},
		"busy twice":     {[]http.HandlerFunc{says(429, "")}, 2, 0, "try again in a minute"},
		"far too long":   {[]http.HandlerFunc{says(429, "", "Retry-After", "30"), granted("60")}, 1, 0, "try again in 30s"},
		"for a day":      {[]http.HandlerFunc{says(503, busy, "Retry-After", "86400"), granted("60")}, 1, 0, "try again in 24h0m0s"},
		"beyond a day":   {[]http.HandlerFunc{says(503, busy, "Retry-After", "86401"), granted("60")}, 1, 0, "try again in a day"},
		"for a year":     {[]http.HandlerFunc{says(429, "", "Retry-After", "31536000"), granted("60")}, 1, 0, "try again in a day"},
		"absurdly long":  {[]http.HandlerFunc{says(503, busy, "Retry-After", "2147483647"), granted("60")}, 1, 0, "try again in a day"},
		"another status": {[]http.HandlerFunc{says(502, "<html>"), granted("60")}, 1, 0, "has an outage"},
		"a refusal":      {[]http.HandlerFunc{says(400, `{"error":"invalid_scope"}`), granted("60")}, 1, 0, "federation-policy"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := serveAtOnce(t, c.handlers...)
			_, err := w.Exchange(t.Context(), w.exchange())
			if (err == nil) != (c.hint == "") || !strings.Contains(ui.HintOf(err), c.hint) || len(w.requests) != c.calls {
				t.Errorf("%s: %v, hint %q, %d calls", name, err, ui.HintOf(err), len(w.requests))
			}
			if len(w.requests) != 2 {
				return
			}
			if d := w.at[1].Sub(w.at[0]); c.waited != 0 && d != c.waited || c.waited == 0 && (d < 500*time.Millisecond || d >= time.Second) {
				t.Errorf("%s: waited %s", name, d)
			}
			if !slices.Equal(w.requests[0].PostForm["subject_token"], w.requests[1].PostForm["subject_token"]) {
				t.Errorf("%s: the second request is another one", name)
			}
		})
	}
}

// A server that thinks for long has made the token early: it is never believed to live longer than it does.
func TestALifeCountsFromTheRequestThatWasGranted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(answer http.HandlerFunc) http.HandlerFunc {
			return func(rw http.ResponseWriter, r *http.Request) {
				time.Sleep(20 * time.Second)
				answer(rw, r)
			}
		}
		w := serveAtOnce(t, slow(says(503, "", "Retry-After", "2")), slow(granted("60")))
		w.Now = time.Now
		began := time.Now()
		got, err := w.Exchange(t.Context(), w.exchange())
		if want := began.Add((20 + 2 + 60) * time.Second); err != nil || !got.Expires.Equal(want) {
			t.Errorf("got %+v, %v; want it to end at %s", got, err, want)
		}
	})
}

func TestAnInterruptEndsTheWait(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		cancel()
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	if _, err := w.Exchange(ctx, w.exchange()); ui.CodeOf(err) != ui.Interrupted || len(w.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(w.requests))
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := w.Exchange(t.Context(), w.exchange())
	mustFail(t, err, ui.Failed, "exchanging the ID token at "+w.url, "try again")
	e := w.exchange()
	e.Host = "http://127.0.0.1:1"
	_, err = w.Exchange(t.Context(), e)
	mustFail(t, err, ui.Failed, "exchanging the ID token at http://127.0.0.1:1", "check the network or VPN")
}
