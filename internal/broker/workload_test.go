package broker_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// inJob takes the role of a job of GitHub Actions, in a process of its own.
func (w *world) inJob(env map[string]string) (*sts.Credentials, error) {
	w.t.Helper()
	p := w.parts()
	p.Sessions = w.sources(env)
	return broker.New(p).Credentials(w.t.Context(), broker.Request{Identity: "ci", Role: "ml-ci"})
}

// A job's credential that lives is not lost because its token source is down, and no other job gets it
// then.
func TestAJobKeepsItsCredentialThroughAFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.writeMap(w.server.IdentitiesMap())
	env := w.server.GitHubEnv()
	first, err := w.inJob(env)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(50 * time.Minute) // of an hour: to be renewed
	w.server.Inject(sandbox.Fault{Endpoint: sandbox.GitHubToken, Times: -1, Status: 403})
	kept, err := w.inJob(env)
	if err != nil || kept.AccessKeyID != first.AccessKeyID {
		t.Fatalf("got %v, %v", kept, err)
	}
	if notices := strings.Join(w.notices, "\n"); !strings.Contains(notices, "could not renew") {
		t.Errorf("nobody was told: %q", notices)
	}
	other := map[string]string{}
	for name, value := range env {
		other[name] = value
	}
	other["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "another job's"
	if got, err := w.inJob(other); err == nil {
		t.Errorf("another job was given %s", got.AccessKeyID)
	}
	w.pass(11 * time.Minute)
	if _, err := w.inJob(env); ui.CodeOf(err) != ui.LoginNeeded {
		t.Errorf("a credential that ended was served: %v", err)
	}
}

// A file may hold another job's token by the time that AWS answers: the credential is that of the token it was made
// from.
func TestAFileThatChangesWhileAWSIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(w.dir, "token")
	w.writeMap(strings.Replace(w.server.IdentitiesMap(), "from: github-actions", "from: file, path: "+path, 1))
	token, err := w.server.MachineToken(sandbox.MachineAudience, nil)
	if err == nil {
		err = os.WriteFile(path, []byte(token), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.server.MachineToken(sandbox.MachineAudience, map[string]any{"run_id": "2002"})
	if err != nil {
		t.Fatal(err)
	}
	p := w.parts()
	p.STS.HTTP = &http.Client{Transport: beforeAnswer{w.client.Transport, func(*http.Request) {
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Error(err)
		}
	}}}
	first, err := broker.New(p).Credentials(t.Context(), broker.Request{Identity: "ci", Role: "ml-ci"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.broker().Credentials(t.Context(), broker.Request{Identity: "ci", Role: "ml-ci"})
	if err != nil || second.AccessKeyID == first.AccessKeyID {
		t.Errorf("the other job was given %v, %v", second, err)
	}
}
