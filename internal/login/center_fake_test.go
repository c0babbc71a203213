package login

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
)

const (
	testAccount  = "111122223333"
	otherAccount = "444455556666"
)

func centerProvider() Provider {
	return Provider{
		Name: "corp", Issuer: "https://acme.awsapps.com/start", SSORegion: "us-east-1",
		Accounts: []string{testAccount, otherAccount, "999988887777"},
	}
}

// center is an Identity Center in memory. It rotates refresh tokens, gives them to one client each, and ends the session
// when a replaced one comes back.
type center struct {
	answer func(operation string, in map[string]any) *reply // in place of the usual; nil: the usual

	mu       sync.Mutex
	ops      []string // in order
	clients  int      // registered so far: c1, c2, …
	gone     []string // clients that it has forgotten
	owner    string   // client of the refresh token
	rotation int      // the present refresh token is r1, r2, …; 0: none was given
	grace    bool     // the one before is taken too, once its answer may have got lost
	over     bool     // the session is ended
	portal   map[string][]string
	revoked  bool // the access token is not taken any more
	last     map[string]any
	bearer   string
	host     string // that was asked last
}

func newCenter() *center {
	return &center{portal: map[string][]string{
		otherAccount: {"Reader"}, testAccount: {"MLAdmin", "Analyst"}, "777766665555": {"Elsewhere"},
	}}
}

func (c *center) client() *identitycenter.Client {
	return &identitycenter.Client{HTTP: &http.Client{Transport: c}, Now: time.Now}
}

func awsError(status int, code string) reply {
	r := jsonReply(status, map[string]any{"message": "because"})
	r.header = map[string]string{"X-Amzn-Errortype": code}
	return r
}

func (c *center) count(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(c.ops), func(op string) bool { return op != operation }))
}

func (c *center) RoundTrip(req *http.Request) (*http.Response, error) {
	operation := map[string]string{
		"/client/register": "register", "/device_authorization": "device", "/token": "token",
		"/assignment/accounts": "accounts", "/assignment/roles": "roles", "/logout": "logout",
	}[req.URL.Path]
	in := map[string]any{}
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if len(data) > 0 {
			if err := json.Unmarshal(data, &in); err != nil {
				return nil, err
			}
		}
	}
	c.mu.Lock()
	c.ops = append(c.ops, operation)
	c.last, c.host = in, req.URL.Host
	if bearer := req.Header.Get("X-Amz-Sso_bearer_token"); bearer != "" {
		c.bearer = bearer
	}
	c.mu.Unlock()
	if c.answer != nil {
		if r := c.answer(operation, in); r != nil {
			return r.response(req)
		}
	}
	return c.usual(operation, in, req.URL.Query()).response(req)
}

func (c *center) usual(operation string, in map[string]any, query url.Values) reply {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, _ := in["clientId"].(string)
	switch {
	case operation == "register":
		c.clients++
		return jsonReply(200, map[string]any{
			"clientId": fmt.Sprint("c", c.clients), "clientSecret": "canary-client", "clientSecretExpiresAt": time.Now().Add(90 * 24 * time.Hour).Unix(),
		})
	case slices.Contains(c.gone, id):
		return awsError(400, "InvalidClientException")
	case operation == "device":
		page := "https://acme.awsapps.com/start/#/device"
		return jsonReply(200, map[string]any{
			"deviceCode": "canary-device", "userCode": "ABCD-EFGH", "expiresIn": 600, "interval": 1,
			"verificationUri": page, "verificationUriComplete": page + "?user_code=ABCD-EFGH",
		})
	case operation == "token":
		return c.tokens(id, in)
	case c.revoked || c.over:
		return awsError(401, "UnauthorizedException")
	case operation == "accounts":
		entries := []map[string]any{}
		for account := range c.portal {
			entries = append(entries, map[string]any{"accountId": account})
		}
		return jsonReply(200, map[string]any{"accountList": entries})
	case operation == "roles":
		roles, ok := c.portal[query.Get("account_id")]
		if !ok {
			return awsError(403, "ForbiddenException")
		}
		entries := []map[string]any{}
		for _, role := range roles {
			entries = append(entries, map[string]any{"roleName": role})
		}
		return jsonReply(200, map[string]any{"roleList": entries})
	case operation == "logout":
		c.over = true
		return reply{status: http.StatusOK}
	}
	return reply{status: http.StatusNotFound}
}

func (c *center) tokens(id string, in map[string]any) reply {
	if sent, ok := in["refreshToken"].(string); ok {
		current := sent == fmt.Sprint("canary-r", c.rotation)
		again := c.grace && sent == fmt.Sprint("canary-r", c.rotation-1)
		if !current && !again && strings.HasPrefix(sent, "canary-r") {
			c.over = true // a replaced token came back
		}
		if c.over || id != c.owner || !current && !again {
			return awsError(400, "InvalidGrantException")
		}
	}
	c.owner = id
	c.rotation++
	return jsonReply(200, map[string]any{
		"accessToken": fmt.Sprint("canary-a", c.rotation), "refreshToken": fmt.Sprint("canary-r", c.rotation), "expiresIn": 3600,
	})
}

// centerFixture is somebody signed in at an Identity Center.
type centerFixture struct {
	*testing.T
	center   *center
	store    *memStore
	sessions *Sessions
	notices  []string
}

func newCenterFixture(t *testing.T) *centerFixture {
	f := &centerFixture{T: t, center: newCenter(), store: newMemStore()}
	f.sessions = f.process()
	f.sessions.Notice = func(message string) { f.notices = append(f.notices, message) }
	return f
}

// process is another process that shares the keyring.
func (f *centerFixture) process() *Sessions {
	return &Sessions{Client: newIDP().client(), Center: f.center.client(), Store: f.store}
}

func (f *centerFixture) signIn() *Session {
	f.Helper()
	session, err := f.sessions.SignIn(f.Context(), centerProvider(), codeScreen(func(*DeviceCode) {}))
	if err != nil {
		f.Fatal(err)
	}
	session.Subject, session.Username = "AROA1:alice", "alice"
	if err := f.sessions.Save(f.Context(), centerProvider(), session); err != nil {
		f.Fatal(err)
	}
	return session
}

func (f *centerFixture) fresh() (*Session, error) {
	return f.sessions.Fresh(f.Context(), centerProvider(), time.Minute)
}

func (f *centerFixture) stored() *Session {
	f.Helper()
	session, err := f.sessions.Load(f.Context(), centerProvider())
	if err != nil {
		f.Fatalf("the stored session: %v", err)
	}
	return session
}

// centerBubble runs a test where time is faked, an hour after somebody signed in.
func centerBubble(t *testing.T, test func(f *centerFixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := newCenterFixture(t)
		f.signIn()
		time.Sleep(time.Hour)
		f.store.log, f.center.ops = nil, nil
		test(f)
	})
}
