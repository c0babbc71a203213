package lease

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// pending is how long a place is kept for what is being issued: no request of the broker's takes as long.
	pending = time.Minute
	// mostLeases and mostAgents bound the book. An agent chooses its own name, so these are the bounds for all of them.
	mostLeases, mostServers, mostAgents = 2048, 512, 64
	// mostLife is what no credential outlives.
	mostLife = 36 * time.Hour
	// clock is how moments within a day are told.
	clock = "15:04:05"
)

// book is what the file holds.
type book struct {
	Version int      `json:"version"`
	Leases  []Lease  `json:"leases"`
	Servers []Server `json:"servers"`
	// Asked are the last issues of each agent, in milliseconds since 1970, oldest first.
	Asked map[string][]int64 `json:"asked"`
}

// prune takes out what is over, and marks what nobody renews any more. What says to be of the future is: a clock that was set back
// must not keep an agent waiting for as long, nor may what was written by another.
func (b *book) prune(now time.Time, ended func(Holder) bool) {
	b.Leases = slices.DeleteFunc(b.Leases, func(l Lease) bool { return !l.Until.After(now) || l.Until.Sub(now) > mostLife })
	for i := range b.Leases {
		b.Leases[i].Ended = ended(b.Leases[i].Holder)
	}
	b.Servers = slices.DeleteFunc(b.Servers, func(s Server) bool { return ended(s.Holder) })
	for agent, asked := range b.Asked {
		asked = slices.DeleteFunc(asked, func(at int64) bool {
			age := now.Sub(time.UnixMilli(at))
			return age >= time.Minute || age < 0
		})
		if b.Asked[agent] = asked; len(asked) == 0 {
			delete(b.Asked, agent)
		}
	}
}

// take decides whether an agent may have what it asks for, and notes that it may.
func (b *book) take(a Asked, limits Limits, now time.Time) error {
	asked := b.Asked[a.Agent]
	if len(asked) >= limits.PerMinute || len(asked) == 0 && len(b.Asked) >= mostAgents {
		return tooFast(a.Agent, limits.PerMinute, b.again(asked, limits.PerMinute, now))
	}
	i := b.find(a)
	if i < 0 || b.Leases[i].Ended { // what another program takes up again counts again
		if err := b.room(a.Agent, limits.Leases); err != nil {
			return err
		}
		i = b.find(a)
	}
	if i < 0 {
		i = len(b.Leases)
		b.Leases = append(b.Leases, Lease{Agent: a.Agent, Identity: a.Identity, Role: a.Role, Item: a.Item, Since: now.UTC(), Until: now.UTC().Add(pending)})
	}
	b.Leases[i].Door, b.Leases[i].Holder, b.Leases[i].Ended = a.Door, a.Holder, false
	if b.Asked == nil {
		b.Asked = map[string][]int64{}
	}
	b.Asked[a.Agent] = append(asked, now.UnixMilli())
	return nil
}

// again is when the oldest issue that counts is a minute old.
func (b *book) again(asked []int64, perMinute int, now time.Time) time.Time {
	if perMinute <= 0 || len(asked) < perMinute { // no later than all are forgotten
		return now.Add(time.Minute)
	}
	return time.UnixMilli(asked[len(asked)-perMinute]).Add(time.Minute)
}

// room reports whether an agent may have one lease more. Those whose programs have ended don't count, and are the first to go where the
// book is full.
func (b *book) room(agent string, most int) error {
	var held []Lease
	for _, l := range b.Leases {
		if l.Agent == agent && !l.Ended {
			held = append(held, l)
		}
	}
	if len(held) >= most {
		return tooMany(agent, len(held), held)
	}
	if len(b.Leases) < mostLeases {
		return nil
	}
	i := slices.IndexFunc(b.Leases, func(l Lease) bool { return l.Ended })
	if i < 0 {
		return tooMany(agent, len(b.Leases), b.Leases)
	}
	b.Leases = slices.Delete(b.Leases, i, i+1)
	return nil
}

func (b *book) find(a Asked) int {
	return slices.IndexFunc(b.Leases, func(l Lease) bool { return l.Agent == a.Agent && l.Item == a.Item })
}

// renewed notes what was issued.
func (b *book) renewed(a Asked, until, now time.Time) {
	i := b.find(a)
	if i < 0 { // the book was begun anew meanwhile
		i = len(b.Leases)
		b.Leases = append(b.Leases, Lease{Agent: a.Agent, Identity: a.Identity, Role: a.Role, Item: a.Item, Since: now.UTC(), Door: a.Door, Holder: a.Holder})
	}
	l := &b.Leases[i]
	l.Renewed, l.Until = now.UTC(), until.UTC()
	l.Count++
}

// dropped takes back the place that was kept for what was not issued. A lease that is only not renewed stays.
func (b *book) dropped(a Asked) {
	if i := b.find(a); i >= 0 && b.Leases[i].Count == 0 {
		b.Leases = slices.Delete(b.Leases, i, i+1)
	}
}

func (b *book) serve(s Server, now time.Time) error {
	if len(b.Servers) >= mostServers {
		return ui.Errorf("agent-too-many-programs", ui.Failed, "%d programs of agents are being served at once, which is the most", len(b.Servers)).
			With(ui.Command("dbxaccess agent list"))
	}
	s.Since = now.UTC()
	b.Servers = append(b.Servers, s)
	return nil
}

func (b *book) served(s Server) {
	b.Servers = slices.DeleteFunc(b.Servers, func(o Server) bool { return o.Agent == s.Agent && o.PID == s.PID && o.Began == s.Began })
}

// list are the leases that something was issued for.
func (b *book) list() []Lease {
	all := slices.DeleteFunc(slices.Clone(b.Leases), func(l Lease) bool { return l.Count == 0 })
	slices.SortStableFunc(all, func(x, y Lease) int {
		return cmp.Or(cmp.Compare(x.Agent, y.Agent), x.Since.Compare(y.Since))
	})
	return all
}

// valid reports whether a book that was read can be one that was written.
func (b *book) valid() bool {
	ok := b.Version == 1 && len(b.Leases) <= mostLeases && len(b.Servers) <= mostServers && len(b.Asked) <= mostAgents
	for _, l := range b.Leases {
		ok = ok && IsName(l.Agent) && !l.Until.IsZero() && l.Count >= 0
	}
	for _, s := range b.Servers {
		ok = ok && IsName(s.Agent)
	}
	for name := range maps.Keys(b.Asked) {
		ok = ok && IsName(name)
	}
	return ok
}

func tooFast(agent string, perMinute int, again time.Time) error {
	return ui.Errorf("agent-too-fast", ui.Failed, "the agent %s has been issued credentials %s within a minute, as often as it may; it may ask again at %s",
		agent, ui.Count(perMinute, "time", "times"), again.Local().Format(clock)).
		With(ui.Advice("wait until then; what was issued before still works", "who owns the access map may raise agents: "+agent+": per_minute"))
}

func tooMany(agent string, count int, held []Lease) error {
	first := slices.MinFunc(held, func(x, y Lease) int { return x.Until.Compare(y.Until) })
	return ui.Errorf("agent-too-many-leases", ui.Failed, "the agent %s holds %s, as many as it may; the first ends at %s unless it is renewed",
		agent, ui.Count(count, "lease", "leases"), first.Until.Local().Format(clock)).
		With(ui.Command("dbxaccess agent list"), ui.Advice("end a program of the agent's, or have agents: "+agent+": leases raised in the access map"))
}
