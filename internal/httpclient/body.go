package httpclient

import (
	"errors"
	"io"
	"net/http"
)

// ErrBodyTooLarge is what reading a body past the bound returns.
var ErrBodyTooLarge = errors.New("the answer is larger than the bound")

// bounded bounds the bodies of answers, in bytes.
type bounded struct {
	http.RoundTripper

	max int64
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: b.max}
	}
	return resp, err
}

// readCloser hides every other method of a body.
type readCloser struct{ io.ReadCloser }

// boundedBody fails, rather than ends, at the bound: a cut answer must not look whole.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// One byte tells a body that just fits from one that goes on.
		var one [1]byte
		n, err := b.ReadCloser.Read(one[:])
		if n > 0 {
			return 0, ErrBodyTooLarge
		}
		return 0, err
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}
