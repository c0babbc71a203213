package access

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// State is how a person's session stands, as far as that is known without a request. Its texts are the contract of
// `status -o json`.
type State string

// The states.
const (
	Renews State = "renews"      // silently
	Stalls State = "not-renewed" // as before, but the last renewal failed a moment ago
	Ends   State = "ends"        // it lives, and can't be renewed
	Over   State = "over"        // only a new sign-in helps

	Unfinished State = "unfinished" // approved, but what it gives is not known: ErrNotFinished
)

// StateOf tells how a session stands.
func StateOf(s login.Standing) State {
	switch {
	case !s.Over.IsZero():
		return Over
	case !s.Renews:
		return Ends
	case s.Failed != nil:
		return Stalls
	}
	return Renews
}

// SessionWords say how a session stands: the same words in every command.
func SessionWords(session *login.Session, s login.Standing) string {
	ends, known := session.EndsAt()
	switch StateOf(s) {
	case Over:
		return "over since " + ui.Local(s.Over)
	case Ends:
		return "can't renew, ends " + ui.Local(session.IDTokenExpires)
	case Stalls:
		return "renews silently; the last attempt failed at " + ui.Local(s.FailedAt)
	}
	if known {
		return "renews silently until " + ui.Local(ends)
	}
	return "renews silently"
}

// CredentialWords say what is left of a cached credential; nil for none.
func CredentialWords(expires *time.Time, now time.Time) string {
	if expires == nil {
		return "on first use"
	}
	return ui.Remaining(*expires, now) + " left"
}
