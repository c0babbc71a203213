package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/dex"
	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/secretservice"
)

// After logout nothing of ours is left but the key of the record, and the next person gets what her own groups give.
func TestLogoutLeavesNothing(t *testing.T) {
	t.Parallel()
	s := startStack(t, time.Hour)
	l, bus := signedIn(t, s)
	credentials(t, l, reader)
	if len(bus.Items(t)) == 0 {
		t.Fatal("the Secret Service holds nothing before logout")
	}
	if !strings.Contains(l.Files(t)[laptop.AWSProfile], "[profile dbx-"+trainer+"]") {
		t.Fatal("no profile was written")
	}

	succeeded(t, l.Run(t, "logout", "--profiles"))
	left := slices.DeleteFunc(bus.Items(t), func(i secretservice.Item) bool { return strings.HasSuffix(i.Label, ":v1:audit/chain") })
	if len(left) != 0 {
		t.Errorf("the Secret Service still holds %v", left)
	}
	if config := l.Files(t)[laptop.AWSProfile]; strings.Contains(config, "dbx-") {
		t.Errorf("profiles are left:\n%s", config)
	}
	faulted(t, l.Run(t, "credential-process", "--role", trainer), codeLoginNeeded)
	succeeded(t, l.Run(t, "logout")) // nobody is signed in: fine

	login(t, l, dex.Bob, reader)
	credentials(t, l, reader)
	faulted(t, l.Run(t, "credential-process", "--role", trainer), codeNoSuchRole)
}
