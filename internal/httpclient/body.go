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
		resp.Body = boundedBody{http.MaxBytesReader(nil, resp.Body, b.max)}
	}
	return resp, err
}

// readCloser hides every other method of a body.
type readCloser struct{ io.ReadCloser }

// boundedBody has an error of our own at the bound: that of http.MaxBytesReader is about requests.
type boundedBody struct{ io.ReadCloser }

func (b boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if is[*http.MaxBytesError](err) {
		err = ErrBodyTooLarge
	}
	return n, err
}
