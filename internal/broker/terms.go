package broker

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/credential"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// usualLife is what AWS gives where a request asks for no duration:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const usualLife = time.Hour

// termsOf are the terms on which the map gives a role: until when, and what its policy asks for the role's data, and how long an agent
// may have anything, "" for the person. recent is until
// when the sign-in is recent enough for that; zero for no end.
func termsOf(m *accessmap.Map, agent string, grant *accessmap.Grant, data accessmap.Sensitive, recent time.Time) credential.Terms {
	h := data.Handling
	most := h.MaxDuration
	if agent != "" {
		most = min(m.Agent(agent).MaxDuration, cmp.Or(most, credential.MaxLifeToken))
	}
	return credential.Terms{
		Until: grant.Until, MaxLife: most, NoCopies: h.Env == accessmap.Deny, NoAgents: h.Agents == accessmap.Deny,
		SignedIn: recent, Reasoned: h.Reason, Recorded: m.Audit.OnFailure == accessmap.Deny,
	}
}

// allowed returns nil if the terms let the request have anything, else which rule of the map's policy does not.
func (e *entitlement) allowed() error {
	r, reached := e.request, e.data.Words()
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

// reasonGiven returns nil if the request says what the credentials are for, or need not.
func (e *entitlement) reasonGiven() error {
	if !e.terms.Reasoned || e.request.Reason != "" {
		return nil
	}
	return ReasonRequired(e.request.Role, e.data.Words())
}

// ReasonRequired is the error of credentials for which the map's policy asks for a reason, where none is given. reached is the data
// that is why, as people see it.
func ReasonRequired(role, reached string) error {
	return ui.Errorf("reason-required", ui.Refused,
		"the role %s, which reaches %s, is given only with a reason, and none was said by --reason or DBXACCESS_REASON (policy: reason: required)", role, reached).
		With(ReasonCommand(role))
}

// ReasonCommand takes a role for a reason.
func ReasonCommand(role string) ui.Fix {
	return ui.Command("dbxaccess exec " + role + " --reason \"…\"")
}

// Reason is a reason as it is kept: cleaned, in one line. Usage where it says nothing, or more than fits.
func Reason(text string) (string, error) {
	text = strings.TrimSpace(ui.Clean(text))
	switch length := utf8.RuneCountInString(text); {
	case text == "":
		return "", ui.Errorf("reason-invalid", ui.Usage, "a reason that says nothing").With(ui.Advice("as in: --reason \"ticket 4711, rerun of the March report\""))
	case length > credential.MaxReason:
		return "", ui.Errorf("reason-invalid", ui.Usage, "a reason of %d characters, and %d fit", length, credential.MaxReason).With(ui.Advice("say it in fewer words"))
	}
	return text, nil
}

// ReasonVariable is where a reason stands for commands that are not told one by --reason.
const ReasonVariable = "DBXACCESS_REASON"

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

// lasting is the duration of a request that is made now: no more than is left of the grant, or of the time for which the sign-in is
// recent enough, as far as AWS can be asked for so little. The session policy has AWS keep to the end of a grant itself, and what is
// handed out ends then in any case.
func (o *order) lasting(now time.Time) time.Duration {
	asked, ends := o.binding.Duration, o.terms.Ends()
	if ends.IsZero() {
		return asked
	}
	left := ends.Sub(now)
	if left >= cmp.Or(asked, usualLife) {
		return asked
	}
	whole := left.Truncate(time.Second)
	if whole < left {
		whole += time.Second
	}
	return max(whole, iam.MinDuration)
}

// handOut is what was found as it is handed out, and the error beside it: nothing of terms that ended while it was asked for.
func (c *call) handOut(it *item, beside error) (*item, error) {
	role, now := c.request.Role, c.parts.Now()
	ended := func(at time.Time) bool { return !at.IsZero() && !now.Before(at) }
	switch terms := it.Terms[role]; {
	case ended(terms.Until):
		return nil, ui.Errorf("grant-ended", ui.NoSuchRole, "the role %s was given until a moment ago", role).With(ui.Command("dbxaccess roles --why"))
	case ended(terms.SignedIn):
		return nil, ui.Errorf("step-up-needed", ui.LoginNeeded, "%w", &access.StepUpError{
			Identity: c.request.Identity, Role: role, What: "the sign-in was recent enough for the role " + role + " until a moment ago",
		}).With(ui.Command("dbxaccess login --for " + role))
	}
	handed := it.For(role)
	again := credential.Again{Tally: it.Served(c.request).Name(), Must: it.Terms[role].Recorded}
	if handed.Credentials != nil {
		handed.Credentials.Again = again
	} else {
		handed.Token.Again = again
	}
	return handed, beside
}
