package broker

import (
	"context"
	"encoding/json"
	"time"
)

// runsNote is the note of which items belong to runs: each run has its own, nobody asks for them once it is over, and a keyring with
// room for all of them would grow until the next sign-in.
const runsNote = "items of runs"

const (
	// maxRuns bounds the note. What no longer fits into it stays in the keyring until someone signs in or out.
	maxRuns = 512
	// maxForgotten bounds what one renewal removes, as each takes a moment.
	maxForgotten = 8
)

// runItem is one item of a run.
type runItem struct {
	Key  string    `json:"key"`
	Ends time.Time `json:"ends"`
}

// forgetRuns notes the item of this call, which belongs to a run, and removes some of those that have ended. Two processes may
// lose one another's note: then an item stays for longer, and nothing else.
func (c *call) forgetRuns(ctx context.Context, ends time.Time) {
	var noted []runItem
	_ = json.Unmarshal(c.parts.Store.Note(runsNote), &noted) // damaged is as good as absent
	kept, removed := []runItem{{c.key, ends}}, 0
	for _, one := range noted {
		switch {
		case one.Key == c.key || len(kept) == maxRuns:
			continue
		case !one.Ends.After(c.parts.Now()) && removed < maxForgotten && c.endedIn(ctx, one.Key):
			removed++
			continue
		}
		kept = append(kept, one)
	}
	if note, err := json.Marshal(kept); err == nil {
		c.parts.Store.SetNote(runsNote, note)
	}
}

// endedIn removes an item of a run that has ended, and reports whether it is gone. What the note says is only a hint: the item may
// have been renewed since, or be no run's.
func (c *call) endedIn(ctx context.Context, key string) bool {
	it, err := c.cached(ctx, key)
	switch {
	case err != nil:
		return false
	case it == nil:
		return true
	case it.Binding.Run == "" || it.Expires.After(c.parts.Now()):
		return true // it is not to be looked at again by this note
	}
	return c.parts.Store.Delete(ctx, key) == nil
}
