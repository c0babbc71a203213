//go:build bench

package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// table are the multiples that were recorded, by the names of the rows, and those of this run. They are ratios of programs that
// run in turns, so that they mean much the same on another machine; BENCH_RECORD=1 writes down those of this one.
type table struct {
	recorded, now map[string]float64
}

const (
	tableFile = "testdata/bench/multiples.json"
	// tolerance is by how much a multiple may grow.
	tolerance = 1.10
)

func readTable(t *testing.T) *table {
	t.Helper()
	b := &table{recorded: map[string]float64{}, now: map[string]float64{}}
	data, err := os.ReadFile(tableFile)
	if err == nil {
		err = json.Unmarshal(data, &b.recorded)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// note takes a row's multiple and returns what is recorded for it, with a mark where it has grown by more than it may.
func (b *table) note(name string, multiple float64) string {
	b.now[name] = multiple
	was, ok := b.recorded[name]
	switch text := strconv.FormatFloat(was, 'f', 2, 64); {
	case !ok:
		return "-"
	case multiple > was*tolerance:
		return text + " !"
	default:
		return text
	}
}

// settle records the multiples where that was asked for, and else fails for those that have grown. Rows of peers are not recorded:
// which programs they are is this machine's business.
func (b *table) settle(t *testing.T) {
	t.Helper()
	if os.Getenv("BENCH_RECORD") != "" {
		for name := range b.now {
			if strings.HasPrefix(name, peerPrefix) {
				delete(b.now, name)
			}
		}
		data, err := json.MarshalIndent(b.now, "", "  ")
		if err == nil {
			err = os.WriteFile(tableFile, append(data, '\n'), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(b.recorded) == 0 {
		t.Log("nothing is recorded to compare with: BENCH_RECORD=1 make bench, on a machine that does nothing else")
	}
	for name, was := range b.recorded {
		if now, ok := b.now[name]; !ok {
			t.Errorf("%s was recorded, and is not measured any more", name)
		} else if now > was*tolerance {
			t.Errorf("%s: %.2f, more than a tenth over the recorded %.2f", name, now, was)
		}
	}
}

const peerPrefix = "peer: "

// peers are other programs that answer from their caches, as BENCH_PEERS names them: "NAME=COMMAND ARGUMENT…", one a line. They run
// in the tester's own environment, and have to be signed in there.
func peers(t *testing.T) map[string]benchRun {
	t.Helper()
	runs := map[string]benchRun{}
	for line := range strings.Lines(os.Getenv("BENCH_PEERS")) {
		name, command, ok := strings.Cut(strings.TrimSpace(line), "=")
		words := strings.Fields(command)
		if !ok || len(words) == 0 {
			t.Fatalf("BENCH_PEERS: %q is not NAME=COMMAND", line)
		}
		runs[peerPrefix+name] = benchRun{argv: words, env: os.Environ()}
	}
	return runs
}
