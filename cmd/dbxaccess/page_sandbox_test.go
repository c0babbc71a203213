//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/person"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TestThePageOnStepUp runs the commands of docs/iam.md that sign in and ask AWS, against a sandbox that stands for the example's
// provider and account, and compares what they print with what the page shows.
func TestThePageOnStepUp(t *testing.T) {
	const name = "docs/iam.md"
	text := page(t, name)
	w := newExampleWorld(t)
	want := text
	for _, step := range []struct {
		command string
		later   time.Duration // since the step before
		fails   ui.ID
	}{
		{"dbxaccess login --no-profiles --for fraud-analyst", 0, ""},
		{`dbxaccess login --no-profiles --for fraud-analyst --reason "ticket 4711"`, 0, ""},
		{"dbxaccess doctor --role trainer --deep | grep -A1 ' deep '", 0, ""},
		{"dbxaccess credential-process --role fraud-analyst", 2 * time.Hour, "step-up-needed"},
		{`dbxaccess login --no-profiles --for fraud-analyst --reason "ticket 4711, continued"`, 0, ""},
	} {
		w.pass(step.later)
		want = answered(t, name, want, step.command, w.run(t, step.command, step.fails))
	}
	keep(t, name, text, want)
}

// answered is a page with an answer below its command.
func answered(t *testing.T, name, text, command, answer string) string {
	t.Helper()
	before, after, found := strings.Cut(text, "$ "+command+"\n")
	end := strings.Index(after, "```\n")
	if next := strings.Index("\n"+after, "\n$ "); next >= 0 && next < end {
		end = next
	}
	if !found || end < 0 {
		t.Fatalf("%s does not show %s", name, command)
	}
	return before + "$ " + command + "\n" + answer + after[end:]
}

