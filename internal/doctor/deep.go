package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// checkDeep tries, with one role, what dbxaccess builds on at AWS and has only ever been tried against doubles. It tells what
// AWS answered.
func (d *examination) checkDeep(ctx context.Context, g given, role string) {
	i := slices.IndexFunc(g.rows, func(row access.Row) bool { return row.Role == role && row.AtAWS })
	if i < 0 {
		d.skip("deep-skipped", role, "you can't take this role at AWS")
		return
	}
	defer d.Progress("narrowing the credentials of " + role)()
	got, err := g.broker.TryScoping(ctx, broker.Request{Identity: g.rows[i].Identity, Role: role})
	_, untried := errors.AsType[*broker.UntriedError](err)
	switch {
	case untried:
		d.add(failed(Skipped, "deep-skipped", role, "not checked: there are no working credentials of this role to narrow", err))
		return
	case broker.NotScoped(err):
		d.add(failed(Warning, "scoping-not-to-be-had", role, "AWS does not narrow its credentials by sts:GetScopedCredentials", err))
		return
	case err != nil:
		d.fault("scoping-failed", role, "its credentials can't be narrowed by sts:GetScopedCredentials", err)
		return
	case got.Before != got.After:
		d.add(Finding{
			ID: "scoping-session-differs", Subject: role, Status: Fault, What: "what was narrowed by sts:GetScopedCredentials belongs to another session",
			Why: "GetCallerIdentity says " + got.Before + " before and " + got.After + " after",
			Fix: ui.Advice("check AWS_ENDPOINT_URL_STS and the proxy: at AWS, the session stays the same"),
		})
		return
	}
	d.ok("scoping-works", role, fmt.Sprintf("AWS narrowed key %s to %s, %s by now, request %s; GetCallerIdentity knows the same session %s",
		got.AccessKeyID, got.Narrowed, ui.Count(got.Layers, "policy", "policies"), got.RequestID, got.After))
	if got.Again == nil {
		d.ok("scoping-again-allowed", role, "a session that was narrowed to other actions can be narrowed once more")
	} else {
		d.add(Finding{
			ID: "scoping-again-refused", Subject: role, Status: OK, Cause: ui.IDOf(got.Again),
			What: "a session whose policy does not allow sts:GetScopedCredentials can't be narrowed once more: " + got.Again.Error(),
		})
	}
	d.checkSessionOrigin(g, g.rows[i], got)
}

// checkSessionOrigin tells whether the session says who signed in, as a context provider has it.
func (d *examination) checkSessionOrigin(g given, row access.Row, got *broker.Scoping) {
	const undecided, key = "context-undecided", "aws:OriginIdentity/Subject"
	if got.Origin == nil {
		d.skip(undecided, row.Role, "the keys aws:OriginIdentity/… come from the context provider of an OIDC provider, at which people sign in")
		return
	}
	look := ui.Advice("look in CloudTrail, a quarter of an hour from now, at userIdentity of the events GetCallerIdentity with the access key " + got.AccessKeyID)
	switch o := got.Origin; {
	case o.Err != nil:
		f := failed(Skipped, undecided, row.Role, "it was not answered whether the session has the key "+key, o.Err)
		f.Fix = look
		d.add(f)
	case o.WherePresent && !o.WhereAbsent:
		d.ok("context-present", row.Role, "the session says who signed in: AWS let it act on the condition that it has the key "+key+", and refused the opposite")
	case o.WhereAbsent && !o.WherePresent:
		d.originAbsent(g, row, key)
	default:
		what := "AWS let the session act both on the condition that it has the key " + key + " and on the opposite: it does not ask for the permission"
		if !o.WherePresent {
			what = "AWS let the session act neither on the condition that it has the key " + key + " nor on the opposite"
		}
		d.add(Finding{ID: undecided, Subject: row.Role, Status: Skipped, What: what, Fix: look})
	}
}

func (d *examination) originAbsent(g given, row access.Row, key string) {
	f := Finding{
		ID: "context-absent", Subject: row.Role, Status: Warning, What: "the session does not say who signed in: it lacks the key " + key,
		Why: "the account's OIDC provider has no context provider, or none that names who signed in",
	}
	first := row.Role
	if hops, err := g.view.Map.Chain(row.Role, idp.OpenIDConnect); err == nil && len(hops) > 1 {
		first = hops[0].Role
		f.Why += "; or AWS does not hand the key on from role " + first + ": try that one"
	}
	f.Fix = append(ui.Advice("to set it as the map wants it, with an administrator's keys of the account:"), contextFix(g.view.Map, first, d.Now())...)
	d.add(f)
}

// contextFix sets the context provider of the one provider that a role's trust policy names; where it names several, map render has
// a command for each.
func contextFix(m *accessmap.Map, role string, now time.Time) ui.Fix {
	state, err := desired.Of(m, []string{role}, desired.Options{Now: now})
	if err != nil {
		return ui.Command("dbxaccess map trust " + ui.Word(role) + " --context") // which says what is wrong
	}
	for _, p := range state.Providers {
		if by, ok := state.RoleForContext(p.ARN); ok {
			return ui.Command(desired.ContextCommand(ui.Word(by), ""))
		}
	}
	return ui.Command("dbxaccess map render")
}
