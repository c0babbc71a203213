package login

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const testAudience = "sts.amazonaws.com"

// machineFixture is a job whose token comes from what f.give returns.
type machineFixture struct {
	*testing.T
	idp      *fakeIDP
	store    *memStore
	sessions *Sessions
	provider Provider
	give     func() (secret.String, error)
	asked    int
	env      map[string]string
	notices  []string
}

func newMachineFixture(t *testing.T) *machineFixture {
	f := &machineFixture{T: t, idp: newIDP(), store: newMemStore(), env: map[string]string{}}
	// What signs tokens for machines has keys and nothing else.
	f.idp.metadata = map[string]any{"token_endpoint": nil, "device_authorization_endpoint": nil, "revocation_endpoint": nil}
	f.provider = Provider{Name: "ci", Issuer: testIssuer, ClientID: testAudience, Token: &idp.TokenSource{From: idp.FromAWS, Region: "us-east-1"}}
	f.give = func() (secret.String, error) { return f.token(nil), nil }
	f.sessions = &Sessions{
		Client: f.idp.client(), Store: f.store, Notice: func(message string) { f.notices = append(f.notices, message) },
		Sources: Sources{
			Getenv: func(name string) string { return f.env[name] },
			AWS: func(_ context.Context, region, audience string) (secret.String, error) {
				f.idp.mu.Lock()
				f.asked++
				f.idp.mu.Unlock()
				if region != "us-east-1" || audience != testAudience {
					t.Errorf("asked in %q for %q", region, audience)
				}
				return f.give()
			},
		},
	}
	return f
}

// token is one for the job, with changes.
func (f *machineFixture) token(changes map[string]any) secret.String {
	claims := map[string]any{"aud": testAudience, "sub": "repo:acme/churn:ref:refs/heads/main", "email": nil, "name": nil,
		"preferred_username": nil, "groups": nil, "repository": "acme/churn", "run_id": 7}
	for name, value := range changes {
		claims[name] = value
	}
	return f.idp.idToken(claims)
}

func (f *machineFixture) load() (*Session, error) { return f.sessions.Load(f.Context(), f.provider) }

func TestAMachinesSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMachineFixture(t)
		session, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		if session.Subject != "repo:acme/churn:ref:refs/heads/main" || session.Display() != session.Subject || !session.Machine ||
			session.Issuer != testIssuer || session.ClientID != testAudience || !session.RefreshToken.IsZero() ||
			!session.IDTokenExpires.Equal(time.Now().Add(time.Hour)) || !slices.Equal(session.Claim("repository"), []string{"acme/churn"}) {
			t.Errorf("got %+v", session)
		}
		session.Subject = "changed by a caller"
		again, err := f.load()
		if err != nil || f.asked != 1 || again.Subject != "repo:acme/churn:ref:refs/heads/main" {
			t.Errorf("asked %d times: %+v, %v", f.asked, again, err)
		}
		if len(f.store.items) != 0 || len(f.store.log) != 0 {
			t.Errorf("the keyring was used: %v", f.store.log)
		}
		if all, err := f.sessions.All(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("All lists it: %v, %v", all, err)
		}
		f.give = func() (secret.String, error) { return f.token(map[string]any{"jti": "2"}), nil }
		anew, err := (&Sessions{Client: f.idp.client(), Sources: f.sessions.Sources}).Load(t.Context(), f.provider)
		if err != nil || anew.ID != session.ID || anew.sameToken(session) {
			t.Errorf("in another process it is another: %+v, %v", anew, err)
		}
		f.give = func() (secret.String, error) { return f.token(map[string]any{"sub": "repo:acme/other"}), nil }
		if other, err := (&Sessions{Client: f.idp.client(), Sources: f.sessions.Sources}).Load(t.Context(), f.provider); err != nil || other.ID == session.ID {
			t.Errorf("another subject has the same: %+v, %v", other, err)
		}
	})
}

func TestAMachinesTokenRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMachineFixture(t)
		fresh := func(minLife time.Duration) (*Session, error) {
			return f.sessions.Fresh(t.Context(), f.provider, minLife)
		}
		steps := []struct {
			wait    time.Duration
			minLife time.Duration
			give    func() (secret.String, error)
			asked   int
			code    ui.Code
			notices int
		}{
			{0, time.Minute, nil, 1, ui.Done, 0},
			{50 * time.Minute, time.Minute, nil, 1, ui.Done, 0},
			{0, 20 * time.Minute, nil, 2, ui.Done, 0}, // too little is left of it
			{50 * time.Minute, 20 * time.Minute, func() (secret.String, error) { return secret.String{}, errConnectionLost }, 3, ui.Done, 1},
			{0, 20 * time.Minute, func() (secret.String, error) { return secret.String{}, f.provider.loginNeeded("no job") }, 4, ui.LoginNeeded, 1},
			{10 * time.Minute, time.Minute, func() (secret.String, error) { return secret.String{}, errConnectionLost }, 5, ui.Failed, 1},
			{0, 20 * time.Minute, func() (secret.String, error) {
				return f.token(map[string]any{"exp": time.Now().Add(5 * time.Minute).Unix()}), nil
			}, 6, ui.Done, 1},
			{0, 2 * time.Minute, nil, 6, ui.Done, 1},
		}
		for n, c := range steps {
			time.Sleep(c.wait)
			if c.give != nil {
				f.give = c.give
			}
			session, err := fresh(c.minLife)
			if ui.CodeOf(err) != c.code || f.asked != c.asked || (err == nil) != (session != nil) || len(f.notices) != c.notices {
				t.Errorf("step %d: asked %d times, notices %q: %v", n, f.asked, f.notices, err)
			}
			if session != nil && !session.alive(time.Now()) {
				t.Errorf("step %d: %+v", n, session)
			}
		}
	})
}

func TestASourceThatGivesTheSameAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMachineFixture(t)
		same := f.token(nil)
		f.give = func() (secret.String, error) { return same, nil }
		session, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		keys := f.idp.count("/keys")
		if again, err := f.sessions.Fresh(t.Context(), f.provider, 2*time.Hour); err != nil || !again.sameToken(session) || f.idp.count("/keys") != keys {
			t.Errorf("it is served while it lives, and not verified twice: %v", err)
		}
		_, err = f.sessions.Renew(t.Context(), f.provider, session)
		wantFault(t, err, ui.Failed, "still gives the token that was refused")
		time.Sleep(time.Second)
		f.give = func() (secret.String, error) { return f.token(nil), nil }
		renewed, err := f.sessions.Renew(t.Context(), f.provider, session)
		asked := f.asked
		if err != nil || renewed.sameToken(session) || renewed.ID != session.ID {
			t.Fatalf("got %v", err)
		}
		if again, err := f.sessions.Renew(t.Context(), f.provider, session); err != nil || !again.sameToken(renewed) || f.asked != asked {
			t.Errorf("what somebody else renewed counts: %v", err)
		}
		f.give = func() (secret.String, error) { return same, nil }
		time.Sleep(2 * time.Hour)
		_, err = f.load()
		wantFault(t, err, ui.LoginNeeded, "ended at", "AWS")
	})
}

func TestTheRestOfAMachine(t *testing.T) {
	t.Parallel()
	f := newMachineFixture(t)
	present := func() (found *Session) {
		if err := f.sessions.While(t.Context(), f.provider, func(session *Session) error { found = session; return nil }); err != nil {
			t.Error(err)
		}
		return found
	}
	if present() != nil || f.asked != 0 {
		t.Error("While asks for nothing")
	}
	session, err := f.load()
	if err != nil || present() == nil || present().ID != session.ID {
		t.Fatalf("got %v", err)
	}
	if err := f.sessions.While(t.Context(), f.provider, func(*Session) error { return errLocked }); !errors.Is(err, errLocked) {
		t.Errorf("got %v", err)
	}
	if err := f.sessions.Save(t.Context(), f.provider, &Session{}); err == nil {
		t.Error("a machine's session is stored")
	}
	if _, err := f.sessions.SignIn(t.Context(), f.provider, Screen{}); err == nil {
		t.Error("nobody signs in as a machine")
	}
	gone := false
	told, err := f.sessions.Delete(t.Context(), f.provider, func(context.Context) error { gone = true; return nil })
	if told || err != nil || !gone || present() != nil {
		t.Errorf("forgotten: %v, %v", gone, err)
	}
	if _, err := f.sessions.Delete(t.Context(), f.provider, func(context.Context) error { return errLocked }); !errors.Is(err, errLocked) {
		t.Errorf("got %v", err)
	}
	f.sessions.Sources.AWS = nil
	_, err = f.load()
	wantFault(t, err, ui.Failed, "can't be had", "AWS")
	f.provider.Token = &idp.TokenSource{From: "elsewhere"}
	_, err = f.load()
	wantFault(t, err, ui.Failed, "elsewhere")
}

func TestAHundredOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newMachineFixture(t)
		f.give = func() (secret.String, error) {
			time.Sleep(time.Second)
			return f.token(nil), nil
		}
		var wait sync.WaitGroup
		for n := range 100 {
			wait.Go(func() {
				ask := f.load
				if n%2 == 0 {
					ask = func() (*Session, error) { return f.sessions.Fresh(t.Context(), f.provider, time.Minute) }
				}
				if session, err := ask(); err != nil || session == nil {
					t.Error(err)
				}
				_ = f.sessions.While(t.Context(), f.provider, func(*Session) error { return nil })
			})
		}
		impatient, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		synctest.Wait()
		if _, err := f.sessions.Load(impatient, f.provider); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who has no time waits for nobody: %v", err)
		}
		wait.Wait()
		if f.asked != 1 {
			t.Errorf("asked %d times", f.asked)
		}
	})
}
