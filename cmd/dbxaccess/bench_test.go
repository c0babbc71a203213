//go:build bench

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

const (
	rounds  = 11 // of which the median counts
	perLoop = 20 // starts of one program in a row, so that a neighbour's noise hits them alike
)

// TestWarmPath measures what one start of `credential-process`, and of `auth token`, costs when the answer is cached,
// as a multiple of the least a Go program costs, both built and run here and now, in turns. CPU time is that of the
// process; on the Secret Service, where a daemon does the work, wall time is compared with a bare read of the same
// item.
func TestWarmPath(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.build("hello", "./testdata/bench/hello")
	b.build("imports", "./testdata/bench/imports")
	b.build("bareread", "./testdata/bench/bareread")
	b.build("dbxaccess", ".")
	info, err := os.Stat(b.bin("dbxaccess"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("stripped binary: %.1f MB\n\n", float64(info.Size())/1e6)
	fmt.Printf("%-44s %9s %9s %9s\n", "warm path, medians", "CPU ms", "wall ms", "x hello")

	hello := []string{b.bin("hello")}
	var kernel, file, many, roles1k, roles10k *benchHome
	b.measure(map[string]benchRun{
		"hello":                           {argv: hello},
		"the same imports, doing nothing": {argv: []string{b.bin("imports")}},
	}, nil)
	kernel = b.signedIn("kernel", "")
	file = b.signedIn("file", "")
	many = b.signedIn("file", "")
	many.fill(50)
	roles1k = b.signedIn("file", manyRoles(1_000))
	roles10k = b.signedIn("file", manyRoles(10_000))
	b.measure(map[string]benchRun{
		"kernel keyring":                      kernel.run(),
		"encrypted file":                      file.run(),
		"encrypted file, 51 items":            many.run(),
		"encrypted file, map of 1,000 roles":  roles1k.run(),
		"encrypted file, map of 10,000 roles": roles10k.run(),
	}, nil)
	// A token's host and principal come from the map, which is parsed each time.
	b.measure(map[string]benchRun{
		"auth token, kernel keyring":                 kernel.token(),
		"auth token, encrypted file":                 file.token(),
		"auth token, file, map of 1,000 roles":       roles1k.token(),
		"version, which SDKs ask for before a token": {argv: []string{b.bin("dbxaccess"), "version"}, env: file.env},
	}, nil)
	bus := b.startSecretService()
	service := b.signedInOn(bus, "secret-service", "")
	label := service.itemLabel()
	bare := benchRun{argv: []string{b.bin("bareread"), label}, env: service.env}
	b.measure(map[string]benchRun{"Secret Service": service.run()}, &bare)
	service.fill(50)
	b.measure(map[string]benchRun{"Secret Service, 51 items": service.run()}, &bare)
	for _, home := range []*benchHome{kernel, file, many, roles1k, roles10k, service} {
		home.must("logout")
	}
}

type bench struct {
	t   *testing.T
	dir string
}

type benchRun struct {
	argv []string
	env  []string
}

func (b *bench) bin(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) build(name, pkg string) {
	b.t.Helper()
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.bin(name), pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as releases are built
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("building %s: %v\n%s", name, err, out)
	}
}

// loop starts a program perLoop times and returns what one start cost.
func (b *bench) loop(r benchRun) (cpu, wall time.Duration) {
	b.t.Helper()
	began := time.Now()
	for range perLoop {
		cmd := exec.Command(r.argv[0], r.argv[1:]...)
		cmd.Env = r.env
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			b.t.Fatalf("%v: %v\n%s", r.argv, err, stderr.String())
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return cpu / perLoop, time.Since(began) / perLoop
}

// measure runs the programs in turns with hello (and with a bare read, where that is the measure), and prints medians.
func (b *bench) measure(runs map[string]benchRun, bare *benchRun) {
	b.t.Helper()
	names := make([]string, 0, len(runs))
	for name := range runs {
		names = append(names, name)
	}
	slices.Sort(names)
	type sample struct{ cpu, wall, ratio, bareRatio []float64 }
	samples := map[string]*sample{}
	for range rounds {
		helloCPU, _ := b.loop(benchRun{argv: []string{b.bin("hello")}})
		var bareWall time.Duration
		if bare != nil {
			_, bareWall = b.loop(*bare)
		}
		for _, name := range names {
			cpu, wall := b.loop(runs[name])
			s := samples[name]
			if s == nil {
				s = &sample{}
				samples[name] = s
			}
			s.cpu = append(s.cpu, ms(cpu))
			s.wall = append(s.wall, ms(wall))
			s.ratio = append(s.ratio, float64(cpu)/float64(helloCPU))
			if bare != nil {
				s.bareRatio = append(s.bareRatio, float64(wall)/float64(bareWall))
			}
		}
	}
	for _, name := range names {
		s := samples[name]
		fmt.Printf("%-44s %9.2f %9.2f %9.2f", name, median(s.cpu), median(s.wall), median(s.ratio))
		if bare != nil {
			fmt.Printf("   %.2f x a bare read (wall)", median(s.bareRatio))
		}
		fmt.Println()
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

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

// manyRoles adds roles to the sandbox's map.
func manyRoles(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "  extra-%d: { aws: { role_arn: \"arn:aws:iam::111122223333:role/extra-%d\", region: us-east-1 }, read: [churn] }\n", i, i)
	}
	return text.String()
}
