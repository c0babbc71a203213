package accessmap

import (
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/policy"
)

// grants compares what a role may do with datasets. A role that was not narrowed to any may do no more by naming some.
func (c *comparison) grants(of string, before, after *Role) {
	was, is := before.unbounded(), after.unbounded()
	if is && !was {
		c.add(Widens, AboutRole, "%s: no session policy any more, so it may do all that %s may", of, identityAtAWS(after))
	}
	e, f := c.old.effective(before), c.next.effective(after)
	if !is {
		c.lifted(of, e.Datasets(), f.Datasets())
		c.allowed(of, was, statementsOf(e), statementsOf(f))
		c.allowed(of, was, managedIn(e), managedIn(f))
	}
	c.handled(of, before, after, f)
	if before.Unrestricted != after.Unrestricted {
		c.add(Differs, AboutRole, "%s: unrestricted: %v", of, after.Unrestricted)
	}
	for _, verb := range Verbs() {
		more, less := beyond(f.On(verb), e.On(verb)), beyond(e.On(verb), f.On(verb))
		switch {
		case len(more) > 0 && was:
			c.add(Narrows, AboutGrant, "%s: may %s nothing but %s", of, verb, strings.Join(c.next.Labels(more), ", "))
		case len(more) > 0:
			c.add(Widens, AboutGrant, "%s: may %s %s", of, verb, strings.Join(c.next.Labels(more), ", "))
		}
		if len(less) > 0 && !is {
			c.add(Narrows, AboutGrant, "%s: may no longer %s %s", of, verb, strings.Join(c.old.Labels(less), ", "))
		}
	}
}

// lifted tells of places that datasets denied to a role which no longer has these, but others that lie there. What a
// dataset itself no longer denies is told of the dataset.
func (c *comparison) lifted(of string, before, after []string) {
	lost := slices.DeleteFunc(beyond(before, after), func(name string) bool { return len(c.old.Datasets[name].Deny) == 0 })
	if len(lost) == 0 {
		return
	}
	var reached []Location
	for _, name := range after {
		reached = append(reached, c.next.Datasets[name].Locations...)
	}
	there, denied := policy.NewLocations(slices.Values(reached)), policy.NewLocations(slices.Values(c.next.denied(after)))
	for _, name := range lost {
		for _, was := range c.old.Datasets[name].Deny {
			if !denied.Hold(was) && there.Meet(was) {
				c.add(Widens, AboutGrant, "%s: %s is no longer denied to it, as dataset %s had it", of, was, name)
			}
		}
	}
}

// allowed compares what a role may do besides its grants on datasets.
func (c *comparison) allowed(of string, wasUnbounded bool, before, after []string) {
	for _, text := range beyond(after, before) {
		if wasUnbounded {
			c.add(Narrows, AboutGrant, "%s: may nothing but %s", of, text)
		} else {
			c.add(Widens, AboutGrant, "%s: may %s", of, text)
		}
	}
	for _, text := range beyond(before, after) {
		c.add(Narrows, AboutGrant, "%s: may no longer %s", of, text)
	}
}

// statementsOf are those of a role in words, each once.
func statementsOf(e *Effective) []string {
	var texts []string
	for _, s := range e.Statements {
		texts = append(texts, inWords(s))
	}
	return set(texts)
}

func inWords(s Statement) string {
	return strings.Join(s.Actions, ", ") + " on " + strings.Join(s.Resources, ", ")
}

func managedIn(e *Effective) []string {
	var texts []string
	for _, policy := range e.ManagedPolicies {
		texts = append(texts, "do what "+policy+" allows")
	}
	return texts
}
