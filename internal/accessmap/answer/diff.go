package answer

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Difference is what one version of a map does otherwise than another. Its JSON is the contract of `map diff -o json`.
type Difference struct {
	Widens  bool     `json:"widens"` // some change does
	Asks    bool     `json:"asks"`   // people who agreed to the old version are asked before the next is used
	Changes []Change `json:"changes"`
}

// AboutPeople is the topic of what people and workloads gain and lose; the others are those of accessmap.Change.
const AboutPeople accessmap.Topic = "people"

// Change is one difference. Those about people come first: what they gain before what they lose.
type Change struct {
	Effect accessmap.Effect `json:"effect"`
	Topic  accessmap.Topic  `json:"topic"`
	Text   string           `json:"text"`            // one line, free of control characters
	Asked  bool             `json:"asked,omitempty"` // people have to agree to it, as accessmap.Change.Asks has it; never of those about people

	// Of a change about people: whom it is about, and what they gain or lose: a dataset, all that an IAM role may, what a statement
	// or a managed policy allows, or a workspace.
	Subject     *Giver     `json:"subject,omitempty"`
	Actions     []string   `json:"actions,omitempty"`
	Dataset     string     `json:"dataset,omitempty"`
	Sensitivity string     `json:"sensitivity,omitempty"`
	Locations   []string   `json:"locations,omitempty"`
	Kept        []string   `json:"kept,omitempty"`    // parts of these that both versions give
	Except      []string   `json:"except,omitempty"`  // parts of these that are denied
	AWS         string     `json:"aws,omitempty"`     // the IAM role or permission set that nothing narrows
	Further     string     `json:"further,omitempty"` // what a statement or a managed policy allows
	Workspace   string     `json:"workspace,omitempty"`
	Roles       []string   `json:"roles,omitempty"` // through which
	Until       *time.Time `json:"ends_at,omitempty"`

	longer bool // only the time has changed
}

// Diff tells what next does otherwise than old: what people and workloads gain and lose by it, wherever that comes from, and
// every change of the map itself, as accessmap.Changes has it. What a group gains is told by places in S3 and not by names: a
// dataset that was merely renamed gives nobody anything, and where nobody gains anything, grants of datasets to roles merely differ.
// People are asked to agree to these all the same, since what is asked does not depend on the day: that is Asked.
// now decides which rules have ended.
//
// What is too much to be compared is one change more, which widens.
func Diff(old, next *accessmap.Map, now time.Time) *Difference {
	// Maps are only read, so both halves can be worked out side by side.
	ofMap := make(chan []accessmap.Change, 1)
	go func() { ofMap <- accessmap.Changes(old, next) }()
	before, after := newSide(old, now), newSide(next, now)
	left := &budget{maxWork}
	d := &Difference{Changes: []Change{}}
	var gains, losses []Change
	complete := true
	unchanged := accessmap.Unchanged(old, next)
	for _, s := range subjects(before, after) {
		rolesBefore, rolesAfter := s.roles(before, left), s.roles(after, left)
		if left.left >= 0 && maps.EqualFunc(rolesBefore, rolesAfter, time.Time.Equal) && allOf(rolesAfter, unchanged) {
			continue
		}
		was, is := s.has(before, rolesBefore, left), s.has(after, rolesAfter, left)
		if left.left >= 0 && !same(was, is) {
			gains = append(gains, s.beyond(is, was, accessmap.Widens, left)...)
			losses = append(losses, s.beyond(was, is, accessmap.Narrows, left)...)
		}
		if left.left < 0 {
			complete = false
			gains = append(gains, Change{
				Effect: accessmap.Widens, Topic: AboutPeople,
				Text: "the maps give too much to be compared, so not all that people gain and lose is told here",
			})
			break
		}
	}
	d.Changes = append(append(d.Changes, gains...), losses...)
	for _, c := range <-ofMap {
		asked := c.Asks()
		if complete && len(gains) == 0 && c.Topic == accessmap.AboutGrant && c.Effect == accessmap.Widens {
			c.Effect = accessmap.Differs // it gives nobody anything
		}
		d.Changes = append(d.Changes, Change{Effect: c.Effect, Topic: c.Topic, Text: c.Text, Asked: asked})
		d.Asks = d.Asks || asked
	}
	d.Widens = slices.ContainsFunc(d.Changes, func(c Change) bool { return c.Effect == accessmap.Widens })
	return d
}

