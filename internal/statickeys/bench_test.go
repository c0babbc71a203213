//go:build bench && unix

package statickeys

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// spent is how long this process has had a core, for itself or the system: what others do meanwhile doesn't count.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Looking through a notebook, a script and a cluster's JSON goes at 15 MB/s or more on one core, beside bare reading in the same run,
// in little memory.
func TestScanningKeepsUp(t *testing.T) {
	const size, turns, least, memory = 24 << 20, 3, 15.0, 200 << 20
	m := newMaker()
	row := `    {"cell_type": "code", "source": ["df = spark.read.table('prod.churn.features_` + m.of(lowers, 6) + `')\n", "token = dbutils.secrets.get('scope', 'key')  # password\n", "print(f\"{df.count()} rows in {time.time() - start:.1f} s\")\n"], "outputs": [{"text": ["https://dbc-1234.cloud.databricks.com/jobs/` + m.of(hexes, 32) + `\n"]}]}`
	for name, line := range map[string]string{
		"x.ipynb": row, "x.json": `{"spark_conf.spark.hadoop.fs.s3a.secret.key": "{{secrets/a/b}}", "etag": "` + m.of(hexes, 32) + `", "run_id": "` + m.of("0123456789", 16) + `"}`,
		"x.py": "result = model.fit(frame[['a', 'b']], epochs=3)\nlog.info('fitted %s', result)\n    password = dbutils.secrets.get(scope, key)\n", "x.csv": "2026-11-30,alice@example.com," + m.of(alnums, 36) + ",https://example.com/x?y=1,0.123456789\n",
	} {
		t.Run(name, func(t *testing.T) {
			open, parting, end := "", "", ""
			if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "{") {
				open, parting, end = `{"nbformat": 4, "cells": [`+"\n", ",\n", "\n]}"
				if name == "x.json" {
					open, end = `{"rows": [`, "]}"
				}
			}
			n := size / (len(line) + len(parting))
			content := []byte(open + strings.Repeat(line+parting, n-1) + line + end)
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			reading, scanning := time.Hour, time.Hour
			for range turns {
				start := spent(t)
				data, err := os.ReadFile(path)
				if err != nil || !bytes.HasPrefix(data, content[:100]) {
					t.Fatal(err)
				}
				reading = min(reading, spent(t)-start)
				start = spent(t)
				(&Scanner{}).Bytes(name, data, func(f Finding) { t.Errorf("%+v", f) })
				scanning = min(scanning, spent(t)-start)
			}
			var held runtime.MemStats
			runtime.ReadMemStats(&held)
			reading = max(reading, time.Microsecond)
			speed := float64(len(content)) / 1e6 / scanning.Seconds()
			t.Logf("%.0f MB/s, %.0f × bare reading (%.0f MB/s), %d MB from the system", speed, scanning.Seconds()/reading.Seconds(), float64(len(content))/1e6/reading.Seconds(), held.Sys>>20)
			if speed < least || held.Sys > memory {
				t.Errorf("less than %.0f MB/s, or more than %d MB", least, memory>>20)
			}
		})
	}
}
