package workload

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// from makes the fixture's token come from a source.
func TestWhereThereIsNoToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	command := func(argv ...string) idp.TokenSource { return idp.TokenSource{From: idp.FromCommand, Argv: argv} }
	for name, c := range map[string]struct {
		source idp.TokenSource
		env    map[string]string
		code   ui.Code
		id     ui.ID
		words  []string
	}{
		"no job":        {idp.TokenSource{From: idp.FromGitHub}, nil, ui.LoginNeeded, "workload-token-absent", []string{"no GitHub Actions job", githubURL, "permissions: { id-token: write }"}},
		"no bearer":     {idp.TokenSource{From: idp.FromGitHub}, map[string]string{githubURL: "https://x"}, ui.LoginNeeded, "workload-token-absent", []string{githubBearer}},
		"an odd place":  {idp.TokenSource{From: idp.FromGitHub}, map[string]string{githubURL: "http://x", githubBearer: "canary"}, ui.Refused, "github-endpoint-invalid", []string{githubURL}},
		"no variable":   {idp.TokenSource{From: idp.FromEnv, Name: "CI_TOKEN"}, nil, ui.LoginNeeded, "workload-token-absent", []string{"CI_TOKEN", "id_tokens", testAudience}},
		"an empty one":  {idp.TokenSource{From: idp.FromEnv, Name: "CI_TOKEN"}, map[string]string{"CI_TOKEN": " \n"}, ui.LoginNeeded, "workload-token-absent", []string{"CI_TOKEN"}},
		"no file":       {idp.TokenSource{From: idp.FromFile, Path: filepath.Join(dir, "none")}, nil, ui.LoginNeeded, "workload-token-absent", []string{"none is missing", "mount", "Kubernetes", testAudience}},
		"an empty file": {idp.TokenSource{From: idp.FromFile, Path: write("empty", "\n")}, nil, ui.LoginNeeded, "workload-token-absent", []string{"is empty"}},
		"a huge file":   {idp.TokenSource{From: idp.FromFile, Path: write("huge", strings.Repeat("a", secret.MaxFile+1))}, nil, ui.Failed, "workload-token-unreadable", []string{"64 KiB"}},
		"a folder":      {idp.TokenSource{From: idp.FromFile, Path: dir}, nil, ui.Failed, "workload-token-unreadable", []string{"not a regular file"}},
		"no command":    {command("no-such-command-anywhere"), nil, ui.LoginNeeded, "workload-token-absent", []string{"no-such-command-anywhere is not on this machine"}},
		"no such path":  {command(filepath.Join(dir, "none")), nil, ui.LoginNeeded, "workload-token-absent", []string{"not on this machine"}},
		"no argv":       {command(), nil, ui.Failed, "token-source-unknown", []string{"can't be had"}},
	} {
		f := newFixture(t).from(c.source)
		f.env = c.env
		session, err := f.load()
		t.Log(name)
		logintest.WantFault(t, err, c.code, c.words...)
		if session != nil || ui.IDOf(err) != c.id || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %+v, %s: %v", name, session, ui.IDOf(err), err)
		}
	}
}

func TestATokenInAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, dir := newFixture(t), t.TempDir()
		// Kubernetes replaces a directory, to which the path leads by symbolic links.
		put := func(version string, token secret.String) {
			if err := errors.Join(
				os.Mkdir(filepath.Join(dir, version), 0o700),
				os.WriteFile(filepath.Join(dir, version, "token"), []byte(token.Reveal()+"\n"), 0o600),
				os.Symlink(version, filepath.Join(dir, "new")),
				os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "..data")),
			); err != nil {
				t.Skip(err) // where links take a privilege
			}
		}
		put("v1", f.token(nil))
		if err := os.Symlink(filepath.Join("..data", "token"), filepath.Join(dir, "token")); err != nil {
			t.Skip(err)
		}
		f.from(idp.TokenSource{From: idp.FromFile, Path: filepath.Join(dir, "token")})
		first, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := f.load(); err != nil || !again.SameToken(first) || f.idp.Count("/keys") != 1 {
			t.Errorf("the same bytes are verified once: %v", err)
		}
		fingerprint := f.source.Fingerprint(f.provider, nil)
		time.Sleep(time.Minute)
		put("v2", f.token(nil))
		second, err := f.load()
		if err != nil || second.SameToken(first) || second.ID != first.ID || f.idp.Count("/keys") != 2 {
			t.Errorf("it is read again each time: %v", err)
		}
		if now := f.source.Fingerprint(f.provider, nil); now != fingerprint || now == "" {
			t.Errorf("its rotation made another job of it: %q, %q", fingerprint, now)
		}
		put("v3", f.token(map[string]any{"sub": "system:serviceaccount:other"}))
		if now := f.source.Fingerprint(f.provider, nil); now == fingerprint {
			t.Error("another subject is another job")
		}
		if third, err := f.load(); err != nil || third.ID == first.ID {
			t.Errorf("another subject is another session: %v", err)
		}
	})
}

