package httpclient

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

// throughFor is the proxy for a request to an address.
func throughFor(t *testing.T, variables map[string]string, address string) (*url.URL, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ProxyOf(environment(variables)).of(r)
}

func TestWhichProxyIsUsed(t *testing.T) {
	t.Parallel()
	const target = "https://idp.acme.test/"
	for name, c := range map[string]struct {
		variables    map[string]string
		target, want string // "" for none
	}{
		"none":                      {nil, target, ""},
		"capitals":                  {map[string]string{"HTTPS_PROXY": "http://one:1", "https_proxy": "http://two:2", "ALL_PROXY": "http://three:3"}, target, "http://one:1"},
		"small letters":             {map[string]string{"https_proxy": "http://two:2", "ALL_PROXY": "http://three:3"}, target, "http://two:2"},
		"for all":                   {map[string]string{"ALL_PROXY": "http://three:3", "all_proxy": "http://four:4"}, target, "http://three:3"},
		"for all, in small letters": {map[string]string{"all_proxy": "socks5://four:4"}, target, "socks5://four:4"},
		"for plain http only":       {map[string]string{"HTTP_PROXY": "http://one:1", "http_proxy": "http://%zz"}, target, ""},
		"without a scheme":          {map[string]string{"HTTPS_PROXY": "one:3128"}, target, "http://one:3128"},
		"an address":                {map[string]string{"HTTPS_PROXY": "10.1.2.3:3128"}, target, "http://10.1.2.3:3128"},
		"an address of version 6":   {map[string]string{"HTTPS_PROXY": "http://[fd00::1]:3128/"}, target, "http://[fd00::1]:3128/"},
		"with a password":           {map[string]string{"HTTPS_PROXY": "alice:p%25%23%40@one:1"}, target, "http://alice:p%25%23%40@one:1"},
		"TLS to the proxy":          {map[string]string{"HTTPS_PROXY": "HTTPS://one:1"}, target, "https://one:1"},
		"SOCKS with its own names":  {map[string]string{"HTTPS_PROXY": "socks5h://one:1"}, target, "socks5h://one:1"},
		"not for this host":         {map[string]string{"HTTPS_PROXY": "http://one:1", "NO_PROXY": ".acme.test"}, target, ""},
		"in small letters":          {map[string]string{"HTTPS_PROXY": "http://one:1", "no_proxy": "other, idp.acme.test"}, target, ""},
		"not for this network":      {map[string]string{"HTTPS_PROXY": "http://one:1", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3/", ""},
		"for no host":               {map[string]string{"HTTPS_PROXY": "http://one:1", "NO_PROXY": "*"}, target, ""},
		"not for this machine":      {map[string]string{"HTTPS_PROXY": "http://one:1"}, "https://127.0.0.1:5556/", ""},
		"nor in plain http":         {map[string]string{"HTTPS_PROXY": "http://one:1", "HTTP_PROXY": "http://one:1"}, "http://localhost:5556/", ""},
	} {
		got, err := throughFor(t, c.variables, c.target)
		if err != nil || got == nil && c.want != "" || got != nil && got.String() != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// A password with a character that an address can't hold is met with each client that reads these variables
// (got-scraping 55, git-for-windows 821, pypac 49); net/http goes past the proxy then.
func TestAProxyThatCantBeReadIsAnErrorWithoutItsPassword(t *testing.T) {
	t.Parallel()
	const target = "https://idp.acme.test/"
	for _, value := range []string{
		"http://alice:canary%zz@one:1", "alice:canary%@one:1", "http://alice:canary#x@one:1", "http://alice:12#canary@one:1",
		"http://alice:12/canary@one:1", "http://alice:12?canary@one:1", "http://alice:ca nary@one:1", "http://one:1/canary", "canary://one:1",
		"htps://canary", "socks4://canary:1", "http://", "http://:3128", "http://one:canary", "http://one:1\r", "://canary", "file:///canary",
	} {
		for _, variable := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
			variables := map[string]string{variable: value}
			got, err := throughFor(t, variables, target)
			told := ui.HintOf(err)
			if got != nil || ui.IDOf(err) != "proxy-address-invalid" || !strings.Contains(err.Error(), variable+" ") ||
				!strings.Contains(told, "% as %25") || strings.Contains(err.Error()+told, "canary") {
				t.Errorf("%s=%q: %v, %v, hint %q", variable, value, got, err, told)
			}
			if ProxyOf(environment(variables)).Check() == nil {
				t.Errorf("%s=%q is found in order", variable, value)
			}
			variables["NO_PROXY"] = "idp.acme.test"
			if got, err := throughFor(t, variables, target); got != nil || err != nil {
				t.Errorf("%s=%q, not for this host: %v, %v", variable, value, got, err)
			}
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Do(New(Options{Getenv: environment(map[string]string{"HTTPS_PROXY": "http://alice:canary%zz@one:1"})}), Asked{Doing: "asking"}, r)
	if ui.IDOf(err) != "proxy-address-invalid" || strings.Contains(err.Error()+ui.HintOf(err), "canary") || !strings.HasPrefix(err.Error(), "asking: ") {
		t.Errorf("got %v, hint %q", err, ui.HintOf(err))
	}
}

func TestASOCKSProxyThatDoesNotLetUsThroughIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ says, want string }{
		"refuses the password": {"\x05\xff", "the proxy does not let you through to idp.acme.test"},
		"refuses the host":     {"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", "the proxy does not let you through to idp.acme.test"},
	} {
		address := listen(t, func(conn net.Conn) { _, _ = io.WriteString(conn, c.says); _, _ = io.Copy(io.Discard, conn) })
		client := New(Options{Getenv: environment(map[string]string{"ALL_PROXY": "socks5h://alice:canary@" + address})})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://idp.acme.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Do(client, Asked{Doing: "asking"}, r)
		if told := ui.HintOf(err); !strings.Contains(told, c.want) || !strings.Contains(err.Error(), "the proxy "+address) || strings.Contains(err.Error()+told, "canary") {
			t.Errorf("%s: %v, hint %q", name, err, told)
		}
	}
}
