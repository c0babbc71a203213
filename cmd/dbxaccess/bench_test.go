//go:build bench

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	rounds  = 11 // of which the median counts
	perLoop = 20 // starts of one program in a row, so that a neighbour's noise hits them alike
)

// TestWarmPath measures what one start of `credential-process`, and of `auth token`, costs when the answer is cached,
// as a multiple of the least a Go program costs, both built and run here and now, in turns. CPU time is that of the
// process; on the Secret Service, where a daemon does the work, wall time is compared with a bare read of the same
// item. Multiples are compared with those that are recorded: see table.
func TestWarmPath(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir(), table: readTable(t)}
	b.build("hello", "./testdata/bench/hello")
	b.build("imports", "./testdata/bench/imports")
	b.build("bareread", "./testdata/bench/bareread")
	b.build("dbxaccess", ".")
	info, err := os.Stat(b.bin("dbxaccess"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("stripped binary: %.1f MB\n\n", float64(info.Size())/1e6)
	fmt.Printf("%-44s %9s %9s %9s %9s\n", "warm path, medians", "CPU ms", "wall ms", "x hello", "recorded")

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
	roles1k = b.signedIn("file", extraRoles(1_000))
	roles10k = b.signedIn("file", extraRoles(10_000))
	b.measure(map[string]benchRun{
		"kernel keyring":                      kernel.run(),
		"encrypted file":                      file.run(),
		"encrypted file, 51 items":            many.run(),
		"encrypted file, map of 1,000 roles":  roles1k.run(),
		"encrypted file, map of 10,000 roles": roles10k.run(),
	}, nil)
	// A token's host and principal come from the map, which is parsed where it has changed since.
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
	b.atOnce(kernel.run())
	b.measure(peers(t), nil)
	b.questions()
	for _, home := range []*benchHome{kernel, file, many, roles1k, roles10k, service} {
		home.must("logout")
	}
	b.table.settle(t)
}

type bench struct {
	t     *testing.T
	dir   string
	table *table
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
		fmt.Printf("%-44s %9.2f %9.2f %9.2f %9s\n", name, median(s.cpu), median(s.wall), median(s.ratio), b.table.note(name, median(s.ratio)))
		if bare != nil {
			b.row(name+", wall, x a bare read", median(s.bareRatio))
		}
	}
}

// row is one multiple of its own measure.
func (b *bench) row(name string, multiple float64) {
	fmt.Printf("%-64s %9.2f %9s\n", name, multiple, b.table.note(name, multiple))
}

// atOnce starts a hundred processes at the same time, as a data loader does, and a hundred hellos beside them.
func (b *bench) atOnce(run benchRun) {
	b.t.Helper()
	hundred := func(r benchRun) time.Duration {
		var all sync.WaitGroup
		began := time.Now()
		for range 100 {
			all.Go(func() {
				cmd := exec.Command(r.argv[0], r.argv[1:]...)
				cmd.Env = r.env
				if err := cmd.Run(); err != nil {
					b.t.Errorf("%v: %v", r.argv, err)
				}
			})
		}
		all.Wait()
		return time.Since(began)
	}
	var ratios []float64
	for range rounds {
		hello := hundred(benchRun{argv: []string{b.bin("hello")}})
		ratios = append(ratios, float64(hundred(run))/float64(hello))
	}
	b.row("kernel keyring, 100 at once, wall, x 100 hellos", median(ratios))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