func TestATokenInAVariable(t *testing.T) {
	t.Parallel()
	f := newFixture(t).from(idp.TokenSource{From: idp.FromEnv, Name: "CI_TOKEN"})
	f.env["CI_TOKEN"] = " " + f.token(nil).Reveal() + "\n"
	for range 2 {
		if session, err := f.load(); err != nil || session.Subject == "" || f.idp.Count("/keys") != 1 {
			t.Errorf("got %+v, %v", session, err)
		}
	}
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	seen := map[string]string{}
	for _, c := range []struct {
		name     string
		source   idp.TokenSource
		env      map[string]string
		audience string
		none     bool
	}{
		{"a job", idp.TokenSource{From: idp.FromGitHub}, map[string]string{githubURL: "https://x", githubBearer: "1"}, "a", false},
		{"another job", idp.TokenSource{From: idp.FromGitHub}, map[string]string{githubURL: "https://x", githubBearer: "2"}, "a", false},
		{"for another audience", idp.TokenSource{From: idp.FromGitHub}, map[string]string{githubURL: "https://x", githubBearer: "1"}, "b", false},
		{"no job", idp.TokenSource{From: idp.FromGitHub}, nil, "a", true},
		{"a job that may not ask", idp.TokenSource{From: idp.FromGitHub}, map[string]string{githubBearer: "1"}, "a", true},
		{"a value", idp.TokenSource{From: idp.FromEnv, Name: "X"}, map[string]string{"X": "1"}, "a", false},
		{"another value", idp.TokenSource{From: idp.FromEnv, Name: "X"}, map[string]string{"X": "2"}, "a", false},
		{"another variable", idp.TokenSource{From: idp.FromEnv, Name: "Y"}, map[string]string{"Y": "1"}, "a", false},
		{"no variable", idp.TokenSource{From: idp.FromEnv, Name: "X"}, nil, "a", true},
		{"no file", idp.TokenSource{From: idp.FromFile, Path: "/none/there"}, nil, "a", true},
		{"a command, whose next token may be another's", idp.TokenSource{From: idp.FromCommand, Argv: []string{"x", "y"}}, nil, "a", true},
		{"AWS", idp.TokenSource{From: idp.FromAWS, Region: "us-east-1"}, nil, "a", false},
		{"AWS elsewhere", idp.TokenSource{From: idp.FromAWS, Region: "eu-west-1"}, nil, "a", false},
		{"anything", idp.TokenSource{From: "else"}, nil, "a", true},
	} {
		f.env = c.env
		c.source.Audience = c.audience
		job := login.Provider{Token: &c.source}
		got := f.source.Fingerprint(job, nil)
		if again := f.source.Fingerprint(job, nil); again != got || (got == "") != c.none {
			t.Errorf("%s: %q, then %q", c.name, got, again)
		}
		if other, taken := seen[got]; taken && got != "" {
			t.Errorf("%s has the fingerprint of %s", c.name, other)
		}
		seen[got] = c.name
	}
	if f.idp.Count("/keys") != 0 || f.asked != 0 {
		t.Error("somebody was asked")
	}
}

func TestWhichSourcesHaveToBeAsked(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]bool{idp.FromGitHub: false, idp.FromFile: false, idp.FromEnv: false, idp.FromCommand: true, idp.FromAWS: true} {
		if got := (&idp.TokenSource{From: from}).Asked(); got != want {
			t.Errorf("%s: %v", from, got)
		}
	}
}

func TestAPipeIsNoFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("has no such file")
	}
	f := newFixture(t).from(idp.TokenSource{From: idp.FromFile, Path: os.DevNull})
	_, err := f.load()
	logintest.WantFault(t, err, ui.Failed, "not a regular file")
}

// What is at hand by now may be another job's.
func TestASessionsOwnTokenTellsItsJob(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	session, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "token")
	for _, source := range []idp.TokenSource{{From: idp.FromFile, Path: path}, {From: idp.FromCommand, Argv: []string{"x"}}} {
		f.from(source)
		mine := f.source.Fingerprint(f.provider, session)
		other := *session
		other.IDToken = f.token(map[string]any{"run_id": 8})
		if mine == "" || mine == f.source.Fingerprint(f.provider, &other) {
			t.Errorf("%s: %q", source.From, mine)
		}
		next := *session
		next.IDToken = f.token(map[string]any{"jti": "2", "exp": time.Now().Add(2 * time.Hour).Unix()})
		if got := f.source.Fingerprint(f.provider, &next); got != mine {
			t.Errorf("%s: the next token of the job has %q, not %q", source.From, got, mine)
		}
	}
}
