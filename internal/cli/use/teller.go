package use

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/desktop"
	"github.com/dbxaccess/dbxaccess/internal/serve"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// teller tells the person, on the terminal that the program has, what becomes of its credentials: each thing once. It is the
// console of what works in the background.
type teller struct {
	env    *cli.Env
	notify func(text string) // on the desktop, too

	mu      sync.Mutex
	said    map[string]bool  // warnings that are out
	failing map[string]ui.ID // what can't be renewed now, and why
	trouble bool             // that was said, and not yet that it is over
}

// newTeller tells on the terminal and, if that is wished, on the desktop.
func newTeller(ctx context.Context, env *cli.Env, notify bool) (*teller, error) {
	t := &teller{env: env, notify: func(string) {}, said: map[string]bool{}, failing: map[string]ui.ID{}}
	if !notify {
		return t, nil
	}
	show, err := desktop.Notifier()
	if err != nil {
		return nil, err
	}
	t.notify = func(text string) {
		go func() { _ = show(ctx, env.Environ(), ui.Clean(text)) }() // it was said on the terminal
	}
	return t, nil
}

// Info says nothing: nobody waits for what happens in the background.
func (*teller) Info(string, ...any) {}

// Warn says a warning unless it was said.
func (t *teller) Warn(w ui.Warning) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := w.String(); !t.said[text] {
		t.said[text] = true
		t.say(w)
	}
}

func (t *teller) say(w ui.Warning) {
	ui.PrintWarning(t.env.Streams.Err, w)
	t.notify(w.String())
}

// Remark says nothing: see Info.
func (*teller) Remark(ui.Warning) {}

// Progress says nothing: see Info.
func (*teller) Progress(string) (done func()) { return func() {} }

// Waiting says nothing: see Info.
func (*teller) Waiting(string) (done func()) { return func() {} }

// refused says what the server refused, as most clients lose the text of an answer.
func (t *teller) refused(err error) {
	t.Warn(ui.Warning{ID: ui.IDOf(err), What: ui.Told(err), Fix: ui.FixOf(err)})
}

// changed says that something can't be renewed, and that it goes on again. Two things that fail for one reason are one
// thing to say.
func (t *teller) changed(what, role string) func(serve.Change) {
	return func(c serve.Change) {
		t.mu.Lock()
		defer t.mu.Unlock()
		name := what + " of " + role
		if c.Err == nil {
			if delete(t.failing, name); t.trouble {
				t.trouble = false // the others follow
				text := "the credentials of " + role + " are renewed again"
				fmt.Fprintf(t.env.Streams.Err, "dbxaccess: %s\n", ui.Clean(text))
				t.notify(text)
			}
			return
		}
		known := false
		for _, id := range t.failing {
			known = known || id == ui.IDOf(c.Err)
		}
		t.failing[name] = ui.IDOf(c.Err)
		if known {
			return
		}
		t.trouble = true
		left := "nothing is left that lives"
		if now := t.env.Now(); c.Expires.After(now) {
			left = "what is in use ends in " + ui.Remaining(c.Expires, now)
		}
		t.say(ui.Warning{
			ID: "credentials-not-renewed", What: fmt.Sprintf("%s of %s can't be renewed, and %s: %v", what, role, left, c.Err), Fix: ui.FixOf(c.Err),
		})
	}
}

// sessionEnd warns before the session ends that an identity's roles are had by.
type sessionEnd struct {
	identity string
	moved    chan time.Time // when the warning is due; the last that was found counts
}

// lookEvery is how often the wall clock is looked at: timers stand still while a machine sleeps.
const lookEvery = time.Minute

// watch warns at a time, or when note has moved it; zero is never.
func (s *sessionEnd) watch(ctx context.Context, env *cli.Env, told *teller, at time.Time) {
	s.moved = make(chan time.Time, 1)
	go func() {
		for {
			wait := lookEvery
			if !at.IsZero() {
				wait = min(lookEvery, max(0, at.Sub(env.Now().Round(0))))
			}
			select {
			case <-ctx.Done():
				return
			case at = <-s.moved:
			case <-time.After(wait):
				if at.IsZero() || env.Now().Round(0).Before(at) {
					continue
				}
				at = time.Time{}
				renewed := env.Anew(told)
				if b, err := renewed.Broker(ctx); err == nil {
					cli.WarnOfEndOf(ctx, renewed, b, s.identity)
					s.note(ctx, renewed, b)
				}
			}
		}
	}()
}

// note looks when the session ends that the broker has.
func (s *sessionEnd) note(ctx context.Context, env *cli.Env, b *broker.Broker) {
	_, at := cli.SessionEnd(ctx, b, s.identity)
	if !at.After(env.Now()) { // it was said, or there is nothing to say
		return
	}
	select {
	case <-s.moved:
	default:
	}
	select {
	case s.moved <- at:
	default:
	}
}
