package pass_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/needed"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/store/backend"
	"github.com/dbxaccess/dbxaccess/internal/store/pass"
	"github.com/dbxaccess/dbxaccess/internal/store/storetest"
)

// passHome is a person with GnuPG keys and a password store, in a scratch home. The tests need the programs pass and gpg
// (Debian: pass). They change the environment, so none runs beside another.
type passHome struct {
	t     *testing.T
	dir   string
	store string
}

const (
	openKey   = "alice@example.com" // has no passphrase
	lockedKey = "bob@example.com"   // has one
)

// newPassHome makes a home, and a key in it where one is named. The store is initialised for that key.
func newPassHome(t *testing.T, key string) *passHome {
	t.Helper()
	for _, program := range []string{"pass", "gpg", "gpgconf", "git"} {
		needed.Program(t, program)
	}
	dir, err := os.MkdirTemp("", "dbx-pass-") // gpg-agent's sockets lie in it
	if err != nil {
		t.Fatal(err)
	}
	h := &passHome{t: t, dir: dir, store: filepath.Join(dir, "home", ".password-store")}
	for _, name := range []string{"home", "gnupg", "bin"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("GNUPGHOME", filepath.Join(dir, "gnupg"))
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	t.Setenv("DISPLAY", "")
	if key == "" {
		key = openKey
	}
	gnupg := filepath.Join(dir, "gnupg")
	t.Cleanup(func() {
		kill := exec.Command("gpgconf", "--kill", "all")
		kill.Env = append(os.Environ(), "GNUPGHOME="+gnupg)
		err := errors.Join(kill.Run(), os.RemoveAll(dir))
		if err != nil {
			t.Error(err)
		}
	})
	passphrase := ""
	if key == lockedKey {
		passphrase = "pw"
	}
	h.write("gnupg/gpg-agent.conf", "pinentry-program "+filepath.Join(dir, "pinentry")+"\ns2k-count 65536\n", 0o600)
	h.pinentry("touch '" + filepath.Join(dir, "asked") + "'; echo 'ERR 83886179 Operation cancelled'")
	h.run("gpg", "--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase="+passphrase,
		"--quick-gen-key", key, "future-default", "default", "never")
	h.run("pass", "init", key)
	h.forget()
	return h
}

// pinentry has a shell command answer in place of a person.
func (h *passHome) pinentry(answer string) {
	h.write("pinentry", "#!/bin/sh\necho 'OK ready'\nwhile read -r command rest; do\n case $command in\n"+
		" GETPIN) "+answer+" ;;\n GETINFO) [ \"$rest\" != pid ] || echo \"D $$\"; echo OK ;;\n BYE) echo OK; exit ;;\n *) echo OK ;;\n esac\ndone\n", 0o700)
}

// asked tells whether the person was asked since the last time.
func (h *passHome) asked() bool {
	return os.Remove(filepath.Join(h.dir, "asked")) == nil
}

// forget has gpg-agent forget passphrases and read its configuration.
func (h *passHome) forget() { h.run("gpgconf", "--reload", "gpg-agent") }

// stopAgent has gpg-agent stand still until the test ends. It sends itself SIGCONT when a client leaves, which undoes a
// stop: only once all of its threads stand still does it stay so.
func (h *passHome) stopAgent() {
	h.t.Helper()
	id := strings.Fields(h.run("gpg-connect-agent", "GETINFO pid", "/bye"))[1]
	agent, err := strconv.Atoi(id)
	h.must(err)
	h.t.Cleanup(func() { h.must(syscall.Kill(agent, syscall.SIGCONT)) })
	for deadline := time.Now().Add(time.Minute); !h.stopped(id); time.Sleep(time.Millisecond) {
		h.must(syscall.Kill(agent, syscall.SIGSTOP))
		if time.Now().After(deadline) {
			h.t.Fatal("gpg-agent runs on")
		}
	}
}

func (h *passHome) stopped(id string) bool {
	h.t.Helper()
	threads, err := filepath.Glob(filepath.Join("/proc", id, "task", "*", "stat"))
	h.must(err)
	for _, thread := range threads {
		// One that has just ended is none.
		if stat, err := os.ReadFile(thread); err == nil && !bytes.Contains(stat, []byte(") T ")) {
			return false
		}
	}
	return len(threads) > 0
}

func (h *passHome) run(name string, args ...string) string {
	h.t.Helper()
	output, err := exec.CommandContext(h.t.Context(), name, args...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("%s %v: %v\n%s", name, args, err, output)
	}
	return strings.TrimSpace(string(output))
}

func (h *passHome) write(name, content string, mode os.FileMode) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(content), mode); err != nil {
		h.t.Fatal(err)
	}
}

// before has a shell command run before each run of pass from now on, with its arguments.
func (h *passHome) before(command string) {
	h.t.Helper()
	pass, err := exec.LookPath("pass")
	if err != nil {
		h.t.Fatal(err)
	}
	h.write("bin/pass", "#!/bin/sh\n"+command+"\nexec "+pass+" \"$@\"\n", 0o700)
}

func (h *passHome) options() store.Options {
	return store.Options{
		Service: "dbxaccess-test", Selection: store.Selection{Backend: pass.Name, Place: backend.Place{Directory: h.store}}, LockDir: filepath.Join(h.dir, "locks"),
		Timeout: time.Minute, // a busy machine is no fault
		Now:     storetest.Time,
	}
}

// open opens the store; change may be nil.
func (h *passHome) open(change func(*store.Options)) *store.Store {
	h.t.Helper()
	o := h.options()
	if change != nil {
		change(&o)
	}
	s, err := store.Open(o)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// file is where an item lies.
func (h *passHome) file(key string) string {
	return filepath.Join(h.store, "dbxaccess-test", "v1+"+strings.ReplaceAll(key, "/", ",")+".gpg")
}

// fingerprint is that of the first key.
func (h *passHome) fingerprint() string {
	h.t.Helper()
	for line := range strings.Lines(h.run("gpg", "--list-keys", "--with-colons")) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			return fields[9]
		}
	}
	h.t.Fatal("no key")
	return ""
}
