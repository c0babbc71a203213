package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// agentsMap gives a person two datasets, one of them to write, and an agent the other verbs and data of the same role.
const agentsMap = `version: 1
identities:
  acme:
    issuer: %[1]s
    client_id: %[2]s
    groups: { ml-scientists: [ml-trainer] }
datasets:
  churn: { location: s3://acme-ml/churn/ }
  features: { location: s3://acme-features/v2/ }
roles:
  ml-trainer:
    aws: { role_arn: %[3]q, region: us-east-1 }
    read: [churn, features]
    write: [churn]
agents:
  claude-code: { datasets: [churn], lease: 1m }
`

// agent is a coding agent's name, as the product tells it by a variable.
const agent = "claude-code"

// withAgents is a laptop whose owner signed in by a map that speaks of agents.
func withAgents(t *testing.T, s *stack) *laptop.Laptop {
	t.Helper()
	l := newLaptop(t, s)
	l.Write(t, "map.yaml", fmt.Sprintf(agentsMap, s.dex.Issuer, dex.ClientID, s.minio.RoleARN), 0o600)
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	return l
}

// asAgent asks for credentials as an SDK does that an agent has started.
func asAgent(t *testing.T, l *laptop.Laptop) minio.Credentials {
	t.Helper()
	return answer(t, l.Run(t, "credential-process", "--role", trainer, "--agent", agent))
}

// A real S3 denies an agent what the person may do, and from the end of its lease on everything, while the person's credentials of the same
// role go on.
func TestAnAgentsCredentialIsNarrowerAndEndsWithItsLease(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := withAgents(t, s)
	persons := credentials(t, l, trainer)
	agents := asAgent(t, l)
	if agents.AccessKeyID == persons.AccessKeyID {
		t.Fatal("the agent was served the person's credentials")
	}
	for _, c := range []struct {
		short         string
		person, agent bool // whether it is forbidden to them
	}{
		{"get acme-ml/churn/train.csv", false, false},
		{"head acme-ml/churn/train.csv", false, false},
		{"list acme-ml churn/", false, false},
		{"put acme-ml/churn/new.csv", false, true},
		{"parts acme-ml/churn/train.csv", false, true},
		{"abort acme-ml/churn/train.csv", false, true},
		{"get acme-features/v2/features.csv", false, true},
		{"head acme-features/v2/features.csv", false, true},
		{"list acme-features v2/", false, true},
		{"put acme-features/v2/features.csv", true, true},
		{"delete acme-ml/churn/train.csv", true, true},
		{"get acme-ml/payroll/2026.csv", true, true},
		{"get acme-ml/churn-secret/train.csv", true, true},
		{"get acme-features/v1/features.csv", true, true},
		{"list acme-ml", true, true},
	} {
		if got := s.forbids(t, persons, c.short); got != c.person {
			t.Errorf("%s: forbidden to the person: %v", c.short, got)
		}
		if got := s.forbids(t, agents, c.short); got != c.agent {
			t.Errorf("%s: forbidden to the agent: %v", c.short, got)
		}
	}
	if life := time.Until(agents.Expiration); life > time.Minute {
		t.Errorf("a lease of a minute ends in %s", life)
	}
	s.over(t, agents)
	if _, err := s.minio.GetObject(t.Context(), persons, "acme-ml", "churn/train.csv"); err != nil {
		t.Errorf("the person's have ended, too: %v", err)
	}
	// What it asks for now is a new credential, until somebody revokes it.
	renewed := asAgent(t, l)
	if _, err := s.minio.GetObject(t.Context(), renewed, "acme-ml", "churn/train.csv"); err != nil || renewed.AccessKeyID == agents.AccessKeyID {
		t.Errorf("renewed: %v", err)
	}
	succeeded(t, l.Run(t, "agent", "revoke", agent))
	const codeRefused = 3
	faulted(t, l.Run(t, "credential-process", "--role", trainer, "--agent", agent), codeRefused)
	if got := credentials(t, l, trainer); got.AccessKeyID != persons.AccessKeyID {
		t.Error("the person's are others now")
	}
	s.over(t, renewed)
	s.secretless(t, "the list of leases", l.Run(t, "agent", "list", "-o", "json").Stdout)
	book, err := os.ReadFile(filepath.Join(l.Home, ".config", "dbxaccess", "leases.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.secretless(t, "the book of leases", string(book))
}

// over waits until the moment has come at which credentials were said to end, and asserts that the server denies everything from then on.
// It goes by its own clock, which is this machine's.
func (s *stack) over(t *testing.T, c minio.Credentials) {
	t.Helper()
	if _, err := s.minio.GetObject(t.Context(), c, "acme-ml", "churn/train.csv"); err != nil && time.Now().Before(c.Expiration) {
		t.Errorf("they have ended before %s: %v", c.Expiration, err)
	}
	time.Sleep(time.Until(c.Expiration.Add(time.Second))) // what is printed has no fractions of a second
	_, err := s.minio.GetObject(t.Context(), c, "acme-ml", "churn/train.csv")
	if codeOf(err) != "AccessDenied" { // by the policy: the session itself lives for 15 minutes
		t.Errorf("they were to end at %s, and give: %v", c.Expiration, err)
	}
}

// A program of an agent's reads on after the end of its first lease, as the server beside it renews that, until somebody revokes the agent.
func TestAnAgentsProgramOutlivesItsFirstLease(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := withAgents(t, s)
	l.Write(t, "reads.sh", `read() { aws --endpoint-url `+s.minio.URL+` s3 cp s3://acme-ml/churn/train.csv - 2>&1; }
read; echo first $?
sleep 65 # longer than a lease
read; echo second $?
env -u DBXACCESS_AGENT -u AWS_CONFIG_FILE `+l.Binary()+` agent revoke `+agent+` || exit 1
aws --endpoint-url `+s.minio.URL+` s3 ls s3://acme-ml/churn/ >said 2>&1; echo third $?
grep -c agent-revoked said
`, 0o600)
	r := l.StartLong(t, 3*time.Minute, "exec", trainer, "--agent", agent, "--", "sh", "reads.sh").Wait()
	if r.Code != 0 || !strings.Contains(r.Stdout, "first 0\n") || !strings.Contains(r.Stdout, "second 0\n") || !strings.Contains(r.Stdout, "third 255\n1\n") {
		t.Errorf("exit code %d:\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}
