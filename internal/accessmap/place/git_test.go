package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// repository is one of git's own, in a directory of its own, and a server on loopback that gives it to git.
type repository struct {
	t       *testing.T
	dir     string
	home    string
	address string                 // as git+http://…, without a file
	answer  atomic.Pointer[answer] // in place of git's, where it is set
}

// answer reports whether it answered.
type answer = func(w http.ResponseWriter, r *http.Request) (done bool)

func newRepository(t *testing.T) *repository {
	t.Helper()
	needed.Program(t, "git")
	root := t.TempDir()
	r := &repository{t: t, dir: filepath.Join(root, "acme", "platform.git"), home: t.TempDir()}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r.git("init", "-q", "-b", "main", ".")
	r.git("config", "uploadpack.allowFilter", "true")
	r.git("config", "http.receivepack", "false")
	programs := strings.TrimSpace(r.git("--exec-path"))
	backend := &cgi.Handler{
		Stderr: io.Discard,
		Path:   filepath.Join(programs, "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + filepath.Join(r.home, "server"), "GIT_CONFIG_COUNT=1",
			"GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*", "PATH=" + os.Getenv("PATH"),
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if own := r.answer.Load(); own == nil || *own == nil || !(*own)(w, request) {
			if protocol := request.Header.Get("Git-Protocol"); protocol != "" {
				own := *backend
				own.Env = append(own.Env[:len(own.Env):len(own.Env)], "GIT_PROTOCOL="+protocol)
				own.ServeHTTP(w, request)
				return
			}
			backend.ServeHTTP(w, request)
		}
	}))
	t.Cleanup(server.Close)
	r.address = "git+" + server.URL + "/acme/platform.git"
	return r
}

// answers has requests answered so from here on; nil: by git.
func (r *repository) answers(a answer) { r.answer.Store(&a) }

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "HOME="+r.home, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b.c", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b.c")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func (r *repository) commit(files map[string]string) (id string) {
	r.t.Helper()
	for name, text := range files {
		path := filepath.Join(r.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "a change")
	return strings.TrimSpace(r.git("rev-parse", "HEAD"))
}

// tools are those of a person with an empty home, and variables.
func (r *repository) tools(variables ...string) *Tools {
	return &Tools{Environ: func() []string {
		return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.home, "GIT_CONFIG_NOSYSTEM=1", "TMPDIR=" + os.TempDir()}, variables...)
	}}
}

func read(t *testing.T, tools *Tools, from, tag string) (*Content, error) {
	t.Helper()
	p, err := Parse(from)
	if err != nil {
		return nil, err
	}
	content, err := Read(t.Context(), tools, p, tag)
	if err == nil {
		t.Cleanup(content.Close)
	}
	return content, err
}

func TestAFileOfARepository(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	first := r.commit(map[string]string{"maps/access.yaml": "version: 1\n", "maps/access.yaml.minisig": "signed\n", "large": strings.Repeat("x", 1<<20)})
	r.git("tag", "-a", "v1", "-m", "one")
	r.git("branch", "release/1")
	for _, ref := range []string{"", "?ref=main", "?ref=v1", "?ref=release/1", "?ref=" + first, "?ref=refs/heads/main"} {
		content, err := read(t, r.tools(), r.address+"//maps/access.yaml"+ref, "")
		if err != nil || string(content.Data) != "version: 1\n" || content.Tag != first {
			t.Fatalf("%s: %v, %+v", ref, err, content)
		}
		text, place, err := content.Signature(t.Context())
		if err != nil || string(text) != "signed\n" || !strings.Contains(place, "maps/access.yaml.minisig") {
			t.Errorf("%s: %q, %s, %v", ref, text, place, err)
		}
		if again, err := read(t, r.tools(), r.address+"//maps/access.yaml"+ref, first); err != nil || !again.Unchanged {
			t.Errorf("%s, unchanged: %v", ref, err)
		}
	}
	second := r.commit(map[string]string{"maps/access.yaml": "version: 1\nserial: 2\n"})
	content, err := read(t, r.tools(), r.address+"//maps/access.yaml", first)
	if err != nil || content.Unchanged || content.Tag != second || !strings.Contains(string(content.Data), "serial") {
		t.Errorf("changed: %v, %+v", err, content)
	}
	if content, err = read(t, r.tools(), r.address+"//large", ""); err == nil {
		if _, _, err = content.Signature(t.Context()); !errors.Is(err, ErrNoSignature) {
			t.Errorf("no signature: %v", err)
		}
	}
	content.Close()
}

