package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/store/keyctl"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func init() {
	children["kernel"] = func() error { return exerciseKernel(func(*Store) error { return nil }) }
	children["kernel-quota"] = func() error { return exerciseKernel(fillKernel) }
}

func openKernelStore(service string) (*Store, error) {
	return Open(Options{
		Service: service, Selection: Selection{Backend: kernel.Name}, LockDir: os.Getenv("STORE_TEST_DIR"), Now: time.Now,
	})
}

// The locks of the stores here lie in STORE_TEST_DIR, which each test sets.

// exerciseKernel goes once through everything in a keyring of its own, which is gone afterwards.
func exerciseKernel(more func(*Store) error) (err error) {
	ctx, service := context.Background(), fmt.Sprint("dbxaccess-test-", os.Getpid())
	s, err := openKernelStore(service)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dropKernelKeyring(s)) }()
	if _, err := s.Get(ctx, "session/a"); !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("before anything was stored: %w", err)
	}
	if _, err := (&kernelItems{service: service}).search(); !keyctl.Missing(err) {
		return fmt.Errorf("reading made a keyring: %w", err)
	}
	if err := s.Probe(ctx); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	for _, size := range []int{0, 100, 6 << 10} {
		if err := s.Set(ctx, "session/a", storetest.Pattern(size), Meta{Keep: true}); err != nil {
			return fmt.Errorf("storing %d bytes: %w", size, err)
		}
		another, err := openKernelStore(service)
		if err != nil {
			return err
		}
		if got, err := another.Get(ctx, "session/a"); err != nil || !bytes.Equal(got, storetest.Pattern(size)) {
			return fmt.Errorf("reading %d bytes: got %d, %w", size, len(got), err)
		}
	}
	if keys, err := s.Keys(ctx, ""); err != nil || !slices.Equal(keys, []string{"session/a"}) {
		return fmt.Errorf("keys: %v, %w", keys, err)
	}
	if err := more(s); err != nil {
		return err
	}
	if err := errors.Join(s.Delete(ctx, "session/a"), s.Delete(ctx, "session/a")); err != nil {
		return fmt.Errorf("deleting: %w", err)
	}
	if _, err := s.Get(ctx, "session/a"); !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("after deleting: %w", err)
	}
	return nil
}

