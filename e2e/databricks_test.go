package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// databricksProfile is where the SDKs look for profiles, in the home folder.
const databricksProfile = ".databrickscfg"

// The trainer and the reader work at different workspaces.
const databricksMap = `version: 1
identities:
  acme:
    issuer: %[1]s
    client_id: %[2]s
    flow: device
    groups_claim: groups
    groups:
      ml-scientists: [ml-trainer]
      analysts: [ml-reader]
workspaces:
  prod: { host: %[3]q, login: federation }
  staging: { host: %[4]q, login: federation }
roles:
  ml-reader:
    aws: { role_arn: %[5]q, region: us-east-1 }
    workspace: staging
  ml-trainer:
    aws: { role_arn: %[6]q, region: us-east-1 }
    workspace: prod
`

// zones are time zones before, after and at UTC, with the offsets that their clocks may show.
var zones = []struct {
	name    string
	offsets []string
}{
	{"America/New_York", []string{"-05:00", "-04:00"}},
	{"Asia/Tokyo", []string{"+09:00"}},
	{"UTC", []string{"+00:00"}},
}

// newDatabricksLaptop is a laptop whose owner took the access map of two workspaces. Clients find the profile of the
// trainer by its name alone, and its file by the home folder.
func newDatabricksLaptop(t *testing.T, behaviour string) (*sandbox.Sandbox, *laptop.Laptop) {
	t.Helper()
	program, err := sandboxProgram()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	s := sandbox.Start(t, program, behaviour)
	l := laptop.New(t, binary)
	l.Canaries(t, func() (tokens []string) {
		for _, token := range slices.Concat(s.Prod.Tokens(t), s.Staging.Tokens(t)) {
			tokens = append(tokens, token.AccessToken)
		}
		return tokens
	}, "served-")
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	l.Set("AWS_ENDPOINT_URL_STS", s.STSURL)
	l.Unset("DATABRICKS_CONFIG_FILE")
	l.Set("DATABRICKS_CONFIG_PROFILE", "dbx-"+trainer)
	l.Write(t, "map.yaml", fmt.Sprintf(databricksMap,
		s.Issuer, sandbox.ClientID, s.Prod.Host, s.Staging.Host, sandbox.Reader, sandbox.Trainer), 0o600)
	initialise(t, l)
	return s, l
}

// databricksLogin signs Alice in for a role. The profiles of all her roles are written, and the role's token is
// fetched.
func databricksLogin(t *testing.T, l *laptop.Laptop, role string) laptop.Result {
	t.Helper()
	return loginWith(t, l, role, func(ctx context.Context, address, code string) error {
		return sandbox.Approve(ctx, address, code, sandbox.Alice)
	})
}

// databricksClients are the command lines of programs that use an SDK, by the SDK.
func databricksClients(t *testing.T) map[string][]string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("clients/node/workspace.js")
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]string{
		"go": {tools.DatabricksGo},
		"js": {"/usr/bin/env", "NODE_PATH=" + tools.NodeModules, node, script},
	}
}

// startClient starts a client with some more variables (NAME=value) in its environment.
func startClient(t *testing.T, l *laptop.Laptop, client, variables []string, args ...string) *laptop.Running {
	t.Helper()
	words := append(append(append([]string{}, variables...), client...), args...)
	return l.Start(t, "/usr/bin/env", words...)
}

type clientAnswer struct {
	UserName string `json:"user_name"`
	Expiry   int64  // milliseconds
	Calls    int
}

func clientSucceeded(t *testing.T, r laptop.Result) clientAnswer {
	t.Helper()
	succeeded(t, r)
	var a clientAnswer
	if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil {
		t.Fatalf("%v: %q", err, r.Stdout)
	}
	if a.UserName != sandbox.AliceEmail {
		t.Errorf("the workspace knows the client as %q", a.UserName)
	}
	return a
}

// Eight programs at once find the written profile, cost one token exchange, and know when the token ends, wherever they
// run. No token is left in a file.
func TestDatabricksClients(t *testing.T) {
	t.Parallel()
	for name, client := range databricksClients(t) {
		for _, zone := range zones {
			t.Run(name+" in "+filepath.Base(zone.name), func(t *testing.T) {
				t.Parallel()
				s, l := newDatabricksLaptop(t, "")
				l.Set("TZ", zone.name)
				const foreign = "; mine\n[other]\nhost = https://other.cloud.databricks.com\n"
				l.Write(t, databricksProfile, foreign, 0o600)
				databricksLogin(t, l, reader)
				if written := l.Files(t)[databricksProfile]; !strings.HasPrefix(written, foreign) {
					t.Errorf("the lines that were there before have changed:\n%s", written)
				}
				if tried, _ := s.Prod.Exchanges(); tried != 0 {
					t.Fatalf("%d exchanges before a client asked", tried)
				}

				before := time.Now()
				var running [8]*laptop.Running
				for i := range running {
					running[i] = startClient(t, l, client, nil)
				}
				var expiries [len(running)]int64
				for i, r := range running {
					expiries[i] = clientSucceeded(t, r.Wait()).Expiry
				}
				if tried, refused := s.Prod.Exchanges(); tried != 1 || refused != 0 {
					t.Fatalf("%d exchanges, %d refused, want one for all", tried, refused)
				}
				life := s.Prod.Tokens(t)[0].Life
				for i, expiry := range expiries {
					// The server counts whole seconds.
					from, to := before.Add(life-time.Second), time.Now().Add(life+time.Second)
					if at := time.UnixMilli(expiry); at.Before(from) || at.After(to) {
						t.Errorf("client %d takes %v for the token's end, want one from %v to %v", i, at, from, to)
					}
				}

				helper := succeeded(t, l.Run(t, "auth", "token", "--profile", "dbx-"+trainer))
				if !endsInZone(t, helper.Stdout, zone.offsets) {
					t.Errorf("the helper does not write local time in %s", zone.name)
				}
			})
		}
	}
}

// endsInZone tells whether the expiry that a helper printed has one of the offsets; what else is right about it, the
// clients themselves tell.
func endsInZone(t *testing.T, answer string, offsets []string) bool {
	t.Helper()
	var token struct{ Expiry string }
	if err := json.Unmarshal([]byte(answer), &token); err != nil {
		t.Fatal(err)
	}
	for _, offset := range offsets {
		if strings.HasSuffix(token.Expiry, offset) {
			return true
		}
	}
	return false
}

// Programs that run for longer than a token lives never send one that has ended, in any time zone, and share the new
// ones.
func TestDatabricksClientsOutliveTheirTokens(t *testing.T) {
	t.Parallel()
	const life, lasting = 20 * time.Second, 30 * time.Second
	s, l := newDatabricksLaptop(t, `{"workspace_token_lifetime": "`+life.String()+`"}`)
	databricksLogin(t, l, trainer)
	started := time.Now()
	var running []*laptop.Running
	for name, client := range databricksClients(t) {
		for _, zone := range zones {
			duration := map[string]string{"go": lasting.String(), "js": fmt.Sprint(lasting.Seconds())}[name]
			running = append(running, startClient(t, l, client, []string{"TZ=" + zone.name}, duration))
		}
	}
	for _, r := range running {
		if a := clientSucceeded(t, r.Wait()); a.Calls < 10 {
			t.Errorf("only %d calls", a.Calls)
		}
	}
	// A token is replaced after half of its life at the earliest.
	most := int(time.Since(started)/(life/2)) + 2
	if tried, refused := s.Prod.Exchanges(); tried < 2 || tried > most || refused != 0 {
		t.Errorf("%d exchanges, %d refused, want from 2 to %d", tried, refused, most)
	}
}
