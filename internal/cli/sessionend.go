package cli

import (
	"context"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// endWarning is how long before the end of a session the warning begins; for short sessions it is the last quarter.
const endWarning = time.Hour

// endsSoon reports when a session ends for good, if that is known and near.
func endsSoon(s *login.Session, now time.Time) (ends time.Time, soon bool) {
	ends, known := s.EndsAt()
	remaining := ends.Sub(now)
	return ends, known && remaining > 0 && remaining < min(endWarning, ends.Sub(s.SignedIn)/4)
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
	view, err := b.View()
	if err != nil || view.Map.Identities[identity] == nil || !view.Map.Identities[identity].Method().SignsIn() {
		return
	}
	// The credentials have been served: a session that can't be read now is no error.
	if s, err := view.SignIn(ctx, view.Map.Identities[identity]); err == nil {
		WarnOfEnd(env, identity, s.Session)
	}
}
