package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/e2e/internal/laptop"
	"github.com/dbxaccess/dbxaccess/internal/sandbox"
)

// The tests of this file and of its neighbours hold the product to one promise: whatever goes wrong while a session is
// renewed, it costs at most one sign-in, and never a credential that still lives. The provider is the sandbox, which
// rotates refresh tokens, ends the session of one that comes back, and can be made to answer late or not at all.

const (
	// raceLife is the life of what is issued at the sign-in. The rest of the sign-in has to fit into it.
	raceLife = 20 * time.Second
	// renewedLife is that of the ID tokens that come after. A login takes less than a minute for too little and renews
	// again, which tells whether the session still can be.
	renewedLife = 50 * time.Second
	// grace is for how long a provider answers a refresh token again that it has replaced, as Okta does.
	grace = time.Minute
	// answersWithin is generous: nothing is asserted by it.
	answersWithin = time.Minute
)

const raceMap = `version: 1
identities:
  acme:
    issuer: %s
    client_id: %s
    groups: { ml-scientists: [%s] }
roles:
`

// race is a laptop whose owner signed in at a sandbox, as Alice, with the secrets in encrypted files.
type race struct {
	*laptop.Laptop
	server *sandbox.Server
}

// startRace signs in for the role ml-0; there are ml-0 to ml-9.
func startRace(t *testing.T, life, credentialLife time.Duration) *race {
	t.Helper()
	r := newRace(t)
	r.behave(func(b *sandbox.Behaviour) { b.IDTokenLifetime, b.CredentialLifetime = life, credentialLife })
	r.signIn(t)
	r.behave(func(b *sandbox.Behaviour) { b.IDTokenLifetime, b.CredentialLifetime = renewedLife, time.Hour })
	return r
}

// startEnded is startRace with nothing left that lives: the next request has to renew the session.
func startEnded(t *testing.T, refreshGrace time.Duration) *race {
	t.Helper()
	r := startRace(t, raceLife, raceLife)
	r.behave(func(b *sandbox.Behaviour) { b.RefreshGrace = refreshGrace })
	time.Sleep(time.Until(r.issued().Add(raceLife + time.Second)))
	return r
}

// issued is when the first credentials were.
func (r *race) issued() time.Time { return r.server.STSCalls()[0].Time }

func newRace(t *testing.T) *race {
	t.Helper()
	binary, err := product()
	if err != nil {
		t.Fatal(err)
	}
	var roles, definitions strings.Builder
	var trust []sandbox.Trust
	for i := range 10 {
		arn := fmt.Sprintf("arn:aws:iam::%s:role/ml-%d", sandbox.Account, i)
		trust = append(trust, sandbox.Trust{RoleARN: arn})
		fmt.Fprintf(&roles, "ml-%d, ", i)
		fmt.Fprintf(&definitions, "  ml-%d: { aws: { role_arn: %q, region: us-east-1 } }\n", i, arn)
	}
	server, err := sandbox.Start(t.Context(), sandbox.Options{Trust: trust})
	if err != nil {
		t.Fatal(err)
	}
	r := &race{laptop.New(t, binary), server}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		for _, request := range server.Unexpected() {
			t.Errorf("a request that no orderly client sends: %s", request)
		}
		for name, content := range r.Files(t) {
			r.secretless(t, name, content)
		}
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS":         server.STSURL(),
		"DBXACCESS_KEYRING_BACKEND":    "file",
		"DBXACCESS_KEYRING_PASSPHRASE": "a passphrase for the file",
		"DBXACCESS_MAP": r.Write(t, "map.yaml",
			fmt.Sprintf(raceMap, server.Issuer(), server.ClientID(), strings.TrimSuffix(roles.String(), ", "))+definitions.String(), 0o600),
	} {
		r.Set(name, value)
	}
	return r
}

func (r *race) behave(change func(*sandbox.Behaviour)) { r.server.Set(change) }

// login runs dbxaccess login. Where the session can't be renewed the person approves the new sign-in, or denies it.
func (r *race) login(t *testing.T, approves bool) laptop.Result {
	t.Helper()
	r.behave(func(b *sandbox.Behaviour) {
		b.AutoApprove, b.AutoDeny = "", !approves
		if approves {
			b.AutoApprove = "alice"
		}
	})
	return r.wait(t, r.startLogin(t))
}

func (r *race) startLogin(t *testing.T) *laptop.Running {
	t.Helper()
	return r.StartProduct(t, "login", "--no-browser", "--no-profiles", "--role", "ml-0")
}

