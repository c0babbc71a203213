package mcpcmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// maxFrame bounds a message, in bytes: what is longer is skipped and answered with an error.
	maxFrame = 16 << 20
	// maxDepth is how deep a message may be nested.
	maxDepth = 64
	// maxOpen bounds the requests that are not answered yet. Then nothing is read: a client that does not read either waits for itself.
	maxOpen = 256
	// unread is how long a client may leave an answer unread that fits into no pipe. Then it is as good as gone, and what it has started ends.
	unread = time.Minute
)

// frames is the channel to the client: a JSON-RPC message a line. The SDK's own ends at the first line that it can't read; a model's client
// should not lose its server to one.
type frames struct {
	in   *bufio.Reader
	out  io.Writer
	turn chan struct{} // of who writes to out, which may take as long as the client does not read

	read   chan received
	closed chan struct{}
	close  func()

	mu   sync.Mutex
	open map[jsonrpc.ID]bool
	less *sync.Cond // fewer are open, or the channel is closed
}

// received is a line, or why there is none.
type received struct {
	line []byte
	err  error
}

// errTooLong is the error of a line over maxFrame.
var errTooLong = fmt.Errorf("a message has more than %d MiB", maxFrame>>20)

func newFrames(in io.Reader, out io.Writer) *frames {
	f := &frames{in: bufio.NewReaderSize(in, 64<<10), out: out, turn: make(chan struct{}, 1), read: make(chan received), closed: make(chan struct{}), open: make(map[jsonrpc.ID]bool)}
	f.less = sync.NewCond(&f.mu)
	f.close = sync.OnceFunc(func() {
		f.mu.Lock() // who is about to wait sees it, or is woken
		defer f.mu.Unlock()
		close(f.closed)
		f.less.Broadcast()
	})
	go f.readLines()
	return f
}

// Connect implements mcp.Transport.
func (f *frames) Connect(context.Context) (mcp.Connection, error) { return f, nil }

// SessionID implements mcp.Connection.
func (*frames) SessionID() string { return "" }

// Close implements mcp.Connection. A read of stdin can't be ended, so it goes on in the background.
func (f *frames) Close() error {
	f.close()
	return nil
}

func (f *frames) readLines() {
	for {
		line, err := readLine(f.in)
		select {
		case f.read <- received{line, err}:
		case <-f.closed:
			return
		}
		if err != nil && !errors.Is(err, errTooLong) {
			return
		}
	}
}

// readLine reads a line, of which it never keeps more than maxFrame.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxFrame; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil: // what stands before it is no whole message
			return nil, err
		case long:
			return nil, errTooLong
		default:
			return bytes.TrimSpace(line), nil
		}
	}
}

// Read implements mcp.Connection. What is no message is answered with an error, and skipped.
func (f *frames) Read(context.Context) (jsonrpc.Message, error) {
	for {
		f.waitForRoom()
		var got received
		select {
		case <-f.closed:
			return nil, io.EOF
		case got = <-f.read:
		}
		if errors.Is(got.err, errTooLong) {
			if err := f.complain(jsonrpc.CodeInvalidRequest, got.err.Error()); err != nil {
				return nil, err
			}
			continue
		}
		if got.err != nil {
			return nil, got.err
		}
		if len(got.line) == 0 {
			continue
		}
		message, code, err := decode(got.line)
		if err != nil {
			if err := f.complain(code, err.Error()); err != nil {
				return nil, err
			}
			continue
		}
		if request, ok := message.(*jsonrpc.Request); ok && request.IsCall() {
			f.mu.Lock()
			f.open[request.ID] = true
			f.mu.Unlock()
		}
		return message, nil
	}
}

// waitForRoom waits while too many requests are open.
func (f *frames) waitForRoom() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.open) >= maxOpen {
		select {
		case <-f.closed:
			return
		default:
			f.less.Wait()
		}
	}
}

// Write implements mcp.Connection.
func (f *frames) Write(_ context.Context, message jsonrpc.Message) error {
	line, err := jsonrpc.EncodeMessage(message)
	if err != nil {
		return err
	}
	err = f.writeLine(line)
	if response, ok := message.(*jsonrpc.Response); ok {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.open, response.ID)
		f.less.Signal()
	}
	return err
}

// writeLine writes a line, for as long as the channel is open. A write that nobody reads can't be ended, so it goes on in the background.
func (f *frames) writeLine(line []byte) error {
	select {
	case f.turn <- struct{}{}:
	case <-f.closed:
		return io.ErrClosedPipe
	}
	written := make(chan error, 1)
	go func() {
		_, err := f.out.Write(append(line, '\n'))
		<-f.turn
		written <- err
	}()
	patience := time.NewTimer(unread)
	defer patience.Stop()
	select {
	case err := <-written:
		return err
	case <-f.closed:
	case <-patience.C:
		f.close()
	}
	return io.ErrClosedPipe
}

// complain answers what has no id that could be believed.
func (f *frames) complain(code int64, what string) error {
	line, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": code, "message": what}})
	if err != nil {
		return err
	}
	return f.writeLine(line)
}

// decode reads a message. Batches, which one version of the protocol had, are none.
func decode(line []byte) (message jsonrpc.Message, code int64, err error) {
	switch {
	case depth(line) > maxDepth:
		return nil, jsonrpc.CodeInvalidRequest, fmt.Errorf("a message is nested more than %d deep", maxDepth)
	case !json.Valid(line):
		return nil, jsonrpc.CodeParseError, errors.New("a line is no JSON")
	case line[0] != '{':
		return nil, jsonrpc.CodeInvalidRequest, errors.New("a line is no message of JSON-RPC; batches are not taken")
	}
	if message, err = jsonrpc.DecodeMessage(line); err != nil {
		return nil, jsonrpc.CodeInvalidRequest, errors.New("a line is no message of JSON-RPC")
	}
	return message, 0, nil
}

// depth is how deep JSON is nested, whatever is wrong with it.
func depth(line []byte) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			now++
			most = max(most, now)
		case c == '}', c == ']':
			now--
		}
	}
	return most
}
