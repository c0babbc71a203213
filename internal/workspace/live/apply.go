package live

import (
	"context"
	"net/http"

	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// State is what became of a change.
type State string

// The states.
const (
	Done    State = "done"
	Already State = "already" // it stood so when it was its turn
	Failed  State = "failed"  // refused, or not possible any more
	Unknown State = "unknown" // the answer was lost, and what stands could not be read
	Left    State = "left"    // not begun, as one before it failed
)

// Result is what became of a change.
type Result struct {
	plan.Change

	State State `json:"state"`
	Made  *Made `json:"made,omitempty"` // of a credential that was created
	Err   error `json:"-"`
}

// Apply makes changes, one after the other, and stops at the first that fails or when ctx ends: what was begun is finished first. Each
// object is read again before it is written, and one that has changed since the plan is not touched. say is told of each as it ends.
func (l *Live) Apply(ctx context.Context, changes []plan.Change, prune bool, begin func(plan.Change) (end func()), say func(Result)) []Result {
	results := make([]Result, 0, len(changes))
	stopped := false
	for _, c := range changes {
		r := Result{Change: c, State: Left}
		if !stopped && ctx.Err() == nil {
			end := begin(c)
			r = l.one(ctx, c, prune)
			end()
			stopped = r.State == Failed || r.State == Unknown
		}
		if r.State != Left {
			say(r)
		}
		results = append(results, r)
	}
	return results
}

// one makes a change.
func (l *Live) one(ctx context.Context, c plan.Change, prune bool) Result {
	r := Result{Change: c}
	now, err := l.now(ctx, &c, prune)
	switch {
	case err != nil:
		r.State, r.Err = Failed, err
		return r
	case now == nil:
		r.State = Already
		return r
	case !now.Same(&c):
		r.State, r.Err = Failed, ui.Errorf("workspace-changed-meanwhile", ui.Failed, "%s: it stands otherwise than when it was planned", plan.Clean(c.Title())).
			With(ui.Advice("plan again"))
		return r
	}
	// A request that is on its way is not taken back: whether it arrived would not be known.
	made, err := l.write(context.WithoutCancel(ctx), now)
	if err == nil {
		r.State, r.Made = Done, made
		return r
	}
	r.State, r.Err = Failed, l.explain(c.Want, "to "+string(c.Action), err)
	if status(err) != 0 && status(err) < http.StatusInternalServerError && status(err) != http.StatusConflict {
		return r
	}
	// The answer was lost, or is about what came before: what stands says which.
	switch left, lost := l.now(context.WithoutCancel(ctx), &c, prune); {
	case lost != nil:
		r.State = Unknown
	case left == nil:
		r.State, r.Err = Done, nil
	}
	return r
}

// now is what a change would be as things stand: nil where there is nothing left to do.
func (l *Live) now(ctx context.Context, c *plan.Change, prune bool) (*plan.Change, error) {
	l.again()
	if c.Action == plan.Delete {
		have, err := l.stillThere(ctx, c.Have)
		if err != nil || !have {
			return nil, err
		}
		return c, nil
	}
	have, finding, err := l.read(ctx, c.Want)
	if err != nil {
		return nil, err
	}
	if finding != nil {
		return nil, ui.Errorf(finding.ID, ui.Refused, "%s: %s", plan.Clean(c.Title()), finding.What).With(finding.Fix)
	}
	now, _ := plan.One(c.Want, have, prune)
	return now, nil
}

// stillThere looks for a federation policy that is to go: nothing else is deleted whole.
func (l *Live) stillThere(ctx context.Context, o *plan.Object) (bool, error) {
	if err := l.list(ctx, o.ID); err != nil {
		return false, l.explain(o, "about", err)
	}
	for _, p := range l.policies[o.ID] {
		if p.Name == o.Name {
			return true, nil
		}
	}
	return false, nil
}

func (l *Live) write(ctx context.Context, c *plan.Change) (*Made, error) {
	switch c.Kind {
	case plan.Profile:
		return nil, l.writeProfile(ctx, c)
	case plan.Group, plan.ServicePrincipal:
		return nil, l.writePrincipal(ctx, c)
	case plan.Warehouses:
		return nil, l.writeWarehouses(ctx, c)
	case plan.Credential:
		return l.writeCredential(ctx, c)
	case plan.Grants:
		return nil, l.writeGrants(ctx, c)
	case plan.Federation:
		return nil, l.writePolicy(ctx, c)
	}
	return nil, nil
}