func (r *race) signIn(t *testing.T) {
	t.Helper()
	succeeded(t, r.login(t, true))
}

// start starts a credential process, as an SDK does.
func (r *race) start(t *testing.T, role string) *laptop.Running {
	t.Helper()
	return r.StartProduct(t, "credential-process", "--role", role)
}

// wait waits for a program's end. Whatever it met with, it told no secret.
func (r *race) wait(t *testing.T, running *laptop.Running) laptop.Result {
	t.Helper()
	result := running.Wait()
	r.secretless(t, "stderr", result.Stderr)
	return result
}

func (r *race) run(t *testing.T) laptop.Result {
	t.Helper()
	return r.wait(t, r.start(t, "ml-0"))
}

func (r *race) secretless(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range r.server.Secrets() {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds a secret of %d characters", where, len(secret))
		}
	}
}

func (r *race) calls(endpoint sandbox.Endpoint) int { return r.server.Calls()[endpoint] }

// refreshed asserts how many times a refresh token was sent so far, and how many of these were replaced before.
func (r *race) refreshed(t *testing.T, times, reused int) {
	t.Helper()
	if got := r.calls(sandbox.TokenRefreshToken); got != times {
		t.Errorf("%d refreshes, want %d", got, times)
	}
	if got := r.calls(sandbox.Reuses); got != reused {
		t.Errorf("%d refresh tokens were used again, want %d", got, reused)
	}
}

// stillSignedIn asserts that the session can be renewed again, without a person: what is stored is the provider's
// present refresh token.
func (r *race) stillSignedIn(t *testing.T) {
	t.Helper()
	refreshes, signIns := r.calls(sandbox.TokenRefreshToken), r.calls(sandbox.Device)
	succeeded(t, r.login(t, false))
	if got := r.calls(sandbox.TokenRefreshToken); got != refreshes+1 {
		t.Errorf("the login renewed the session %d times, want once", got-refreshes)
	}
	if r.calls(sandbox.Device) != signIns {
		t.Error("the person had to sign in again")
	}
}

// oneSignInMends asserts that the session is over, that each process says so, and that one sign-in is all it takes.
func (r *race) oneSignInMends(t *testing.T) {
	t.Helper()
	for range 2 {
		over := r.run(t)
		faulted(t, over, codeLoginNeeded)
		if !strings.Contains(over.Stderr, "dbxaccess login") {
			t.Errorf("stderr does not name the remedy:\n%s", over.Stderr)
		}
	}
	r.signIn(t)
	answer(t, r.run(t))
	r.stillSignedIn(t)
}

// holdAnswer keeps the next answer of an endpoint back until release is called: what was asked has been done by then,
// and a refresh token rotated. reached is closed when the answer is ready.
func (r *race) holdAnswer(t *testing.T, endpoint sandbox.Endpoint) (reached <-chan struct{}, release func()) {
	t.Helper()
	ready, released := make(chan struct{}), make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release) // before the sandbox is closed, which waits for its answers
	r.server.Inject(sandbox.Fault{Endpoint: endpoint, Mutate: func(map[string]any) {
		close(ready)
		<-released
	}})
	return ready, release
}

// await waits until something happened.
func await(t *testing.T, happened <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(answersWithin):
		t.Fatalf("waited %v in vain for %s", answersWithin, what)
	}
}

// However many processes ask at once, one spends the refresh token and one asks STS for each role; all get the same.
func TestRacesOfAHundred(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string]int{"one role": 1, "ten roles": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startEnded(t, 0)
			assumes := r.calls(sandbox.STS)
			crowded.Lock()
			var running [100]*laptop.Running
			for i := range running {
				running[i] = r.start(t, fmt.Sprintf("ml-%d", i%roles))
			}
			answers := map[int]map[string]bool{} // by role
			for i, p := range running {
				result := r.wait(t, p)
				if result.Code != 0 {
					t.Errorf("process %d: exit code %d: %s", i, result.Code, result.Stderr)
					continue
				}
				answer(t, result)
				if answers[i%roles] == nil {
					answers[i%roles] = map[string]bool{}
				}
				answers[i%roles][result.Stdout] = true
			}
			crowded.Unlock()
			for role, different := range answers {
				if len(different) != 1 {
					t.Errorf("%d different answers for ml-%d, want one", len(different), role)
				}
			}
			r.refreshed(t, 1, 0)
			if got := r.calls(sandbox.STS) - assumes; got != roles {
				t.Errorf("%d assumes, want %d", got, roles)
			}
			r.stillSignedIn(t)
			r.refreshed(t, 2, 0)
		})
	}
}
