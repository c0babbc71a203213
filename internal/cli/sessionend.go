package cli

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// endWarning is how long before the end of a session the warning begins; for short sessions it is the last quarter.
const endWarning = time.Hour

// endsSoon reports when a session ends for good, if that is known and near.
func endsSoon(s *login.Session, now time.Time) (ends time.Time, soon bool) {
	ends, known := s.EndsAt()
	return ends, known && ends.After(now) && !warningAt(s, ends).After(now)
}

// warningAt is when the warning of a session's end begins.
func warningAt(s *login.Session, ends time.Time) time.Time {
	return ends.Add(-min(endWarning, ends.Sub(s.SignedIn)/4))
}

// SessionEnd is when a person's session ends for good, and when WarnOfEndOf begins to warn of it; zero if that is not known.
func SessionEnd(ctx context.Context, b *broker.Broker, identity string) (ends, warnAt time.Time) {
	s := sessionOf(ctx, b, identity)
	if s == nil {
		return ends, warnAt
	}
	ends, known := s.EndsAt()
	if !known {
		return time.Time{}, time.Time{}
	}
	return ends, warningAt(s, ends)
}

// WarnOfEnd warns before a person's session ends. Helpers don't call it: their messages go to another program's log.
func WarnOfEnd(env *Env, identity string, s *login.Session) {
	if ends, soon := endsSoon(s, env.Now()); soon {
		env.Console.Warn(ui.Warning{
			ID:   "session-ends-soon",
			What: "the session of " + s.Display() + " ends in " + ui.Remaining(ends, env.Now()) + " and can't be renewed silently",
			Fix:  ui.Command("dbxaccess login --identity " + identity + " --force"),
		})
	}
}

// WarnOfEndOf is WarnOfEnd for a request that was served.
func WarnOfEndOf(ctx context.Context, env *Env, b *broker.Broker, identity string) {
	if s := sessionOf(ctx, b, identity); s != nil {
		WarnOfEnd(env, identity, s)
	}
}

// grantWarning is how long before the end of a grant the warning begins: people who extend it have to be asked.
const grantWarning = 24 * time.Hour

// WarnOfGrantEnd warns before the map gives the role of a request no more.
func WarnOfGrantEnd(ctx context.Context, env *Env, b *broker.Broker, r broker.Request) {
	view, err := b.View()
	if err != nil || view.Map.Identities[r.Identity] == nil {
		return
	}
	signIn, err := view.SignIn(ctx, view.Map.Identities[r.Identity])
	if err != nil {
		return
	}
	grant := signIn.Grant(r.Role)
	if grant == nil || grant.Until.IsZero() || grant.Until.After(env.Now().Add(grantWarning)) {
		return
	}
	env.Console.Warn(ui.Warning{
		ID: "grant-ends-soon", What: "the role " + r.Role + " is given " + ui.Clean(grant.Words()) + ", which is in " + ui.Remaining(grant.Until, env.Now()),
		Fix: ui.Advice("to be given it for longer, ask " + access.Contact(view.Map)),
	})
}

// sessionOf is the session of a person; nil for that of a workload, and for one that can't be read now: the credentials have
// been served, so that is no error.
func sessionOf(ctx context.Context, b *broker.Broker, identity string) *login.Session {
	view, err := b.View()
	if err != nil || view.Map.Identities[identity] == nil || !view.Map.Identities[identity].Method().SignsIn() {
		return nil
	}
	s, err := view.SignIn(ctx, view.Map.Identities[identity])
	if err != nil {
		return nil
	}
	return s.Session
}
