package request

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Letter is what the people who look after the map are told.
type Letter struct {
	To     string // the map's contact
	Who    string // "" where it is not known
	Groups []string
	Map    string // which map a patch is for
	Why    string // "" for a line to be filled in
	Until  string // when it ends, or might
	NoWay  string // what is told where there is no way; "" for that the map has none
}

// Wanted says what is asked for, as in "read and write dataset churn (confidential)".
func (a Ask) Wanted(m *accessmap.Map) string {
	if a.Role != "" {
		return "take the role " + a.Role
	}
	return ui.And(a.Actions) + " dataset " + m.Label(a.Dataset)
}

// end is when what is asked for is to end: as it was asked, else after 90 days, or after 30 where it is restricted data.
func (a Ask) end(m *accessmap.Map) time.Time {
	if !a.Until.IsZero() {
		return a.Until
	}
	days := 90
	var datasets []string
	if e, err := m.Effective(a.Role); err == nil {
		datasets = e.Datasets()
	}
	for _, name := range append(datasets, a.Dataset) {
		if d := m.Datasets[name]; d != nil && d.Sensitivity == accessmap.Restricted {
			days = 30
		}
	}
	return a.Now.UTC().Truncate(24*time.Hour).AddDate(0, 0, days+1) // the last day is whole
}

// End says when what is asked for ends, or might, and where the best of its ways has no end.
func (a Ask) End(m *accessmap.Map, ways []Way) string {
	day := accessmap.Until(a.end(m))
	if !a.Until.IsZero() {
		return day
	}
	proposed := day + " (or sooner, if that is enough)"
	endless := "has no end; --until " + day + " writes one"
	switch best := Best(ways); {
	case best.Kind == "" || !best.Ended.IsZero():
		return proposed
	case best.Kind == Grant:
		endless = "has no end: a grant to a role can't have one"
	}
	if ways[0].Kind == Membership {
		return proposed + "; the change of the map " + endless
	}
	return "(this change " + endless + ")"
}

// Words says what a way takes, in one clause.
func (w Way) Words() string {
	switch w.Kind {
	case Membership:
		return fmt.Sprintf("%s gives the role %s (identity %s)", w.Needs, w.Role, w.Identity)
	case Rule:
		if !w.Ended.IsZero() {
			return fmt.Sprintf("%s had the role %s until %s: extend it to %s (identity %s)",
				w.Needs, w.Role, accessmap.Until(w.Ended), accessmap.Until(w.edits[0].until), w.Identity)
		}
		return fmt.Sprintf("%s gets the role %s too (identity %s)", w.Needs, w.Role, w.Identity)
	}
	return fmt.Sprintf("the role %s may %s %s too", w.Role, strings.Join(w.Adds(), " and "), w.edits[0].item)
}

// Best is the change of the map that brings the least, whose patch a message has; zero where there are memberships alone.
func Best(ways []Way) Way {
	for _, way := range ways {
		if way.Kind != Membership {
			return way
		}
	}
	return Way{}
}

// mostChanges bounds how many of a way's changes are told in a text.
const mostChanges = 6

// Text is a text to be sent to who looks after the map: who, what, why, until when, how. It ends with the patch of the best change,
// which git apply finds in it. All but the patch is cleaned and in lines that are not folded.
func (l Letter) Text(wanted string, ways []Way) string {
	var b strings.Builder
	line := func(name, text string) { fmt.Fprintf(&b, "%-7s%s\n", name, ui.Clean(text)) }
	line("To:", l.To)
	who := cmp.Or(l.Who, "(your name)")
	if len(l.Groups) > 0 {
		who += ", in the groups " + firstOf(l.Groups)
	}
	line("Who:", who)
	line("What:", "to "+wanted)
	line("Why:", cmp.Or(l.Why, "(what you need it for)"))
	line("Until:", l.Until)
	const most = 3
	name, patch := "How:", ""
	for i, way := range slices.DeleteFunc(slices.Clone(ways), func(w Way) bool { return w.Kind != Membership }) {
		if i < most {
			line(name, way.Words()+"; the map stays as it is")
			name = "or:"
		}
	}
	if way := Best(ways); way.Kind != "" {
		line(name, way.Words())
		for i, c := range way.Changes {
			if i == mostChanges {
				line("", fmt.Sprintf("and %d more changes", len(way.Changes)-i))
				break
			}
			line("", string(c.Effect)+": "+c.Text)
		}
		patch = way.Patch
	} else if name == "How:" {
		line(name, cmp.Or(l.NoWay, "the map has no role for it that could be given as it is"))
	}
	line("Map:", l.Map)
	if patch != "" {
		b.WriteString("\n" + patch)
	}
	return b.String()
}

// firstOf names the first few of many groups.
func firstOf(groups []string) string {
	const most = 8
	var quoted []string
	for _, group := range groups[:min(len(groups), most)] {
		quoted = append(quoted, ui.Named(group))
	}
	if more := len(groups) - most; more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}
