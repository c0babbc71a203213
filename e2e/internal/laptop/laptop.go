// Package laptop is the computer of a person who uses the product: a scratch home folder, an environment that holds
// nothing of the person who runs the tests, and a way to run programs there.
package laptop

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// Timeout bounds every program that a test runs, but those that it gives more time.
const Timeout = 2 * time.Minute

// AWSProfile is the config file of the AWS CLI, in the home folder.
const AWSProfile = ".aws/config"

// Laptop is a scratch computer. It is gone when the test is over.
type Laptop struct {
	Home string

	binary string
	env    map[string]string
	wrap   []string // a command line that goes before every program

	mu  sync.Mutex
	own []*Running // those of dbxaccess
}

// New sets up a laptop where dbxaccess is the product's binary.
func New(t testing.TB, binary string) *Laptop {
	t.Helper()
	// Not t.TempDir: another user can't reach what lies below it. See GiveTo.
	home, err := os.MkdirTemp("", "laptop-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	l := &Laptop{Home: home, binary: binary}
	l.env = map[string]string{
		"PATH":                      "/usr/bin:/bin",
		"HOME":                      home,
		"LANG":                      "C.UTF-8",
		"TMPDIR":                    l.folder(t, "tmp"),
		"XDG_RUNTIME_DIR":           l.folder(t, "run"),
		"XDG_CONFIG_HOME":           filepath.Join(home, ".config"),
		"XDG_STATE_HOME":            filepath.Join(home, ".local/state"),
		"AWS_CONFIG_FILE":           filepath.Join(home, AWSProfile),
		"DATABRICKS_CONFIG_FILE":    filepath.Join(home, ".databrickscfg"),
		"AWS_EC2_METADATA_DISABLED": "true",
		// Two tests must not meet in the kernel keyring, which is one for a user.
		"DBXACCESS_KEYRING_SERVICE": "dbxaccess-e2e-" + strings.ToLower(rand.Text()[:8]),
	}
	return l
}

func (l *Laptop) folder(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(l.Home, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// Binary is dbxaccess.
func (l *Laptop) Binary() string { return l.binary }

// OwnBinary gives the laptop a file of its own for dbxaccess, by which its processes can be told from those of another.
func (l *Laptop) OwnBinary(t testing.TB) {
	t.Helper()
	own := filepath.Join(l.Home, filepath.Base(l.binary))
	if err := os.Link(l.binary, own); err != nil {
		t.Fatal(err)
	}
	l.binary = own
}

// Set sets a variable of the environment.
func (l *Laptop) Set(name, value string) { l.env[name] = value }

// Unset takes a variable out of the environment.
func (l *Laptop) Unset(name string) { delete(l.env, name) }

// Env returns a variable of the environment.
func (l *Laptop) Env(name string) string { return l.env[name] }

// Write writes a file, named relative to the home folder, and returns its absolute path.
func (l *Laptop) Write(t testing.TB, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(l.Home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// Wrap puts a command line before every program that is run from now on.
func (l *Laptop) Wrap(words ...string) { l.wrap = words }

// GiveTo makes a user, by id, the owner of the whole home folder.
func (l *Laptop) GiveTo(t testing.TB, uid int) {
	t.Helper()
	err := filepath.WalkDir(l.Home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid) //nolint:gosec // nobody else is in there
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Result is what a program did.
type Result struct {
	Stdout, Stderr string
	Code           int // exit code; -1 where a signal or the timeout ended it
	Took           time.Duration
}

// Run runs dbxaccess.
func (l *Laptop) Run(t testing.TB, args ...string) Result {
	t.Helper()
	return l.Program(t, l.binary, args...)
}

// AWS runs Debian's AWS CLI against an endpoint, with a profile; an empty profile leaves the choice to the CLI.
func (l *Laptop) AWS(t testing.TB, endpoint, profile string, args ...string) Result {
	t.Helper()
	all := []string{"--endpoint-url", endpoint}
	if profile != "" {
		all = append(all, "--profile", profile)
	}
	return l.Program(t, "/usr/bin/aws", append(all, args...)...)
}

// Program runs any program and waits for its end.
func (l *Laptop) Program(t testing.TB, name string, args ...string) Result {
	t.Helper()
	return l.Start(t, name, args...).Wait()
}

// Running is a program that has not been waited for.
type Running struct {
	Stdout, Stderr *process.Log

	t       testing.TB
	args    []string
	cmd     *exec.Cmd
	started time.Time
	ended   chan struct{}
	err     error         // of Wait; to be read when ended is closed
	took    time.Duration // so is this
}

// StartProduct starts dbxaccess.
func (l *Laptop) StartProduct(t testing.TB, args ...string) *Running {
	t.Helper()
	return l.Start(t, l.binary, args...)
}

// Start starts a program without a terminal and with an empty stdin.
func (l *Laptop) Start(t testing.TB, name string, args ...string) *Running {
	t.Helper()
	return l.start(t, Timeout, nil, name, args...)
}

// StartLong starts dbxaccess for a program that may run for so long.
func (l *Laptop) StartLong(t testing.TB, timeout time.Duration, args ...string) *Running {
	t.Helper()
	return l.start(t, timeout, nil, l.binary, args...)
}

// start starts a program, in a terminal if there is one.
func (l *Laptop) start(t testing.TB, timeout time.Duration, terminal *os.File, name string, args ...string) *Running {
	t.Helper()
	words := slices.Concat(l.wrap, []string{name}, args)
	// A cleanup runs programs, too, and by then the context of the test is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), timeout)
	r := &Running{
		Stdout: &process.Log{}, Stderr: &process.Log{}, t: t, args: args, started: time.Now(), ended: make(chan struct{}),
	}
	r.cmd = exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // what the test chose
	r.cmd.Dir = l.Home
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		r.cmd.Env = append(r.cmd.Env, name+"="+l.env[name])
	}
	r.cmd.Stdout, r.cmd.Stderr = r.Stdout, r.Stderr
	// A session of its own has no controlling terminal, even where the tests run in one.
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if terminal != nil {
		r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = terminal, terminal, terminal
		r.cmd.SysProcAttr.Setctty = true
	}
	r.cmd.WaitDelay = time.Second
	if err := r.cmd.Start(); err != nil {
		cancel()
		t.Fatalf("starting %s: %v", name, err)
	}
	if name == l.binary {
		l.mu.Lock()
		l.own = append(l.own, r)
		l.mu.Unlock()
	}
	go func() {
		defer close(r.ended)
		defer cancel()
		r.err = r.cmd.Wait()
		r.took = time.Since(r.started)
	}()
	t.Cleanup(func() {
		cancel() // kills what a failed test did not wait for
		<-r.ended
	})
	return r
}

// Ended tells whether the program has ended.
func (r *Running) Ended() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// PID is the program's process id.
func (r *Running) PID() int { return r.cmd.Process.Pid }

// Signal sends the program a signal.
func (r *Running) Signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatalf("sending %s to %s: %v", s, r.cmd.Path, err)
	}
}

// Wait returns when the program has ended.
func (r *Running) Wait() Result {
	r.t.Helper()
	<-r.ended
	if _, exited := errors.AsType[*exec.ExitError](r.err); r.err != nil && !exited {
		r.t.Errorf("%s: %v", r.cmd.Path, r.err)
	}
	return Result{r.Stdout.String(), r.Stderr.String(), r.cmd.ProcessState.ExitCode(), r.took}
}

// Files returns the content of every file of the home folder by its relative path.
func (l *Laptop) Files(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(l.Home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // a folder of our own
		if err != nil {
			return err
		}
		name, err := filepath.Rel(l.Home, path)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
