//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func init() {
	children["write"] = func() error { return writeFiles(200) }
	children["write-on"] = func() error { return writeFiles(1 << 30) }
	children["read"] = readFiles
}

// writeFiles replaces one item again and again by values of different length.
func writeFiles(times int) error {
	s, err := Open(fileOptions(os.Getenv("STORE_TEST_DIR"), "pw"))
	if err != nil {
		return err
	}
	for i := range times {
		if err := s.Set(context.Background(), "session/a", pattern(1000+i*37%5000), Meta{}); err != nil {
			return err
		}
		if i == 0 {
			fmt.Println("writing")
		}
	}
	return nil
}

func readFiles() error {
	s, err := Open(fileOptions(os.Getenv("STORE_TEST_DIR"), "pw"))
	if err != nil {
		return err
	}
	value, err := s.Get(context.Background(), "session/a")
	if err != nil {
		return err
	}
	if !bytes.Equal(value, pattern(len(value))) {
		return errors.New("a mixture of two values was read")
	}
	return nil
}

func TestReadsUnderTwoWritersNeverFail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustSet(t, newFileStore(t, dir, "pw"), "session/a", pattern(1000), Meta{})
	for range 2 {
		cmd := child(t.Context(), "write-on", "STORE_TEST_DIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	s := newFileStore(t, dir, "pw")
	for range 200 {
		if value := mustGet(t, s, "session/a"); !bytes.Equal(value, pattern(len(value))) {
			t.Fatal("a mixture of two values was read")
		}
	}
}

func TestAWriterKilledAtAnyMomentLeavesAWholeValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustSet(t, newFileStore(t, dir, "pw"), "session/a", pattern(1000), Meta{})
	for i := range 12 {
		cmd := child(t.Context(), "write-on", "STORE_TEST_DIR="+dir)
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
		if value := mustGet(t, newFileStore(t, dir, "pw"), "session/a"); !bytes.Equal(value, pattern(len(value))) {
			t.Fatal("a mixture of two values was left")
		}
	}
	mustSet(t, newFileStore(t, dir, "pw"), "session/a", []byte("x"), Meta{}) // and what was left over is no hindrance
	if _, err := os.Stat(filepath.Join(dir, "keyring", stagingFolder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the staging folder is still there: %v", err)
	}
}

func TestReadOnlyDirectoriesCanBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keyringDir := filepath.Join(dir, "keyring")
	mustSet(t, newFileStore(t, dir, "pw"), "session/a", pattern(1000), Meta{})
	if err := os.RemoveAll(filepath.Join(keyringDir, lockFolder)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(keyringDir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(keyringDir, 0o700) })
	cmd := child(t.Context(), "read", "STORE_TEST_DIR="+dir)
	if os.Geteuid() == 0 {
		cmd = withoutOverride(t, cmd)
	}
	if output, err := cmd.Output(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

// withoutOverride takes from root the right to write where the mode forbids it.
func withoutOverride(t *testing.T, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	dropped := exec.CommandContext(t.Context(), "setpriv", append([]string{"--bounding-set=-dac_override", "--inh-caps=-all"}, cmd.Args...)...)
	dropped.Env, dropped.Stderr = cmd.Env, cmd.Stderr
	return dropped
}
