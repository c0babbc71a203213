package e2e

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"

	"github.com/dbxaccess/dbxaccess/e2e/internal/collector"
	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// record is the record of a laptop as the test writes it: more of it than people sign in.
type record struct {
	dir     string
	head    audit.Head
	written []string
}

func recordOf(l *laptop.Laptop) *record {
	return &record{dir: filepath.Join(l.Home, ".config/dbxaccess/audit"), head: audit.Head{Chain: "e2e", Hash: strings.Repeat("0", 64)}}
}

// add adds lines to a file of the record.
func (r *record) add(t *testing.T, file, lines int) {
	t.Helper()
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(r.dir, fmt.Sprintf("record-%06d.jsonl", file)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for range lines {
		what := audit.New(time.Now(), audit.Assume, audit.Who{Identity: "acme", Issuer: "https://idp.example.com", Subject: "alice"})
		what.Hostname, what.Role, what.Reason = "laptop-7", "ml-trainer", `why "not", <so> é – 100%`
		line, head, err := audit.Encode(what, audit.Link{Chain: r.head.Chain, Sequence: r.head.Sequence + 1, Prev: r.head.Hash}, "v1.2.3", key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(f, "%s\n", line); err != nil {
			t.Fatal(err)
		}
		r.head, r.written = head, append(r.written, string(line))
	}
}

// shipping is a laptop with both programs, and settings with these sinks.
func shipping(t *testing.T, l *laptop.Laptop, sinks ...string) {
	t.Helper()
	if _, err := admins(); err != nil {
		t.Fatal(err)
	}
	l.Write(t, ".config/dbxaccess/config.yaml", "audit:\n  sinks:\n"+strings.Join(sinks, ""), 0o600)
}

func sink(name, kind string, to *collector.Server) string {
	return fmt.Sprintf("    - name: %s\n      type: %s\n      url: %s\n      ca_file: %s\n", name, kind, to.URL, to.CA)
}

// Real collectors get each line as it stands in the record, in order, whatever they were down for in between.
func TestCollectorsGetTheRecord(t *testing.T) {
	t.Parallel()
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range map[string]*collector.Server{"syslog": collector.Rsyslog(t), "otlp": collector.OpenTelemetry(t, tools.Otelcol)} {
		t.Run(c.Name, func(t *testing.T) {
			l := laptop.New(t, binary)
			shipping(t, l, sink("siem", kind, c))
			r := recordOf(l)
			c.Start(t)
			r.add(t, 1, 700)
			succeeded(t, l.Run(t, "audit", "ship"))
			wantLines(t, c, r.written)

			c.Stop()
			r.add(t, 1, 300)
			r.add(t, 2, 600)
			if down := l.Run(t, "audit", "ship"); down.Code != 1 || !strings.Contains(down.Stderr, "nothing listens there") {
				t.Errorf("a collector that is down: %d, %s", down.Code, down.Stderr)
			}
			c.Start(t)
			succeeded(t, l.Run(t, "audit", "ship"))
			succeeded(t, l.Run(t, "audit", "ship")) // nothing twice
			wantLines(t, c, r.written)

			// A service, whose collector is restarted under it.
			service := l.StartProduct(t, "audit", "ship", "--follow")
			r.add(t, 3, 100)
			wantLines(t, c, r.written)
			c.Stop()
			r.add(t, 3, 100)
			process.Eventually(t, time.Minute, "the service to find the collector down", func() bool {
				return strings.Contains(service.Stderr.String(), "nothing listens there")
			})
			c.Start(t)
			wantLines(t, c, r.written)
			service.Signal(syscall.SIGTERM)
			service.Wait()
		})
	}
}

func wantLines(t *testing.T, c *collector.Server, want []string) {
	t.Helper()
	process.Eventually(t, 2*time.Minute, c.Name+" to have the record", func() bool { return len(c.Lines()) >= len(want) })
	if got := c.Lines(); !slices.Equal(got, want) {
		t.Errorf("%s has %d lines that are not the %d of the record", c.Name, len(got), len(want))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("line %d:\n%s\nwant\n%s", i+1, got[i], want[i])
				return
			}
		}
	}
}

// A bucket has objects that together are the record, and keeps what it has.
func TestABucketGetsTheRecord(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	bus := secretservice.StartBus(t)
	bus.Unlocked(t, l.Home)
	l.Set("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	l.Set("AWS_ENDPOINT_URL_S3", s.minio.URL)
	shipping(t, l, "    - name: archive\n      type: s3\n      url: s3://acme-ml/record/\n      region: us-east-1\n      role: "+admin+"\n")
	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	keys := credentials(t, l, admin)
	r := recordOf(l)
	own := len(lines(t, s, keys)) // of the sign-in
	r.add(t, 900001, 40)
	succeeded(t, l.Run(t, "audit", "ship"))
	r.add(t, 900001, 2)
	// The object is there, and that was not noted.
	state := filepath.Join(l.Home, ".config/dbxaccess/ship/archive.json")
	before, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, l.Run(t, "audit", "ship"))
	if err := os.WriteFile(state, before, 0o600); err != nil {
		t.Fatal(err)
	}
	succeeded(t, l.Run(t, "audit", "ship"))
	got := slices.DeleteFunc(lines(t, s, keys), func(line string) bool { return !strings.Contains(line, `"uid":"e2e"`) })
	if !slices.Equal(got, r.written) {
		t.Errorf("the bucket has %d lines (%d of the sign-in), which are not the %d of the record", len(got), own, len(r.written))
	}
}

// lines are those of all objects of the record, in the order of their names.
func lines(t *testing.T, s *stack, keys minio.Credentials) (all []string) {
	t.Helper()
	names, err := s.minio.List(t.Context(), keys, "acme-ml", "record/")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		body, err := s.minio.GetObject(t.Context(), keys, "acme-ml", name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(body)) {
			all = append(all, strings.TrimSuffix(line, "\n"))
		}
	}
	return all
}
