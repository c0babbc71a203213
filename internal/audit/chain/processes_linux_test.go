package chain

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/store/lock"
)

// children are what this program does as a process of a test.
var children = map[string]func() error{
	"records": func() error {
		w, times := writer(os.Getenv("CHAIN_TEST_DIR")), 0
		times, err := strconv.Atoi(os.Getenv("CHAIN_TEST_TIMES"))
		if version := os.Getenv("CHAIN_TEST_VERSION"); version != "" {
			w.Version = version
			w.MaxSize, err = strconv.ParseInt(os.Getenv("CHAIN_TEST_MAX_SIZE"), 10, 64)
		}
		for i := 0; err == nil && i < times; i++ {
			what := issued(os.Getpid()*1000 + i)
			err = w.Record(context.Background(), what)
			for errors.Is(err, lock.ErrTimeout) { // a busy machine, with many that stand in line, is no fault
				err = w.Record(context.Background(), what)
			}
			if err == nil {
				fmt.Println("recorded")
			}
		}
		return err
	},
	// No file may grow beyond a size, as on a disk that is full.
	"full": func() error {
		signal.Ignore(syscall.SIGXFSZ)
		dir := os.Getenv("CHAIN_TEST_DIR")
		var failed error
		for i := range 10 {
			if failed = writer(dir).Record(context.Background(), issued(i)); failed != nil {
				break
			}
			if i == 1 {
				limit := syscall.Rlimit{Cur: 5000, Max: 5000}
				if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
					return err
				}
			}
		}
		if !errors.Is(failed, syscall.EFBIG) {
			return fmt.Errorf("it did not fail: %w", failed)
		}
		return nil
	},
}

func child(t *testing.T, what, dir string, times int) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "CHAIN_TEST_CHILD="+what, "CHAIN_TEST_DIR="+dir, fmt.Sprint("CHAIN_TEST_TIMES=", times))
	return cmd
}

func TestFiftyProcessesAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if out, err := child(t, "records", dir, 2).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	entries := read(t, writer(dir))
	checkChain(t, writer(dir), entries)
	// Who stands in line for too long is told that nothing is certain, and records once more what may be there already.
	keys := map[string]bool{}
	for _, e := range entries {
		keys[e.AccessKeyID] = true
	}
	if len(keys) != 100 {
		t.Errorf("%d records of %d kinds", len(entries), len(keys))
	}
}

// The two programs, of two releases and with two sizes in their settings, append to one record at once: it stays one chain, in files of
// which none has been gone back to, and each line says which release has written it.
func TestTwoProgramsAppendToOneRecord(t *testing.T) {
	t.Parallel()
	const times = 20
	dir := t.TempDir()
	var both sync.WaitGroup
	for version, size := range map[string]string{"1.2.3": "6000", "1.3.0": "9000"} {
		both.Go(func() {
			cmd := child(t, "records", dir, times)
			cmd.Env = append(cmd.Env, "CHAIN_TEST_VERSION="+version, "CHAIN_TEST_MAX_SIZE="+size)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	both.Wait()
	entries := read(t, writer(dir))
	checkChain(t, writer(dir), entries)
	of, files := map[string]int{}, map[string]bool{}
	for _, e := range entries {
		files[e.File] = true
		for _, version := range []string{"1.2.3", "1.3.0"} {
			if bytes.Contains(e.Line, []byte(`"version":"`+version+`"`)) {
				of[version]++
			}
		}
	}
	if of["1.2.3"] != times || of["1.3.0"] != times || len(files) < 3 {
		t.Errorf("%v in %d files", of, len(files))
	}
}

// However a process ends, what it said that it recorded is there, and others go on.
func TestAKilledProcessLeavesAChain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded := 0
	for range 15 {
		cmd := child(t, "records", dir, 1000)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + rand.N(5) {
			if lines.Scan() {
				recorded++
			}
		}
		time.AfterFunc(rand.N(3*time.Millisecond), func() { _ = cmd.Process.Kill() }) // at whatever point it is by then
		for lines.Scan() {
			recorded++
		}
		if err := lines.Err(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	}
	w := writer(dir)
	record(t, w, 1)
	var good []audit.Entry
	for entry, err := range audit.ReadDir(w.Dir) {
		if err == nil {
			good = append(good, entry)
		}
	}
	checkChain(t, w, good)
	if len(good) < recorded+1 {
		t.Errorf("%d of %d", len(good), recorded+1)
	}
}

// What does not fit on the disk is an error, and leaves no part of a line.
func TestAFullDiskLeavesNoPartOfALine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := child(t, "full", dir, 0).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w := writer(dir)
	data, err := os.ReadFile(read(t, w)[0].File)
	if err != nil || !bytes.HasSuffix(data, []byte("\n")) || len(data) > 5000 {
		t.Errorf("%v, %d bytes", err, len(data))
	}
	record(t, w, 1)
	checkChain(t, w, read(t, w))
}
