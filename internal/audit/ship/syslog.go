package ship

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// maxMessage bounds a message, in bytes: what rsyslog is set up to take as one. Longer ones become two, neither of which is JSON.
const maxMessage = 8096

// syslog speaks RFC 5424 with octet-counting over TLS (RFC 5425), or over plain TCP to this machine.
type syslog struct {
	name    string
	address string      // host and port
	tls     *tls.Config // nil for plain TCP
}

// Bounds implements Sink.
func (s *syslog) Bounds() Bounds { return usual }

// Send implements Sink. The protocol has no acknowledgement, and a collector that goes down loses what stands in the buffers of a
// connection. So each batch has a connection of its own, which we end; that the other side then ends it says that it has read all.
func (s *syslog) Send(ctx context.Context, lines []audit.Entry) (rejected int, err error) {
	var out []byte
	for _, line := range lines {
		message := syslogMessage(line)
		if len(message) > maxMessage {
			return 0, &RefusedError{ui.Errorf("audit-line-too-long", ui.Failed, "a line of %d bytes is too long for syslog", len(line.Line)).
				With(ui.Advice("have the record sent to a sink of another type too"))}
		}
		out = append(strconv.AppendInt(out, int64(len(message)), 10), ' ')
		out = append(out, message...)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := s.exchange(ctx, out); err != nil {
		where := &url.Error{Op: "syslog", URL: "https://" + s.address, Err: err}
		return 0, httpclient.Explain("sending the record to the sink "+s.name, where)
	}
	return 0, nil
}

// exchange sends bytes on a connection of their own and waits for the other side to end it.
func (s *syslog) exchange(ctx context.Context, data []byte) error {
	raw, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	defer context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })()
	conn, closeWrite := raw, func() error { return nil }
	if s.tls != nil {
		secured := tls.Client(raw, s.tls)
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		conn, closeWrite = secured, secured.CloseWrite
	}
	if _, err := conn.Write(data); err != nil {
		return err
	}
	if err := closeWrite(); err != nil {
		return err
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		if err := tcp.CloseWrite(); err != nil {
			return err
		}
	}
	// A receiver has nothing to say; what it says all the same is not waited for without end.
	switch n, err := io.Copy(io.Discard, io.LimitReader(conn, 64<<10)); {
	case n == 64<<10:
		return errors.New("a server that talks is none of syslog's")
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("it did not say that it has read all: %w", context.DeadlineExceeded)
	case err != nil:
		return err
	}
	return nil
}

// syslogMessage is a line as RFC 5424 has it: facility 13 (log audit), severity 6. The text has no byte order mark, which rsyslog
// would leave before the JSON.
func syslogMessage(line audit.Entry) []byte {
	const priority, maxSequence = 13*8 + 6, 1<<31 - 1 // section 7.3.1
	header := fmt.Sprintf("<%d>1 %s %s dbxaccess - %s [meta sequenceId=\"%d\"] ", priority, line.Time.UTC().Format("2006-01-02T15:04:05.000000Z"),
		syslogWord(line.Hostname, 255), syslogWord(string(line.Activity), 32), (line.Sequence-1)%maxSequence+1)
	return append([]byte(header), line.Line...)
}

// syslogWord is a field of the header: printable ASCII without spaces, "-" for nothing.
func syslogWord(s string, longest int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), longest)]
}
