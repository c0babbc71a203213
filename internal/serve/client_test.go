//go:build unix

package serve

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// A socket that another user serves would have this user work with the other's credentials.
func TestAnotherUsersSocketIsNotAsked(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		return
	}
	theirs := placeOfSocket(t)
	if err := os.Chmod(filepath.Dir(theirs), 0o777); err != nil {
		t.Fatal(err)
	}
	script := `import socket,sys
s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print("up",flush=True)
c,_=s.accept(); print(len(c.recv(1000)))`
	cmd := exec.CommandContext(t.Context(), needed.Program(t, "/usr/bin/python3"), "-c", script, theirs)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	if line, _ := lines.ReadString('\n'); line != "up\n" {
		t.Fatal(line)
	}
	if _, err := Dial(theirs, time.Now).Offers(t.Context()); ui.IDOf(err) != "socket-other-user" || ui.CodeOf(err) != ui.Refused {
		t.Errorf("%v", err)
	}
	if line, _ := lines.ReadString('\n'); line != "0\n" {
		t.Errorf("it was sent %s bytes", line)
	}
	_ = cmd.Wait()
}

// answering serves one body, whatever is asked.
func answering(t testing.TB, status int, body []byte) *Client {
	t.Helper()
	return answeringBy(t, func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

func answeringBy(t testing.TB, answer func(http.ResponseWriter)) *Client {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "serve")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) })}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = os.RemoveAll(dir)
	})
	return Dial(l.Addr().String(), time.Now)
}

