package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// budget is what a program may weigh. Sizes and allocations repeat from run to run, times don't.
type budget struct {
	program   string
	megabytes float64 // stripped, static
	initKB    int     // allocated before main, in thousands of bytes
	allocs    int     // before main
	forbidden map[string]string
}

// budgets: SDKs start dbxaccess thousands of times a day, and it holds refresh tokens: what it links is paid for at
// every start, and has to be trusted. The other program is started by people, and may take whole SDKs. Either pays for
// what its packages do before main. 0.3 MB of dbxaccess are the detectors of static keys, for doctor --secrets.
// Another 0.6 MB is what coding agents get by the map, what tells of them, and the account of their leases.
// 0.8 MB more is what people's first hour takes: settings that are shown and changed, a map that is begun, explained and fetched from
// repositories and buckets, roles that are picked by keys, and what is left on a machine.
// Of dbxaccess-admin, 6 MB and a third of a megabyte before main are gitleaks, for scan --all.
// Another 0.9 MB of tables before main, and some ten megabytes, are AWS's clients for S3, S3 Control, KMS, CloudTrail and Lake Formation.
var budgets = []budget{
	{"dbxaccess", 23.5, 300, 2200, map[string]string{
		"google.golang.org/grpc":                            "12 MB, and 4 to 5 ms before main",
		"github.com/databricks/databricks-sdk-go/config":    "it brings grpc",
		"github.com/databricks/databricks-sdk-go/client":    "it brings config",
		"github.com/databricks/databricks-sdk-go/service/":  "as client; dbxaccess-admin has them",
		"github.com/aws/aws-sdk-go-v2/config":               "it reads credentials and files that are none of its business here",
		"github.com/aws/aws-sdk-go-v2/service/iam":          "0.5 MB before main; dbxaccess-admin has it",
		"github.com/aws/aws-sdk-go-v2/service/s3":           "it is megabytes, and brings tables before main; dbxaccess-admin has it",
		"github.com/aws/aws-sdk-go-v2/service/kms":          "0.4 MB before main; dbxaccess-admin has it",
		"github.com/modelcontextprotocol/go-sdk/":           "dbxaccess-admin's",
		"github.com/charmbracelet/bubbletea":                "version 1 writes to the terminal before main, and waits up to 5 s for one that does not answer",
		"github.com/charmbracelet/huh":                      "as bubbletea",
		"github.com/charmbracelet/lipgloss":                 "as bubbletea",
		"github.com/bytedance/sonic":                        "4 ms before main",
		"github.com/santhosh-tekuri/jsonschema/":            "tests alone check documents by schema",
		"go.opentelemetry.io/otel/exporters/":               "they bring grpc",
		"github.com/dbxaccess/dbxaccess/internal/sandbox":   "the double is for tests and the demo",
		"github.com/dbxaccess/dbxaccess/internal/workspace": "it brings Databricks' SDK",
		"github.com/dbxaccess/dbxaccess/internal/admincli":  "it brings all of dbxaccess-admin",
	}},
	{"dbxaccess-admin", 47.5, 4500, 26500, map[string]string{
		"github.com/dbxaccess/dbxaccess/internal/sandbox": "the double is for tests and the demo",
		"github.com/charmbracelet/bubbletea":              "version 1 writes to the terminal before main, and waits up to 5 s for one that does not answer",
	}},
}

func TestNoProgramLinksWhatItMustNot(t *testing.T) {
	t.Parallel()
	for _, b := range budgets {
		for _, p := range listPackages(t, "./cmd/"+b.program) {
			for _, dep := range p.Deps {
				for heavy, because := range b.forbidden {
					if dep == heavy || strings.HasPrefix(dep, strings.TrimSuffix(heavy, "/")+"/") {
						t.Errorf("%s must not link %s: %s", b.program, dep, because)
					}
				}
			}
		}
	}
}

// initLine is what GODEBUG=inittrace=1 says of one package (https://pkg.go.dev/runtime#hdr-Environment_Variables).
var initLine = regexp.MustCompile(`(?m)^init \S+ @\S+ ms, \S+ ms clock, (\d+) bytes, (\d+) allocs$`)

func TestEachProgramKeepsToItsBudget(t *testing.T) {
	t.Parallel()
	for _, b := range budgets {
		t.Run(b.program, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), b.program)
			build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "../"+b.program)
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			start := exec.CommandContext(t.Context(), path, "--version")
			start.Env = append(os.Environ(), "GODEBUG=inittrace=1")
			out, err := start.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			bytes, allocs, lines := 0, 0, initLine.FindAllStringSubmatch(string(out), -1)
			for _, line := range lines {
				n, _ := strconv.Atoi(line[1])
				m, _ := strconv.Atoi(line[2])
				bytes, allocs = bytes+n, allocs+m
			}
			megabytes := float64(info.Size()) / 1e6
			t.Logf("%s: %.1f MB; before main %d kB in %d allocations by %d packages", b.program, megabytes, bytes/1000, allocs, len(lines))
			if len(lines) == 0 {
				t.Fatalf("the runtime told nothing:\n%s", out)
			}
			if runtime.GOOS == "linux" && megabytes > b.megabytes || bytes/1000 > b.initKB || allocs > b.allocs {
				t.Errorf("over its budget of %.1f MB, %d kB, %d allocations: see what was linked, with GODEBUG=inittrace=1 and go list -deps",
					b.megabytes, b.initKB, b.allocs)
			}
		})
	}
}

// The early answer is initialised as soon as all that it imports is. One of these below it, and it comes after nearly everything:
// crypto/tls and net wait for the packages vendored in the standard library, as do those that wait for the last two.
func TestNothingHeavyComesBeforeTheEarlyAnswer(t *testing.T) {
	t.Parallel()
	for root, late := range map[string][]string{
		"./internal/early":     {"net", "net/http", "net/netip", "net/url", "crypto/tls", "os/exec", "unique", "weak", "github.com/spf13/viper", "github.com/99designs/keyring"},
		"./internal/early/bus": {"net/http", "net/url", "crypto/tls", "github.com/spf13/viper", "github.com/99designs/keyring", "github.com/gsterjov/go-libsecret"},
	} {
		for _, p := range listPackages(t, root) {
			for _, dep := range p.Deps {
				if slices.Contains(late, dep) || root == "./internal/early" && strings.HasPrefix(dep, "vendor/") {
					t.Errorf("%s waits for %s", p.ImportPath, dep)
				}
			}
		}
	}
}
