//go:build bench && unix

package trace

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// Tracing a file takes at most 1.3 times as long as inflating it, in turns in the same run, and at most 300 MB. On two quiet cores
// that is more than 250,000 entries a second. The multiple of the CPU time is told beside it, as neighbours change that less.
func TestTracingKeepsUpWithInflating(t *testing.T) {
	const size, turns, most, memory = 200_000, 7, 1.3, 300 << 20
	file := fileOf(size)
	var list []audit.Record
	for i := range 20 {
		list = append(list, assumed("alice", fmt.Sprintf("ASIAEXAMPLE0000000%02d", i), func(r *audit.Record) {
			r.Time, r.Expires = noon.Add(-12*time.Hour), noon.Add(12*time.Hour)
		}))
	}
	o := options(t, fileWith("1", CloudTrail, file))
	o.Index = indexOf(t, list...)
	inflating, tracing, spentInflating, spentTracing := time.Hour, time.Hour, time.Hour, time.Hour
	for range turns {
		start, spent := time.Now(), cpu(t)
		r, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		inflating, spentInflating = min(inflating, time.Since(start)), min(spentInflating, cpu(t)-spent)
		start, spent = time.Now(), cpu(t)
		state, err := Run(t.Context(), o)
		if err != nil || state.Tally.Joined[ByKey] != size {
			t.Fatal(err, state.Tally)
		}
		tracing, spentTracing = min(tracing, time.Since(start)), min(spentTracing, cpu(t)-spent)
	}
	var held runtime.MemStats
	runtime.ReadMemStats(&held)
	multiple := tracing.Seconds() / inflating.Seconds()
	t.Logf("%.0f entries/s, %.2f × bare inflating (%.0f/s), %.2f × of the CPU time, %d MB from the system",
		size/tracing.Seconds(), multiple, size/inflating.Seconds(), spentTracing.Seconds()/spentInflating.Seconds(), held.Sys>>20)
	if multiple > most || held.Sys > memory {
		t.Errorf("more than %.1f × inflating or %d MB", most, memory>>20)
	}
}

// cpu is the CPU time of this process by now.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