// keep holds a page against what it should be; with -update it writes that.
func keep(t *testing.T, name, text, want string) {
	t.Helper()
	switch {
	case text == want:
	case !*update:
		t.Errorf("%s is stale (make generate, and read the difference):\n%s", name, cmp.Diff(text, want))
	default:
		if err := os.WriteFile(filepath.Join(repository, filepath.FromSlash(name)), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// exampleWorld is a home with the example's map, whose provider, account and workspace a sandbox plays.
type exampleWorld struct {
	server  *sandbox.Server
	getenv  map[string]string
	ahead   time.Duration // of the real clock
	theirs  *strings.Replacer
	browser sync.WaitGroup
}

func newExampleWorld(t *testing.T) *exampleWorld {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, "docs", "access-map.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := accessmap.Parse("access-map.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	var trust []sandbox.Trust
	for _, role := range m.Roles {
		if role.AWS != nil {
			trust = append(trust, sandbox.Trust{RoleARN: role.AWS.RoleARN, AllowTags: true, AllowSourceIdentity: true})
		}
	}
	server := startPageServer(t, trust)
	server.Set(func(b *sandbox.Behaviour) {
		b.Claims = map[string]any{"groups": []string{"fraud", "ml-scientists"}}
	})
	home := t.TempDir()
	acme, prod := m.Identities["acme"], m.Workspaces["prod"]
	path := filepath.Join(home, "access-map.yaml")
	if err := os.WriteFile(path, []byte(strings.NewReplacer(
		acme.Issuer, server.Issuer(), "client_id: "+acme.ClientID, "client_id: "+server.ClientID()+"\n    flow: browser", // in a container too
		prod.Host, server.WorkspaceHost(),
	).Replace(string(data))), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	w := &exampleWorld{
		server: server, getenv: server.AWSEnv(),
		theirs: strings.NewReplacer(
			server.Issuer(), acme.Issuer, server.ClientID(), acme.ClientID, strings.TrimPrefix(server.Address(), "http://"), acme.Host(), home, "~",
		),
	}
	clear(w.getenv)
	for key, value := range map[string]string{
		"HOME": home, "DBXACCESS_MAP": path, "DBXACCESS_KEYRING_BACKEND": "file",
		"DBXACCESS_KEYRING_SERVICE": "dbxaccess-test", "AWS_ENDPOINT_URL_STS": server.STSURL(), "AWS_EC2_METADATA_DISABLED": "true", "TERM": "dumb",
		"DISPLAY": ":9", "BROWSER": "look-away", // the link is opened by visited
	} {
		w.getenv[key] = value
	}
	return w
}

// pass lets time go by, here and there.
func (w *exampleWorld) pass(later time.Duration) {
	w.ahead += later
	w.server.Set(func(b *sandbox.Behaviour) { b.Skew = w.ahead })
}

// run runs a command in this process and returns all that it prints, with the example's names in place of the sandbox's. A sign-in
// is answered by alice.
func (w *exampleWorld) run(t *testing.T, command string, fails ui.ID) string {
	t.Helper()
	command, filter, filtered := strings.Cut(command, " | grep -A1 ")
	args := words(t, strings.TrimPrefix(command, "dbxaccess "))
	out := &visited{visit: func(address string) {
		w.browser.Go(func() {
			if err := person.Walk(t.Context(), address, map[string]string{"user": "alice", "decision": "approve"}, ""); err != nil {
				t.Errorf("%s: %v", command, err)
			}
		})
	}}
	env := cli.NewEnv(cli.Process{
		Streams: &ui.Streams{In: strings.NewReader(""), Out: out, Err: out}, Getenv: func(name string) string { return w.getenv[name] },
		Environ: func() []string { return nil }, Now: func() time.Time { return time.Now().Add(w.ahead) }, Arg0: "dbxaccess", Args: args,
		Version: cli.VersionOf(""), Passphrase: secret.New("correct horse"),
	})
	err := commandOf(t, env, args).ExecuteContext(context.WithoutCancel(t.Context()))
	w.browser.Wait()
	if ui.IDOf(err) != fails {
		t.Fatalf("%s: %v\n%s", command, err, out.text())
	}
	ui.PrintError(out, err, nil)
	text := out.text()
	if filtered {
		text = matching(text, strings.Trim(filter, "'"))
	}
	return w.steady(text)
}

// words are those of a command line, of which some are in double quotes.
func words(t *testing.T, line string) (all []string) {
	t.Helper()
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// matching are the lines with a text, each with the one below it.
func matching(text, with string) (found string) {
	below := false
	for line := range strings.Lines(text) {
		has := strings.Contains(line, with)
		if has || below {
			found += line
		}
		below = has
	}
	return found
}

// What differs from run to run beside key ids: ids of requests, the random parts of a link, and some time more or less.
var differing = []struct {
	is *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`request [-0-9a-f]{36}`), "request 0f4ce0a3-5f7c-4a1d-9a4e-5f0c1c9a2b11"},
	{regexp.MustCompile(`/authorize\?\S*`), "/authorize?…"},
	{regexp.MustCompile(`1h 0m left`), "59m left  "},
	{regexp.MustCompile(`5[0-8]m left`), "59m left"},
}

var issuedKey = regexp.MustCompile(`ASIA[A-Z0-9]{16}`)

// steady is what a command printed with the example's names, and what differs each time written alike.
func (w *exampleWorld) steady(text string) string {
	text = w.theirs.Replace(text)
	for _, d := range differing {
		text = d.is.ReplaceAllString(text, d.to)
	}
	var keys []string
	return issuedKey.ReplaceAllStringFunc(text, func(key string) string {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		return fmt.Sprintf("ASIAIOSFODNN%dEXAMPLE", slices.Index(keys, key)+1)
	})
}

// visited is a screen, of which somebody opens the first link.
type visited struct {
	visit func(address string)

	mu   sync.Mutex
	said bytes.Buffer
	once sync.Once
}

var link = regexp.MustCompile(`http://127\.0\.0\.1:\S+/authorize\?\S+`)

func (v *visited) Write(b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if address := link.Find(b); address != nil {
		v.once.Do(func() { v.visit(string(address)) })
	}
	return v.said.Write(b)
}

func (v *visited) text() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.said.String()
}
