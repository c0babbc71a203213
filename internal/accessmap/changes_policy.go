package accessmap

import "time"

// policy compares what is asked of who uses data, as it holds for each sensitivity: a rule that says what another already does
// changes nothing.
func (c *comparison) policy() {
	for rank, name := range sensitivities() {
		of := name + " data"
		before, after := c.old.handlingAt(rank), c.next.handlingAt(rank)
		effect := Narrows
		if longest(after.MaxDuration) > longest(before.MaxDuration) {
			effect = Widens
		}
		c.value(effect, AboutDataset, of, "max_duration", Span(before.MaxDuration), Span(after.MaxDuration))
		for _, way := range ways(before, after) {
			switch was, is := way.verdicts[0] == Deny, way.verdicts[1] == Deny; {
			case is && !was:
				c.add(Narrows, AboutDataset, "%s: %s is denied", of, way.key)
			case was && !is:
				c.add(Widens, AboutDataset, "%s: %s is no longer denied", of, way.key)
			}
		}
		c.stepUp(of, before, after)
	}
}

// stepUp compares what the sign-in has to prove, and whether a reason is asked for.
func (c *comparison) stepUp(of string, before, after Handling) {
	was, is := before.StepUp, after.StepUp
	for _, rule := range []struct {
		key     string
		was, is StepUp // each by itself
	}{
		{"max_auth_age", StepUp{MaxAge: was.MaxAge}, StepUp{MaxAge: is.MaxAge}},
		{"acr", StepUp{ACR: was.ACR}, StepUp{ACR: is.ACR}},
		{"amr", StepUp{AMR: was.AMR}, StepUp{AMR: is.AMR}},
	} {
		effect := Widens
		if rule.is.implies(rule.was) {
			effect = Narrows
		}
		if !rule.is.implies(rule.was) || !rule.was.implies(rule.is) { // another order of the same is no change
			c.value(effect, AboutDataset, of, rule.key, rule.was.values(), rule.is.values())
		}
	}
	switch {
	case after.Reason && !before.Reason:
		c.add(Narrows, AboutDataset, "%s: a reason is required", of)
	case before.Reason && !after.Reason:
		c.add(Widens, AboutDataset, "%s: a reason is no longer required", of)
	}
}

// longest is how long credentials may live where a rule says so, or at all.
func longest(d time.Duration) time.Duration {
	if d == 0 {
		return 1<<63 - 1
	}
	return d
}