func TestTroubleOfARepositoryIsToldApart(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(map[string]string{"access.yaml": "version: 1\n", "dir/x": "x", "huge": strings.Repeat("#\n", accessmap.MaxSize)})
	if err := os.Symlink("access.yaml", filepath.Join(r.dir, "link.yaml")); err != nil {
		t.Skip(err)
	}
	r.commit(nil)
	refusing := func(status int) func(w http.ResponseWriter, _ *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Basic realm="acme"`)
			}
			if status == http.StatusMovedPermanently {
				w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			}
			w.WriteHeader(status)
			return true
		}
	}
	// git keeps what a server says of its branches whole, in memory.
	endless := func(w http.ResponseWriter, request *http.Request) bool {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		for chunk := make([]byte, 1<<20); request.Context().Err() == nil; {
			if _, err := w.Write(chunk); err != nil {
				break
			}
		}
		return true
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct {
		name, from string
		answer     func(w http.ResponseWriter, r *http.Request) bool
		want       ui.ID
		says       string
	}{
		{"ref", r.address + "//access.yaml?ref=nope", nil, "map-git-ref", "git ls-remote " + strings.TrimPrefix(r.address, "git+")},
		{"commit", r.address + "//access.yaml?ref=0123456789012345678901234567890123456789", nil, "map-git-ref", "git ls-remote"},
		{"file", r.address + "//acess.yaml", nil, "map-git-file", "has no file acess.yaml"},
		{"directory", r.address + "//dir", nil, "map-git-file", "is no file"},
		{"link", r.address + "//link.yaml", nil, "map-git-file", "a link"},
		{"too large", r.address + "//huge", nil, "map-too-large", "more than"},
		{"repository", strings.Replace(r.address, "platform", "other", 1) + "//access.yaml", nil, "map-git-repository", "no such repository"},
		{"nobody listens", "git+" + gone.URL + "/a.git//b", nil, "map-git-unreachable", "does not answer"},
		{"401", r.address + "//access.yaml", refusing(http.StatusUnauthorized), "map-git-refused", "where git can ask you"},
		{"403", r.address + "//access.yaml", refusing(http.StatusForbidden), "map-git-refused", "where git can ask you"},
		{"redirect", r.address + "//access.yaml", refusing(http.StatusMovedPermanently), "map-git-moved", "present address"},
		{"500", r.address + "//access.yaml", refusing(http.StatusInternalServerError), "map-git-failed", "git ls-remote"},
	} {
		r.answers(c.answer)
		content, err := read(t, r.tools(), c.from, "")
		if err == nil {
			t.Errorf("%s: %q", c.name, content.Data)
			continue
		}
		if said := err.Error() + "\n" + ui.HintOf(err); ui.IDOf(err) != c.want || ui.HintOf(err) == "" || !strings.Contains(said, c.says) {
			t.Errorf("%s: %s, %s", c.name, ui.IDOf(err), said)
		}
	}
	if runtime.GOOS == "linux" { // elsewhere its time is the bound
		r.answers(endless)
		if _, err := read(t, r.tools(), r.address+"//access.yaml", ""); ui.IDOf(err) != "map-git-large" || !strings.Contains(ui.HintOf(err), "repository of its own") {
			t.Errorf("an answer without end: %v", err)
		}
	}
	stopped := make(chan struct{})
	r.answers(func(http.ResponseWriter, *http.Request) bool {
		<-stopped
		return true
	})
	hasty := r.tools()
	hasty.Patience = time.Second
	_, err := read(t, hasty, r.address+"//access.yaml", "")
	close(stopped)
	if ui.IDOf(err) != "map-git-slow" || !strings.Contains(ui.HintOf(err), "git ls-remote "+strings.TrimPrefix(r.address, "git+")) {
		t.Errorf("no answer in time: %s, %v", ui.IDOf(err), err)
	}
	r.answers(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ := Parse(r.address + "//access.yaml")
	if _, err := Read(ctx, r.tools(), p, ""); ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("interrupted: %v", err)
	}
}

// Whatever a repository, the directory one is in and the environment name, nothing of it runs.
func TestNothingThatARepositoryNamesRuns(t *testing.T) {
	r := newRepository(t)
	canary := filepath.Join(t.TempDir(), "canary")
	touch := "touch " + canary
	hook := filepath.Join(r.home, "hooks")
	if err := os.MkdirAll(hook, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"post-checkout", "reference-transaction", "post-index-change"} {
		if err := os.WriteFile(filepath.Join(hook, name), []byte("#!/bin/sh\n"+touch+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.commit(map[string]string{
		"access.yaml": "version: 1\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n",
		".gitmodules": "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c " + touch + "\n", ".lfsconfig": "[lfs]\n\turl = ext::sh -c x\n",
	})
	// A repository that one happens to be in.
	here := t.TempDir()
	cmd := exec.Command("git", "init", "-q", here)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, line := range [][2]string{
		{"core.sshCommand", touch}, {"core.askPass", touch}, {"core.fsmonitor", touch}, {"core.hooksPath", hook}, {"credential.helper", "!" + touch}, {"core.gitProxy", touch},
		{"filter.evil.smudge", touch}, {"url.ext::sh -c x.insteadOf", "http://127.0.0.1"}, {"core.alternateRefsCommand", touch},
	} {
		if out, err := exec.Command("git", "-C", here, "config", line[0], line[1]).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	t.Chdir(here)
	hostile := []string{
		"GIT_DIR=" + filepath.Join(here, ".git"), "GIT_EXTERNAL_DIFF=" + touch, "GIT_PAGER=" + touch, "GIT_EDITOR=" + touch, "GIT_PROXY_COMMAND=" + touch, "GIT_ASKPASS=" + touch,
		"SSH_ASKPASS=" + touch, "DISPLAY=:9", "GIT_EXEC_PATH=" + here, "GIT_TEMPLATE_DIR=" + hook, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.hooksPath", "GIT_CONFIG_VALUE_0=" + hook,
		"GIT_CONFIG_PARAMETERS='core.hooksPath=" + hook + "'", "GIT_ALLOW_PROTOCOL=ext", "GIT_TRACE=" + canary, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + here, "GIT_NO_LAZY_FETCH=1",
	}
	content, err := read(t, r.tools(hostile...), r.address+"//access.yaml", "")
	if err != nil || string(content.Data) != "version: 1\n" {
		t.Errorf("%v", err)
	}
	// One that asks for a password gets none, and asks nobody.
	r.answers(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Basic realm="acme"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if _, err := read(t, r.tools(hostile...), r.address+"//access.yaml", ""); ui.IDOf(err) != "map-git-refused" {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(canary); !errors.Is(err, os.ErrNotExist) {
		t.Error("something ran")
	}
}

// Settings of the person's may lead git elsewhere, but to no transport that runs a program.
func TestNoOtherTransportIsUsed(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(map[string]string{"access.yaml": "version: 1\n"})
	canary := filepath.Join(t.TempDir(), "canary")
	text := fmt.Sprintf("[url \"ext::sh -c touch%% %s\"]\n\tinsteadOf = %s\n[protocol]\n\tallow = always\n", canary, strings.TrimPrefix(r.address, "git+"))
	if err := os.WriteFile(filepath.Join(r.home, ".gitconfig"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, r.tools(), r.address+"//access.yaml", ""); ui.IDOf(err) != "map-git-transport" {
		t.Errorf("%s, %v", ui.IDOf(err), err)
	}
	if _, err := os.Stat(canary); !errors.Is(err, os.ErrNotExist) {
		t.Error("something ran")
	}
}

// What a person's own git signs in with is what reads the map.
func TestACredentialHelperSignsIn(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(map[string]string{"access.yaml": "version: 1\n"})
	r.answers(func(w http.ResponseWriter, request *http.Request) bool {
		if user, password, _ := request.BasicAuth(); user == "alice" && password == "canary" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="acme"`)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "canary")
		return true
	})
	if err := os.WriteFile(filepath.Join(r.home, ".gitconfig"), []byte("[credential]\n\thelper = \"!echo username=alice; echo password=canary; :\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if content, err := read(t, r.tools(), r.address+"//access.yaml", ""); err != nil || string(content.Data) != "version: 1\n" {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(filepath.Join(r.home, ".gitconfig"), []byte("[credential]\n\thelper = \"!echo username=alice; echo password=wrong; :\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, r.tools(), r.address+"//access.yaml", ""); ui.IDOf(err) != "map-git-refused" || strings.Contains(err.Error(), "canary") {
		t.Errorf("%s, %v", ui.IDOf(err), err)
	}
}