// dropKernelKeyring deletes the items of a store, which frees their quota at once, and unlinks their keyring from the
// user keyring.
func dropKernelKeyring(s *Store) error {
	keys, err := s.Keys(context.Background(), "")
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := s.Delete(context.Background(), key); err != nil {
			return err
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := &kernelItems{library: &library{}, service: s.options.Service}
	if err := r.find(); keyctl.Missing(err) {
		return nil
	} else if err != nil {
		return err
	}
	_, err = unix.KeyctlInt(unix.KEYCTL_UNLINK, r.openID, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	return err
}

// fillKernel stores role items until the kernel's quota for users (20,000 bytes as shipped) makes the first of them go,
// and then something that can't fit.
func fillKernel(s *Store) error {
	ctx := context.Background()
	const roles = 16
	for i := range roles {
		key, meta := fmt.Sprintf("role/%02d", i), Meta{Expires: time.Now().Add(time.Hour)}
		if i == 3 {
			meta.Expires = time.Now().Add(-time.Hour)
		}
		if err := s.Set(ctx, key, storetest.Pattern(2000), meta); err != nil {
			return fmt.Errorf("storing %s: %w", key, err)
		}
	}
	keys, err := s.Keys(ctx, "role/")
	if err != nil || len(keys) == roles || len(keys) < 3 || !slices.Contains(keys, "role/15") || slices.Contains(keys, "role/03") {
		return fmt.Errorf("left after %d roles: %v, %w", roles, keys, err)
	}
	if got, err := s.Get(ctx, "session/a"); err != nil || len(got) != 6<<10 {
		return fmt.Errorf("the session: %d bytes, %w", len(got), err)
	}
	if err := s.Set(ctx, "role/huge", storetest.Pattern(64<<10), Meta{}); !errors.Is(err, ErrFull) || ui.CodeOf(err) != ui.KeyringUnavailable {
		return fmt.Errorf("64 KiB went into 20,000 bytes: %w", err)
	}
	if err := s.Set(ctx, "role/small", storetest.Pattern(2000), Meta{}); err != nil {
		return fmt.Errorf("after a failed write: %w", err)
	}
	return s.Probe(ctx)
}

// needKernel ends a test where there is no kernel keyring, as in containers that forbid its calls.
func needKernel(t testing.TB) {
	t.Helper()
	if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, true); err != nil {
		needed.Missing(t, fmt.Errorf("the kernel keyring is missing: %w", err))
	}
}

func TestKernelKeyring(t *testing.T) {
	needKernel(t)
	t.Setenv("STORE_TEST_DIR", t.TempDir())
	if err := exerciseKernel(func(s *Store) error {
		if os.Geteuid() != 0 {
			return nil // 64 KiB are more than an ordinary user's quota
		}
		storetest.MustSet(t, s, "session/big", storetest.Pattern(64<<10), Meta{})
		if got := storetest.MustGet(t, s, "session/big"); !bytes.Equal(got, storetest.Pattern(64<<10)) {
			t.Error("64 KiB came back changed")
		}
		return s.Delete(t.Context(), "session/big")
	}); err != nil {
		t.Error(err)
	}
}

// In a session keyring that does not lead to the user keyring, as in a container or under cron, nothing is possessed.
func TestKernelKeyringInAForeignSession(t *testing.T) {
	needKernel(t)
	run(t, "kernel", needed.Program(t, "keyctl"), "session", "-")
}

func TestKernelKeyringOfAnOrdinaryUser(t *testing.T) {
	needKernel(t)
	run(t, "kernel-quota", asNobody(t)...)
	run(t, "kernel-quota", append(asNobody(t), needed.Program(t, "keyctl"), "session", "-")...)
}

// asNobody is the beginning of a command that runs as an ordinary user; empty for those who are.
func asNobody(t *testing.T) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	return []string{needed.Program(t, "setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"}
}

// run runs a child behind another command and expects it to succeed.
func run(t *testing.T, name string, wrapper ...string) {
	t.Helper()
	locks, err := os.MkdirTemp("", "dbxaccess-locks-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(locks) })
	program := filepath.Join(locks, "store.test") // where another user may run it
	if err := copyProgram(program); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(locks, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	own := filepath.Join(locks, "own")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	if len(wrapper) > 0 && filepath.Base(wrapper[0]) == "setpriv" {
		if err := os.Chown(own, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	args := append(slices.Clone(wrapper), program, "-test.run=^$")
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "STORE_TEST_CHILD="+name, "STORE_TEST_DIR="+own)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", args, err, output)
	}
}

func copyProgram(to string) error {
	from, err := os.Open(os.Args[0])
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}

func TestFirstWritersOfAKernelKeyringDoNotPushEachOtherOut(t *testing.T) {
	needKernel(t)
	t.Setenv("STORE_TEST_DIR", t.TempDir())
	const rounds, writers = 10, 6
	for round := range rounds {
		service := fmt.Sprintf("dbxaccess-test-first-%d-%d", os.Getpid(), round)
		begin := make(chan struct{})
		var started sync.WaitGroup
		for writer := range writers {
			s, err := openKernelStore(service)
			if err != nil {
				t.Fatal(err)
			}
			started.Go(func() {
				<-begin
				if err := s.Set(t.Context(), fmt.Sprint("role/", writer), []byte("x"), Meta{}); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		started.Wait()
		s, err := openKernelStore(service)
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := s.Keys(t.Context(), ""); err != nil || len(keys) != writers {
			t.Errorf("%d writers left %v, %v", writers, keys, err)
		}
		if err := dropKernelKeyring(s); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkWarmGetKernel(b *testing.B) {
	b.Setenv("STORE_TEST_DIR", b.TempDir())
	service := fmt.Sprint("dbxaccess-test-bench-", os.Getpid())
	s, err := openKernelStore(service)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = dropKernelKeyring(s) })
	benchmarkGet(b, func() *Store { return s })
}
