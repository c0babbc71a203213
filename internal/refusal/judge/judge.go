// Package judge says what the access map thinks of a refusal: whether it would have allowed what was refused, which role
// would, by which grant, and who can put it right.
//
// In comes a refusal as package refusal read it, and a map, which may be missing. Out come a verdict, reasons in words, and
// the next steps. The truth about a role is its compiled session policy, judged by IAM's own rules; grants are the reason
// that is told. It asks no server, and never says that the map allows what the compiled policy does not: where a text leaves
// open what was asked for, or who asked, the verdict is that it is not known.
package judge

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/refusal"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Verdict is what the map says.
type Verdict string

// The verdicts.
const (
	Allowed Verdict = "allowed-by-map" // the session policy of the role that was used allows it: something else refused
	Denied  Verdict = "denied-by-map"  // it does not, or no role's does
	Unknown Verdict = "unknown"        // the map can't tell
)

// Asker is who wants to know, and by which map.
type Asker struct {
	Map  *accessmap.Map // nil: without one
	Role string         // that was used, if the person says so; its name in the map
	Now  time.Time
	// Person is how the one who is signed in is called, for a grant in Unity Catalog; "" for nobody.
	Person string
	// Has are the roles that the person may take; nil where that is not known.
	Has []string
	// Agent is the coding agent that was refused, which has less than the person; "" for the person.
	Agent string
}

// Answer is what is said about a refusal. Its texts need not be clean.
type Answer struct {
	Verdict Verdict
	Used    string // role of the map whose credentials were refused, if it is one
	Role    string // role of the map that would allow it; "" for none
	Dataset string // of the resource
	Grant   string // by which Role would, as in "read churn, inherited from ml-reader"
	Contact string // who is asked about the map
	Map     string // what the map says, in words; "" without a map
	Why     []string
	Next    ui.Fix
}

// Of answers.
func Of(r refusal.Refusal, by Asker) Answer {
	c := newCase(r, by)
	a := Answer{Verdict: Unknown}
	if by.Map != nil {
		a.Contact = by.Map.Contact
		c.judge(&a)
	}
	a.Why = c.reasons(&a)
	a.Next = c.next(&a)
	return a
}

// inquiry is a refusal on its way to an answer.
type inquiry struct {
	refusal.Refusal
	Asker
	verb  string // of the map; "" for what none gives
	place place
	used  []string // roles of the map that the principal may be, sorted

	agents bool // the person may, and the agent that works for them may not

	people, workloads map[string]bool // roles that these are given
}

func newCase(r refusal.Refusal, by Asker) *inquiry {
	c := &inquiry{Refusal: r, Asker: by, verb: verbOf(r), place: placeOf(r)}
	if by.Map != nil {
		if role := by.Map.Roles[by.Role]; c.place.kind == nowhere && strings.HasPrefix(r.Action, "sts:AssumeRole") && role != nil && role.AWS != nil && role.AWS.RoleARN != "" {
			c.place = place{kind: ofRole, arn: role.AWS.RoleARN}
		}
		c.used = c.rolesOf(r.Principal)
		c.people, c.workloads = by.Map.Takers(by.Now)
	}
	return c
}

// judge finds the verdict, the role that would allow it, and what the map has to say.
func (c *inquiry) judge(a *Answer) {
	if c.Kind == refusal.NotAuthorisation || c.Kind == refusal.Databricks { // Unity Catalog decides for itself
		return
	}
	at := c.datasetsAt()
	if len(at) > 0 {
		a.Dataset = at[0].name
	}
	able, idle := c.able(at)
	if len(able) > 0 {
		a.Role = able[0]
		a.Grant = c.grantOf(a.Role, at)
	}
	switch {
	case len(c.used) > 0:
		c.judgeUsed(a, at)
	case c.Principal != "" && c.Principal != refusal.Anonymous:
		a.Map = "no role of the map: " + c.Principal + " is none of those that it names"
	case c.Action == "" || c.place.kind == nowhere:
	case strings.HasPrefix(c.Action, "sts:AssumeRole") && c.assumed() != "":
		a.Map = "names it as the IAM role of " + c.assumed() + "; whom it trusts is set at AWS"
	case len(able) > 0:
		a.Map = "would allow it to " + someOf(able)
		if others := c.unable(); others != "" {
			a.Map += ", not to " + others
		}
	case c.verb == "" && c.Service() != "s3" && c.Service() != "kms":
		a.Map = "is about datasets, and says nothing about " + c.Action
	case c.open():
	case len(idle) > 0:
		a.Verdict = Denied
		a.Map = "would allow it to " + someOf(idle) + ", which nobody is given"
	default:
		a.Verdict = Denied
		a.Map = c.noRole(at)
	}
}

// judgeUsed is the verdict about the role that was used. Several roles of a map may have one ARN; where these differ, it is
// not known.
func (c *inquiry) judgeUsed(a *Answer, at []match) {
	by := map[said][]string{}
	for _, role := range c.used {
		what := c.policyAllows(role)
		by[what] = append(by[what], role)
	}
	allowing, denying := by[yes], by[no]
	a.Used = c.used[0]
	switch {
	case len(by[unnarrowed]) == len(c.used):
		a.Map = "does not narrow " + a.Used + ": all that its IAM role may do is allowed"
		a.Verdict = Allowed
	case len(by[maybe]) > 0 && len(allowing) == 0:
		a.Used = by[maybe][0]
		a.Map = "can't tell: what the managed policies of " + a.Used + " allow, AWS knows"
	case len(allowing) > 0 && len(denying) > 0:
		a.Map = fmt.Sprintf("allows it to %s and not to %s, which are the same role at AWS", someOf(allowing), someOf(denying))
	case len(allowing) > 0:
		a.Verdict, a.Used, a.Role = Allowed, allowing[0], allowing[0]
		a.Grant = c.grantOf(a.Role, at)
		a.Map = "allows it to " + a.Used
		if a.Grant != "" {
			a.Map += ": " + a.Grant
		}
	case len(denying) > 0 && c.open() && len(c.listable(denying[0])) > 0:
		a.Used = denying[0]
		a.Map = fmt.Sprintf("lets %s list %s and below, and the text does not say what was listed", a.Used, strings.Join(c.listable(a.Used), ", "))
	case len(denying) > 0 && c.place.kind == nowhere && c.verb != "":
		a.Used = denying[0]
		a.Map = "can't tell whether it allows it to " + a.Used + ": the text does not say on what"
	case len(denying) > 0:
		a.Verdict, a.Used = Denied, denying[0]
		theirs := c.notForAgents(denying[0])
		a.Map, c.agents = cmp.Or(theirs, c.whyNot(denying[0], at)), theirs != ""
	}
}

// open reports whether the text leaves open what was listed: a listing is allowed or not by its prefix.
func (c *inquiry) open() bool {
	return c.Action == "s3:ListBucket" && c.Prefix == "" && c.Operation != "HeadBucket" && c.place.kind == inBucket && len(c.placesIn(c.place.bucket)) > 0
}

// someOf names the first few roles.
func someOf(roles []string) string {
	const most = 3
	if len(roles) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(roles[:most], ", "), len(roles)-most)
	}
	return strings.Join(roles, ", ")
}