// ssh, which git runs, says so.
func TestAHostWhoseKeyIsNotKnown(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the ssh here is a shell script")
	}
	needed.Program(t, "git")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte("#!/bin/sh\necho Host key verification failed. >&2\nexit 255\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	tools := &Tools{Environ: func() []string {
		return []string{"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
	}}
	_, err := read(t, tools, "git+ssh://git@git.acme.com/a.git//b", "")
	if ui.IDOf(err) != "map-git-host-key" || !strings.Contains(ui.HintOf(err), "git ls-remote ssh://git@git.acme.com/a.git") {
		t.Errorf("%s, %v, hint %q", ui.IDOf(err), err, ui.HintOf(err))
	}
}

func TestNoPlaceToReadARepositoryIn(t *testing.T) {
	needed.Program(t, "git")
	for _, variable := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(variable, filepath.Join(t.TempDir(), "absent"))
	}
	if _, err := read(t, &Tools{}, "git+https://git.acme.com/a.git//b", ""); ui.IDOf(err) != "map-scratch-unwritable" || !strings.Contains(ui.HintOf(err), "TMPDIR") {
		t.Errorf("%s, %v", ui.IDOf(err), err)
	}
}

func TestGitIsNotThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := read(t, &Tools{}, "git+https://git.acme.com/a.git//b", ""); ui.IDOf(err) != "map-git-missing" || ui.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
}
