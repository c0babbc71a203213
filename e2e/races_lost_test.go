package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// startWaiters starts processes that want what the holder of the locks is about to renew.
func (r *race) startWaiters(t *testing.T) []*laptop.Running {
	t.Helper()
	waiters := make([]*laptop.Running, 5)
	for i := range waiters {
		waiters[i] = r.start(t, "ml-0")
	}
	return waiters
}

// sameAnswer asserts that all of them got one and the same credential.
func (r *race) sameAnswer(t *testing.T, all []*laptop.Running) {
	t.Helper()
	var first string
	for i, running := range all {
		result := r.wait(t, running)
		answer(t, result)
		if i == 0 {
			first = result.Stdout
		}
		if result.Stdout != first {
			t.Errorf("process %d got another answer than the first", i)
		}
	}
}

// killed kills a program, which can't do anything about it.
func killed(t *testing.T, running *laptop.Running) {
	t.Helper()
	running.Signal(syscall.SIGKILL)
	if result := running.Wait(); result.Code != -1 || result.Stdout != "" {
		t.Errorf("exit code %d and %d bytes on stdout, want it killed before it answered", result.Code, len(result.Stdout))
	}
}

// The process that renews is killed. Its locks are free at once and the next one goes on, without a person: with the
// same refresh token if the provider has not seen it, and within the provider's grace even if it was replaced by one
// that nobody knows.
func TestRacesWithTheRenewingProcessKilled(t *testing.T) {
	t.Parallel()
	t.Run("before the provider looked", func(t *testing.T) {
		t.Parallel()
		r := startEnded(t, 0)
		r.server.Inject(sandbox.Fault{Endpoint: sandbox.TokenRefreshToken, Delay: answersWithin})
		holder := r.start(t, "ml-0")
		process.Eventually(t, answersWithin, "the refresh", func() bool { return r.calls(sandbox.TokenRefreshToken) == 1 })
		waiters := r.startWaiters(t)
		killed(t, holder)
		r.sameAnswer(t, waiters)
		r.refreshed(t, 2, 0)
		r.stillSignedIn(t)
	})
	t.Run("after the rotation, within the grace", func(t *testing.T) {
		t.Parallel()
		r := startEnded(t, grace)
		rotated, _ := r.holdAnswer(t, sandbox.TokenRefreshToken)
		holder := r.start(t, "ml-0")
		await(t, rotated, "the refresh")
		waiters := r.startWaiters(t)
		killed(t, holder)
		r.sameAnswer(t, waiters)
		r.refreshed(t, 2, 0)
		r.stillSignedIn(t)
	})
}

// The process that renews is stopped, as by a debugger, after the provider has replaced the refresh token, and then
// killed: at a provider without grace the new token is lost for good. Nobody waits for long for the stopped one,
// credentials that still live are served, with a word on stderr, and one sign-in is the remedy.
func TestRacesWithTheRefreshTokenLostForGood(t *testing.T) {
	t.Parallel()
	// Credentials are renewed in their last quarter, and who waits for another's renewal gives up after 5 s: as much
	// again and some is left for a slow machine.
	const life = 2 * time.Minute
	r := startRace(t, raceLife, life)
	old := r.run(t)
	answer(t, old)
	time.Sleep(time.Until(r.issued().Add(life*3/4 + time.Second)))

	rotated, _ := r.holdAnswer(t, sandbox.TokenRefreshToken)
	holder := r.start(t, "ml-0")
	await(t, rotated, "the refresh")
	holder.Signal(syscall.SIGSTOP)
	served := func(result laptop.Result, why string) {
		t.Helper()
		answer(t, result)
		if result.Stdout != old.Stdout {
			t.Errorf("%s: another answer than the cached one", why)
		}
		if !strings.Contains(result.Stderr, "could not renew") {
			t.Errorf("%s: stderr does not say so:\n%s", why, result.Stderr)
		}
	}
	for _, waiter := range r.startWaiters(t) {
		served(r.wait(t, waiter), "while the process that renews is stopped")
	}
	r.refreshed(t, 1, 0)
	killed(t, holder)
	served(r.run(t), "with the refresh token lost")
	r.refreshed(t, 2, 1)

	r.signIn(t)
	answer(t, r.run(t))
	r.stillSignedIn(t)
}

// The provider's answer is lost on its way. It is asked once more with the same refresh token, which within its grace
// is all it takes, for everyone who waits. Without grace that ends the session, and one sign-in is the remedy.
func TestRacesWithTheAnswerLost(t *testing.T) {
	t.Parallel()
	t.Run("within the grace", func(t *testing.T) {
		t.Parallel()
		r := startEnded(t, grace)
		r.server.Inject(sandbox.Fault{Endpoint: sandbox.TokenRefreshToken, Drop: true})
		r.sameAnswer(t, r.startWaiters(t))
		r.refreshed(t, 2, 0)
		r.stillSignedIn(t)
	})
	t.Run("without grace", func(t *testing.T) {
		t.Parallel()
		r := startEnded(t, 0)
		r.server.Inject(sandbox.Fault{Endpoint: sandbox.TokenRefreshToken, Drop: true})
		faulted(t, r.run(t), codeLoginNeeded)
		r.refreshed(t, 2, 1)
		r.oneSignInMends(t)
	})
}
