package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
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
		{[]string{"-set", `{"id_token_lifetime":"soon"}`}, 1, "-set: id_token_lifetime"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), c.args, &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: code %d, %q", c.args, code, stderr.String())
		}
	}
}

func TestServingUntilInterrupted(t *testing.T) {
	values := serving(t)
	if values["ACTIONS_ID_TOKEN_REQUEST_URL"] != "" {
		t.Error("the environment is a job's")
	}
}

func TestServingAllIdentities(t *testing.T) {
	values := serving(t, "-identities")
	if !strings.HasPrefix(values["ACTIONS_ID_TOKEN_REQUEST_URL"], values["AWS_ENDPOINT_URL_SSO"]+"/") ||
		values["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] == "" {
		t.Errorf("the job's environment: %q", values)
	}
	if !strings.Contains(values["the map"], "start_url: "+values["AWS_ENDPOINT_URL_SSO_OIDC"]+"/start") {
		t.Errorf("the map: %s", values["the map"])
	}
}

// serving serves until it is interrupted, and returns the environment that it told, and the map.
func serving(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan int, 1)
	go func() {
		var stderr bytes.Buffer
		done <- run(ctx, args, write, &stderr)
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
