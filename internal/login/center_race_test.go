package login

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func TestAHundredAtIdentityCenter(t *testing.T) {
	centerBubble(t, func(f *centerFixture) {
		for round := range 3 {
			var wait sync.WaitGroup
			tokens := make([]string, 100)
			for n := range tokens {
				wait.Go(func() {
					session, err := f.process().Fresh(f.Context(), centerProvider(), time.Minute)
					if err != nil {
						f.Error(err)
						return
					}
					tokens[n] = session.AccessToken.Reveal()
				})
			}
			wait.Wait()
			if slices.Sort(tokens); f.center.count("token") != round+1 || f.center.over || tokens[0] != tokens[99] || tokens[0] == "" {
				f.Errorf("%d renewals in %d rounds; the session ended: %v", f.center.count("token"), round+1, f.center.over)
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
			centerBubble(t, func(f *centerFixture) {
				writes := 0
				f.store.before = func(operation string) {
					if operation != "set" {
						return
					}
					f.store.mu.Lock()
					defer f.store.mu.Unlock()
					writes++
					delete(f.store.fail, "set")
					if writes <= c.failures {
						f.store.fail["set"] = store.ErrFull
					}
				}
				f.center.answer = func(operation string, _ map[string]any) *reply {
					if operation == "accounts" && !c.listing {
						return ptr(reply{status: 403, body: "{}"})
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
			centerBubble(t, func(f *centerFixture) {
				var out sync.WaitGroup
				var once sync.Once
				f.center.answer = func(operation string, _ map[string]any) *reply {
					if operation == at {
						once.Do(func() {
							out.Go(func() {
								if _, err := f.process().Delete(f.Context(), centerProvider(), nothingElse); err != nil {
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
				_, err := f.sessions.Load(f.Context(), centerProvider())
				wantFault(f.T, err, ui.LoginNeeded, "nobody is signed in")
				if f.center.bearer != "canary-a2" {
					f.Errorf("ended the session of %s, not that of the renewal", f.center.bearer)
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
			centerBubble(t, func(f *centerFixture) {
				f.center.grace = c.grace
				f.center.answer = func(operation string, in map[string]any) *reply {
					if operation != "token" || f.center.count("token") > 1 {
						return nil
					}
					f.center.usual(operation, in, nil)
					return &reply{err: errConnectionLost}
				}
				_, err := f.fresh()
				if ui.CodeOf(err) != c.code || f.center.count("token") != 2 {
					f.Errorf("asked %d times: %v", f.center.count("token"), err)
				}
			})
		})
	}
}
