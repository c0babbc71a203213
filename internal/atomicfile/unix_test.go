//go:build unix

package atomicfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/localfile"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// childEnv turns this test binary into a process that can be killed or starved of disk: "<job> <path>".
const childEnv = "ATOMICFILE_TEST_CHILD"

func TestMain(m *testing.M) {
	job, path, _ := strings.Cut(os.Getenv(childEnv), " ")
	switch job {
	case "rewrite":
		rewriteForever(path)
	case "overflow":
		overflow(path)
	default:
		os.Exit(m.Run())
	}
}

var contents = [2][]byte{bytes.Repeat([]byte("first\n"), 40_000), bytes.Repeat([]byte("second\n"), 40_000)}

func rewriteForever(path string) {
	for i := 0; ; i++ {
		if err := Write(path, contents[i%2], 0o600); err != nil {
			fmt.Fprintln(os.Stdout, err)
			os.Exit(1)
		}
		fmt.Fprintln(os.Stdout, "wrote")
	}
}

func TestAKillAtAnyMomentLeavesOldOrNew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	for i := range 25 {
		child := childProcess(t, "rewrite", path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		// The first write is waited for; then the moment of death wanders through the second one.
		line, _ := bufio.NewReader(out).ReadString('\n')
		if line != "wrote\n" {
			t.Fatalf("the child said %q", line)
		}
		<-time.After(time.Duration(i) * 150 * time.Microsecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, contents[0]) && !bytes.Equal(got, contents[1]) {
			t.Fatalf("after kill %d the file holds %d bytes of neither content (%v)", i, len(got), err)
		}
	}

	remains, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".config.dbxaccess-*"))
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * staleAfter)
	for _, r := range remains {
		if err := os.Chtimes(r, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path, true)
}

// overflow writes more than its file size limit allows, as on a disk that fills up half-way.
func overflow(path string) {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		fmt.Fprintln(os.Stdout, err)
		os.Exit(2)
	}
	err := Write(path, make([]byte, 1<<20), 0o600)
	fmt.Fprintf(os.Stdout, "%v|%s|%s", err, ui.HintOf(err), ui.IDOf(err))
}

func TestAFullDiskLeavesTheOriginal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	put(t, path, []byte("old"))
	out, err := childProcess(t, "overflow", path).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	said := strings.Split(string(out), "|")
	if len(said) != 3 || !strings.Contains(said[0], "writing "+path) || !strings.Contains(said[1], "free some space") || said[2] != "disk-full" {
		t.Errorf("got %q", said)
	}
	holds(t, path, "old")
	onlyFile(t, path, true)
}

func TestEveryRefusalOfTheSystemHasAHint(t *testing.T) {
	t.Parallel()
	for errno, want := range map[syscall.Errno]ui.ID{
		syscall.ENOSPC: "disk-full", syscall.EDQUOT: "disk-full",
		syscall.EROFS: "file-denied", syscall.EACCES: "file-denied", syscall.EPERM: "file-denied",
		syscall.ENOTDIR: "path-not-directory",
		syscall.EBUSY:   "file-is-mount", // a single file that is mounted, as in containers
	} {
		in := &fs.PathError{Op: "open", Path: "/home/alice/.aws/.config.dbxaccess-12", Err: errno}
		err := explain("writing", "/home/alice/.aws/config", in)
		if ui.IDOf(err) != want || ui.HintOf(err) == "" || !errors.Is(err, errno) {
			t.Errorf("%v: got %s: %v with hint %q", errno, ui.IDOf(err), err, ui.HintOf(err))
		}
		if want := "writing /home/alice/.aws/config: " + ui.Told(errno); err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestAPlaceThatTakesNoFilesIsExplained(t *testing.T) {
	t.Parallel()
	// Not even root can make a file here.
	err := Write("/dev/fd/dbxaccess-test/config", []byte("x"), 0o600)
	if err == nil {
		t.Fatal("it was written")
	}
	if _, ok := errors.AsType[*ui.Error](err); !ok {
		t.Errorf("not for a person: %v", err)
	}
}

func TestADirectoryThatTakesNoFilesIsWhatTheHintNames(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "closed")
	if os.Geteuid() == 0 {
		dir = "/sys/kernel" // where Linux lets not even root make a file
		if _, err := os.Stat(dir); err != nil {
			t.Skip("nothing is closed to root here")
		}
	} else if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	err := Write(filepath.Join(dir, "dbxaccess-test"), []byte("x"), 0o600)
	if hint := ui.HintOf(err); ui.IDOf(err) != "file-denied" || !errors.Is(err, fs.ErrPermission) || !strings.Contains(hint, ui.Quote(dir)) {
		t.Errorf("got %v with hint %q", err, hint)
	}
}

func TestANameThatTheSystemDoesNotTake(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 300))
	if err := Write(path, nil, 0o600); ui.IDOf(err) != "file-unusable" || !errors.Is(err, syscall.ENAMETOOLONG) {
		t.Errorf("got %v", err)
	}
}

func TestAPipeIsNotOpened(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); !errors.Is(err, localfile.ErrNotRegular) { // opening it would wait for a writer
		t.Errorf("got %v", err)
	}
}

func childProcess(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+job+" "+path)
	child.Stderr = os.Stderr
	return child
}
