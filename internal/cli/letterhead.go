package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// whoWait bounds finding out who is signed in for a letter. It is on the way out, behind what went wrong.
const whoWait = 2 * time.Second

// Letterhead is that of what a person sends to whom people ask: these would ask back who, when and by which version.
func (e *Env) Letterhead() ui.Letterhead {
	from := ui.UTC(e.Now()) + ", dbxaccess " + e.Version.Number
	if who := e.whoIsSignedIn(); who != "" {
		from = who + ", " + from
	}
	return ui.Letterhead{To: e.Contact(), From: from}
}

// whoIsSignedIn are the people who are, "" where that can't be told without waiting, and for programs: their helpers must not be
// slower for it.
func (e *Env) whoIsSignedIn() string {
	if _, seen := e.Console.(ui.Person); !seen {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), whoWait)
	defer cancel()
	view, err := e.Anew(ui.Quiet{Err: io.Discard}).View(ctx)
	if err != nil {
		return ""
	}
	signIns, _ := view.SignIns(ctx, "") // of which some may be damaged
	var names []string
	for _, s := range signIns {
		if s.Session != nil {
			names = append(names, ui.Clean(s.Session.Display()))
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
