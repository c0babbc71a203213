package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

type forgeKey struct{}

// forge is a double of GitHub and GitLab: the comments of one pull or merge request, 7, and releases, which are files below a directory.
type forge struct {
	mu       sync.Mutex
	comments []forgeComment
	wrong    []string // requests that no orderly client sends
}

type forgeComment struct {
	ID           int
	Author, Body string
}

// scriptForge starts one, at $FORGE, or is about the script's: `forge`, `forge says mallory file.md`, `forge crowd 120`, `forge kept out.txt`.
func scriptForge(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		startForge(ts)
		return
	}
	f := ts.Value(forgeKey{}).(*forgeHolder).forge
	f.mu.Lock()
	defer f.mu.Unlock()
	switch args[0] {
	case "says":
		f.add(args[1], ts.ReadFile(args[2]))
	case "crowd":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		for i := range n {
			f.add("someone", fmt.Sprint("number ", i))
		}
	case "kept":
		var text strings.Builder
		for _, c := range f.comments {
			if c.Author != "someone" {
				fmt.Fprintf(&text, "%s:\n%s\n", c.Author, c.Body)
			}
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text.String()), 0o600))
	default:
		ts.Fatalf("forge [says|crowd|kept]")
	}
}

// forgeHolder is put into a script before it has a forge.
type forgeHolder struct{ forge *forge }

func startForge(ts *testscript.TestScript) {
	f := &forge{}
	ts.Value(forgeKey{}).(*forgeHolder).forge = f
	mux := http.NewServeMux()
	files := http.FileServer(http.Dir(ts.MkAbs("releases")))
	mux.Handle("GET /files/", http.StripPrefix("/files", files))
	mux.HandleFunc("GET /releases/{version}/{file}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/files/"+r.PathValue("version")+"/"+r.PathValue("file"), http.StatusFound)
	})
	github, gitlab := "/repos/acme/platform/issues/", "/api/v4/projects/42/merge_requests/7/notes"
	mux.HandleFunc("GET "+github+"7/comments", f.list)
	mux.HandleFunc("POST "+github+"7/comments", f.write)
	mux.HandleFunc("PATCH "+github+"comments/{id}", f.write)
	mux.HandleFunc("GET "+gitlab, f.list)
	mux.HandleFunc("POST "+gitlab, f.write)
	mux.HandleFunc("PUT "+gitlab+"/{id}", f.write)
	mux.HandleFunc("GET /api/v4/user", func(w http.ResponseWriter, r *http.Request) {
		if f.caller(w, r) != "" {
			fmt.Fprintln(w, `{"id": 99, "username": "bot"}`)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.wrong = append(f.wrong, r.Method+" "+r.URL.String())
		http.NotFound(w, r)
	})
	server := httptest.NewServer(mux)
	ts.Defer(func() {
		server.Close()
		if len(f.wrong) > 0 {
			ts.Fatalf("the forge was asked for %q", f.wrong)
		}
	})
	ts.Setenv("FORGE", server.URL)
	ts.Setenv("GITHUB_API_URL", server.URL)
	ts.Setenv("CI_API_V4_URL", server.URL+"/api/v4")
	// Whatever curl is started with, anybody on the machine sees.
	curl, err := exec.LookPath("curl")
	ts.Check(err)
	bin := ts.MkAbs("bin")
	ts.Check(errors.Join(os.MkdirAll(bin, 0o700), os.WriteFile(filepath.Join(bin, "curl"), []byte("#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$CURL_ARGUMENTS\"\nexec "+curl+" \"$@\"\n"), 0o700)))
	ts.Setenv("CURL_ARGUMENTS", filepath.Join(ts.Getenv("WORK"), "curl-arguments"))
	ts.Setenv("PATH", bin+string(filepath.ListSeparator)+ts.Getenv("PATH"))
}

func (f *forge) add(author, body string) {
	f.comments = append(f.comments, forgeComment{len(f.comments) + 1, author, body})
}

