//go:build unix

package oauth

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Not parallel: no other test may open a file meanwhile.
func TestWithoutAFreeDescriptorTheOtherFlowIsNamed(t *testing.T) {
	at := loopback.Address{Host: "127.0.0.1"}
	r, err := Listen(t.Context(), at, "state", "", nil) // has the runtime's poller open its own
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	none := was
	none.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	_, err = Listen(t.Context(), at, "state", "dbxaccess login --flow device", nil)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	logintest.WantFault(t, err, ui.Failed, "listening for the browser", "too many files are open", "dbxaccess login --flow device")
	if id := ui.IDOf(err); id != "browser-listen" {
		t.Errorf("got the error %q", id)
	}
}
