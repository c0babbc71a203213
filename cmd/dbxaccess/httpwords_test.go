package main

import (
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// GODEBUG has net/http print every request to stderr, where IDEs keep what helpers say. The query is a token to a repository.
func TestNetHTTPPrintsNothing(t *testing.T) {
	t.Parallel()
	protocol := make(chan int, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol <- r.ProtoMajor
		_, _ = io.WriteString(w, "no map")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "dbxaccess", "init", "--from", server.URL+"/map.yaml?token=canary")
	cmd.Env = append(os.Environ(), "GODEBUG=http2debug=2", "AWS_CA_BUNDLE="+bundle, "HOME="+t.TempDir(), "XDG_CONFIG_HOME=")
	out, err := cmd.CombinedOutput()
	if err == nil || strings.Contains(string(out), "canary") || strings.Contains(string(out), "http2:") {
		t.Errorf("%v: %.2000s", err, out)
	}
	select {
	case major := <-protocol:
		if major != 2 {
			t.Errorf("asked by HTTP/%d, which has no such words", major)
		}
	default:
		t.Errorf("nothing was asked: %s", out)
	}
}
