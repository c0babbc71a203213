package answer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// asset is one thing that a role lets one do: a verb at a place in S3, what a statement or a managed policy allows, all that an IAM role
// may, or work in a workspace. It is compared by places, ARNs and hosts; the names of datasets and workspaces only tell of it.
type asset struct {
	aws string // who the role is at AWS; "" for a workspace

	verb                 string // "" for the others
	place                accessmap.Location
	denied               []accessmap.Location // what of the place the role is denied, sorted
	dataset, sensitivity string

	further string // what a statement or a managed policy allows, in words

	workspace, host string // host with who one is there
}

func (a asset) equal(b asset) bool {
	return a.aws == b.aws && a.verb == b.verb && a.place == b.place && slices.Equal(a.denied, b.denied) && a.further == b.further && a.host == b.host
}

// work is what a look at an asset takes: it is told apart and compared by all that it says.
func (a asset) work() int { return textWork(len(a.further)) + len(a.denied) }

// assetsOf are those of a role that someone is given. Nil where the budget is spent.
func (s *side) assetsOf(name string, left *budget) []asset {
	if all, known := s.assets[name]; known {
		return all
	}
	role, err := s.m.Effective(name)
	if err != nil { // Parse sees to it that there is one
		return nil
	}
	var all []asset
	if role.AtAWS {
		aws := cmp.Or(role.RoleARN, "permission set "+role.RoleName+" in account "+role.AccountID)
		if s.m.Unbounded(name) {
			all = append(all, asset{aws: aws})
		}
		denied := s.deniedTo(role)
		for _, further := range furtherOf(role, denied, left) {
			all = append(all, asset{aws: aws, further: further})
		}
		if left.left < 0 {
			return nil
		}
		for _, verb := range accessmap.Verbs() {
			for _, dataset := range role.On(verb) {
				d := s.m.Datasets[dataset]
				for _, place := range d.Locations {
					if !left.spend(1 + len(denied)) {
						return nil
					}
					if !covered(place, denied) {
						all = append(all, asset{
							aws: aws, verb: verb, place: place, denied: meeting(denied, place), dataset: d.Name, sensitivity: d.Sensitivity,
						})
					}
				}
			}
		}
	}
	as := cmp.Or(role.ServicePrincipal, "themselves")
	for _, w := range role.Workplaces {
		all = append(all, asset{workspace: w.Name, host: strings.Join([]string{w.Host, w.AccountID, w.WorkspaceID, as}, " ")})
	}
	s.assets[name] = all
	return all
}

// furtherOf is what a role may besides its grants, in words, with the places that it is denied even so. What is beyond the budget is
// left out, which then is overspent.
func furtherOf(role *accessmap.Effective, denied []accessmap.Location, left *budget) (further []string) {
	for _, statement := range role.Statements {
		var exceptions []string // by resource: they are the same for every action of S3
		if slices.ContainsFunc(statement.Actions, func(action string) bool { return verbOf(action) != "" }) {
			for _, resource := range statement.Resources {
				var within []accessmap.Location
				for _, place := range denied {
					if touches(resource, place, left) {
						within = append(within, place)
					}
				}
				if left.left < 0 {
					return nil
				}
				exceptions = append(exceptions, except(texts(within)))
			}
		}
		for _, action := range statement.Actions {
			onS3 := verbOf(action) != ""
			for n, resource := range statement.Resources {
				line, exception := action+" on "+resource, ""
				if onS3 {
					exception = exceptions[n]
				}
				if !left.spend(textWork(len(line) + len(exception))) {
					return nil
				}
				further = append(further, line+exception)
			}
		}
	}
	if len(role.ManagedPolicies) == 0 {
		return further
	}
	exception := except(texts(denied))
	for _, policy := range role.ManagedPolicies {
		if !left.spend(textWork(len(policy) + len(exception))) {
			return nil
		}
		further = append(further, "what the managed policy "+policy+" allows"+exception)
	}
	return further
}

// except says which places are taken out; "" for none.
func except(places []string) string {
	if len(places) == 0 {
		return ""
	}
	return ", except in " + ui.And(places)
}

