package ship

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	awss3 "github.com/dbxaccess/dbxaccess/internal/s3"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// s3 makes an object of each batch, or one for each day in it. Its name says which lines it has and ends with the hash of the last,
// which covers all before it: an object of that name is this one, however often it is sent. None is ever replaced.
type s3 struct {
	name    string
	client  *http.Client
	address string // of the bucket, and the prefix of the names
	region  string
	byDay   bool // see layoutOf
	now     func() time.Time
	keys    func(ctx context.Context) (*credential.AWS, error)

	mu   sync.Mutex
	have *credential.AWS // as fetching them is recorded too, which would be sent, and so on
}

// Bounds implements Sink. Objects are better few: requests cost more than bytes.
func (s *s3) Bounds() Bounds { return Bounds{Lines: 10_000, Bytes: 8 << 20} }

// Send implements Sink. Where one of several objects fails, those before it are found there when the lines come again.
func (s *s3) Send(ctx context.Context, lines []audit.Entry) (rejected int, err error) {
	objects, err := layoutOf(lines, s.byDay)
	if err != nil {
		return 0, err
	}
	for _, o := range objects {
		if err := s.put(ctx, o); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (s *s3) put(ctx context.Context, o object) error {
	keys, err := s.credentials(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(o.body)
	digest := hex.EncodeToString(sum[:])
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.address+o.name, bytes.NewReader(o.body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", o.kind)
	r.Header.Set("If-None-Match", "*")
	err = awss3.Sign(ctx, r, keys, digest, s.region, time.Now())
	doing := "sending the record to the sink " + s.name
	if err != nil {
		return httpclient.Explain(doing, err)
	}
	a, err := httpclient.Do(s.client, httpclient.Asked{Doing: doing, Of: "S3", Named: "the url and the region of the sink " + s.name + " in the settings"}, r)
	if err != nil {
		return err
	}
	return s.verdict(a)
}

// verdict is what an answer says. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (s *s3) verdict(a *httpclient.Answer) error {
	switch {
	case a.IsPage():
		return a.NoAnswer()
	case a.OK() && a.Header.Get("ETag") != "", a.Status == http.StatusPreconditionFailed: // it is there already
		return nil
	case a.Status == http.StatusBadRequest, a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		s.mu.Lock()
		s.have = nil // they may have ended
		s.mu.Unlock()
		return ui.Errorf("audit-sink-s3-refused", ui.Refused, "S3 refuses an object of the sink %s (%d %s): %s", s.name, a.Status, http.StatusText(a.Status), a.Shown(s3Message(a.Body), 300)).
			With(ui.Advice("it needs s3:PutObject below the prefix, and the bucket's key: kms:GenerateDataKey", "check url, region and role of the sink "+s.name+" in the settings"))
	}
	return httpclient.Later(a.NoAnswer(), a.RetryAfter(s.now()))
}

// s3Message is the code and the message of an error document.
func s3Message(body []byte) string {
	part := func(name string) string {
		_, rest, _ := bytes.Cut(body, []byte("<"+name+">"))
		text, _, found := bytes.Cut(rest, []byte("</"+name+">"))
		if !found {
			return ""
		}
		return string(text)
	}
	return part("Code") + " " + part("Message")
}

// renewAhead is how long before their end credentials are fetched again.
const renewAhead = 5 * time.Minute

// credentials are those that are there, while they live.
func (s *s3) credentials(ctx context.Context) (*credential.AWS, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.have != nil && (s.have.Expires.IsZero() || s.now().Add(renewAhead).Before(s.have.Expires)) {
		return s.have, nil
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials for the sink %s: %w", s.name, err)
	}
	s.have = keys
	return keys, nil
}