// caller is whose token a request has, and "" where it has been refused.
func (f *forge) caller(w http.ResponseWriter, r *http.Request) string {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + r.Header.Get("Private-Token")
	who := map[string]string{"ghs_write": "github-actions[bot]", "ghs_read": "github-actions[bot]", "glpat-write": "99"}[token]
	switch {
	case who == "":
		http.Error(w, `{"message": "Bad credentials"}`, http.StatusUnauthorized)
	case r.Method != http.MethodGet && token == "ghs_read":
		http.Error(w, `{"message": "Resource not accessible by integration"}`, http.StatusForbidden)
		return ""
	}
	return who
}

// list answers a page of the comments, as both do.
func (f *forge) list(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.caller(w, r) == "" {
		return
	}
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	page, err2 := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || err2 != nil || size > 100 {
		f.wrong = append(f.wrong, r.URL.String())
		return
	}
	all := []map[string]any{}
	for i, c := range f.comments {
		if i/size == page-1 {
			id, _ := strconv.Atoi(c.Author)
			is := map[string]any{"id": c.ID, "body": c.Body, "user": map[string]any{"login": c.Author}}
			if strings.HasPrefix(r.URL.Path, "/api/v4/") {
				is = map[string]any{"id": c.ID, "body": c.Body, "author": map[string]any{"id": id}}
			}
			all = append(all, is)
		}
	}
	_ = json.NewEncoder(w).Encode(all)
}

// write takes a comment, or a new text of one.
func (f *forge) write(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	who := f.caller(w, r)
	var is struct{ Body string }
	if who == "" {
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&is); err != nil || is.Body == "" || len(is.Body) > 65_536 {
		http.Error(w, `{"message": "Validation Failed"}`, http.StatusUnprocessableEntity)
		return
	}
	if id, err := strconv.Atoi(r.PathValue("id")); err == nil {
		i := slices.IndexFunc(f.comments, func(c forgeComment) bool { return c.ID == id })
		f.comments[i].Body = is.Body
		return
	}
	f.add(who, is.Body)
	w.WriteHeader(http.StatusCreated)
}

// scriptRelease makes a release as .goreleaser.yml does, at $FORGE/releases, of programs that start those of the tests: `release v1.0.0`.
// In a container job they are links beside these, so that it matters where they were installed.
func scriptRelease(ts *testscript.TestScript, _ bool, args []string) {
	dir := filepath.Join(ts.MkAbs("releases"), args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, name := range []string{"LICENSE", "dbxaccess", "dbxaccess-admin"} {
		text := "#!/bin/sh\n"
		if name != "LICENSE" {
			program, err := exec.LookPath(name)
			ts.Check(err)
			text += "here=${0%/*}/programs; there=" + filepath.Dir(program) + "\n" +
				"if [ -n \"$GITHUB_CONTAINER\" ]; then mkdir -p \"$here\"; ln -f \"$there\"/dbxaccess* \"$here\"; there=$here; fi\n" +
				"exec \"$there/" + name + "\" \"$@\"\n"
		}
		ts.Check(archive.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}))
		_, err := archive.Write([]byte(text))
		ts.Check(err)
	}
	ts.Check(errors.Join(archive.Close(), zipped.Close()))
	name := fmt.Sprintf("dbxaccess_%s_%s_%s.tar.gz", strings.TrimPrefix(args[0], "v"), runtime.GOOS, runtime.GOARCH)
	sums := fmt.Sprintf("%x  %s\n", sha256.Sum256(packed.Bytes()), name)
	ts.Check(errors.Join(os.WriteFile(filepath.Join(dir, name), packed.Bytes(), 0o600), os.WriteFile(filepath.Join(dir, "checksums.txt"), []byte(sums), 0o600)))
	ts.Setenv("ARCHIVE", filepath.Join(dir, name))
	ts.Setenv("CHECKSUMS", filepath.Join(dir, "checksums.txt"))
	ts.Setenv("CHECKSUMS_SHA256", fmt.Sprintf("%x", sha256.Sum256([]byte(sums))))
}
