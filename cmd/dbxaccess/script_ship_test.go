package main

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

type collectorKey struct{}

// collector is what a script's record is sent to: a webhook, Splunk and an OpenTelemetry collector, by the path.
type collector struct {
	server *httptest.Server
	chain  audit.Head // of the record that the script has written

	mu      sync.Mutex
	written []string // lines of the record
	got     map[string][]string
	tokens  map[string]bool
	status  int
	refused int // requests that got another one than 200
}

func collectorOf(ts *testscript.TestScript) *collector { return ts.Value(collectorKey{}).(*collector) }

func newCollector() *collector {
	c := &collector{got: map[string][]string{}, tokens: map[string]bool{}, status: http.StatusOK, chain: audit.Head{Chain: "script", Hash: strings.Repeat("0", 64)}}
	c.server = httptest.NewServer(c)
	return c
}

// ServeHTTP takes what a sink would.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens[r.Header.Get("Authorization")] = true
	if c.status == http.StatusOK {
		c.got[r.URL.Path] = append(c.got[r.URL.Path], linesOf(r.URL.Path, body)...)
	} else {
		c.refused++
	}
	w.WriteHeader(c.status)
	fmt.Fprint(w, `{"code": 0, "text": "Success", "partialSuccess": {}}`)
}

// linesOf are the lines of the record in what was posted to a path.
func linesOf(path string, body []byte) (lines []string) {
	d := json.NewDecoder(strings.NewReader(string(body)))
	for d.More() {
		var one struct {
			Event        json.RawMessage
			ResourceLogs []struct {
				ScopeLogs []struct {
					LogRecords []struct {
						Attributes []struct {
							Key   string
							Value struct{ StringValue string }
						}
					}
				}
			}
		}
		var whole json.RawMessage
		if d.Decode(&whole) != nil || json.Unmarshal(whole, &one) != nil {
			return append(lines, "no JSON")
		}
		switch {
		case path == "/v1/logs":
			for _, record := range one.ResourceLogs[0].ScopeLogs[0].LogRecords {
				for _, a := range record.Attributes {
					if a.Key == "log.record.original" {
						lines = append(lines, a.Value.StringValue)
					}
				}
			}
		case one.Event != nil:
			lines = append(lines, string(one.Event))
		default:
			lines = append(lines, string(whole))
		}
	}
	return lines
}

// scriptRecord adds lines to a file of the record: `record 3 1`.
func scriptRecord(ts *testscript.TestScript, _ bool, args []string) {
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	var all []audit.Record
	for range count {
		all = append(all, audit.New(time.Now(), audit.Assume, audit.Who{Identity: "sandbox", Subject: "alice"}))
	}
	appendRecords(ts, args[1], all)
}

// scriptRecorded adds what a file says to a file of the record: `recorded alice.jsonl 1`. It has a record a line, whose time is told by
// "ago" and whose end by "left", as durations.
func scriptRecorded(ts *testscript.TestScript, _ bool, args []string) {
	var all []audit.Record
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var said struct {
			audit.Record

			Ago, Left string
		}
		ts.Check(json.Unmarshal([]byte(line), &said))
		ago, err := time.ParseDuration(said.Ago)
		ts.Check(err)
		left, err := time.ParseDuration(said.Left)
		ts.Check(err)
		said.Time, said.Expires = time.Now().Add(-ago).UTC(), time.Now().Add(left).UTC().Truncate(time.Second)
		all = append(all, said.Record)
	}
	appendRecords(ts, args[1], all)
}

// appendRecords adds records to a file of the record, by its number.
func appendRecords(ts *testscript.TestScript, file string, all []audit.Record) {
	c := collectorOf(ts)
	number, err := strconv.Atoi(file)
	ts.Check(err)
	dir := filepath.Join(ts.Getenv("CONFIG"), "audit")
	ts.Check(os.MkdirAll(dir, 0o700))
	f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("record-%06d.jsonl", number)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	ts.Check(err)
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	for _, what := range all {
		line, head, err := audit.Encode(what, audit.Link{Chain: c.chain.Chain, Sequence: c.chain.Sequence + 1, Prev: c.chain.Hash}, "v1.2.3", key)
		ts.Check(err)
		_, err = fmt.Fprintf(f, "%s\n", line)
		ts.Check(err)
		c.chain = head
		c.written = append(c.written, string(line))
	}
	ts.Check(f.Close())
}

// scriptSinks writes settings with sinks at the collector: `sinks siem:otlp splunk:hec`. With an answer before them, as in
// `sinks 503`, the collector gives that from now on.
func scriptSinks(ts *testscript.TestScript, _ bool, args []string) {
	c := collectorOf(ts)
	if status, err := strconv.Atoi(args[0]); err == nil {
		c.mu.Lock()
		c.status = status
		c.mu.Unlock()
		args = args[1:]
	}
	if len(args) == 0 {
		return
	}
	text := "audit:\n  sinks:\n"
	for _, arg := range args {
		name, kind, _ := strings.Cut(arg, ":")
		address := c.server.URL
		if kind == "webhook" {
			address += "/" + name
		}
		text += fmt.Sprintf("    - name: %s\n      type: %s\n      url: %s\n", name, kind, address)
	}
	ts.Check(os.MkdirAll(ts.Getenv("CONFIG"), 0o700))
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("CONFIG"), "config.yaml"), []byte(text), 0o600))
}

// scriptCollected waits until a path has got the record's lines from one number to another, each once and in order:
// `collected /v1/logs 1 5`. With a token behind them, no request had another. `collected nothing` waits until one was refused.
func scriptCollected(ts *testscript.TestScript, _ bool, args []string) {
	c := collectorOf(ts)
	if args[0] == "nothing" {
		for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			c.mu.Lock()
			refused := c.refused
			c.mu.Unlock()
			if refused > 0 {
				return
			}
			if time.Now().After(end) {
				ts.Fatalf("nothing was sent")
			}
		}
	}
	from, err := strconv.Atoi(args[1])
	ts.Check(err)
	to, err := strconv.Atoi(args[2])
	ts.Check(err)
	var got []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		c.mu.Lock()
		got = slices.Clone(c.got[args[0]])
		c.mu.Unlock()
		// What the program itself recorded meanwhile is of another chain, which may name this one as the one before it.
		got = slices.DeleteFunc(got, func(line string) bool { return !strings.Contains(line, `"chain":{"uid":"`+c.chain.Chain+`"`) })
		if len(got) >= to-from+1 {
			break
		}
	}
	if !slices.Equal(got, c.written[from-1:to]) {
		ts.Fatalf("%s has %d lines, which are not those from %d to %d", args[0], len(got), from, to)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(args) > 3 && (len(c.tokens) != 1 || !c.tokens[args[3]]) {
		ts.Fatalf("tokens: %v", c.tokens)
	}
}
