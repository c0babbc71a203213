//go:build bench && unix

package verify

import (
	"bufio"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/audit/query"
)

// Reading 100,000 events as `audit list` does, and holding them against their chain as `audit verify` does, take at most so many times the
// CPU time of reading the lines of the same file alone, in turns in the same run, and at most 100 MB, however long the record is.
func TestReadingTheRecord(t *testing.T) {
	const size, turns, memory = 100_000, 2, 100 << 20
	most := map[string]float64{"list": 110, "verify": 260}
	path, known := longRecord(t, size)
	spent := map[string]time.Duration{}
	for range turns {
		for what, read := range map[string]func() (int, error){
			"bare": func() (int, error) { return bareLines(path) },
			"list": func() (n int, err error) {
				people, filter := &query.People{}, query.Filter{Person: "alice@example.com", Role: "ml-trainer"}
				for e, err := range audit.ReadFile(path) {
					if err != nil {
						return n, err
					}
					people.Learn(&e)
					if filter.Takes(&e, people) {
						n++
					}
				}
				return n, nil
			},
			"verify": func() (int, error) {
				report, err := Verify(audit.ReadFile(path), known)
				if err != nil || len(report.Findings) != 0 || !report.Compared || len(report.Chains) != 1 || !report.Chains[0].Proven {
					return 0, fmt.Errorf("%w: %+v", err, report)
				}
				return report.Chains[0].Records, nil
			},
		} {
			start := cpu(t)
			n, err := read()
			if took := cpu(t) - start; spent[what] == 0 || took < spent[what] {
				spent[what] = took
			}
			if err != nil || n != size {
				t.Fatal(what, n, err)
			}
		}
	}
	var held runtime.MemStats
	runtime.ReadMemStats(&held)
	for what, limit := range most {
		multiple := spent[what].Seconds() / spent["bare"].Seconds()
		t.Logf("%s: %.0f events/s, %.1f × bare reading (%.0f/s)", what, size/spent[what].Seconds(), multiple, size/spent["bare"].Seconds())
		if multiple > limit {
			t.Errorf("%s: more than %.0f × bare reading", what, limit)
		}
	}
	if t.Logf("%d MB from the system", held.Sys>>20); held.Sys > memory {
		t.Errorf("more than %d MB", memory>>20)
	}
}

// cpu is the CPU time of this process by now: neighbours change it less than the clock's.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareLines counts the lines of a file.
func bareLines(path string) (n int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewReaderSize(file, 64<<10); ; n++ {
		if _, err := lines.ReadSlice('\n'); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}

// longRecord writes a record of usual lines into a file, and says what is known of it besides.
func longRecord(t *testing.T, size int) (path string, known Known) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "record-000001.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	public, key, _ := ed25519.GenerateKey(nil)
	to := bufio.NewWriter(file)
	at := audit.Link{Chain: strings.Repeat("5a", 16), Sequence: 1, Prev: strings.Repeat("0", 64)}
	began := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	for i := range size {
		who := audit.Who{Identity: "acme", Issuer: "https://login.example.com", ClientID: "0oa1b2c3", Subject: "00u1alice7Kq"}
		r := audit.New(began.Add(time.Duration(i)*time.Minute), audit.Assume, who)
		r.Asker = audit.Asker{Hostname: "alice-laptop", OS: "linux", OSUser: "alice", OSUserID: "501", PID: 4711, Process: "python3.12", Parents: []string{"zsh", "tmux"}}
		r.Role, r.Group, r.RoleARN, r.SessionName = "ml-trainer", "ml-scientists", "arn:aws:iam::111122223333:role/ml-trainer", "alice@example.com"
		r.AccessKeyID, r.Expires, r.MapDigest = fmt.Sprintf("ASIAEXAMPLE%09d", i), r.Time.Add(time.Hour), strings.Repeat("5a", 32)
		r.RequestID, r.Tags = "c6104cbe-af31-11e0-8154-cbc7ccf896c7", map[string]string{"team": "ml", "cost-center": "4711"}
		line, head, err := audit.Encode(r, at, "1.2.3", key)
		if err != nil {
			t.Fatal(err)
		}
		at = audit.Link{Chain: head.Chain, Sequence: head.Sequence + 1, Prev: head.Hash}
		_, _ = to.Write(append(line, '\n')) // Flush says what failed
	}
	if err := errors.Join(to.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path, Known{Keys: []ed25519.PublicKey{public}, Heads: []audit.Head{{Chain: at.Chain, Sequence: at.Sequence - 1, Hash: at.Prev}}}
}