// allOf reports whether something holds for all roles.
func allOf(roles map[string]time.Time, holds func(role string) bool) bool {
	for role := range roles {
		if !holds(role) {
			return false
		}
	}
	return true
}

// same reports what needs no closer look: the same roles for as long, with the same assets.
func same(was, is []held) bool {
	return slices.EqualFunc(was, is, func(a, b held) bool {
		return a.role == b.role && a.until.Equal(b.until) && slices.EqualFunc(a.assets, b.assets, asset.equal)
	})
}

// beyond tells what of some holdings is not in others.
func (s subject) beyond(some, others []held, effect accessmap.Effect, left *budget) []Change {
	known := newLedger(others, left)
	longest := make(map[string]time.Time) // what several roles give is told of those that give it for longest
	for _, h := range some {
		for _, a := range h.assets {
			keepLatest(longest, a.key(), h.until)
		}
	}
	rows := make(map[string]*Change)
	var list []*Change
	for _, h := range some {
		for _, a := range h.assets {
			if !longest[a.key()].Equal(h.until) {
				continue
			}
			g := known.missing(a, h.until)
			if g == nil || !left.spend(lineWork) {
				continue
			}
			c := s.change(a, h, g, effect)
			key := strings.Join(append([]string{c.Dataset, c.AWS, c.Further, c.Workspace, h.until.String()}, slices.Concat(c.Locations, c.Kept, c.Except)...), "\x00")
			if rows[key] == nil {
				rows[key] = &c
				list = append(list, &c)
			}
			rows[key].with(a.verb, h.role)
		}
	}
	changes := make([]Change, len(list))
	for n, c := range list {
		c.Text = ui.Clean(c.words())
		changes[n] = *c
	}
	return changes
}

func (s subject) change(a asset, h held, g *gap, effect accessmap.Effect) Change {
	about := giver{rule: s.rule}.shown()
	c := Change{
		Effect: effect, Topic: AboutPeople, Subject: &about, Dataset: a.dataset, Sensitivity: a.sensitivity, Workspace: a.workspace, Further: a.further,
		Locations: texts(g.places), Kept: texts(g.kept), Except: texts(g.except(a)), longer: g.longer,
	}
	if a.verb == "" && a.workspace == "" && a.further == "" {
		c.AWS = a.aws
	}
	if !h.until.IsZero() {
		c.Until = &h.until
	}
	return c
}

// with adds a verb and a role to a change that is the same for them.
func (c *Change) with(verb, role string) {
	if verb != "" && !slices.Contains(c.Actions, verb) {
		c.Actions = append(c.Actions, verb)
	}
	if !slices.Contains(c.Roles, role) {
		c.Roles = append(c.Roles, role)
	}
}

// words make a sentence of a change about people.
func (c *Change) words() string {
	may := " may now "
	switch {
	case c.longer && c.Effect == accessmap.Widens:
		may = " may for longer "
	case c.longer:
		may = " may not as long as before "
	case c.Effect == accessmap.Narrows:
		may = " may no longer "
	}
	what := "work in workspace " + c.Workspace
	switch {
	case c.Dataset != "":
		what = ui.And(c.Actions) + " " + accessmap.Label(c.Dataset, c.Sensitivity) + ", " + ui.And(c.Locations) + except(c.Except)
		if len(c.Kept) > 0 {
			what += map[accessmap.Effect]string{accessmap.Widens: " (so far ", accessmap.Narrows: " (but still "}[c.Effect] + ui.And(c.Kept) + ")"
		}
	case c.AWS != "":
		what = "do all that " + c.AWS + " may, which nothing narrows"
	case c.Further != "":
		what = "do " + c.Further
	}
	text := c.Subject.Who + " of " + c.Subject.Identity + may + what + ", through " + ui.And(c.Roles)
	if c.Until != nil && c.Effect == accessmap.Widens {
		text += ", until " + accessmap.Until(*c.Until)
	}
	return text
}
