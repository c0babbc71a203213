package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
)

// A notebook's kernel that is started under a role, by Jupyter's own client and Debian's ipykernel: it has the role's credentials,
// is interrupted, and comes back from a restart with a server of its own.
func TestNotebook(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l := newLaptop(t, s)
	l.Set("DBXACCESS_KEYRING_BACKEND", "file")
	l.Set("DBXACCESS_KEYRING_PASSPHRASE", "correct horse")
	initialise(t, l)
	login(t, l, dex.Alice, trainer)
	succeeded(t, l.Run(t, "jupyter", "install", trainer))
	script, err := filepath.Abs("clients/notebook/notebook.py")
	if err != nil {
		t.Fatal(err)
	}
	r := l.Program(t, "/usr/bin/python3", script, "dbx-"+trainer)
	for _, want := range []string{
		"role " + trainer + " credentials ['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']\n",
		"interrupted by KeyboardInterrupt\n",
		"restarted role " + trainer + " credentials",
		"former server ConnectionRefusedError\n",
	} {
		if !strings.Contains(r.Stdout, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if t.Failed() || r.Code != 0 {
		t.Fatalf("exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}
