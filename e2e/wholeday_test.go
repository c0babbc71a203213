package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
)

// soakVariable is how long TestSoak takes at least, as Go writes durations. `make soak` sets it.
const soakVariable = "DBXACCESS_E2E_SOAK"

// soakLife is the life of its credentials: half of it is enough to sign in again on a machine that is busy.
const soakLife = time.Minute

func soakTime(t *testing.T) time.Duration {
	t.Helper()
	value := os.Getenv(soakVariable)
	if value == "" {
		return 2 * time.Minute
	}
	lasting, err := time.ParseDuration(value)
	if err != nil {
		t.Fatalf("%s: %v", soakVariable, err)
	}
	return lasting
}

// Of tests that run at once, Go starts those of the last file first. These take the longest, whatever the machine, and mostly wait: hence
// their file's name.

// Programs that read for longer than credentials live never send any that have ended, and notice nothing of a login that was
// lost and found in another terminal.
func TestAWSClientsOutliveTheirCredentials(t *testing.T) {
	t.Parallel()
	s := startStack(t, shortLife)
	l, _ := signedIn(t, s)
	var readings []*reading
	for name, client := range awsClients(t) {
		readings = append(readings, startReading(t, s, l, name, 8*time.Minute, client...))
	}
	for _, r := range readings {
		process.Eventually(t, time.Minute, r.key+" to be read", func() bool {
			if r.running.Ended() {
				t.Fatalf("it ended:\n%s", r.running.Wait().Stderr)
			}
			return len(s.minio.Reads(readBucket, r.key)) > 0
		})
	}
	loseLogin(t, l, readings...)
	for _, r := range readings {
		process.Eventually(t, 6*shortLife, r.key+" to go through five expiries", func() bool {
			return r.expiries() >= 5 || r.running.Ended()
		})
	}
	for _, r := range readings {
		r.finish(t)
		t.Logf("%s: %d requests through %d expiries", r.key, len(s.minio.Reads(readBucket, r.key)), r.expiries())
	}
}

// Twenty programs read for minutes, through two logins that were lost and found: no read fails, and the server beside them does
// not grow.
func TestSoak(t *testing.T) {
	t.Parallel()
	const readers = 20
	lasting := soakTime(t)
	s := startStack(t, soakLife)
	l, _ := signedIn(t, s)
	l.OwnBinary(t)
	client, err := awsGo()
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	r := startReading(t, s, l, "soak", lasting+5*time.Minute, client, "-readers", strconv.Itoa(readers))
	process.Eventually(t, time.Minute, "reads by all", func() bool {
		return r.running.Ended() || len(s.minio.Reads(readBucket, r.key)) >= 2*readers
	})
	server := serverBeside(t, l.Binary())
	var samples []footprint
	watched := make(chan struct{})
	over := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			if f, err := footprintOf(server); err == nil {
				samples = append(samples, f)
			}
			select {
			case <-over:
				return
			case <-time.After(time.Second):
			}
		}
	}()
	for range 2 {
		loseLogin(t, l, r)
		time.Sleep(time.Until(started.Add(lasting / 2)))
	}
	time.Sleep(time.Until(started.Add(lasting)))
	close(over)
	<-watched
	r.finish(t)
	steady(t, samples, readers)
	process.Eventually(t, time.Minute, "the server to end with the program", func() bool {
		_, err := footprintOf(server)
		return err != nil
	})
	tried, refused := s.dex.Refreshes()
	t.Logf("%d requests through %d expiries, %d refreshes, %d refused; %v at first, %v at last",
		len(s.minio.Reads(readBucket, r.key)), r.expiries(), tried, refused, samples[0], samples[len(samples)-1])
}

// footprint is what a process holds. Its goroutines can't be counted from outside; what they hold shows here.
type footprint struct {
	memory      int // resident, in KiB
	threads     int
	descriptors int
}

func (f footprint) String() string {
	return fmt.Sprintf("%d KiB, %d threads, %d descriptors", f.memory, f.threads, f.descriptors)
}

// footprintOf reads proc(5). The descriptors of a process that is not dumpable only root may count.
func footprintOf(pid int) (footprint, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return footprint{}, err
	}
	field := func(name string) (number int) {
		_, rest, _ := strings.Cut(string(status), "\n"+name+":")
		line, _, _ := strings.Cut(rest, "\n")
		number, _ = strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(line, "kB")))
		return number
	}
	f := footprint{memory: field("VmRSS"), threads: field("Threads")}
	if f.memory == 0 {
		return footprint{}, fmt.Errorf("process %d has ended", pid)
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	f.descriptors = len(open)
	return f, err
}

// steady asserts that the last third of the time needed no more than the second: the first is there to get warm. A descriptor that is
// left over never goes away, so it shows in the fewest that there ever are; the most depend on how many readers happen to ask at one
// moment, and no more than these come to it.
func steady(t *testing.T, samples []footprint, readers int) {
	t.Helper()
	third := len(samples) / 3
	if third == 0 {
		t.Fatalf("only %d samples of the server", len(samples))
	}
	peak := func(samples []footprint) (most footprint, fewest int) {
		fewest = samples[0].descriptors
		for _, f := range samples {
			most = footprint{max(most.memory, f.memory), max(most.threads, f.threads), max(most.descriptors, f.descriptors)}
			fewest = min(fewest, f.descriptors)
		}
		return most, fewest
	}
	middle, kept := peak(samples[third : 2*third])
	last, keeps := peak(samples[2*third:])
	t.Logf("at most %v in the second third, %v in the last; at least %d and %d descriptors", middle, last, kept, keeps)
	if last.memory > middle.memory+middle.memory/5 || last.threads > middle.threads+4 || keeps > kept+4 || last.descriptors > middle.descriptors+readers {
		t.Errorf("the server grows: %v in the second third, %v in the last; at least %d and %d descriptors", middle, last, kept, keeps)
	}
}

// serverBeside finds the process that serves a program under exec, by the file that both were started from.
func serverBeside(t *testing.T, binary string) (pid int) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, line := range lines {
		command, err := os.ReadFile(line)
		if err != nil || !bytes.HasPrefix(command, []byte(binary+"\x00")) {
			continue
		}
		number, err := strconv.Atoi(filepath.Base(filepath.Dir(line)))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, number)
	}
	if len(found) != 1 {
		t.Fatalf("processes %v run %s, want one: the program has taken the place of the other", found, binary)
	}
	return found[0]
}
