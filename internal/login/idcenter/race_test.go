package idcenter

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login/logintest"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAHundredAtIdentityCenter(t *testing.T) {
	bubble(t, func(f *fixture) {
		for round := range 3 {
			var wait sync.WaitGroup
			tokens := make([]string, 100)
			for n := range tokens {
				wait.Go(func() {
					session, err := logintest.Fresh(f.Context(), f.process(), testProvider(), time.Minute)
					if err != nil {
						f.Error(err)
						return
					}
					tokens[n] = session.AccessToken.Reveal()
				})
			}
			wait.Wait()
			if slices.Sort(tokens); f.center.Count("token") != round+1 || f.center.Over || tokens[0] != tokens[99] || tokens[0] == "" {
				f.Errorf("%d renewals in %d rounds; the session ended: %v", f.center.Count("token"), round+1, f.center.Over)
			}
			time.Sleep(time.Hour)
		}
	})
}

func TestAKeyringThatFailsAfterIdentityCenterRotated(t *testing.T) {
	for name, c := range map[string]struct {
		failures int  // of the writes after the renewal
		listing  bool // the assignments are looked up
		told     bool
	}{
		"once":                          {1, true, false},
		"the whole first":               {3, true, false},
		"again and again":               {100, true, true},
		"the whole first, and no lists": {3, false, false},
		"always, and no lists":          {100, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				writes := 0
				f.store.Before = func(operation string) {
					if operation != "set" {
						return
					}
					writes++
					f.store.FailWith("set", nil)
					if writes <= c.failures {
						f.store.FailWith("set", store.ErrFull)
					}
				}
				f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
					if operation == "accounts" && !c.listing {
						return ptr(logintest.Reply{Status: 403, Body: "{}"})
					}
					return nil
				}
				session, err := f.fresh()
				if err != nil || session.AccessToken.Reveal() != "canary-a2" {
					f.Fatalf("who asked gets the session all the same: %v", err)
				}
				if c.told != (len(f.notices) == 1) || strings.Contains(strings.Join(f.notices, ""), "canary") {
					f.Errorf("notices %q", f.notices)
				}
				if c.told != (f.stored().RefreshToken.Reveal() == "canary-r1") || c.told && writes != 6 {
					f.Errorf("%d writes, stored %+v", writes, f.stored())
				}
			})
		})
	}
}

func TestSigningOutWhileIdentityCenterRenews(t *testing.T) {
	for _, at := range []string{"token", "accounts", "roles"} {
		t.Run(at, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				var out sync.WaitGroup
				var once sync.Once
				f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
					if operation == at {
						once.Do(func() {
							out.Go(func() {
								if _, err := f.process().Delete(f.Context(), testProvider(), logintest.NothingElse); err != nil {
									f.Error(err)
								}
							})
							time.Sleep(5 * time.Second) // let it come as far as it can
						})
					}
					return nil
				}
				if _, err := f.fresh(); err != nil {
					f.Errorf("who was first finishes: %v", err)
				}
				out.Wait()
				_, err := f.sessions.Load(f.Context(), testProvider())
				logintest.WantFault(f.T, err, ui.LoginNeeded, "nobody is signed in")
				if f.center.Bearer != "canary-a2" {
					f.Errorf("ended the session of %s, not that of the renewal", f.center.Bearer)
				}
			})
		})
	}
}

func TestALostAnswerOfIdentityCenter(t *testing.T) {
	for name, c := range map[string]struct {
		grace bool
		code  ui.Code
	}{
		"within its grace": {true, ui.Done},
		"without grace":    {false, ui.LoginNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.center.Grace = c.grace
				f.center.Answer = func(operation string, in map[string]any) *logintest.Reply {
					if operation != "token" || f.center.Count("token") > 1 {
						return nil
					}
					f.center.Usual(operation, in, nil)
					return &logintest.Reply{Err: logintest.ErrConnectionLost}
				}
				_, err := f.fresh()
				if ui.CodeOf(err) != c.code || f.center.Count("token") != 2 {
					f.Errorf("asked %d times: %v", f.center.Count("token"), err)
				}
			})
		})
	}
}

// One of a hundred asks about a session that is over, whatever Identity Center calls that; the others know.
func TestADeadSessionIsAskedAboutOnce(t *testing.T) {
	for _, code := range []string{"InvalidClientException", "InvalidGrantException", "ExpiredTokenException"} {
		t.Run(code, func(t *testing.T) {
			bubble(t, func(f *fixture) {
				f.center.Answer = func(operation string, _ map[string]any) *logintest.Reply {
					if operation != "token" {
						return nil
					}
					refusal := logintest.AWSError(400, code)
					refusal.Delay = 300 * time.Millisecond
					return &refusal
				}
				var wait sync.WaitGroup
				for range 100 {
					wait.Go(func() {
						process := f.process()
						process.Failures = f.failures()
						if _, err := logintest.Fresh(f.Context(), process, testProvider(), time.Minute); ui.CodeOf(err) != ui.LoginNeeded {
							f.Errorf("got %v", err)
						}
					})
				}
				wait.Wait()
				if n := f.center.Count("token"); n != 1 {
					f.Errorf("the dead token was sent %d times", n)
				}
				session := f.stored()
				standing := session.Standing(testProvider(), f.failures(), time.Now())
				if standing.Lives || standing.Renews || standing.Over.Before(session.IDTokenExpires) || ui.CodeOf(standing.Why) != ui.LoginNeeded {
					f.Errorf("it stands like this: %+v", standing)
				}
			})
		})
	}
}
