package oidc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestWhoeverKnocksAtTheWrongDoorChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBrowsing(t)
	honest := b.back
	b.back = func(asked url.Values) url.Values {
		door := asked.Get("redirect_uri")
		host := strings.TrimSuffix(strings.TrimPrefix(door, "http://"), "/callback")
		right := honest(asked).Encode()
		const reflected = "reflected-7f3"
		for name, c := range map[string]struct {
			method, address, host string
			want                  int
		}{
			"no state":        {"GET", door + "?code=" + reflected, "", 400},
			"another state":   {"GET", door + "?code=x&state=" + reflected, "", 400},
			"half the state":  {"GET", door + "?code=x&state=" + asked.Get("state")[:13], "", 400},
			"two states":      {"GET", door + "?" + right + "&state=" + reflected, "", 400},
			"a broken query":  {"GET", door + "?" + right + "&x=%zz", "", 400},
			"POST":            {"POST", door + "?" + right, "", 405},
			"HEAD":            {"HEAD", door + "?" + right, "", 405},
			"OPTIONS":         {"OPTIONS", door + "?" + right, "", 405},
			"another path":    {"GET", door + "/" + reflected + "?" + right, "", 404},
			"the root":        {"GET", "http://" + host + "/?" + right, "", 404},
			"an escaped path": {"GET", "http://" + host + "/call%62ack?" + right, "", 404},
			"favicon":         {"GET", "http://" + host + "/favicon.ico", "", 404},
			"a name rebound":  {"GET", door + "?" + right, "evil.example.net:" + host[strings.LastIndex(host, ":")+1:], 404},
			"localhost":       {"GET", door + "?" + right, "localhost:" + host[strings.LastIndex(host, ":")+1:], 404},
			"no port":         {"GET", door + "?" + right, "127.0.0.1", 404},
			"a long query":    {"GET", door + "?" + right + "&x=" + strings.Repeat("a", 16<<10), "", 414},
			"a longer query":  {"GET", door + "?" + right + "&x=" + strings.Repeat("a", 2*(128<<10)), "", 431},
		} {
			got := b.do(c.method, c.address, c.host)
			if got.status != c.want {
				t.Errorf("%s: %d, want %d", name, got.status, c.want)
			}
			if strings.Contains(got.body, reflected) || strings.Contains(got.body, asked.Get("state")) || len(got.body) > 100 {
				t.Errorf("%s: it answers %q", name, got.body)
			}
			if c.want != 431 && got.header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: no policy", name)
			}
		}
		if n := b.sent.Load(); n != 0 {
			t.Errorf("a code was sent %d times", n)
		}
		return honest(asked)
	}
	if _, who, err := b.signIn(t.Context()); err != nil || who.Subject != "alice-1" {
		t.Errorf("got %v, %v", who, err)
	}
}

func TestOtherPeoplesProgramsFindNothing(t *testing.T) {
	t.Parallel()
	b := newBrowsing(t)
	ours := false
	b.client.Peer = func(remote, local string) bool {
		r, err := net.ResolveTCPAddr("tcp", remote)
		l, err2 := net.ResolveTCPAddr("tcp", local)
		if err != nil || err2 != nil || !r.IP.IsLoopback() || !l.IP.IsLoopback() || !strings.Contains(b.asked.Get("redirect_uri"), local) {
			t.Errorf("asked for %q and %q", remote, local)
		}
		return ours
	}
	honest := b.back
	b.back = func(asked url.Values) url.Values {
		if got := b.get(asked.Get("redirect_uri") + "?" + honest(asked).Encode()); got.status != 404 {
			t.Errorf("somebody else got %d", got.status)
		}
		ours = true
		return honest(asked)
	}
	if _, _, err := b.signIn(t.Context()); err != nil {
		t.Error(err)
	}
}

// receptions counts the goroutines of the browser flow that are alive.
func receptions() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	n := 0
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "loopback.(*Reception)") || strings.Contains(stack, "loopback.Open") {
			n++
		}
	}
	return n
}