// What was served in its last moment has ended when it is read. The server knows why it has no newer one.
func TestWhatEndedOnTheWayIsAskedForOnceMore(t *testing.T) {
	t.Parallel()
	over := `"expires":"` + time.Now().Add(-time.Second).Format(time.RFC3339) + `"}`
	for _, refused := range []bool{true, false} {
		asked := 0
		c := answeringBy(t, func(w http.ResponseWriter) {
			if asked++; refused && asked%2 == 0 {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"id":"reason-needed","exit_code":3,"message":"only with a reason"}`))
				return
			}
			_, _ = w.Write([]byte(`{"access_key_id":"A","secret_access_key":"S","session_token":"T","access_token":"ab","host":"` + testHost + `",` + over))
		})
		_, _, ofAWS := c.Credentials("", "")(t.Context(), 0)
		_, _, ofToken := c.Token("", Place{Host: testHost})(t.Context(), 0)
		want := [2]ui.ID{"aws-answer-over", "workspace-token-wrong"} // for a server whose clock is another
		if refused {
			want = [2]ui.ID{"reason-needed", "reason-needed"}
		}
		if got := [2]ui.ID{ui.IDOf(ofAWS), ui.IDOf(ofToken)}; got != want || asked != 4 {
			t.Errorf("%v after %d questions, want %v", got, asked, want)
		}
	}
}

func TestWrongAnswersOnTheSocket(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(time.Hour).Format(time.RFC3339)
	for body, id := range map[string]ui.ID{
		`nonsense`: "socket-wrong-answer",
		`{"access_key_id":"A","secret_access_key":"S","session_token":"T\nX","expires":"` + soon + `"}`: "aws-unknown-answer",
		`{"access_key_id":"A","secret_access_key":"S","expires":"` + soon + `"}`:                        "aws-unknown-answer",
		`{"access_key_id":"A","secret_access_key":"S","session_token":"T","expires":"yesterday"}`:       "socket-wrong-answer",
	} {
		if _, _, err := answering(t, 200, []byte(body)).Credentials("", "")(t.Context(), 0); ui.IDOf(err) != id {
			t.Errorf("%s: %v (%s)", body, err, ui.IDOf(err))
		}
	}
	for body, id := range map[string]ui.ID{
		`{"access_token":"a b","host":"` + testHost + `","expires":"` + soon + `"}`:                                    "workspace-token-wrong",
		`{"access_token":"ab","host":"dbc-1","expires":"` + soon + `"}`:                                                "workspace-token-wrong",
		`{"access_token":"ab","host":"` + testHost + `","workspace_id":"a b","expires":"` + soon + `"}`:                "workspace-token-wrong",
		`{"access_token":"ab","host":"` + testHost + `","expires":"2001-01-01T00:00:00Z"}`:                             "workspace-token-wrong",
		`{"access_token":"ab","host":"https://evil.example","expires":"` + soon + `"}`:                                 "served-other-host",
		`{"access_token":"` + strings.Repeat("x", 100_000) + `","host":"` + testHost + `","expires":"` + soon + `"}`:   "workspace-token-wrong",
		`{"access_token":"` + strings.Repeat("x", 3_000_000) + `","host":"` + testHost + `","expires":"` + soon + `"}`: "answer-too-large",
	} {
		if _, _, err := answering(t, 200, []byte(body)).Token("", Place{Host: testHost})(t.Context(), 0); ui.IDOf(err) != id {
			t.Errorf("%.60s: %v (%s)", body, err, ui.IDOf(err))
		}
	}
	if _, err := answering(t, 200, []byte(`{"grants":[{"role":"r","workspaces":[{"host":"javascript:1"}]}]}`)).Offers(t.Context()); ui.IDOf(err) != "socket-wrong-answer" {
		t.Errorf("a host that is none: %v", err)
	}
	if _, err := answering(t, 500, []byte(`<html>`)).Offers(t.Context()); ui.CodeOf(err) != ui.Failed || ui.IDOf(err) == "" {
		t.Errorf("another server: %v", err)
	}
	odd, _ := json.Marshal(map[string]any{"id": "../x", "exit_code": 0, "message": "a\x1bb", "fix": []map[string]any{{"text": "c\nd", "copied": true}}})
	if _, err := answering(t, 403, odd).Offers(t.Context()); ui.IDOf(err) != "socket-refused" || ui.CodeOf(err) != ui.Failed || err.Error() != "ab" || ui.HintOf(err) != "c d" {
		t.Errorf("an odd refusal: %v (%s) %q", err, ui.IDOf(err), ui.HintOf(err))
	}
}

// FuzzSocketAnswers: whatever a server sends, what the client hands on is clean and lives, or is an error with an exit code.
func FuzzSocketAnswers(f *testing.F) {
	f.Add(200, []byte(`{"access_key_id":"A","secret_access_key":"S","session_token":"T","expires":"2999-01-01T00:00:00Z"}`))
	f.Add(200, []byte(`{"access_token":"ab","host":"`+testHost+`","expires":"2999-01-01T00:00:00Z"}`))
	f.Add(403, []byte(`{"id":"x","exit_code":4,"message":"m","fix":[{"text":"t","copied":true}]}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		c := answering(t, status, body)
		if got, expires, err := c.Credentials("", "")(t.Context(), 0); err == nil {
			for _, part := range []string{got.AccessKeyID, got.SecretAccessKey.Reveal(), got.SessionToken.Reveal()} {
				if part == "" || part != ui.Clean(part) && len(part) < 1000 {
					t.Errorf("%q", part)
				}
			}
			if left := time.Until(expires); left <= 0 || left > 13*time.Hour {
				t.Errorf("%s left", left)
			}
		} else if ui.CodeOf(err) == ui.Done || ui.CodeOf(err) == ui.Usage {
			t.Errorf("%v", err)
		}
		if got, expires, err := c.Token("", Place{Host: testHost})(t.Context(), 0); err == nil && (got.Host != testHost || time.Until(expires) <= 0) {
			t.Errorf("%v", got)
		}
		if err, ok := refusal(body); ok && (err.Error() != ui.Clean(err.Error()) || ui.CodeOf(err) == ui.Done) {
			t.Errorf("%q", err)
		}
	})
}
