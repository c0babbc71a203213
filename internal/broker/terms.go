package broker

import (
	"cmp"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// usualLife is what AWS gives where a request asks for no duration:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const usualLife = time.Hour

// termsOf are the terms on which the map gives a role: until when, and what its policy asks for the role's data.
func termsOf(grant *accessmap.Grant, data accessmap.Sensitive) credential.Terms {
	h := data.Handling
	return credential.Terms{
		Until: grant.Until, MaxLife: h.MaxDuration, NoCopies: h.Env == accessmap.Deny, NoAgents: h.Agents == accessmap.Deny,
	}
}

// allowed returns nil if the terms let the request have anything, else which rule of the map's policy does not.
func (e *entitlement) allowed(data accessmap.Sensitive) error {
	r, reached := e.request, data.Words()
	switch {
	case e.terms.Allow(r):
		return nil
	case e.terms.NoAgents && r.Agent != "":
		return ui.Errorf("agents-denied", ui.Refused, "the coding agent %s asks for the role %s, which reaches %s: the access map keeps that from agents (policy: agents: deny)",
			ui.Clean(r.Agent), r.Role, reached).
			With(ui.Advice("run this yourself, in a terminal of your own", "or have the agent take a role without such data; to be given one, ask "+access.Contact(e.m)))
	}
	return EnvDenied(r.Role, reached)
}

// EnvDenied is the error of credentials that would be printed or put into variables, where the map's policy keeps those of a role
// from that. reached is the data that is why, as people see it; "" where only that is known.
func EnvDenied(role, reached string) error {
	of := "the role " + role
	if reached != "" {
		of += ", which reaches " + reached + ","
	}
	return ui.Errorf("env-denied", ui.Refused, "the access map keeps the credentials of %s from being printed or put into variables (policy: env: deny)", of).
		With(ui.Command("dbxaccess exec "+role), ui.Advice("that runs a shell, or the program that you name behind --, and renews what it is served"))
}

// duration is how long AWS is asked to have the role's credentials live, by the map: no longer than its policy lets data of that
// kind. 0 leaves it to AWS.
func (e *entitlement) duration() time.Duration {
	most := e.terms.MaxLife
	if most == 0 || e.role.Duration == 0 && most >= usualLife {
		return e.role.Duration
	}
	return min(cmp.Or(e.role.Duration, usualLife), most)
}

// lasting is the duration of a request that is made now: no more than is left of the grant, as far as AWS can be asked for so
// little. The session policy has AWS keep to the end itself, and what is handed out ends then in any case.
func (o *order) lasting(now time.Time) time.Duration {
	asked := o.binding.Duration
	if o.terms.Until.IsZero() {
		return asked
	}
	left := o.terms.Until.Sub(now)
	if left >= cmp.Or(asked, usualLife) {
		return asked
	}
	whole := left.Truncate(time.Second)
	if whole < left {
		whole += time.Second
	}
	return max(whole, iam.MinDuration)
}

// handOut is what was found as it is handed out, and the error beside it: nothing of a grant that ended while it was asked for.
func (c *call) handOut(it *item, beside error) (*item, error) {
	role := c.request.Role
	if until := it.Terms[role].Until; !until.IsZero() && !c.parts.Now().Before(until) {
		return nil, ui.Errorf("grant-ended", ui.NoSuchRole, "the role %s was given until a moment ago", role).With(ui.Command("dbxaccess roles --why"))
	}
	return it.For(role), beside
}
