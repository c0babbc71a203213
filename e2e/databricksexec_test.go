package e2e

import (
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/warehouse"
)

// metadataClients are databricksClients, and one with an SDK that knows the metadata service and no helper.
func metadataClients(t *testing.T) map[string][]string {
	t.Helper()
	clients := maps.Clone(databricksClients(t))
	clients["old go"] = []string{tools.DatabricksGoOld}
	return clients
}

// underExec starts a client under exec, with some more variables (NAME=value) in the environment of exec.
func underExec(t *testing.T, l *laptop.Laptop, client, variables []string, args ...string) *laptop.Running {
	t.Helper()
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	return startClient(t, l, append([]string{binary, "exec", trainer, "--"}, client...), variables, args...)
}

// Programs under exec take their tokens from the metadata service, know when these end wherever they run, and never send one
// that has ended. However many of them there are, they share the tokens.
func TestDatabricksMetadataService(t *testing.T) {
	t.Parallel()
	const life, lasting = 20 * time.Second, 45 * time.Second
	s, l := newDatabricksLaptop(t, `{"workspace_token_lifetime": "`+life.String()+`"}`)
	databricksLogin(t, l, trainer)
	started := time.Now()
	running := map[string]*laptop.Running{}
	for name, client := range metadataClients(t) {
		for _, zone := range zones {
			duration := lasting.String()
			if name == "js" {
				duration = "45"
			}
			running[name+" in "+filepath.Base(zone.name)] = underExec(t, l, client, []string{"TZ=" + zone.name}, duration)
		}
	}
	for name, r := range running {
		result := r.Wait()
		a := clientSucceeded(t, result)
		if a.Calls < 10 {
			t.Errorf("%s: only %d calls", name, a.Calls)
		}
		// The answer was given before the program ended. By another zone's time it is wrong by half an hour at least.
		ended := started.Add(result.Took)
		if at := time.UnixMilli(a.Expiry); at.Before(ended.Add(-time.Minute)) || at.After(ended.Add(life+time.Minute)) {
			t.Errorf("%s takes %v for the token's end; it asked before %v", name, at, ended)
		}
	}
	if tried, refused := s.Prod.Exchanges(); tried < 3 || refused != 0 {
		t.Errorf("%d exchanges, %d refused, want three or more for what ran so long", tried, refused)
	} else if most := 2 * int(time.Since(started)/(life/2)); tried > most {
		t.Errorf("%d exchanges for %d programs, want no more than %d: they share the tokens", tried, len(running), most)
	}
}

// What is left on a laptop of other ways to sign in, in the file and in the environment, does not win over the role.
func TestDatabricksClientsTakeTheRole(t *testing.T) {
	t.Parallel()
	s, l := newDatabricksLaptop(t, "")
	databricksLogin(t, l, trainer)
	l.Write(t, databricksProfile, "[DEFAULT]\nhost = "+s.Staging.Host+"\ntoken = dapi-left-behind\n", 0o600)
	for name, client := range metadataClients(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, variables := range [][]string{
				{"--unset=DATABRICKS_CONFIG_PROFILE"},
				{"DATABRICKS_CONFIG_PROFILE=DEFAULT"},
				{"DATABRICKS_HOST=" + s.Staging.Host, "DATABRICKS_TOKEN=dapi-left-behind"},
				{"DATABRICKS_CLIENT_ID=of-nobody", "DATABRICKS_CLIENT_SECRET=of-nobody", "DATABRICKS_AUTH_TYPE=oauth-m2m"},
			} {
				clientSucceeded(t, underExec(t, l, client, variables).Wait())
			}
		})
	}
	if tried, _ := s.Staging.Exchanges(); tried != 0 {
		t.Errorf("%d exchanges at the other workspace", tried)
	}
}

// The SQL driver for Node.js works with the token of exec --static, and with a callback that asks exec's metadata service.
func TestDatabricksSQL(t *testing.T) {
	t.Parallel()
	s, l := newDatabricksLaptop(t, "")
	databricksLogin(t, l, trainer)
	w := warehouse.Start(t, s.Prod.Host)
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("clients/node/sql.js")
	if err != nil {
		t.Fatal(err)
	}
	client := func(signIn string) []string {
		return []string{
			"/usr/bin/env", "NODE_PATH=" + tools.NodeModules, "NODE_EXTRA_CA_CERTS=" + w.Certificate,
			node, script, signIn, w.Host, w.Port, warehouse.Path,
		}
	}
	clientSucceeded(t, l.Run(t, append([]string{"exec", trainer, "--static", "--"}, client("token")...)...))
	clientSucceeded(t, l.Run(t, append([]string{"exec", trainer, "--"}, client("callback")...)...))
	r := startClient(t, l, client("token"), []string{"DATABRICKS_TOKEN=of-nobody"}).Wait()
	if r.Code == 0 || !strings.Contains(r.Stderr, "401") && !strings.Contains(r.Stderr, "403") {
		t.Errorf("exit code %d with a token of nobody:\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	if tried, refused := s.Prod.Exchanges(); tried != 1 || refused != 0 {
		t.Errorf("%d exchanges, %d refused, want one", tried, refused)
	}
}
