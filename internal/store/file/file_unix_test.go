//go:build unix

package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

func init() {
	children["write"] = writeFiles
	children["read"] = readFiles
}

// writeFiles replaces one item by values of different length until it is killed.
func writeFiles() error {
	s, err := store.Open(options(os.Getenv("STORE_TEST_DIR"), "pw"))
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := s.Set(context.Background(), "session/a", storetest.Pattern(1000+i*37%5000), store.Meta{}); err != nil {
			return err
		}
		if i == 0 {
			fmt.Println("writing")
		}
	}
}

func readFiles() error {
	s, err := store.Open(options(os.Getenv("STORE_TEST_DIR"), "pw"))
	if err != nil {
		return err
	}
	value, err := s.Get(context.Background(), "session/a")
	if err != nil {
		return err
	}
	if !bytes.Equal(value, storetest.Pattern(len(value))) {
		return errors.New("a mixture of two values was read")
	}
	return nil
}

func TestReadsUnderTwoWritersNeverFail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.MustSet(t, openStore(t, dir, "pw"), "session/a", storetest.Pattern(1000), store.Meta{})
	for range 2 {
		cmd := storetest.Child(t.Context(), "write", "STORE_TEST_DIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	s := openStore(t, dir, "pw")
	for range 200 {
		if value := storetest.MustGet(t, s, "session/a"); !bytes.Equal(value, storetest.Pattern(len(value))) {
			t.Fatal("a mixture of two values was read")
		}
	}
}

func TestAWriterKilledAtAnyMomentLeavesAWholeValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	storetest.MustSet(t, openStore(t, dir, "pw"), "session/a", storetest.Pattern(1000), store.Meta{})
	for i := range 12 {
		cmd := storetest.Child(t.Context(), "write", "STORE_TEST_DIR="+dir)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := stdout.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Duration(i) * 700 * time.Microsecond) // another moment each time
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if value := storetest.MustGet(t, openStore(t, dir, "pw"), "session/a"); !bytes.Equal(value, storetest.Pattern(len(value))) {
			t.Fatal("a mixture of two values was left")
		}
	}
	// What was left over is cleared away once it is old.
	folders, err := filepath.Glob(filepath.Join(dir, "keyring", backend.StagingPrefix+"*"))
	for _, folder := range folders {
		old := time.Now().Add(-2 * backend.StaleAfter)
		err = errors.Join(err, os.Chtimes(folder, old, old))
	}
	if err != nil {
		t.Fatal(err)
	}
	storetest.MustSet(t, openStore(t, dir, "pw"), "session/a", []byte("x"), store.Meta{})
	for path := range storetest.FilesUnder(t, dir) {
		if strings.Contains(path, backend.StagingPrefix) {
			t.Errorf("left behind: %s", path)
		}
	}
}

func TestReadOnlyDirectoriesCanBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keyringDir := filepath.Join(dir, "keyring")
	storetest.MustSet(t, openStore(t, dir, "pw"), "session/a", storetest.Pattern(1000), store.Meta{})
	if err := os.RemoveAll(filepath.Join(keyringDir, backend.LockFolder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(keyringDir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(keyringDir, 0o700) })
	cmd := storetest.Child(t.Context(), "read", "STORE_TEST_DIR="+dir)
	if os.Geteuid() == 0 {
		cmd = withoutOverride(t, cmd)
	}
	if output, err := cmd.Output(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

func TestModesUnderAnyUmask(t *testing.T) {
	// No t.Parallel: the umask is the process's.
	for _, umask := range []int{0, 0o022, 0o077, 0o777} {
		dir := t.TempDir()
		old := syscall.Umask(umask)
		s := openStore(t, dir, "x")
		setErr := s.Set(t.Context(), "session/a", []byte("x"), store.Meta{})
		unlock, lockErr := s.Lock(t.Context(), "a")
		syscall.Umask(old)
		if err := errors.Join(setErr, lockErr); err != nil {
			t.Fatalf("umask %04o: %v", umask, err)
		}
		_ = unlock()
		storetest.MustGet(t, openStore(t, dir, "x"), "session/a")
		storetest.WantPrivate(t, filepath.Join(dir, "keyring"))
	}
}

// withoutOverride takes from root the right to write where the mode forbids it.
func withoutOverride(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	dropped := exec.CommandContext(t.Context(), needed.Program(t, "setpriv"), append([]string{"--bounding-set=-dac_override", "--inh-caps=-all"}, cmd.Args...)...)
	dropped.Env, dropped.Stderr = cmd.Env, cmd.Stderr
	return dropped
}
