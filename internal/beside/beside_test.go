//go:build unix

package beside

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// TestMain is also a process that makes a directory, says where, and lives until its stdin ends or it is killed.
func TestMain(m *testing.M) {
	place := os.Getenv("BESIDE_TEST")
	if place == "" {
		os.Exit(m.Run())
	}
	d, err := NewDir(context.Background(), place)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(d.Path)
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// another starts such a process and returns its directory.
func another(t *testing.T, place string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "BESIDE_TEST="+place)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, line[:len(line)-1]
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func TestADirectoryLivesAsLongAsItsProcess(t *testing.T) {
	t.Parallel()
	place := filepath.Join(t.TempDir(), "exec")
	own, err := NewDir(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	file, err := own.Write("secret", []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{place: 0o700, own.Path: 0o700, file: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	killed, left := another(t, place)
	living, kept := another(t, place)
	_ = killed.Process.Kill()
	_ = killed.Wait()
	if !exists(left) {
		t.Fatal("a killed process has removed its directory")
	}
	const note = `{"settings": "/home/alice/.config/dbxaccess", "program": "sh", "pid": 7}`
	if err := os.WriteFile(filepath.Join(left, servedName), []byte(note), 0o600); err != nil { // as the killed one had written it
		t.Fatal(err)
	}
	if err := own.Serves(Served{Settings: "/home/alice/.config/dbxaccess", Program: "python3", PID: 8}); err != nil {
		t.Fatal(err)
	}
	if got := running(place, "/home/alice/.config/dbxaccess"); len(got) != 1 || got[0].PID != 8 || got[0].Program != "python3" {
		t.Errorf("running are %v", got)
	}
	if got := running(place, "/home/bob/.config/dbxaccess"); len(got) != 0 || !exists(left) {
		t.Errorf("of another home: %v", got)
	}
	next, err := NewDir(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	if exists(left) || !exists(kept) || !exists(own.Path) || !exists(next.Path) {
		t.Errorf("of the killed: %v, of the living: %v, ours: %v and %v", exists(left), exists(kept), exists(own.Path), exists(next.Path))
	}
	for _, d := range []*Dir{own, next} {
		if err := d.Remove(); err != nil || exists(d.Path) {
			t.Errorf("removed: %v", err)
		}
	}
	_ = living.Process.Kill()
	_ = living.Wait()
}

// Those that start at the same moment leave one another's alone.
func TestDirectoriesThatAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	place := filepath.Join(t.TempDir(), "exec")
	dirs := make([]*Dir, 20)
	var all sync.WaitGroup
	for i := range dirs {
		all.Go(func() {
			var err error
			if dirs[i], err = NewDir(t.Context(), place); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, d := range dirs {
		if d == nil || !exists(d.Path) {
			t.Error("a directory is gone whose process lives")
		}
	}
}

// The end of a process is seen, however it comes, and not before.
func TestEnd(t *testing.T) {
	t.Parallel()
	for _, how := range waysToWait {
		cmd, _ := another(t, filepath.Join(t.TempDir(), "exec"))
		wait, err := how(cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); wait() }()
		select {
		case <-ended:
			t.Error("it has not ended yet")
		case <-time.After(300 * time.Millisecond):
		}
		_ = cmd.Process.Kill()
		select { // before anybody has asked for its exit code
		case <-ended:
		case <-time.After(time.Minute):
			t.Error("its end was not seen")
		}
		_ = cmd.Wait()
		if _, err := how(cmd.Process.Pid); err == nil {
			t.Error("a process that has ended was found")
		}
	}
}

// A process is told from a later one of the same number, and its end is seen before anybody has asked for its exit code.
func TestBegan(t *testing.T) {
	t.Parallel()
	first, _ := another(t, filepath.Join(t.TempDir(), "exec"))
	began, err := Began(first.Process.Pid)
	if again, failed := Began(first.Process.Pid); err != nil || failed != nil || again != began {
		t.Errorf("%q, %v, then %q, %v", began, err, again, failed)
	}
	time.Sleep(20 * time.Millisecond) // the kernel counts in hundredths of a second
	second, _ := another(t, filepath.Join(t.TempDir(), "exec"))
	if other, err := Began(second.Process.Pid); err != nil || other == began && began != "" {
		t.Errorf("another one began at %q too, %v", other, err)
	}
	for _, cmd := range []*exec.Cmd{first, second} {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if _, err := Began(first.Process.Pid); err == nil {
		t.Error("it has ended")
	}
}

// Who cleans up by age takes nothing of a program that runs for days.
func TestADirectoryStaysFresh(t *testing.T) {
	t.Parallel()
	d, err := NewDir(t.Context(), filepath.Join(t.TempDir(), "exec"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Remove() }()
	file, err := d.Write("aws-token", nil)
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-240 * time.Hour)
	for _, path := range []string{file, d.Path} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go d.KeepFresh(ctx, time.Millisecond)
	for _, path := range []string{file, d.Path} {
		for info, err := os.Stat(path); ; info, err = os.Stat(path) {
			if err != nil || ctx.Err() != nil {
				t.Fatalf("%s is old: %v", path, err)
			}
			if time.Since(info.ModTime()) < time.Hour {
				break
			}
			runtime.Gosched()
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	d, err := NewDir(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Remove() })
	for path, want := range map[string]bool{
		filepath.Join(d.Path, "aws-config"): true,
		d.Path + "/./aws-config":            true,
		d.Path:                              false,
		filepath.Join(t.TempDir(), "exec", "X", "file"): false,
		filepath.Join(d.Path, "deeper", "aws-config"):   false,
		"aws-config": false,
		"":           false,
	} {
		if got := Holds(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// Who removes what dbxaccess left finds what killed processes left, and leaves what lives.
func TestSweepingLeavesTheLiving(t *testing.T) {
	t.Parallel()
	place := filepath.Join(t.TempDir(), "exec")
	lives, path := another(t, place)
	killed, left := another(t, place)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	if err := os.WriteFile(filepath.Join(left, "aws-token"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	sweepLocked(t.Context(), place)
	if exists(left) || !exists(path) {
		t.Errorf("of the killed one is left: %t, of the living one: %t", exists(left), exists(path))
	}
	_ = lives.Process.Kill()
	_ = lives.Wait()
}
