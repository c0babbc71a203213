package accessmap

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
)

// sensitivePlaces is where the old map had data that is more sensitive than some rank, and which datasets of the next map reach some of it.
type sensitivePlaces struct {
	policy.Locations
	met map[string]bool // by dataset; what is not there has not been looked at
}

// handled tells of rules of the policy that no longer hold for a role, as the most sensitive data that it reaches is less sensitive
// than before: without a dataset that has its place within another, data stays where it was and only its rules go. Where the role
// reaches none of the data any more, nothing is lost. Rules that change for the same sensitivity are told of the policy.
func (c *comparison) handled(of string, before, after *Role, e *Effective) {
	had, has := rankOf(before.mostSensitive), rankOf(after.mostSensitive)
	if has >= had || after.AWS == nil && len(after.effectiveWorkspaces) == 0 {
		return
	}
	lost := c.loosened(had, has)
	if lost == "" {
		return
	}
	// The map does not know what data a workspace, a managed policy or a role that nothing narrows reaches.
	if len(after.effectiveWorkspaces) > 0 || after.unbounded() || len(e.ManagedPolicies) > 0 || reachS3(e.Statements) ||
		slices.ContainsFunc(e.Datasets(), func(name string) bool { return c.meets(has, c.next.Datasets[name]) }) {
		c.add(Widens, AboutRole, "%s: no longer held to %s, as for %s", of, lost, c.old.Label(before.mostSensitive.Name))
	}
}

// handledAt is handled for a dataset by itself, to which a role can be narrowed. What a lower sensitivity of its own does is told
// with that.
func (c *comparison) handledAt(of string, before, after *Dataset) {
	inner := before.reached()
	had, has := sensitivity(inner), sensitivity(after.reached())
	if has >= had || sensitivity(after) < sensitivity(before) {
		return
	}
	if lost := c.loosened(had, has); lost != "" && c.meets(has, after) {
		c.add(Widens, AboutDataset, "%s: no longer held to %s, as for %s", of, lost, c.old.Label(inner.Name))
	}
}

// rankOf is the sensitivity of a dataset that may be nil, which ranks lowest.
func rankOf(d *Dataset) int {
	if d == nil {
		return -1
	}
	return sensitivity(d)
}

// loosened are the rules of the old map for data of one rank that the next map does not have for data of another; "" for none.
func (c *comparison) loosened(had, has int) string {
	before, after := c.old.handlingAt(had), c.next.handlingAt(has)
	var lost []string
	for _, way := range ways(before, after) {
		if way.verdicts[0] == Deny && way.verdicts[1] != Deny {
			lost = append(lost, way.key+": deny")
		}
	}
	if longest(after.MaxDuration) > longest(before.MaxDuration) {
		lost = append(lost, "max_duration: "+Span(before.MaxDuration))
	}
	if !after.StepUp.implies(before.StepUp) {
		lost = append(lost, before.StepUp.Words())
	}
	if before.Reason && !after.Reason {
		lost = append(lost, "reason: required")
	}
	return strings.Join(lost, ", ")
}

// meets reports whether a dataset of the next map is where the old one had data of a higher rank. Each dataset is looked at once
// for each rank, however many roles have it.
func (c *comparison) meets(rank int, d *Dataset) bool {
	places := c.sensitive[rank]
	if places == nil {
		places = &sensitivePlaces{met: make(map[string]bool)}
		places.Locations = policy.NewLocations(func(yield func(Location) bool) {
			for _, was := range c.old.Datasets {
				for _, l := range was.Locations {
					if sensitivity(was) > rank && !yield(l) {
						return
					}
				}
			}
		})
		c.sensitive[rank] = places
	}
	met, known := places.met[d.Name]
	for i := 0; !known && !met && i < len(d.Locations); i++ {
		met = places.Meet(d.Locations[i])
	}
	places.met[d.Name] = met
	return met
}
