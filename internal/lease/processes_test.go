//go:build unix

package lease

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/beside"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// TestMain is also a process that asks for a lease, says what came of it, and holds it until its stdin ends.
func TestMain(m *testing.M) {
	dir := os.Getenv("LEASE_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(os.Getenv(name))
		return n
	}
	now := time.UnixMilli(int64(number("LEASE_TEST_NOW"))) // the same for all, however long that takes
	l := Ledger{Dir: dir, Now: func() time.Time { return now }, Began: beside.Began, Warn: func(w ui.Warning) { fmt.Fprintln(os.Stderr, w) }}
	began, _ := beside.Began(os.Getpid())
	a := Asked{Agent: "codex", Item: os.Getenv("LEASE_TEST_ITEM"), Holder: Holder{PID: os.Getpid(), Began: began}}
	var taken *Taken
	err := inLine(func() (err error) {
		taken, err = l.Take(context.Background(), a, Limits{Leases: number("LEASE_TEST_LEASES"), PerMinute: number("LEASE_TEST_PER_MINUTE")})
		return err
	})
	if err == nil {
		err = inLine(func() error { return taken.Renewed(context.Background(), now.Add(time.Hour)) })
	}
	fmt.Println("said", ui.IDOf(err), err)
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// inLine stands in line for the book again and again: on a busy machine a hundred take longer than one waits.
func inLine(do func() error) error {
	err := do()
	for errors.Is(err, lock.ErrTimeout) {
		err = do()
	}
	return err
}

// ask starts so many processes at once, which live until the test ends, and counts what each was told, by ID.
func ask(t *testing.T, processes int, l Ledger, limits Limits, item func(int) string) map[string]int {
	t.Helper()
	said, now := make([]string, processes), time.Now().UnixMilli()
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "LEASE_TEST_DIR="+l.Dir, "LEASE_TEST_ITEM="+item(i), fmt.Sprint("LEASE_TEST_NOW=", now),
				fmt.Sprint("LEASE_TEST_LEASES=", limits.Leases), fmt.Sprint("LEASE_TEST_PER_MINUTE=", limits.PerMinute))
			cmd.Stderr = os.Stderr
			_, err := cmd.StdinPipe()
			if err != nil {
				t.Error(err)
				return
			}
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			line, _ := bufio.NewReader(out).ReadString('\n')
			var word string
			_, _ = fmt.Sscanf(line, "said %s", &word)
			said[i] = word
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, word := range said {
		count[word]++
	}
	return count
}

func TestAHundredProcessesKeepToTheLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("what a hundred processes share is a file, in which no race detector looks")
	}
	t.Parallel()
	l := Ledger{Dir: t.TempDir(), Now: time.Now, Began: beside.Began, Warn: func(w ui.Warning) { t.Error(w) }}
	got := ask(t, 100, l, Limits{Leases: 7, PerMinute: 1000}, func(i int) string { return fmt.Sprint("role/", i) })
	if got["<nil>"] != 7 || got["agent-too-many-leases"] != 93 {
		t.Errorf("leases: %v", got)
	}
	held, _ := l.Held()
	if len(held) != 7 {
		t.Errorf("held: %+v", held)
	}
	l.Dir = t.TempDir()
	got = ask(t, 40, l, Limits{Leases: 1, PerMinute: 11}, func(int) string { return "role/a" })
	if got["<nil>"] != 11 || got["agent-too-fast"] != 29 {
		t.Errorf("rate: %v", got)
	}
	if held, _ := l.Held(); len(held) != 1 || held[0].Count != 11 {
		t.Errorf("held: %+v", held)
	}
}

// A process that was killed holds no place, and another one that has got its number is told from it.
func TestTheDeadHoldNothing(t *testing.T) {
	t.Parallel()
	l := Ledger{Dir: t.TempDir(), Now: time.Now, Began: beside.Began, Warn: func(w ui.Warning) { t.Error(w) }}
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	began, err := beside.Began(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	holder := Holder{PID: cmd.Process.Pid, Began: began}
	if l.ended(holder) || !l.ended(Holder{PID: cmd.Process.Pid, Began: "another time"}) {
		t.Error("it runs, and is that one")
	}
	_ = cmd.Process.Kill()
	for deadline := time.Now().Add(time.Minute); !l.ended(holder); { // before anybody has asked for its exit code
		if time.Now().After(deadline) {
			t.Fatal("it was killed")
		}
		time.Sleep(time.Millisecond)
	}
	_ = cmd.Wait()
	if !l.ended(holder) {
		t.Error("it is gone")
	}
}
