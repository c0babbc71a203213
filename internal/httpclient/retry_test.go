package httpclient

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

var errBusy = errors.New("busy")

// attempts tries something that is busy, each time asking for so long a pause, and tells when the attempts were made.
func attempts(ctx context.Context, p Policy, outcome error, asked time.Duration) (at []time.Duration, err error) {
	began := time.Now()
	err = Retry(ctx, "asking", p, func(context.Context) error {
		at = append(at, time.Since(began))
		return Temporary(outcome, asked)
	})
	return at, err
}

func TestPausesAreThePolicys(t *testing.T) {
	t.Parallel()
	own := []time.Duration{time.Second, 4 * time.Second}
	for name, c := range map[string]struct {
		policy Policy
		asked  time.Duration
		least  []time.Duration
		jitter bool
	}{
		"none":               {Policy{}, 0, nil, false},
		"as they are":        {Policy{Pauses: own}, 0, own, false},
		"with jitter":        {Policy{Pauses: own, Jitter: true}, 0, own, true},
		"the server's":       {Policy{Pauses: own}, 2 * time.Second, []time.Duration{2 * time.Second, 4 * time.Second}, false},
		"with jitter too":    {Policy{Pauses: own, Jitter: true}, 9 * time.Second, []time.Duration{9 * time.Second, 9 * time.Second}, true},
		"to the letter":      {Policy{Pauses: own, Jitter: true, Exact: true}, 500 * time.Millisecond, []time.Duration{500 * time.Millisecond, 500 * time.Millisecond}, false},
		"nothing to obey":    {Policy{Pauses: own, Jitter: true, Exact: true}, 0, own, true},
		"bounded":            {Policy{Pauses: own, Longest: 3 * time.Second}, 0, []time.Duration{time.Second, 3 * time.Second}, false},
		"bounded, jitter in": {Policy{Pauses: own, Longest: time.Second, Jitter: true}, 0, []time.Duration{time.Second, time.Second}, false},
		"too long":           {Policy{Pauses: own, Longest: 3 * time.Second}, time.Hour, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				at, err := attempts(t.Context(), c.policy, errBusy, c.asked)
				if !errors.Is(err, errBusy) || AskedToWait(err) != c.asked || len(at) != len(c.least)+1 {
					t.Fatalf("%v, attempts at %v", err, at)
				}
				for i, least := range c.least {
					pause := at[i+1] - at[i]
					if !c.jitter && pause != least || pause < least || pause >= least+own[i] {
						t.Errorf("pause %d is %s", i+1, pause)
					}
				}
			})
		})
	}
}

func TestManyThatAreTurnedAwayDoNotComeBackTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var pauses []time.Duration
		for range 20 {
			at, _ := attempts(t.Context(), Policy{Pauses: []time.Duration{time.Second}, Jitter: true}, errBusy, 0)
			pauses = append(pauses, at[1])
		}
		slices.Sort(pauses)
		if spread := pauses[19] - pauses[0]; spread < 100*time.Millisecond || len(slices.Compact(pauses)) < 15 {
			t.Errorf("pauses of %v", pauses)
		}
	})
}

func TestTheLastOutcomeIsReturned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := Policy{Pauses: []time.Duration{time.Second, time.Second}}
		final := errors.New("final")
		for want, outcomes := range map[error][]error{
			final:   {Temporary(errBusy, 0), final},
			nil:     {Temporary(errBusy, 0), Temporary(nil, 0), nil},
			errBusy: {Temporary(nil, 0), Temporary(nil, 0), Temporary(errBusy, 0), final},
		} {
			n := 0
			if err := Retry(t.Context(), "asking", policy, func(context.Context) error { n++; return outcomes[n-1] }); !errors.Is(err, want) {
				t.Errorf("%v after %d attempts, want %v", err, n, want)
			}
		}
		if at, err := attempts(t.Context(), policy, nil, 0); err != nil || len(at) != 3 {
			t.Errorf("an answer that will do: %v, attempts at %v", err, at)
		}
	})
}

func TestAPauseEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		policy := Policy{Pauses: []time.Duration{time.Hour}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		began := time.Now()
		at, err := attempts(ctx, policy, errBusy, 0)
		if ui.CodeOf(err) != ui.Interrupted || err.Error() != "asking: interrupted: context canceled" || len(at) != 1 || time.Since(began) != time.Minute {
			t.Errorf("canceled: %v after %s, attempts at %v", err, time.Since(began), at)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := attempts(ctx, policy, errBusy, 0); !errors.Is(err, context.DeadlineExceeded) || ui.HintOf(err) == "" {
			t.Errorf("timed out: %v, hint %q", err, ui.HintOf(err))
		}
	})
}
