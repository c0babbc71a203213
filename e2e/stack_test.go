package e2e

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/minio"
	"github.com/dbxaccess/dbxaccess/e2e/internal/provision"
)

// shortLife is the life of ID tokens, and so of credentials, where a test waits for their real end. It is longer than
// a login, or a hundred processes on two cores, can take.
const shortLife = 40 * time.Second

var (
	tools provision.Tools
	// Each of these builds a binary once, into a folder that any user may enter.
	product, windowsProduct, admins, sandboxProgram, awsGo func() (string, error)
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	// Closing an httptest.Server ends the idle connections of http.DefaultTransport, also one that a test beside it uses again.
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true //nolint:forcetypeassert // it is one
	if err := waitTogether(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var err error
	if tools, err = provision.Find(ctx, "."); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	bin, err := os.MkdirTemp("", "dbxaccess-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(bin) }()
	buildFor := func(system, module, pkg string) func() (string, error) {
		return sync.OnceValues(func() (string, error) { return laptop.Build(module, pkg, bin, system) })
	}
	build := func(module, pkg string) func() (string, error) { return buildFor(runtime.GOOS, module, pkg) }
	product, admins = build("..", "./cmd/dbxaccess"), build("..", "./cmd/dbxaccess-admin")
	sandboxProgram, awsGo = build("..", "./cmd/sandbox"), build(".", "./clients/awsgo")
	windowsProduct = buildFor("windows", "..", "./cmd/dbxaccess")
	return m.Run()
}

// waitTogether lets more tests run at once than there are processors, unless -parallel was given: most of the time they
// wait for a person's approval or for credentials to end.
func waitTogether() error {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return nil
	}
	return flag.Set("test.parallel", "8")
}

// stack is an identity provider and a cloud that trusts it, with objects in two buckets.
type stack struct {
	dex   *dex.Server
	minio *minio.Server
}

func startStack(t *testing.T, idTokens time.Duration) *stack {
	t.Helper()
	s := &stack{dex: dex.Start(t, tools.Dex, idTokens)}
	s.minio = minio.Start(t, tools.MinIO, s.dex.Discovery(), dex.ClientID, "acme-ml", "acme-features")
	s.minio.Put(t, "acme-ml", "churn/train.csv", "inside the dataset\n")
	s.minio.Put(t, "acme-ml", "churn-secret/train.csv", "a neighbour whose name begins alike\n")
	s.minio.Put(t, "acme-ml", "payroll/2026.csv", "another prefix\n")
	s.minio.Put(t, "acme-features", "v2/features.csv", "another dataset\n")
	s.minio.Put(t, "acme-features", "v1/features.csv", "outside of any dataset\n")
	return s
}

// expired waits until the credentials have really ended: the server no longer knows the key.
func (s *stack) expired(t *testing.T, c minio.Credentials) {
	t.Helper()
	for end := time.Now().Add(shortLife + 30*time.Second); ; time.Sleep(200 * time.Millisecond) {
		_, err := s.minio.GetObject(t.Context(), c, "acme-ml", "churn/train.csv")
		if codeOf(err) == "InvalidAccessKeyId" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the credentials are to end at %v and still give: %v", c.Expiration, err)
		}
	}
}
