package oauth

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/login/loopback"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestABrowserThatDoesNotComeBackIsNotWaitedForLonger(t *testing.T) {
	t.Parallel()
	r, err := Listen(t.Context(), loopback.Address{Host: "127.0.0.1"}, "state", "dbxaccess login --flow device", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = r.Wait(t.Context(), time.Millisecond)
	err = NobodyCame(testProvider(), err, testProvider().SignInFix())
	logintest.WantFault(t, err, ui.LoginNeeded, "nobody came back", "dbxaccess login --identity acme")
	if id := ui.IDOf(err); id != "browser-not-back" {
		t.Errorf("got the error %q", id)
	}
	_, err = r.Wait(logintest.Canceled(), time.Hour)
	if err := NobodyCame(testProvider(), err); ui.IDOf(err) != "interrupted" || ui.CodeOf(err) != ui.Interrupted {
		t.Errorf("at Ctrl-C: %d, %v", ui.CodeOf(err), err)
	}
}
