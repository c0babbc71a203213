package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	testHost    = "https://dbc-1.cloud.databricks.com"
	unifiedHost = "https://unified.cloud.databricks.com"
)

// grantOf is a grant whose credentials live for an hour, and fail with fails if that holds an error.
func grantOf(t *testing.T, role string, fails func() error) Grant {
	t.Helper()
	aws := Keep[*credential.AWS]{Ahead: AheadAWS, Fetch: func(context.Context, time.Duration) (*credential.AWS, time.Time, error) {
		end := time.Now().Add(time.Hour).UTC()
		return &credential.AWS{
			AccessKeyID: "ASIA-" + role, SecretAccessKey: secret.New("secret-of-" + role), SessionToken: secret.New("session-of-" + role),
			AccountID: "111122223333", Expires: end,
		}, end, fails()
	}}
	grant := Grant{Role: role, Identity: "acme", Profile: "dbx-" + role, Region: "eu-west-1", AWS: aws.Start(t.Context())}
	for _, place := range []Place{{testHost, "", "", "dbx-" + role, "first"}, {unifiedHost, "a-1", "17", "dbx-" + role + "-17", "second"}} {
		token := Keep[*credential.Token]{Ahead: AheadToken, Fetch: func(context.Context, time.Duration) (*credential.Token, time.Time, error) {
			end := time.Now().Add(time.Hour).UTC()
			return &credential.Token{
				Host: place.Host, AccountID: place.AccountID, WorkspaceID: place.WorkspaceID,
				AccessToken: secret.New("token-of-" + role + "-" + place.WorkspaceID), Expires: end,
			}, end, fails()
		}}
		grant.Workspaces = append(grant.Workspaces, Workspace{place, token.Start(t.Context())})
	}
	return grant
}

func works() error { return nil }

// told collects the IDs of what a server tells on its own side.
type told struct {
	mu  sync.Mutex
	ids []ui.ID
}

func (a *told) refused(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids = append(a.ids, ui.IDOf(err))
}

func (a *told) all() []ui.ID {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.ids)
}

