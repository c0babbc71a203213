package login

import (
	"fmt"
	"log/slog"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Notices are words for the person that are no errors.
type Notices struct {
	Log  *slog.Logger
	Show func(message string) // cleaned; nil: only the log gets it
}

// Tell tells one.
func (n Notices) Tell(format string, args ...any) {
	message := ui.Clean(fmt.Sprintf(format, args...))
	n.Log.Warn(message)
	if n.Show != nil {
		n.Show(message)
	}
}

// ToTheMinute is how times are told to people.
const ToTheMinute = "2006-01-02 15:04"

// NotRenewed tells that a session lives which could not be renewed for now.
func (n Notices) NotRenewed(p Provider, session *Session, err error) {
	n.Tell("the sign-in at %s was not renewed (%v); it lasts until %s", p.Host(), err,
		session.IDTokenExpires.Local().Format(ToTheMinute))
}
