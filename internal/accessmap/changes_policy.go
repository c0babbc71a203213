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
		c.value(effect, AboutDataset, of, "max_duration", span(before.MaxDuration), span(after.MaxDuration))
		for _, way := range ways(before, after) {
			switch was, is := way.verdicts[0] == Deny, way.verdicts[1] == Deny; {
			case is && !was:
				c.add(Narrows, AboutDataset, "%s: %s is denied", of, way.key)
			case was && !is:
				c.add(Widens, AboutDataset, "%s: %s is no longer denied", of, way.key)
			}
		}
	}
}

// longest is how long credentials may live where a rule says so, or at all.
func longest(d time.Duration) time.Duration {
	if d == 0 {
		return 1<<63 - 1
	}
	return d
}
