package logintest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/identitycenter"
)

// Accounts whose assignments the access map asks for.
const (
	Account      = "111122223333"
	OtherAccount = "444455556666"
)

// Center is an Identity Center in memory. It rotates refresh tokens, gives them to one client each, and ends the session
// when a replaced one comes back.
type Center struct {
	Answer func(operation string, in map[string]any) *Reply // in place of the usual; nil: the usual

	mu       sync.Mutex
	Ops      []string // in order
	Clients  int      // registered so far: c1, c2, …
	Gone     []string // clients that it has forgotten
	owner    string   // client of the refresh token
	rotation int      // the present refresh token is r1, r2, …; 0: none was given
	Grace    bool     // the one before is taken too, once its answer may have got lost
	Over     bool     // the session is ended
	Portal   map[string][]string
	Revoked  bool // the access token is not taken any more
	Last     map[string]any
	Bearer   string
	Host     string // that was asked last
}

// NewCenter makes one at which someone is assigned three roles in the map's accounts.
func NewCenter() *Center {
	return &Center{Portal: map[string][]string{
		OtherAccount: {"Reader"}, Account: {"MLAdmin", "Analyst"}, "777766665555": {"Elsewhere"},
	}}
}

// Client is a client that reaches it.
func (c *Center) Client() *identitycenter.Client {
	return &identitycenter.Client{HTTP: &http.Client{Transport: c}, Now: time.Now}
}

// AWSError is an error of the service as answer.
func AWSError(status int, code string) Reply {
	r := JSON(status, map[string]any{"message": "because"})
	r.Header = map[string]string{"X-Amzn-Errortype": code}
	return r
}

// Count is how often an operation was asked for.
func (c *Center) Count(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(c.Ops), func(op string) bool { return op != operation }))
}

// RoundTrip implements http.RoundTripper.
func (c *Center) RoundTrip(req *http.Request) (*http.Response, error) {
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
	c.Ops = append(c.Ops, operation)
	c.Last, c.Host = in, req.URL.Host
	if bearer := req.Header.Get("X-Amz-Sso_bearer_token"); bearer != "" {
		c.Bearer = bearer
	}
	c.mu.Unlock()
	if c.Answer != nil {
		if r := c.Answer(operation, in); r != nil {
			return r.Response(req)
		}
	}
	return c.Usual(operation, in, req.URL.Query()).Response(req)
}

// Usual is what it answers by itself.
func (c *Center) Usual(operation string, in map[string]any, query url.Values) Reply {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, _ := in["clientId"].(string)
	switch {
	case operation == "register":
		c.Clients++
		return JSON(200, map[string]any{
			"clientId": fmt.Sprint("c", c.Clients), "clientSecret": "canary-client", "clientSecretExpiresAt": time.Now().Add(90 * 24 * time.Hour).Unix(),
		})
	case slices.Contains(c.Gone, id):
		return AWSError(400, "InvalidClientException")
	case operation == "device":
		page := "https://acme.awsapps.com/start/#/device"
		return JSON(200, map[string]any{
			"deviceCode": "canary-device", "userCode": "ABCD-EFGH", "expiresIn": 600, "interval": 1,
			"verificationUri": page, "verificationUriComplete": page + "?user_code=ABCD-EFGH",
		})
	case operation == "token":
		return c.tokens(id, in)
	case c.Revoked || c.Over:
		return AWSError(401, "UnauthorizedException")
	case operation == "accounts":
		entries := []map[string]any{}
		for account := range c.Portal {
			entries = append(entries, map[string]any{"accountId": account})
		}
		return JSON(200, map[string]any{"accountList": entries})
	case operation == "roles":
		roles, ok := c.Portal[query.Get("account_id")]
		if !ok {
			return AWSError(403, "ForbiddenException")
		}
		entries := []map[string]any{}
		for _, role := range roles {
			entries = append(entries, map[string]any{"roleName": role})
		}
		return JSON(200, map[string]any{"roleList": entries})
	case operation == "logout":
		c.Over = true
		return Reply{Status: http.StatusOK}
	}
	return Reply{Status: http.StatusNotFound}
}

func (c *Center) tokens(id string, in map[string]any) Reply {
	if sent, ok := in["refreshToken"].(string); ok {
		current := sent == fmt.Sprint("canary-r", c.rotation)
		again := c.Grace && sent == fmt.Sprint("canary-r", c.rotation-1)
		if !current && !again && strings.HasPrefix(sent, "canary-r") {
			c.Over = true // a replaced token came back
		}
		if c.Over || id != c.owner || !current && !again {
			return AWSError(400, "InvalidGrantException")
		}
	}
	c.owner = id
	c.rotation++
	return JSON(200, map[string]any{
		"accessToken": fmt.Sprint("canary-a", c.rotation), "refreshToken": fmt.Sprint("canary-r", c.rotation), "expiresIn": 3600,
	})
}
