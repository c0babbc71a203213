package ship

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// requestTime bounds one request, from dialling to the last byte of the answer: collectors that write to a disk take their time.
const requestTime = 30 * time.Second

// usual are the bounds of what is posted: collectors take 1 MiB, and some no more.
var usual = Bounds{Lines: 500, Bytes: 512 << 10}

// poster is a sink that takes the bodies of requests.
type poster struct {
	name    string // of the sink
	client  *http.Client
	address string
	kind    string // of the bodies
	header  string // that carries the token
	scheme  string // before the token, with a space
	token   secret.String
	of      string // who is to answer, for messages
	bounds  Bounds
	now     func() time.Time

	encode func(lines []audit.Entry) ([]byte, error)
	// taken reads an answer with a status of success: ok is false where it is not one of such a sink.
	taken func(a *httpclient.Answer) (rejected int, ok bool)
}

// Bounds implements Sink.
func (p *poster) Bounds() Bounds { return p.bounds }

// Send implements Sink.
func (p *poster) Send(ctx context.Context, lines []audit.Entry) (rejected int, err error) {
	body, err := p.encode(lines)
	if err != nil {
		return 0, &RefusedError{err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", p.kind)
	if !p.token.IsZero() {
		r.Header.Set(p.header, p.scheme+p.token.Reveal())
	}
	// A webhook may keep what came twice apart by it.
	first, last := lines[0], lines[len(lines)-1]
	r.Header.Set("Idempotency-Key", fmt.Sprintf("%s-%d-%d-%.16s", last.Chain, first.Sequence, last.Sequence, last.Hash))
	asked := httpclient.Asked{Doing: "sending the record to the sink " + p.name, Of: p.of, Named: "the url of the sink " + p.name + " in the settings"}
	a, err := httpclient.Do(p.client, asked, r, p.token)
	if err != nil {
		return 0, err
	}
	if err := p.verdict(a); err != nil {
		return 0, err
	}
	rejected, ok := p.taken(a)
	switch {
	case !ok:
		return 0, a.NoAnswer()
	case rejected >= len(lines):
		return 0, &RefusedError{p.refuses(a)}
	}
	return max(0, rejected), nil
}

// verdict is what an answer says by its status: nil for success.
func (p *poster) verdict(a *httpclient.Answer) error {
	switch {
	case a.IsPage():
		return a.NoAnswer()
	case a.OK():
		return nil
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return httpclient.Later(ui.Errorf("audit-sink-token-refused", ui.Refused, "the sink %s refuses the token (%s)", p.name, said(a)).
			With(ui.Command("dbxaccess config set-secret audit."+p.name)), a.RetryAfter(p.now()))
	case a.Status == http.StatusBadRequest, a.Status == http.StatusRequestEntityTooLarge, a.Status == http.StatusUnprocessableEntity:
		return &RefusedError{p.refuses(a)}
	}
	// OTLP has 429, 502, 503 and 504 tried again and gives up at any other (https://opentelemetry.io/docs/specs/otlp/#failures-1):
	// a record may come late, and must not get lost.
	return httpclient.Later(a.NoAnswer(), a.RetryAfter(p.now()))
}

// refuses is the error of a sink that does not take what is sent.
func (p *poster) refuses(a *httpclient.Answer) error {
	return ui.Errorf("audit-sink-refuses", ui.Failed, "the sink %s does not take what is sent (%s)", p.name, said(a)).
		With(ui.Advice("check type and url of the sink " + p.name + " in the settings"))
}

// said is a status with the sink's own words.
func said(a *httpclient.Answer) string {
	const longest = 200
	status := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	if words := a.Shown(string(a.Body[:min(len(a.Body), 4*longest)]), longest); words != "" {
		status += ": " + words
	}
	return status
}
