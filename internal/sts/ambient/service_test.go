package ambient

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"testing"
)

// TestCredentialsAreNotAskedForThroughAProxy runs in a process of its own: net/http reads the proxy's variables once.
func TestCredentialsAreNotAskedForThroughAProxy(t *testing.T) {
	const inside = "STS_TEST_BEHIND_A_PROXY"
	if os.Getenv(inside) == "" {
		var asked atomic.Int32
		proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer proxy.Close()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), inside+"=1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
		if printed, err := cmd.CombinedOutput(); err != nil || asked.Load() != 0 {
			t.Errorf("the proxy was asked %d times: %v\n%s", asked.Load(), err, printed)
		}
		return
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://169.254.170.2/creds", nil)
	if proxy, err := http.ProxyFromEnvironment(r); proxy == nil {
		t.Fatalf("no proxy here: %v", err)
	}
	for name, environment := range map[string]map[string]string{
		"container": {relativeURI: "/creds", tokenVar: "shown-to-the-endpoint-only"},
		"instance":  nil,
	} {
		mux := http.NewServeMux()
		mux.Handle("/latest/", instance(t, "ml-host", reply(200, document)))
		mux.Handle("/creds", reply(200, document))
		got, err := machine(t, environment, mux).Credentials(t.Context())
		checkGiven(t, name, got, err)
	}
}

// TestALocalServiceCannotSendUsOn has it lead to other places, also to those that may be dialled: what a request
// carries is for the one that it was sent to.
func TestALocalServiceCannotSendUsOn(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"http://169.254.170.23/creds", "http://169.254.169.254/", "http://192.0.2.1/", "https://evil.test/", "/elsewhere"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			a := machine(t, map[string]string{relativeURI: "/creds", tokenVar: "token"}, http.RedirectHandler(target, status))
			sent := &recorded{RoundTripper: a.Link.Transport}
			a.Link.Transport = sent
			if _, err := a.Credentials(t.Context()); err == nil || !slices.Equal(sent.to, []string{"http://169.254.170.2/creds"}) {
				t.Errorf("%d to %s: asked %q, %v", status, target, sent.to, err)
			}
		}
	}
}

// recorded keeps where requests were sent to.
type recorded struct {
	http.RoundTripper

	to []string
}

func (r *recorded) RoundTrip(request *http.Request) (*http.Response, error) {
	r.to = append(r.to, request.URL.String())
	return r.RoundTripper.RoundTrip(request)
}