// Not parallel: what other tests have running would count.
func TestNothingListensAfterwards(t *testing.T) {
	for name, end := range map[string]func(b *browsing, cancel func()){
		"signed in": func(*browsing, func()) {},
		"denied": func(b *browsing, _ func()) {
			b.back = func(asked url.Values) url.Values {
				return url.Values{"state": {asked.Get("state")}, "error": {"access_denied"}}
			}
		},
		"interrupted": func(b *browsing, cancel func()) {
			b.back = func(url.Values) url.Values { cancel(); return nil }
		},
		"interrupted with an idle connection": func(b *browsing, cancel func()) {
			b.back = func(asked url.Values) url.Values {
				u, _ := url.Parse(asked.Get("redirect_uri"))
				conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", u.Host)
				if err != nil {
					b.Error(err)
				} else {
					b.Cleanup(func() { _ = conn.Close() })
				}
				cancel()
				return nil
			}
		},
		"interrupted during the exchange": func(b *browsing, cancel func()) {
			b.token = func(url.Values) logintest.Reply { cancel(); return logintest.OAuthError(400, "invalid_grant") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowsing(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			end(b, cancel)
			start := time.Now()
			_, _, err := b.signIn(ctx)
			if strings.HasPrefix(name, "interrupted") && (!errors.Is(err, context.Canceled) || ui.CodeOf(err) != ui.Interrupted) && name != "interrupted during the exchange" {
				t.Errorf("got %v", err)
			}
			if time.Since(start) > time.Minute {
				t.Errorf("it took %s", time.Since(start))
			}
			u, err := url.Parse(b.asked.Get("redirect_uri"))
			if err != nil {
				t.Fatal(err)
			}
			if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host); err == nil {
				_ = conn.Close()
				t.Error("it still listens")
			}
			for range 6000 { // a handler ends a moment after its connection
				if receptions() == 0 {
					return
				}
				runtime.Gosched()
				time.Sleep(5 * time.Millisecond)
			}
			t.Errorf("%d goroutines are left", receptions())
		})
	}
}

func TestNobodyCameSaysHowElse(t *testing.T) {
	t.Parallel()
	p := testProvider()
	logintest.WantFault(t, nobodyCame(p, &Endpoints{DeviceAuthorization: logintest.Issuer + "/device"}, loopback.ErrNobodyCame), ui.LoginNeeded,
		"within 5m0s", "dbxaccess login --identity acme --flow device", "http://127.0.0.1/callback")
	if hint := ui.HintOf(nobodyCame(p, &Endpoints{}, loopback.ErrNobodyCame)); strings.Contains(hint, "--flow device") {
		t.Errorf("device codes are not offered there: %s", hint)
	}
}

func TestLocalhostIsListenedAtOnBothAddresses(t *testing.T) {
	t.Parallel()
	b := newBrowsing(t)
	b.provider.Kind, b.provider.Issuer = "entra", b.provider.Issuer+"/t1"
	b.idp.Metadata["issuer"], b.claims = b.provider.Issuer, map[string]any{"tid": "t1"}
	b.client.HTTP = &http.Client{Transport: below{"/t1", b.idp}}
	honest := b.back
	b.back = func(asked url.Values) url.Values {
		u, err := url.Parse(asked.Get("redirect_uri"))
		if err != nil || u.Hostname() != "localhost" {
			t.Errorf("comes back to %q", asked.Get("redirect_uri"))
			return nil
		}
		addresses := []string{"127.0.0.1"}
		if six, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp6", "[::1]:0"); err == nil {
			_ = six.Close()
			addresses = append(addresses, "[::1]")
		}
		for _, address := range addresses {
			door := "http://" + address + ":" + u.Port() + "/callback"
			if got := b.do(http.MethodGet, door, u.Host).status; got != 400 {
				t.Errorf("%s with the Host localhost: %d", address, got)
			}
			if got := b.do(http.MethodGet, door+"?"+honest(asked).Encode(), "").status; got != 404 {
				t.Errorf("%s with its own Host: %d", address, got)
			}
		}
		return honest(asked)
	}
	if _, _, err := b.signIn(t.Context()); err != nil {
		t.Error(err)
	}
}
