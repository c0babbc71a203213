package oidc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbxaccess/dbxaccess/internal/login/idtoken"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// childEnv makes the test binary renew a session instead of running the tests.
const childEnv = "DBXACCESS_OIDC_TEST_CHILD"

// signalChild is ended by a signal while the provider answers a renewal.
func signalChild() error {
	runtime.LockOSThread() // a signal to the calling thread has arrived when the call returns
	i, p, ctx := logintest.NewIDP(), testProvider(), context.Background()
	s := storedOn(clientOf(i), logintest.NewKeyring())
	old := i.IDToken(nil)
	claims, _ := idtoken.Parse(old)
	session := newSession(p, &tokens{idToken: old, refreshToken: secret.New("refresh-1")}, claims, time.Now())
	if err := s.Save(ctx, p, session); err != nil {
		return err
	}
	i.Token = func(url.Values) logintest.Reply {
		if err := unix.Tgkill(os.Getpid(), unix.Gettid(), syscall.SIGTERM); err != nil {
			panic(err)
		}
		return logintest.JSON(http.StatusOK, map[string]any{
			"id_token": i.IDToken(map[string]any{"jti": "2"}).Reveal(), "refresh_token": "refresh-2",
		})
	}
	if _, err := s.Renew(ctx, p, session); err != nil {
		return err
	}
	stored, err := s.Load(ctx, p)
	if err == nil {
		fmt.Println("stored", stored.RefreshToken.Reveal())
	}
	return err
}

func TestASignalDuringARenewalLosesNothing(t *testing.T) {
	t.Parallel()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=1")
	if out, err := child.CombinedOutput(); err != nil || string(out) != "stored refresh-2\n" {
		t.Errorf("the child printed %q: %v", out, err)
	}
}
