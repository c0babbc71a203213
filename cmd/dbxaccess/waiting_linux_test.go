package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program that a person does not see asking, as a prompt behind another window, is told; a helper's log stays empty.
func TestAPersonIsToldWhichProgramIsWaitedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.file("ask", "#!/bin/sh\nsleep 3\necho Confirm on your key >&2\necho correct horse\n")
	if err := os.Chmod(filepath.Join(d.home, "ask"), 0o700); err != nil {
		t.Fatal(err)
	}
	alice(d)
	d.run(80, noDefault, "login", "--no-browser")
	d.env = append(d.env, "DBXACCESS_KEYRING_PASSPHRASE=", "DBXACCESS_KEYRING_PASSPHRASE_COMMAND="+filepath.Join(d.home, "ask"))
	got := d.write(200, nil, "status")
	told := "waiting for " + filepath.Join(d.home, "ask") + " (keyring.passphrase_command), which may be asking you for something…\r\nConfirm on your key\r\n"
	if !strings.HasPrefix(got, told) {
		t.Errorf("got %q", got)
	}
	if got := d.write(200, nil, helpers[0].args...); !strings.HasPrefix(got, "{") {
		t.Errorf("a helper: %q", got)
	}
}
