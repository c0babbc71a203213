package workload

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const testAudience = "sts.amazonaws.com"

var errLocked = errors.New("locked")

// fixture is a job whose token comes from what f.give returns.
type fixture struct {
	*testing.T
	idp      *logintest.IDP
	source   *Source
	provider login.Provider
	give     func() (secret.String, error)
	mu       sync.Mutex
	asked    int
	env      map[string]string
	notices  []string
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, idp: logintest.NewIDP(), env: map[string]string{}}
	// What signs tokens for workloads has keys and nothing else.
	f.idp.Metadata = map[string]any{"token_endpoint": nil, "device_authorization_endpoint": nil, "revocation_endpoint": nil}
	f.provider = login.Provider{Method: idp.Workload, Name: "ci", Issuer: logintest.Issuer, ClientID: testAudience}
	f.from(idp.TokenSource{From: idp.FromAWS, Region: "us-east-1"})
	f.give = func() (secret.String, error) { return f.token(nil), nil }
	f.source = f.process()
	f.source.Warn = func(w ui.Warning) { f.notices = append(f.notices, w.String()) }
	return f
}

// process is another process of the same job.
func (f *fixture) process() *Source {
	return &Source{
		HTTP: f.idp.HTTP(), Now: f.idp.Now, Warn: func(ui.Warning) {},
		Getenv: func(name string) string { return f.env[name] },
		AWS: func(_ context.Context, region, audience string) (secret.String, error) {
			f.mu.Lock()
			f.asked++
			f.mu.Unlock()
			if region != "us-east-1" || audience != testAudience {
				f.Errorf("asked in %q for %q", region, audience)
			}
			return f.give()
		},
	}
}

// from has the job's token come from a source.
func (f *fixture) from(source idp.TokenSource) *fixture {
	source.Audience = testAudience
	f.provider.Token = &source
	return f
}

// token is one for the job, with changes.
func (f *fixture) token(changes map[string]any) secret.String {
	claims := map[string]any{"aud": testAudience, "sub": "repo:acme/churn:ref:refs/heads/main", "email": nil, "name": nil,
		"preferred_username": nil, "groups": nil, "repository": "acme/churn", "run_id": 7}
	for name, value := range changes {
		claims[name] = value
	}
	return f.idp.IDToken(claims)
}

func (f *fixture) load() (*login.Session, error) { return f.source.Load(f.Context(), f.provider) }

func TestAMachinesSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		session, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		if session.Subject != "repo:acme/churn:ref:refs/heads/main" || session.Display() != session.Subject || session.Token == nil ||
			session.Issuer != logintest.Issuer || session.ClientID != testAudience || !session.RefreshToken.IsZero() ||
			!session.IDTokenExpires.Equal(time.Now().Add(time.Hour)) || !slices.Equal(session.Claim("repository"), []string{"acme/churn"}) {
			t.Errorf("got %+v", session)
		}
		session.Subject = "changed by a caller"
		again, err := f.load()
		if err != nil || f.asked != 1 || again.Subject != "repo:acme/churn:ref:refs/heads/main" {
			t.Errorf("asked %d times: %+v, %v", f.asked, again, err)
		}
		f.give = func() (secret.String, error) { return f.token(map[string]any{"jti": "2"}), nil }
		anew, err := f.process().Load(t.Context(), f.provider)
		if err != nil || anew.ID != session.ID || anew.SameToken(session) {
			t.Errorf("in another process it is another: %+v, %v", anew, err)
		}
		f.give = func() (secret.String, error) { return f.token(map[string]any{"sub": "repo:acme/other"}), nil }
		if other, err := f.process().Load(t.Context(), f.provider); err != nil || other.ID == session.ID {
			t.Errorf("another subject has the same: %+v, %v", other, err)
		}
	})
}

func TestAMachinesTokenRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		fresh := func(minLife time.Duration) (*login.Session, error) {
			return f.source.Lasting(t.Context(), f.provider, nil, minLife)
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
			{50 * time.Minute, 20 * time.Minute, func() (secret.String, error) { return secret.String{}, logintest.ErrConnectionLost }, 3, ui.Done, 1},
			{0, 20 * time.Minute, func() (secret.String, error) { return secret.String{}, ui.Errorf("x", ui.LoginNeeded, "no job") }, 4, ui.LoginNeeded, 1},
			{10 * time.Minute, time.Minute, func() (secret.String, error) { return secret.String{}, logintest.ErrConnectionLost }, 5, ui.Failed, 1},
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
			if session != nil && !session.Alive(time.Now()) {
				t.Errorf("step %d: %+v", n, session)
			}
		}
	})
}

func TestASourceThatGivesTheSameAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		same := f.token(nil)
		f.give = func() (secret.String, error) { return same, nil }
		session, err := f.load()
		if err != nil {
			t.Fatal(err)
		}
		keys := f.idp.Count("/keys")
		if again, err := f.source.Lasting(t.Context(), f.provider, nil, 2*time.Hour); err != nil || !again.SameToken(session) || f.idp.Count("/keys") != keys {
			t.Errorf("it is served while it lives, and not verified twice: %v", err)
		}
		_, err = f.source.Renew(t.Context(), f.provider, session)
		logintest.WantFault(t, err, ui.Failed, "still gives the token that was refused", "newer token")
		if ui.IDOf(err) != "workload-token-unchanged" {
			t.Errorf("%s: %v", ui.IDOf(err), err)
		}
		time.Sleep(time.Second)
		f.give = func() (secret.String, error) { return f.token(nil), nil }
		renewed, err := f.source.Renew(t.Context(), f.provider, session)
		asked := f.asked
		if err != nil || renewed.SameToken(session) || renewed.ID != session.ID {
			t.Fatalf("got %v", err)
		}
		if again, err := f.source.Renew(t.Context(), f.provider, session); err != nil || !again.SameToken(renewed) || f.asked != asked {
			t.Errorf("what somebody else renewed counts: %v", err)
		}
		f.give = func() (secret.String, error) { return same, nil }
		time.Sleep(2 * time.Hour)
		_, err = f.load()
		logintest.WantFault(t, err, ui.LoginNeeded, "ended at", "AWS")
	})
}

func TestTheRestOfAMachine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	present := func() (found *login.Session) {
		if err := f.source.While(t.Context(), f.provider, func(session *login.Session) error { found = session; return nil }); err != nil {
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
	if err := f.source.While(t.Context(), f.provider, func(*login.Session) error { return errLocked }); !errors.Is(err, errLocked) {
		t.Errorf("got %v", err)
	}
	if err := f.source.Save(t.Context(), f.provider, &login.Session{}); err == nil {
		t.Error("a machine's session is stored")
	}
	if _, err := f.source.SignIn(t.Context(), f.provider, login.Screen{}); err == nil {
		t.Error("nobody signs in as a machine")
	}
	gone := false
	told, err := f.source.Delete(t.Context(), f.provider, func(context.Context) error { gone = true; return nil })
	if told || err != nil || !gone || present() != nil {
		t.Errorf("forgotten: %v, %v", gone, err)
	}
	if _, err := f.source.Delete(t.Context(), f.provider, func(context.Context) error { return errLocked }); !errors.Is(err, errLocked) {
		t.Errorf("got %v", err)
	}
	f.source.AWS = nil
	_, err = f.load()
	logintest.WantFault(t, err, ui.Failed, "can't be had", "AWS")
	f.provider.Token = &idp.TokenSource{From: "elsewhere"}
	_, err = f.load()
	logintest.WantFault(t, err, ui.Failed, "elsewhere")
}

func TestAHundredOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.give = func() (secret.String, error) {
			time.Sleep(time.Second)
			return f.token(nil), nil
		}
		var wait sync.WaitGroup
		for n := range 100 {
			wait.Go(func() {
				ask := f.load
				if n%2 == 0 {
					ask = func() (*login.Session, error) { return f.source.Lasting(t.Context(), f.provider, nil, time.Minute) }
				}
				if session, err := ask(); err != nil || session == nil {
					t.Error(err)
				}
				_ = f.source.While(t.Context(), f.provider, func(*login.Session) error { return nil })
			})
		}
		impatient, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		synctest.Wait()
		if _, err := f.source.Load(impatient, f.provider); !errors.Is(err, context.DeadlineExceeded) || ui.IDOf(err) != "workload-token-wait-ended" {
			t.Errorf("who has no time waits for nobody: %v", err)
		}
		wait.Wait()
		if f.asked != 1 {
			t.Errorf("asked %d times", f.asked)
		}
	})
}

func TestTwoIdentitiesOfOneMachine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.give = func() (secret.String, error) {
		return f.token(map[string]any{"groups": []string{"a"}, "teams": []string{"b"}, "email": "x@acme.com"}), nil
	}
	teams, entra, other := f.provider, f.provider, f.provider
	teams.GroupsClaim, entra.Kind = "teams", "keycloak"
	for _, c := range []struct {
		p     login.Provider
		group string
		kind  string
	}{{f.provider, "a", "generic"}, {teams, "b", "generic"}, {entra, "a", "keycloak"}, {other, "a", "generic"}} {
		session, err := f.source.Load(t.Context(), c.p)
		if err != nil || !slices.Equal(session.Groups, []string{c.group}) || session.Kind != c.kind {
			t.Errorf("%s of %s: %+v, %v", c.p.GroupsClaim, c.p.Kind, session, err)
		}
	}
	if f.asked != 3 {
		t.Errorf("asked %d times", f.asked)
	}
}
