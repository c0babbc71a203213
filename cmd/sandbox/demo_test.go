package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

func startDemo(t *testing.T, misdeed string) (*demo, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	d, err := newDemo(t.Context(), sandbox.Options{}, self, false, strings.NewReader(""), &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(d.sandbox.Close(), d.home.remove()) })
	// The race detector makes every program wait a second before it exits.
	d.env = append(d.env, "FAKE_MISDEED="+misdeed, "GORACE=atexit_sleep_ms=0")
	return d, &out
}

func TestTheStoryIsToldAndNothingIsLeft(t *testing.T) {
	d, out := startDemo(t, "")
	if err := d.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := out.String()
	for _, want := range []string{
		"1. Take the organisation's access map", "$ dbxaccess init access-map.yaml --yes",
		"the demo approves", "[profile dbx-ml-trainer]", "$ dbxaccess credential-process --role ml-trainer --identity acme",
		`$ eval "$(dbxaccess env ml-trainer)"`, "unset: 1.", "$ dbxaccess exec ml-trainer --run churn-7 -- sandbox -train", outlived,
		"$ dbxaccess workspace whoami ml-trainer", "$ dbxaccess explain refusal.txt", "$ dbxaccess audit trace --cloudtrail cloudtrail.json",
		"$ dbxaccess scan train.ipynb", "$ dbxaccess doctor",
		"[dbx-ml-trainer]", "$ dbxaccess auth token --profile dbx-ml-trainer", "…(860 characters)",
		"…(1040 characters)", "No request was needed", "✓ no file", "Done.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, secret := range append(d.sandbox.Secrets(), d.home.passphrase) {
		if strings.Contains(text, secret) {
			t.Errorf("a secret was printed: %.10s…", secret)
		}
	}
	if _, err := os.Stat(d.home.root); err == nil {
		t.Error("the scratch home is still there")
	}
	if conn, err := net.Dial("tcp", d.sandbox.Address()); err == nil {
		_ = conn.Close()
		t.Error("the port is still open")
	}
}

func TestTheStoryFails(t *testing.T) {
	for misdeed, want := range map[string]string{
		"login":              "step 2",
		"status":             "step 5",
		"credential-process": "step 7",
		"auth":               "step 8",
		"exec":               "step 10",
		"workspace":          "step 11",
		"doctor":             "step 15",
		"leak":               "secrets in the clear",
		"forget":             "no item in the keyring file",
		"orphan":             "left a process behind",
		"daemon":             "no process: found",
	} {
		if misdeed == "daemon" && runtime.GOOS != "linux" {
			continue // Elsewhere only the pipes tell.
		}
		t.Run(misdeed, func(t *testing.T) {
			t.Parallel()
			d, out := startDemo(t, misdeed)
			err := d.run(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q\n%s", err, want, out)
			}
			if _, err := os.Stat(d.home.root); err == nil {
				t.Error("the scratch home is still there")
			}
		})
	}
}

func TestAnInterruptedDemoCleansUp(t *testing.T) {
	d, out := startDemo(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v\n%s", err, out)
	}
	if _, err := os.Stat(d.home.root); err == nil {
		t.Error("the scratch home is still there")
	}
}

func TestStepsWaitForEnter(t *testing.T) {
	d, out := startDemo(t, "")
	ctx, interrupt := context.WithCancel(t.Context())
	asked := 0
	d.step, d.in = true, readerFunc(func(b []byte) (int, error) {
		if asked++; asked == 3 {
			interrupt()
			<-t.Context().Done() // a terminal at which nobody types
		}
		b[0] = '\n'
		return 1, nil
	})
	err := d.run(ctx)
	text := out.String()
	if err != nil || !strings.Contains(text, "Enter: step 4 of 19") || strings.Contains(text, "\n4. ") {
		t.Errorf("got %v\n%s", err, text)
	}
	if _, err := os.Stat(d.home.root); err == nil {
		t.Error("the scratch home is still there")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// The shell reads the rest of the input, of which the steps take no more than their lines.
func TestAShellIsHandedOver(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the shell's lines are those of POSIX")
	}
	repository := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(repository, "man"), 0o700), os.WriteFile(filepath.Join(repository, "man", "dbxaccess.1"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(repository)
	for _, step := range []bool{false, true} {
		d, out := startDemo(t, "")
		d.shell, d.step = true, step
		t.Setenv("SHELL", "/bin/sh")
		lines := ""
		if step {
			lines = strings.Repeat("\n", len(steps())-2)
		}
		d.in = strings.NewReader(lines + "echo \"home $HOME\"; echo \"by $DBXACCESS_KEYRING_SERVICE\"; ls *.json; case $MANPATH in *:) echo \"pages $(ls ${MANPATH%:}/man1)\";; esac\nexit 7\n")
		if err := d.run(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		text := out.String()
		for _, want := range []string{"You are in a shell", "home " + d.home.dir, "by " + keyringService, "\n" + trailName, "pages dbxaccess.1", "✓ no open port", "✓ no file", "Done."} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
		if strings.Contains(text, "$ dbxaccess logout") || step != strings.Contains(text, "$ dbxaccess status") {
			t.Errorf("the story with steps %t:\n%s", step, text)
		}
	}
}
