package accessmap

import (
	"maps"
	"strings"
	"time"
)

// rules compares who is given what, and until when.
func (c *comparison) rules(of string, before, after map[string]ruling) {
	for _, key := range union(maps.Keys(before), maps.Keys(after)) {
		topic := AboutRule
		if after[key].all {
			topic = AboutEverybody
		}
		had, has := byRole(before[key].given), byRole(after[key].given)
		var more, less []string
		for _, role := range union(maps.Keys(had), maps.Keys(has)) {
			was, gave := had[role]
			is, gives := has[role]
			switch {
			case !gave:
				more = append(more, is.words())
			case !gives:
				less = append(less, role)
			default:
				c.ends(topic, of+": "+after[key].who, was, is)
			}
		}
		if len(more) > 0 {
			c.add(Widens, topic, "%s: %s may now take %s", of, after[key].who, strings.Join(more, ", "))
		}
		if len(less) > 0 {
			c.add(Narrows, AboutRule, "%s: %s may no longer take %s", of, before[key].who, strings.Join(less, ", "))
		}
	}
}

func byRole(list []Given) map[string]Given {
	byRole := make(map[string]Given, len(list))
	for _, g := range list {
		byRole[g.Role] = g
	}
	return byRole
}

// ends compares until when a rule gives a role, and why. Whether an end has come does not count: what a map says is the same
// on any day.
func (c *comparison) ends(topic Topic, who string, was, is Given) {
	words := func(end time.Time) string {
		if end.IsZero() {
			return "without an end"
		}
		return "until " + Until(end)
	}
	switch {
	case was.Until.Equal(is.Until):
	case later(was.Until, is.Until).Equal(is.Until):
		c.add(Widens, topic, "%s may take %s %s (it was %s)", who, is.Role, words(is.Until), words(was.Until))
	default:
		c.add(Narrows, AboutRule, "%s may take %s %s (it was %s)", who, is.Role, words(is.Until), words(was.Until))
	}
	c.value(Differs, AboutRule, who, "reason for "+is.Role, was.Reason, is.Reason)
}
