package mcpcmd

import (
	"cmp"
	"context"

	"github.com/dbxaccess/dbxaccess/internal/audit"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// record tells of a call: by its tool, and never by its arguments, which may hold secrets, nor by the words of an error, which may quote
// them. An error means that nothing may be answered unrecorded.
func (c *call) record(ctx context.Context, refused error) error {
	ctx = context.WithoutCancel(ctx) // a call that was given up was made all the same
	r := audit.New(c.Now(), audit.Tool, c.who(ctx))
	r.Tool, r.Agent, r.Role, r.Reason, r.Asked, r.Refused = c.tool, c.agent, c.role, c.reason, c.asked, c.inShort(refused)
	recorder, err := c.Recorder(ctx)
	if err != nil {
		return err
	}
	return recorder.Record(ctx, r)
}

// inShort is an error by its id alone.
func (c *call) inShort(err error) error {
	if err == nil {
		return nil
	}
	id := ui.IDOf(err)
	if c.request == nil {
		id = cmp.Or(id, argumentsInvalid)
	}
	return ui.Errorf(id, ui.CodeOf(err), "the tool answered with an error")
}

// who is the person on whose machine the agent is: with several sign-ins the one that gives the role, else the first.
func (c *call) who(ctx context.Context) (who audit.Who) {
	view, err := c.View(ctx)
	if err != nil {
		return who
	}
	for _, name := range view.Map.People() {
		signIn, err := view.SignIn(ctx, view.Map.Identities[name])
		if err != nil {
			continue
		}
		if who == (audit.Who{}) || signIn.Gives(c.role) {
			who = login.WhoOf(signIn.Provider, signIn.Session)
		}
		if c.role == "" || signIn.Gives(c.role) {
			break
		}
	}
	return who
}