// deniedTo are the places that a role is denied by any of its datasets.
func (x *Index) deniedTo(role *accessmap.Effective) []accessmap.Location {
	var denied []accessmap.Location
	for _, dataset := range role.Datasets() {
		denied = append(denied, x.m.Datasets[dataset].Deny...)
	}
	return union(denied, nil)
}

// meeting are those of some places that have anything in common with one.
func meeting(places []accessmap.Location, with accessmap.Location) []accessmap.Location {
	return slices.DeleteFunc(slices.Clone(places), func(place accessmap.Location) bool { return !place.Meets(with) })
}

// ledger is what one version gives a subject, made ready to be asked what is missing in it.
type ledger struct {
	places map[string][]entry   // verb and bucket to what is held there
	others map[string]time.Time // the rest, by key
	left   *budget
}

type entry struct {
	asset
	until time.Time
}

func newLedger(has []held, left *budget) *ledger {
	l := &ledger{places: make(map[string][]entry), others: make(map[string]time.Time), left: left}
	for _, h := range has {
		for _, a := range h.assets {
			if a.verb != "" {
				key := a.verb + " " + a.place.Bucket
				l.places[key] = append(l.places[key], entry{a, h.until})
			} else {
				keepLatest(l.others, a.key(), h.until)
			}
		}
	}
	return l
}

// key tells assets apart: a verb at a place is the same through whichever role. That of all an IAM role may is the role alone.
func (a asset) key() string {
	if a.verb != "" {
		return strings.Join(append(texts(a.denied), a.verb, a.place.String()), "\x00")
	}
	return strings.Join([]string{a.aws, a.further, a.host}, "\x00")
}

func keepLatest(ends map[string]time.Time, key string, until time.Time) {
	if before, known := ends[key]; !known || !lasts(before, until) {
		ends[key] = until
	}
}

// lasts reports whether what ends at one time, or never, is there until another.
func lasts(until, needed time.Time) bool {
	return until.IsZero() || !needed.IsZero() && !until.Before(needed)
}

// gap is what of an asset, held until some time, is not in a ledger.
type gap struct {
	places []accessmap.Location // of an asset in S3
	kept   []accessmap.Location // parts of these that are there
	longer bool                 // all of it is there, but not for so long
}

// except is what of the gap the asset denies.
func (g *gap) except(a asset) []accessmap.Location {
	return slices.DeleteFunc(slices.Clone(a.denied), func(place accessmap.Location) bool { return !covered(place, g.places) })
}

// missing returns the gap; nil where there is none.
func (l *ledger) missing(a asset, until time.Time) *gap {
	g := l.lacks(a, until, true)
	if g != nil && l.lacks(a, until, false) == nil {
		g.longer = true
	}
	return g
}

// lacks is missing without longer; whether it is there for as long only counts where timed.
func (l *ledger) lacks(a asset, until time.Time, timed bool) *gap {
	enough := func(end time.Time, known bool) bool { return known && (!timed || lasts(end, until)) }
	if end, known := l.others[asset{aws: a.aws}.key()]; a.host == "" && enough(end, known) { // all that the IAM role may
		return nil
	}
	if a.verb == "" {
		if end, known := l.others[a.key()]; enough(end, known) {
			return nil
		}
		return &gap{}
	}
	g := &gap{places: []accessmap.Location{a.place}}
	for _, e := range l.places[a.verb+" "+a.place.Bucket] {
		if !l.left.spend(1 + len(e.denied)) {
			return g
		}
		switch {
		case !enough(e.until, true):
		case e.place.Holds(a.place):
			// What was denied there, and is not any more.
			opened := slices.DeleteFunc(meeting(e.denied, a.place), func(place accessmap.Location) bool { return covered(place, a.denied) })
			if len(opened) == 0 {
				return nil
			}
			g.places, g.kept = opened, nil
		case a.place.Holds(e.place):
			g.kept = union(g.kept, []accessmap.Location{e.place})
		}
	}
	return g
}
