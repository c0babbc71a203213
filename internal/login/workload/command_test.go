package workload

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// sourceChild is the command of TestATokenOfACommand.
func sourceChild(what string) int {
	token := os.Getenv("LOGIN_TEST_TOKEN")
	switch what {
	case "bare":
		fmt.Println(token)
	case "json":
		fmt.Printf(`{"token": "", "value": %q, "expires": 5}`, token)
	case "id_token":
		fmt.Printf(`{"access_token": "other", "token": "other", "id_token": %q}`, token)
	case "none":
		fmt.Println(`{"access_token": "canary"}`)
	case "huge":
		fmt.Println(strings.Repeat("a", secret.MaxFile+1))
	case "fails":
		fmt.Println(token)
		fmt.Fprintf(os.Stderr, "first\nno \x1b[31mticket for %s, sorry\n\n", token)
		return 3
	case "stdin":
		if n, err := os.Stdin.Read(make([]byte, 1)); n == 0 && err != nil {
			fmt.Println(token)
		}
	case "hangs":
		time.Sleep(time.Hour)
	case "starts another":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"=stays")
		if err := child.Start(); err != nil {
			return 1
		}
		time.Sleep(time.Hour)
	case "stays":
		conn, err := net.Dial("tcp", os.Getenv("LOGIN_TEST_ADDRESS"))
		if err == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
	}
	return 0
}

func TestATokenOfACommand(t *testing.T) {
	t.Parallel()
	for what, words := range map[string][]string{
		"bare": nil, "json": nil, "id_token": nil, "stdin": nil,
		"none":  {"printed no token", "run it by hand"},
		"huge":  {"more than a token"},
		"fails": {"exit code 3", "its last words: no [31mticket for [redacted] sorry"},
	} {
		f := newFixture(t).from(idp.TokenSource{From: idp.FromCommand, Argv: []string{os.Args[0], "an argument; echo"}})
		f.source.Environ = func() []string {
			return append(os.Environ(), childEnv+"="+what, "LOGIN_TEST_TOKEN="+f.token(nil).Reveal())
		}
		session, err := f.load()
		if words == nil {
			if err != nil || session.Subject != "repo:acme/churn:ref:refs/heads/main" {
				t.Errorf("%s: %+v, %v", what, session, err)
			}
			continue
		}
		logintest.WantFault(t, err, ui.Failed, words...)
		if ui.IDOf(err) != "token-command-failed" {
			t.Errorf("%s: %s: %v", what, ui.IDOf(err), err)
		}
		if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: a token in %v", what, err)
		}
	}
}

func TestACommandThatHangs(t *testing.T) {
	t.Parallel()
	f := newFixture(t).from(idp.TokenSource{From: idp.FromCommand, Argv: []string{os.Args[0]}})
	f.source.Environ = func() []string { return append(os.Environ(), childEnv+"=hangs") }
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := f.source.Load(ctx, f.provider)
	logintest.WantFault(t, err, ui.Failed, "was stopped")
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	if _, err = f.source.Load(ctx, f.provider); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("got %v", err)
	}
}

func TestACommandIsStoppedWithWhatItStarted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("has no process groups")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	f := newFixture(t).from(idp.TokenSource{From: idp.FromCommand, Argv: []string{os.Args[0]}})
	f.source.Environ = func() []string {
		return append(os.Environ(), childEnv+"=starts another", "LOGIN_TEST_ADDRESS="+listener.Addr().String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := f.source.Load(ctx, f.provider)
		ended <- err
	}()
	started, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = started.Close() }() // which ends it, if nothing else has
	cancel()
	if err := <-ended; ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("got %v", err)
	}
	if err := started.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := started.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("what the command started goes on: %v", err)
	}
}

func TestACommandInheritsTheEnvironment(t *testing.T) {
	f := newFixture(t).from(idp.TokenSource{From: idp.FromCommand, Argv: []string{os.Args[0]}})
	t.Setenv(childEnv, "bare")
	t.Setenv("LOGIN_TEST_TOKEN", f.token(nil).Reveal())
	if _, err := f.load(); err != nil {
		t.Error(err)
	}
	f.source.Getenv = os.Getenv
	f.from(idp.TokenSource{From: idp.FromEnv, Name: "LOGIN_TEST_TOKEN"})
	if _, err := f.load(); err != nil {
		t.Error(err)
	}
}

func FuzzPrintedToken(f *testing.F) {
	for _, seed := range []string{"eyJ.a.b\n", `{"id_token":"x"}`, `{"token":null,"value":" y "}`, "null", "", "[]", "{", "a\x00\x1b[31m"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		token := printedToken(data)
		if text := token.Reveal(); text != strings.TrimSpace(text) {
			t.Errorf("%q became %q", data, text)
		}
		if err := check(login.Provider{Issuer: logintest.Issuer, ClientID: testAudience, Token: &idp.TokenSource{From: idp.FromFile}}, token, time.Now()); err != nil && ui.HintOf(err) == "" {
			t.Errorf("no remedy for %v", err)
		}
	})
}