func loopback(t *testing.T, refused func(error), grants ...Grant) *Server {
	t.Helper()
	s, err := Loopback(grants, refused)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// send writes bytes to a server, and reads one answer; nil where the connection just ends.
func send(t *testing.T, s *Server, request string) *http.Response {
	t.Helper()
	conn := connect(t, s)
	_, _ = io.WriteString(conn, request)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func connect(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout(s.listener.Addr().Network(), s.listener.Addr().String(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

func pathOf(t *testing.T, address secret.String) string {
	t.Helper()
	u, err := url.Parse(address.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

func object(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestWhatTheClientsGet(t *testing.T) {
	t.Parallel()
	s := loopback(t, func(err error) { t.Errorf("told: %v", err) }, grantOf(t, "trainer", works), grantOf(t, "reader", works))
	for i, role := range []string{"trainer", "reader"} {
		at := s.Endpoints()[i]
		resp := get(t, at.AWS, map[string]string{"Authorization": at.AWSToken.Reveal()})
		got := object(t, resp)
		end, err := time.Parse("2006-01-02T15:04:05Z", fmt.Sprint(got["Expiration"]))
		if resp.StatusCode != http.StatusOK || err != nil || time.Until(end) < 50*time.Minute || got["AccessKeyId"] != "ASIA-"+role ||
			got["SecretAccessKey"] != "secret-of-"+role || got["Token"] != "session-of-"+role || got["AccountId"] != "111122223333" {
			t.Errorf("AWS: %v %v, %v", resp.Status, got, err)
		}
		if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("headers: %v", resp.Header)
		}
		for host, address := range map[string]secret.String{
			testHost: at.Databricks[0], "HTTPS://DBC-1.cloud.databricks.com:443/?o=12": at.Databricks[0], unifiedHost + "?o=17": at.Databricks[1],
		} {
			resp := get(t, address, map[string]string{"X-Databricks-Metadata-Version": "1", "X-Databricks-Host": host})
			got := object(t, resp)
			if seconds, ok := got["expires_on"].(float64); resp.StatusCode != http.StatusOK || got["token_type"] != "Bearer" || !ok ||
				time.Until(time.Unix(int64(seconds), 0)) < 50*time.Minute || !strings.HasPrefix(fmt.Sprint(got["access_token"]), "token-of-"+role) {
				t.Errorf("%s: %v %v", host, resp.Status, got)
			}
		}
	}
}

func get(t *testing.T, address secret.String, header map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address.Reveal(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// Each request that is not exactly a client's gets a refusal: never 404, never a redirect, and no secret.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	var heard told
	s := loopback(t, heard.refused, grantOf(t, "trainer", works), grantOf(t, "reader", works))
	one, other := s.Endpoints()[0], s.Endpoints()[1]
	aws, metadata := pathOf(t, one.AWS), pathOf(t, one.Databricks[0])
	host := s.listener.Addr().String()
	_, port, _ := net.SplitHostPort(host)
	good := "Host: " + host + "\r\nAuthorization: " + one.AWSToken.Reveal() + "\r\n"
	ask := "Host: " + host + "\r\nX-Databricks-Metadata-Version: 1\r\nX-Databricks-Host: " + testHost + "\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
		id      string
	}{
		"right":                 {"GET " + aws + " HTTP/1.1\r\n" + good, 200, ""},
		"right by name":         {"GET " + aws + " HTTP/1.1\r\n" + strings.Replace(good, host, "localhost:"+port, 1), 200, ""},
		"right, Databricks":     {"GET " + metadata + " HTTP/1.1\r\n" + ask, 200, ""},
		"no token":              {"GET " + aws + " HTTP/1.1\r\nHost: " + host + "\r\n", 403, "served-wrong-token"},
		"half a token":          {"GET " + aws + " HTTP/1.1\r\n" + strings.TrimSuffix(good, "\r\n")[:len(good)-6] + "\r\n", 403, "served-wrong-token"},
		"another role's token":  {"GET " + aws + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + other.AWSToken.Reveal() + "\r\n", 403, "served-wrong-token"},
		"another name":          {"GET " + aws + " HTTP/1.1\r\n" + strings.Replace(good, host, "evil.example:"+port, 1), 403, "served-wrong-name"},
		"another port":          {"GET " + aws + " HTTP/1.1\r\n" + strings.Replace(good, host, "127.0.0.1:1", 1), 403, "served-wrong-name"},
		"no name, HTTP 1.0":     {"GET " + aws + " HTTP/1.0\r\n" + "Authorization: " + one.AWSToken.Reveal() + "\r\n", 403, "served-wrong-name"},
		"a proxy's request":     {"GET http://" + host + aws + " HTTP/1.1\r\n" + good, 403, "served-wrong-address"},
		"the root":              {"GET / HTTP/1.1\r\n" + good, 403, "served-wrong-address"},
		"a guess":               {"GET " + aws[:len(aws)-1] + "x HTTP/1.1\r\n" + good, 403, "served-wrong-address"},
		"a longer path":         {"GET " + aws + "/ HTTP/1.1\r\n" + good, 403, "served-wrong-address"},
		"a query":               {"GET " + aws + "?role=admin HTTP/1.1\r\n" + good, 403, "served-wrong-address"},
		"dots":                  {"GET /../" + aws + " HTTP/1.1\r\n" + good, 403, "served-wrong-address"},
		"POST":                  {"POST " + aws + " HTTP/1.1\r\nContent-Length: 0\r\n" + good, 403, "served-wrong-method"},
		"HEAD":                  {"HEAD " + aws + " HTTP/1.1\r\n" + good, 403, ""},
		"OPTIONS":               {"OPTIONS * HTTP/1.1\r\n" + good, 403, "served-wrong-method"},
		"a body":                {"GET " + aws + " HTTP/1.1\r\nContent-Length: 4\r\n" + good + "\r\nbody", 403, "served-wrong-method"},
		"an endless body":       {"GET " + aws + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + good, 403, "served-wrong-method"},
		"a page":                {"GET " + aws + " HTTP/1.1\r\nOrigin: http://" + host + "\r\n" + good, 403, "served-web-page"},
		"a page without origin": {"GET " + aws + " HTTP/1.1\r\nOrigin: null\r\n" + good, 403, "served-web-page"},
		"a browser":             {"GET " + metadata + " HTTP/1.1\r\nSec-Fetch-Site: none\r\n" + ask, 403, "served-web-page"},
		"no version":            {"GET " + metadata + " HTTP/1.1\r\nHost: " + host + "\r\nX-Databricks-Host: " + testHost + "\r\n", 403, "served-wrong-version"},
		"no host":               {"GET " + metadata + " HTTP/1.1\r\n" + strings.Split(ask, "X-Databricks-Host")[0], 403, "served-other-host"},
		"another workspace":     {"GET " + metadata + " HTTP/1.1\r\n" + strings.Replace(ask, testHost, unifiedHost, 1), 403, "served-other-host"},
		"another of a host":     {"GET " + pathOf(t, one.Databricks[1]) + " HTTP/1.1\r\n" + strings.Replace(ask, testHost, unifiedHost+"?o=18", 1), 403, "served-other-host"},
		"a long header":         {"GET " + aws + " HTTP/1.1\r\nX: " + strings.Repeat("x", 100_000) + "\r\n" + good, 431, ""},
		"HTTP 0.9":              {"GET " + aws + "\r\n", 400, ""},
		"two names":             {"GET " + aws + " HTTP/1.1\r\nHost: evil.example\r\n" + good, 400, ""},
		"no HTTP":               {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, ""},
		"HTTP 2":                {"PRI * HTTP/2.0\r\n\r\nSM\r\n", 403, "served-wrong-method"},
	} {
		resp := send(t, s, c.request+"\r\n")
		if resp == nil {
			t.Errorf("%s: no answer", name)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != c.status || !strings.Contains(string(body), c.id) {
			t.Errorf("%s: %s %s", name, resp.Status, body)
		}
		if c.status == 200 {
			continue
		}
		if strings.Contains(string(body), "-of-trainer") || resp.Header.Get("Access-Control-Allow-Origin") != "" || resp.Header.Get("Location") != "" {
			t.Errorf("%s: %v %s", name, resp.Header, body)
		}
		if c.id != "" && (!resp.Close || resp.Header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: the connection stays, or the answer: %v", name, resp.Header)
		}
	}
	ids := slices.Sorted(slices.Values(heard.all()))
	want := []ui.ID{
		"served-other-host", "served-web-page", "served-wrong-address", "served-wrong-method", "served-wrong-name", "served-wrong-token", "served-wrong-version",
	}
	if !slices.Equal(ids, want) {
		t.Errorf("told on our side: %v", ids)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		ends   string
	}{
		{ui.Errorf("login-needed", ui.LoginNeeded, "no one is signed in").With(ui.Command("dbxaccess login")), 401, "no one is signed in; run: dbxaccess login"},
		{ui.Errorf("aws-refused", ui.Refused, "AWS\nrefused").With(ui.Advice("ask")), 403, "AWS refused; ask"},
		{ui.Errorf("role-unknown", ui.NoSuchRole, "no such role"), 403, "no such role"},
		{ui.Errorf("timed-out", ui.Failed, "STS did not answer"), 503, "STS did not answer"},
		{ui.Errorf("keyring-locked", ui.KeyringUnavailable, "the keyring is locked"), 503, "the keyring is locked"},
	} {
		s := loopback(t, func(err error) { t.Errorf("told: %v", err) }, grantOf(t, "trainer", func() error { return c.err }))
		at := s.Endpoints()[0]
		for _, resp := range []*http.Response{
			get(t, at.AWS, map[string]string{"Authorization": at.AWSToken.Reveal()}),
			get(t, at.Databricks[0], map[string]string{"X-Databricks-Metadata-Version": "1", "X-Databricks-Host": testHost}),
		} {
			got := object(t, resp)
			if resp.StatusCode != c.status || !resp.Close || got["code"] != string(ui.IDOf(c.err)) || got["error_code"] != got["code"] || got["message"] != c.ends {
				t.Errorf("%v: %s %v", c.err, resp.Status, got)
			}
		}
	}
}
