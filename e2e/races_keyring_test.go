package e2e

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/e2e/internal/process"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// raceKeyring is where the encrypted files lie, in the home folder.
const raceKeyring = ".config/dbxaccess/keyring"

const (
	prlimit = "/usr/bin/prlimit"
	noFiles = "--fsize=0" // setrlimit(2), RLIMIT_FSIZE
)

// fullDisk has the system refuse a running program every byte that it wants to write into a file.
func (r *race) fullDisk(t *testing.T, running *laptop.Running) {
	t.Helper()
	succeeded(t, r.Program(t, prlimit, "--pid", strconv.Itoa(running.PID()), noFiles))
}

// The keyring's disk is full just when the provider has replaced the refresh token. Who asked gets the credentials and
// is told. Nothing more is spent while nothing can be stored; when it can be again, the provider's grace saves the
// session, and without one a sign-in is the remedy.
func TestRacesWithTheKeyringFailing(t *testing.T) {
	t.Parallel()
	for name, refreshGrace := range map[string]time.Duration{"within the grace": grace, "without grace": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startEnded(t, refreshGrace)
			rotated, release := r.holdAnswer(t, sandbox.TokenRefreshToken)
			holder := r.start(t, "ml-0")
			await(t, rotated, "the refresh")
			r.fullDisk(t, holder)
			release()
			result := r.wait(t, holder)
			answer(t, result)
			for _, words := range []string{"could not be stored", "could not be cached", "dbxaccess login"} {
				if !strings.Contains(result.Stderr, words) {
					t.Errorf("stderr does not say %q:\n%s", words, result.Stderr)
				}
			}
			r.Wrap(prlimit, noFiles)
			faulted(t, r.run(t), codeKeyringUnavailable)
			r.refreshed(t, 1, 0)

			r.Wrap()
			if refreshGrace == 0 {
				r.oneSignInMends(t)
				return
			}
			answer(t, r.run(t))
			r.refreshed(t, 2, 0)
			r.stillSignedIn(t)
		})
	}
}

// A person logs out while processes renew. Whichever comes first, afterwards nothing is stored, and a process that was
// late is told that a login is needed.
func TestRacesWithALogout(t *testing.T) {
	t.Parallel()
	loggedOut := func(t *testing.T, r *race) {
		t.Helper()
		for name := range r.Files(t) {
			rest, ok := strings.CutPrefix(name, raceKeyring+"/")
			// The key of the record stays, and with it what says whether a passphrase is the right one.
			ofRecord := strings.HasSuffix(rest, "+v1+audit,chain") || strings.HasSuffix(rest, "+check")
			if ok && !ofRecord && !strings.HasPrefix(rest, ".locks/") {
				t.Errorf("the keyring holds %s", rest)
			}
		}
		faulted(t, r.run(t), codeLoginNeeded)
		if got := r.calls(sandbox.Revoke); got != 1 {
			t.Errorf("the session was revoked %d times at the provider, want once", got)
		}
	}
	t.Run("during the refresh", func(t *testing.T) {
		t.Parallel()
		r := startEnded(t, grace) // on a slow machine the refresh may take so long that it is tried again
		rotated, release := r.holdAnswer(t, sandbox.TokenRefreshToken)
		running := []*laptop.Running{r.start(t, "ml-0")}
		await(t, rotated, "the refresh")
		for _, role := range []string{"ml-0", "ml-1", "ml-2", "ml-3"} {
			running = append(running, r.start(t, role))
		}
		logout := r.StartProduct(t, "logout")
		process.Eventually(t, answersWithin, "the logout to say that it waits", func() bool {
			return logout.Ended() || strings.Contains(logout.Stderr.String(), "waiting for another dbxaccess")
		})
		release()
		succeeded(t, r.wait(t, logout))
		for _, p := range running {
			if result := r.wait(t, p); result.Code == 0 {
				answer(t, result) // it was faster than the logout
			} else if result.Code != codeLoginNeeded || result.Stdout != "" || !strings.Contains(result.Stderr, "dbxaccess login") {
				t.Errorf("exit code %d, want %d and the remedy:\n%s", result.Code, codeLoginNeeded, result.Stderr)
			}
		}
		loggedOut(t, r)
	})
	t.Run("while STS is asked", func(t *testing.T) {
		t.Parallel()
		r := startEnded(t, 0)
		issued, release := r.holdAnswer(t, sandbox.STS)
		late := r.start(t, "ml-0")
		await(t, issued, "STS to be asked")
		succeeded(t, r.wait(t, r.StartProduct(t, "logout")))
		release()
		faulted(t, r.wait(t, late), codeLoginNeeded)
		loggedOut(t, r)
	})
}

// A signal that comes after the refresh token was sent ends nothing before the new one is stored.
func TestRacesWithASignal(t *testing.T) {
	t.Parallel()
	r := startRace(t, renewedLife, time.Hour)
	for i, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		rotated, release := r.holdAnswer(t, sandbox.TokenRefreshToken)
		renewing := r.startLogin(t)
		await(t, rotated, "the refresh")
		renewing.Signal(signal)
		release()
		if result := r.wait(t, renewing); result.Code == -1 {
			t.Errorf("%s killed it", signal)
		}
		r.refreshed(t, 2*i+1, 0)
		r.stillSignedIn(t)
	}
}
