package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, 0, "-demo"},
		{[]string{"-what"}, 2, "not defined"},
		{[]string{"extra"}, 2, `unexpected argument "extra"`},
		{[]string{"-demo", "-dbxaccess", "/nowhere/dbxaccess"}, 1, "finding the program"},
		{[]string{"-port", "70000"}, 1, "port"},
		{[]string{"-step"}, 2, "go with -demo"},
		{[]string{"-train", "-port", "1"}, 2, "-train goes alone"},
		{[]string{"-train"}, 1, "goes under dbxaccess exec"},
		{[]string{"-demo", "-set", "{}"}, 2, "go without -demo"},
		{[]string{"-set", `{"id_token_lifetime":"soon"}`, "-set", "{}"}, 1, "-set: id_token_lifetime"}, // the second replaces nothing
		{[]string{"-set", `{"id_token_lifetime":"soon"}`}, 1, "-set: id_token_lifetime"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), c.args, strings.NewReader(""), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: code %d, %q", c.args, code, stderr.String())
		}
	}
}

func TestServingUntilInterrupted(t *testing.T) {
	values := served(t)
	if values["ACTIONS_ID_TOKEN_REQUEST_URL"] != "" {
		t.Error("the environment is a job's")
	}
}

func TestServingAllIdentities(t *testing.T) {
	values := served(t, "-identities")
	if !strings.HasPrefix(values["ACTIONS_ID_TOKEN_REQUEST_URL"], values["AWS_ENDPOINT_URL_SSO"]+"/") ||
		values["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] == "" {
		t.Errorf("the job's environment: %q", values)
	}
	if !strings.Contains(values["the map"], "start_url: "+values["AWS_ENDPOINT_URL_SSO_OIDC"]+"/start") {
		t.Errorf("the map: %s", values["the map"])
	}
}

func TestTheHomeIsKeptForItsShells(t *testing.T) {
	h, err := newHome("version: 1\n")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.remove() }()
	self := strconv.Itoa(os.Getpid())
	if err := os.WriteFile(h.in(usersName), []byte("x\n-1\n"+self+"\n"+self+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = h.removeUnused(&out)
	if want := "Kept for the shell that uses it (process " + self + "): " + h.root + "\n"; err != nil || !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %v, %q, want %q", err, out.String(), want)
	}
	if _, err := os.Stat(h.dir); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(h.in(usersName), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.removeUnused(&out); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(h.root); err == nil {
		t.Error("the scratch home of nobody is still there")
	}
}

func TestSignInsAreApproved(t *testing.T) {
	s, _ := startSandbox(t)
	ctx, end := context.WithCancel(t.Context())
	told, over := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(over)
		approveAll(ctx, s, func(_ string, err error) { told <- err })
	}()
	for range 2 {
		resp, err := http.PostForm(s.Issuer()+"/device/authorize", url.Values{"client_id": {s.ClientID()}, "scope": {"openid"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if err := <-told; err != nil {
			t.Error(err)
		}
	}
	end()
	<-over
}

// served serves until it is interrupted, and returns the environment that it told, and the map.
func served(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan int, 1)
	go func() {
		var stderr bytes.Buffer
		done <- run(ctx, args, strings.NewReader(""), write, &stderr)
		_ = write.Close()
	}()
	page := make([]byte, 64<<10)
	n, err := read.Read(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page[:n]), ". '")
	path, _, _ := strings.Cut(rest, "'")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, page[:n])
	}
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.NewReplacer("export ", "", "$env:", "", " ", "").Replace(strings.TrimSpace(line))
		name, value, _ := strings.Cut(line, "='")
		values[name] = strings.TrimSuffix(value, "'")
	}
	resp, err := http.Get(values["AWS_ENDPOINT_URL_STS"] + "/oidc/.well-known/openid-configuration")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v\n%s", err, text)
	}
	_ = resp.Body.Close()
	data, err := os.ReadFile(values["DBXACCESS_MAP"])
	if err != nil || !strings.Contains(string(data), values["AWS_ENDPOINT_URL_STS"]) {
		t.Errorf("the map: %v", err)
	}
	values["the map"] = string(data)
	interrupt()
	if code := <-done; code != 0 {
		t.Errorf("code %d", code)
	}
	if _, err := os.Stat(values["HOME"]); err == nil {
		t.Error("the scratch home is still there")
	}
	return values
}
