package mcpcmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// talk serves what is sent, line by line, and returns all that is answered.
func talk(t *testing.T, lines ...string) []map[string]any {
	t.Helper()
	in, out := io.Pipe()
	var answers bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- newServer(homeless(t), "aider").serve(context.Background(), newFrames(in, &answers))
	}()
	for _, line := range lines {
		if _, err := io.WriteString(out, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait() // until all is answered
	_ = out.Close()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	var all []map[string]any
	for lines := bufio.NewScanner(&answers); lines.Scan(); {
		var one map[string]any
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("%q is no JSON", lines.Text())
		}
		all = append(all, one)
	}
	return all
}

const (
	initialize  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	ping        = `{"jsonrpc":"2.0","id":"last","method":"ping"}`
)

// Whatever comes, the server goes on, and says what it did not understand.
func TestHostileLines(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"no JSON":         `hello`,
		"half":            `{"jsonrpc":"2.0","id":2`,
		"a batch":         `[` + ping + `]`,
		"a number":        `17`,
		"null":            `null`,
		"deep":            `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":` + strings.Repeat(`{"a":`, 100_000) + `1` + strings.Repeat(`}`, 100_001),
		"deep lists":      strings.Repeat(`[`, 1_000_000),
		"long":            `{"jsonrpc":"2.0","id":2,"method":"ping","params":{"x":"` + strings.Repeat("a", maxFrame) + `"}}`,
		"NUL":             "\x00\x01\x02",
		"no UTF-8":        "\xff\xfe{}",
		"another version": `{"jsonrpc":"1.0","id":2,"method":"ping"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				all := talk(t, initialize, initialized, line, "", ping)
				if len(all) != 3 {
					t.Fatalf("%d answers: %v", len(all), all)
				}
				var wrong, last map[string]any // they are answered as they are done
				for _, one := range all {
					switch {
					case one["error"] != nil:
						wrong = one
					case one["id"] == "last":
						last = one
					}
				}
				if wrong == nil || last == nil {
					t.Errorf("%v", all)
				}
				if text := fmt.Sprint(wrong); len(text) > 1000 {
					t.Errorf("%d bytes of it come back", len(text))
				}
			})
		})
	}
}

// flood asks a server again and again, reads no answer, and returns how often it has asked once that goes no further. end has it read.
func flood(ctx context.Context, t *testing.T) (sent int, f *frames, ended <-chan error, end func()) {
	t.Helper()
	in, out := io.Pipe()
	answers, blocked := io.Pipe()
	f = newFrames(in, blocked)
	over := make(chan error, 1)
	go func() { over <- newServer(homeless(t), "aider").serve(ctx, f) }()
	go func() {
		for {
			if _, err := fmt.Fprintf(out, `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"whoami"}}`+"\n", sent); err != nil {
				return
			}
			sent++
		}
	}()
	synctest.Wait()
	return sent, f, over, func() { _, _ = answers.Close(), in.Close() }
}

// A client that asks without reading waits for itself, and takes no memory of ours.
func TestAFloodWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent, f, ended, end := flood(context.Background(), t)
		f.mu.Lock()
		open := len(f.open)
		f.mu.Unlock()
		if open > maxOpen || sent > 2*maxOpen {
			t.Errorf("%d sent, %d open", sent, open)
		}
		end()
		<-ended
	})
}

// A client that reads nothing keeps no server, nor what that has started: neither where it is told to end, nor for ever.
func TestAClientThatReadsNothing(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"the server is told to end": true, "nobody tells it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				_, _, ended, end := flood(ctx, t)
				began := time.Now()
				if told {
					stop()
				}
				<-ended // or synctest says that all are blocked
				if waited := time.Since(began); waited > unread || told && waited > 0 {
					t.Errorf("it ended after %s", waited)
				}
				end()
			})
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{initialize, initialized, ping, `[]`, `{"a":"\"{{{"}`, `{`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.ContainsRune(line, '\n') {
			return
		}
		message, code, err := decode(line)
		if (message == nil) != (err != nil) || (err != nil) != (code != 0) {
			t.Fatalf("%v, %d, %v", message, code, err)
		}
		if message != nil {
			if _, err := jsonrpc.EncodeMessage(message); err != nil {
				t.Fatal(err)
			}
		}
	})
}
