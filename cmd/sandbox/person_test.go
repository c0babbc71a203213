package main

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// watched is an output that tells when words were written.
type watched struct {
	mu   sync.Mutex
	text strings.Builder
	want string
	seen chan struct{}
}

func watch(want string) *watched { return &watched{want: want, seen: make(chan struct{})} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := strings.Contains(w.text.String(), w.want)
	n, err := w.text.Write(p)
	if !before && strings.Contains(w.text.String(), w.want) {
		close(w.seen)
	}
	return n, err
}

// beginSignIn starts a sandbox and a device flow in it.
func beginSignIn(t *testing.T) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	form := url.Values{"client_id": {s.ClientID()}, "scope": {"openid"}}
	resp, err := http.PostForm(s.Issuer()+"/device/authorize", form)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return s
}

func TestThePersonMayApprove(t *testing.T) {
	s := beginSignIn(t)
	out := watch("Your browser opens")
	ctx, loginEnded := context.WithCancel(t.Context())
	a := approver{
		sandbox: s, person: true, patience: time.Hour,
		log: &transcript{out: out, secrets: s.Secrets},
		open: func(address string) error {
			defer loginEnded()
			return s.Approve(address[strings.LastIndexByte(address, '=')+1:], demoUser)
		},
	}
	if err := a.approve(ctx); err != nil {
		t.Error(err)
	}
	<-out.seen
}

func TestTheDemoApprovesInTheEnd(t *testing.T) {
	s := beginSignIn(t)
	out := watch("itself now")
	opened := make(chan string, 1)
	a := approver{
		sandbox: s, person: true, patience: time.Millisecond,
		log:  &transcript{out: out, secrets: s.Secrets},
		open: func(address string) error { opened <- address; return nil },
	}
	if err := a.approve(t.Context()); err != nil {
		t.Error(err)
	}
	<-out.seen
	address := <-opened
	if err := s.Deny(address[strings.LastIndexByte(address, '=')+1:]); err == nil {
		t.Error("the code was not approved")
	}
}

func TestABrowserThatDoesNotOpenIsTold(t *testing.T) {
	s := beginSignIn(t)
	out := watch("did not open")
	ctx, loginEnded := context.WithCancel(t.Context())
	go func() {
		<-out.seen
		loginEnded()
	}()
	a := approver{
		sandbox: s, person: true, patience: time.Hour,
		log:  &transcript{out: out, secrets: s.Secrets},
		open: func(string) error { return os.ErrNotExist },
	}
	if err := a.approve(ctx); err != nil {
		t.Error(err)
	}
}

func TestDisplays(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"DISPLAY": ":0"}, true},
		{map[string]string{"DISPLAY": ":0", "CI": "true"}, false},
		{map[string]string{"DISPLAY": ":10", "SSH_CONNECTION": "x"}, false},
	} {
		if got := canShow(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %t", c.env, got)
		}
	}
	if hasBrowser(func(string) string { return "" }, &bytes.Buffer{}) {
		t.Error("a buffer is no terminal")
	}
}
