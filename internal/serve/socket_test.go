//go:build unix

package serve

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func socket(t *testing.T, path string, refused func(error), grants ...Grant) *Server {
	t.Helper()
	s, err := Socket(path, grants, refused)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func placeOfSocket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "serve") // t.TempDir is too long for a socket on macOS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// Sockets that are made side by side are each for their user alone.
func TestSocketsMadeSideBySide(t *testing.T) {
	dir := filepath.Dir(placeOfSocket(t))
	start := make(chan struct{})
	var made sync.WaitGroup
	for n := range 8 {
		made.Go(func() {
			<-start
			for round := range 500 {
				path := filepath.Join(dir, strconv.Itoa(n)+"-"+strconv.Itoa(round))
				l, err := bind(path)
				if err != nil {
					t.Error(err)
					return
				}
				if info, err := os.Lstat(path); err != nil || info.Mode() != fs.ModeSocket|0o600 {
					t.Errorf("%v, %v", info.Mode(), err)
				}
				_ = l.Close()
			}
		})
	}
	close(start)
	made.Wait()
}

func TestOverTheSocket(t *testing.T) {
	t.Parallel()
	path := placeOfSocket(t)
	s := socket(t, path, func(err error) { t.Errorf("told: %v", err) }, grantOf(t, "trainer", works), grantOf(t, "reader", works))
	if info, err := os.Lstat(path); err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v, %v", info, err)
	}
	c := Dial(path, time.Now)
	offers, err := c.Offers(t.Context())
	if err != nil || len(offers) != 2 || offers[0].Role != "trainer" || !offers[0].AWS || offers[0].Region != "eu-west-1" || len(offers[0].Workspaces) != 2 {
		t.Errorf("%+v, %v", offers, err)
	}
	for _, ask := range []struct{ role, identity, key string }{
		{"", "", "ASIA-trainer"}, {"reader", "", "ASIA-reader"}, {"dbx-reader", "acme", "ASIA-reader"},
	} {
		got, expires, err := c.Credentials(ask.role, ask.identity)(t.Context(), 0)
		if err != nil || got.AccessKeyID != ask.key || got.SecretAccessKey.IsZero() || got.SessionToken.IsZero() || time.Until(expires) < 50*time.Minute {
			t.Errorf("%v: %v, %v", ask, got, err)
		}
	}
	for place, token := range map[Place]string{
		{}:                                     "token-of-trainer-",
		{Host: testHost}:                       "token-of-trainer-",
		{Host: unifiedHost + "?o=17"}:          "token-of-trainer-17",
		{Host: unifiedHost, WorkspaceID: "17"}: "token-of-trainer-17",
		{Profile: "dbx-reader"}:                "token-of-reader-",
		{Profile: "reader"}:                    "token-of-reader-",
		{Profile: "dbx-reader-17", AccountID: "a-1"}: "token-of-reader-17",
	} {
		got, _, err := c.Token("", place)(t.Context(), 0)
		if err != nil || got.AccessToken.Reveal() != token {
			t.Errorf("%v: %v, %v", place, got, err)
		}
	}
	for place, says := range map[Place]string{
		{Host: "https://evil.example"}:               "https://evil.example",
		{Host: "https://me:pw@evil.example"}:         "an address that is none",
		{Profile: "dbx-reader", Host: unifiedHost}:   "the profile dbx-reader at " + unifiedHost,
		{Host: unifiedHost, WorkspaceID: "18"}:       unifiedHost,
		{Profile: "dbx-admin"}:                       "the profile dbx-admin",
		{Profile: "dbx-reader-17", AccountID: "a-2"}: "the profile dbx-reader-17",
	} {
		_, _, err := c.Token("", place)(t.Context(), 0)
		if ui.IDOf(err) != "socket-serves-others" || ui.CodeOf(err) != ui.NoSuchRole || !strings.HasSuffix(err.Error(), says) ||
			!strings.Contains(ui.HintOf(err), testHost+" (role trainer)") {
			t.Errorf("%v: %v; %s", place, err, ui.HintOf(err))
		}
	}
	for _, ask := range [][2]string{{"admin", ""}, {"trainer", "other"}} {
		if _, _, err := c.Credentials(ask[0], ask[1])(t.Context(), 0); ui.CodeOf(err) != ui.NoSuchRole || !strings.Contains(ui.HintOf(err), "trainer, reader") {
			t.Errorf("%v: %v; %s", ask, err, ui.HintOf(err))
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := c.Offers(t.Context()); ui.IDOf(err) != "socket-not-served" {
		t.Errorf("after the end: %v", err)
	}
}

// What fails at one end fails with the same words, code and remedy at the other.
func TestErrorsGoOverTheSocket(t *testing.T) {
	t.Parallel()
	path := placeOfSocket(t)
	socket(t, path, nil, grantOf(t, "trainer", func() error {
		return ui.Errorf("session-over", ui.LoginNeeded, "the session\x1b[2J is over").With(ui.Command("dbxaccess login --identity acme"))
	}))
	_, _, err := Dial(path, time.Now).Credentials("", "")(t.Context(), 0)
	if ui.IDOf(err) != "session-over" || ui.CodeOf(err) != ui.LoginNeeded || err.Error() != "the session[2J is over" ||
		len(ui.FixOf(err)) != 1 || ui.FixOf(err)[0] != ui.Command("dbxaccess login --identity acme")[0] {
		t.Errorf("%v (%s, %d): %v", err, ui.IDOf(err), ui.CodeOf(err), ui.FixOf(err))
	}
}

func TestWhatStandsInTheWayOfASocket(t *testing.T) {
	t.Parallel()
	path := placeOfSocket(t)
	refuses := func(path string, id ui.ID) {
		t.Helper()
		s, err := Socket(path, nil, nil)
		if err == nil {
			_ = s.Close()
		}
		if ui.IDOf(err) != id {
			t.Errorf("%s: %v", path, err)
		}
	}
	refuses(path+strings.Repeat("x", 120), "socket-path-long")
	refuses(filepath.Join(path, "no-directory"), "socket-listen")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(path, "socket-path-taken")
	if content, err := os.ReadFile(path); string(content) != "mine" {
		t.Errorf("a file that was there: %q, %v", content, err)
	}
	_ = os.Remove(path)
	if err := os.Symlink(path+"-elsewhere", path); err != nil {
		t.Fatal(err)
	}
	refuses(path, "socket-path-taken")
	_ = os.Remove(path)

	alive := socket(t, path, nil)
	refuses(path, "socket-in-use")
	if _, err := Dial(path, time.Now).Offers(t.Context()); err != nil {
		t.Errorf("the one that was there: %v", err)
	}
	_ = alive.http.Close() // as a killed process leaves it
	<-alive.Served()
	next := socket(t, path, nil)
	alive.cleanup() // which must not remove the other's
	if _, err := Dial(path, time.Now).Offers(t.Context()); err != nil {
		t.Errorf("in place of a dead one: %v", err)
	}
	_ = next.Close()
	if os.Getuid() != 0 {
		return // only root can be another user
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	_ = dead.Close()
	if err := os.Lchown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	refuses(path, "socket-path-taken")
}

// Of many that find the same dead socket, one gets it. A process that another test starts holds a copy of each listener for a moment, by which a dead one looks alive: so nothing runs beside it.
func TestOneOfManyTakesADeadSocket(t *testing.T) {
	path := placeOfSocket(t)
	for range 5 {
		dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		dead.SetUnlinkOnClose(false)
		_ = dead.Close()
		servers := make(chan *Server, 8)
		var all sync.WaitGroup
		for range cap(servers) {
			all.Go(func() {
				s, err := Socket(path, nil, nil)
				if err == nil {
					servers <- s
				} else if ui.IDOf(err) != "socket-in-use" {
					t.Error(err)
				}
			})
		}
		all.Wait()
		close(servers)
		if len(servers) != 1 {
			t.Errorf("%d serve the same path", len(servers))
		}
		for s := range servers {
			if _, err := Dial(path, time.Now).Offers(t.Context()); err != nil {
				t.Error(err)
			}
			_ = s.Close()
		}
	}
}

func TestAnotherUsersProgramGetsNothing(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 { // only root can be another user
		return
	}
	path := placeOfSocket(t)
	var heard told
	socket(t, path, heard.refused, grantOf(t, "trainer", works))
	for _, open := range []string{filepath.Dir(path), path} {
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	onLoopback := loopback(t, heard.refused, grantOf(t, "trainer", works))
	at := onLoopback.Endpoints()[0]
	_, port, _ := net.SplitHostPort(onLoopback.listener.Addr().String())
	script := `import socket,sys
s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
t=socket.create_connection(("127.0.0.1",int(sys.argv[2])))
for c,path in ((s,"/v1/credentials"),(t,sys.argv[3])):
    c.sendall(("GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1:"+sys.argv[2]+"\r\nAuthorization: "+sys.argv[4]+"\r\nConnection: close\r\n\r\n").encode())
    c.shutdown(socket.SHUT_WR) if c is s else None
    while True:
        b=c.recv(65536)
        if not b: break
        print(b.decode())
`
	cmd := exec.CommandContext(t.Context(), needed.Program(t, "/usr/bin/python3"), "-c", script, path, port, pathOf(t, at.AWS), at.AWSToken.Reveal())
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "403 Forbidden") != 2 || strings.Contains(string(out), "secret-of") {
		t.Errorf("%v: %s", err, out)
	}
	if ids := heard.all(); len(ids) != 2 || ids[0] != "served-other-user" || ids[1] != "served-other-user" {
		t.Errorf("told: %v", ids)
	}
}
