package httpclient

import (
	"bytes"
	"io"
	"net/http"

	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Asked is what a request is for, as a person is told of it.
type Asked struct {
	Doing string // what is done: "asking idp.acme.com for its endpoints"
	Of    string // who is to answer: "an identity provider"
	// Named is what names the address, if that is something that a person writes and may have wrong: "issuer of the
	// identity in the access map", "AWS_ENDPOINT_URL_STS". "" for addresses of the service's own.
	Named string
}

// SDK sends the requests of a client that is not ours, which hands on what it makes of them. It sees no answers but those of
// its service: an outage, a web page or another server is the error of NoAnswer. What was sent is taken out of refusals.
type SDK struct {
	Client  *http.Client
	Asked   Asked
	Secrets []secret.String      // in the bodies of requests
	Answers func(a *Answer) bool // recognises what the service sends
}

// Do is that of http.Client.
func (s SDK) Do(r *http.Request) (*http.Response, error) {
	a, err := Do(s.Client, s.Asked, r, s.Secrets...)
	if err != nil {
		return nil, err
	}
	if !s.Answers(a) {
		return nil, a.NoAnswer()
	}
	body := a.Body
	if !a.OK() {
		body = []byte(a.secrets.Replace(string(body)))
	}
	return &http.Response{
		StatusCode: a.Status, Header: a.Header, Request: r,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}
