// Package process starts the servers of a test and ends them, by process id, when the test is over. What a server
// wrote is shown where the test failed.
package process

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// StopTimeout is how long a server may take to end after SIGTERM before it is killed.
const StopTimeout = 5 * time.Second

// Process is a running server.
type Process struct {
	Log  *Log // stdout and stderr
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// Program is what to start.
type Program struct {
	Name  string // for messages
	Path  string // absolute
	Args  []string
	Env   []string // all of it; nothing comes from the environment of the tests
	Stdin string
}

// Start starts a program with its output going to the log, and stops it when the test is over.
func Start(t testing.TB, program Program) *Process {
	t.Helper()
	cmd := exec.Command(program.Path, program.Args...) //nolint:gosec,noctx // a server of ours, ended by the cleanup
	cmd.Env = append([]string{}, program.Env...)       // not nil, which would be the environment of the tests
	cmd.Stdin = strings.NewReader(program.Stdin)
	p := &Process{Log: &Log{}, name: program.Name, cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.Log, p.Log
	// A test binary that dies of its timeout runs no cleanup: the system ends its servers.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// A grandchild that keeps the output open must not keep Wait waiting.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", p.name, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is told by its log
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, p.Log.Tail(40))
		}
	})
	return p
}

// Stop ends the process and returns when it is gone. Stopping twice is harmless.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it is gone
	select {
	case <-p.done:
	case <-time.After(StopTimeout):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// Await waits until ready holds. The test fails where the process ends before that, or the time is up.
func (p *Process) Await(t testing.TB, within time.Duration, ready func() bool) {
	t.Helper()
	Eventually(t, within, p.name+" to be ready", func() bool {
		select {
		case <-p.done:
			t.Fatalf("%s ended before it was ready", p.name)
		default:
		}
		return ready()
	})
}

// Eventually asks until holds is true. The test fails where the time is up; what names what was waited for.
func Eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain for %s", within, what)
		}
	}
}

// Log collects output and can be read while it grows.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all that was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Tail returns the last lines of what was written so far.
func (l *Log) Tail(lines int) string {
	all := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	if left := len(all) - lines; left > 0 {
		all = append([]string{fmt.Sprintf("(%d earlier lines)", left)}, all[left:]...)
	}
	return strings.Join(all, "\n")
}

var given struct {
	sync.Mutex
	ports map[int]bool
}

// FreeAddress returns a loopback address, host:port, that nothing listens on and that no other test of this run was
// given. It is for servers that can't choose a free port by themselves. The port lies below those that the system
// hands to outgoing connections (ip(7), ip_local_port_range), so that none of these takes it in the meantime.
func FreeAddress(t testing.TB) string {
	t.Helper()
	given.Lock()
	defer given.Unlock()
	if given.ports == nil {
		given.ports = map[int]bool{}
	}
	for range 100 {
		port := 20000 + rand.IntN(10000) //nolint:gosec // no secret
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if given.ports[port] {
			continue
		}
		l, err := net.Listen("tcp", address) //nolint:noctx // closed at once
		if err != nil {
			continue // not ours
		}
		_ = l.Close()
		given.ports[port] = true
		return address
	}
	t.Fatal("found no free port")
	return ""
}
