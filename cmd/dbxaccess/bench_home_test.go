//go:build bench

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// benchHome is a person who is signed in, with the credential cached.
type benchHome struct {
	b      *bench
	env    []string
	server *sandbox.Server
}

func (b *bench) signedIn(backend, accessMap string) *benchHome {
	return b.signedInOn(nil, backend, accessMap)
}

func (b *bench) signedInOn(bus []string, backend, accessMap string) *benchHome {
	b.t.Helper()
	server, err := sandbox.Start(b.t.Context(), sandbox.Options{})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = server.Close() })
	server.Set(func(behaviour *sandbox.Behaviour) {
		behaviour.AutoApprove = "alice"
		behaviour.CredentialLifetime = time.Hour
	})
	home := b.t.TempDir()
	mapFile := filepath.Join(home, "map.yaml")
	if err := os.WriteFile(mapFile, []byte(server.Map()+accessMap), 0o600); err != nil {
		b.t.Fatal(err)
	}
	h := &benchHome{b: b, server: server, env: append([]string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "DBXACCESS_MAP=" + mapFile, "AWS_ENDPOINT_URL_STS=" + server.STSURL(),
		"DBXACCESS_KEYRING_PASSPHRASE=bench", "DBXACCESS_KEYRING_SERVICE=dbxaccess-bench-" + filepath.Base(b.dir),
	}, bus...)}
	login := h.command("login", "--role", "ml-trainer", "--no-browser")
	login.Env = append(login.Env, "DBXACCESS_KEYRING_BACKEND="+backend)
	if out, err := login.CombinedOutput(); err != nil {
		b.t.Fatalf("login on %s: %v\n%s", backend, err, out)
	}
	return h
}

func (h *benchHome) command(args ...string) *exec.Cmd {
	cmd := exec.Command(h.b.bin("dbxaccess"), args...)
	cmd.Env = slices.Clone(h.env)
	return cmd
}

func (h *benchHome) must(args ...string) {
	h.b.t.Helper()
	if out, err := h.command(args...).CombinedOutput(); err != nil {
		h.b.t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

func (h *benchHome) run() benchRun {
	return benchRun{argv: []string{h.b.bin("dbxaccess"), "credential-process", "--role", "ml-trainer", "--identity", "acme"}, env: h.env}
}

// token is what a Databricks SDK starts.
func (h *benchHome) token() benchRun {
	return benchRun{argv: []string{h.b.bin("dbxaccess"), "auth", "token", "--profile", "dbx-ml-trainer", "--force-refresh"}, env: h.env}
}

// fill adds n further credentials of ours, each under a key of its own.
func (h *benchHome) fill(n int) {
	h.b.t.Helper()
	original, err := os.ReadFile(h.mapFile())
	if err != nil {
		h.b.t.Fatal(err)
	}
	for i := range n {
		other := filepath.Join(filepath.Dir(h.mapFile()), fmt.Sprintf("map%d.yaml", i))
		if err := os.WriteFile(other, original, 0o600); err != nil {
			h.b.t.Fatal(err)
		}
		cmd := h.command("credential-process", "--role", "ml-trainer", "--identity", "acme")
		cmd.Env = append(cmd.Env, "DBXACCESS_MAP="+other)
		if out, err := cmd.CombinedOutput(); err != nil {
			h.b.t.Fatalf("%v\n%s", err, out)
		}
	}
}

func (h *benchHome) mapFile() string {
	for _, v := range h.env {
		if path, ok := strings.CutPrefix(v, "DBXACCESS_MAP="); ok {
			return path
		}
	}
	return ""
}

// itemLabel finds the cached credential among the Secret Service's items.
func (h *benchHome) itemLabel() string {
	h.b.t.Helper()
	cmd := exec.Command(h.b.bin("bareread"), "-labels")
	cmd.Env = h.env
	out, err := cmd.Output()
	if err != nil {
		h.b.t.Fatal(err)
	}
	for label := range strings.Lines(string(out)) {
		if strings.Contains(label, ":role/") {
			return strings.TrimSpace(label)
		}
	}
	h.b.t.Fatalf("no credential among %q", out)
	return ""
}

// extraRoles adds roles to the sandbox's map.
func extraRoles(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "  extra-%d: { aws: { role_arn: \"arn:aws:iam::111122223333:role/extra-%d\", region: us-east-1 }, read: [churn] }\n", i, i)
	}
	return text.String()
}
