package credential

import "time"

// Terms are what the access map asks of who uses a role's credentials, besides what these were made for. They stand in the item,
// so that a cached credential is judged by them without the map, before main too.
type Terms struct {
	Until    time.Time     `json:"until,omitzero"`      // when the map gives the role no more; zero for no end
	MaxLife  time.Duration `json:"max_life,omitempty"`  // how long it is handed out from its issue on; 0: until it ends
	NoCopies bool          `json:"no_copies,omitempty"` // it goes nowhere where nothing renews it: see Request.Copied
	NoAgents bool          `json:"no_agents,omitempty"` // no agent gets it: see Request.Agent
}

// Allow reports whether the terms let a request have anything at all, whatever the time.
func (t Terms) Allow(r Request) bool {
	return (!t.NoCopies || !r.Copied) && (!t.NoAgents || r.Agent == "")
}

// End is when an item is over for a role: when the credential ends, the role is given no more, or it has lived as long as the
// map allows. What is handed out ends then: see For.
func (it *Item) End(role string) time.Time {
	end, terms := it.Expires, it.Terms[role]
	if latest := it.IssuedAt.Add(terms.MaxLife); terms.MaxLife > 0 && latest.Before(end) {
		end = latest
	}
	if !terms.Until.IsZero() && terms.Until.Before(end) {
		end = terms.Until
	}
	return end
}

// endsWithGrant reports whether the item lasts as long as the map gives a role. Then no other one would last longer.
func (it *Item) endsWithGrant(role string) bool {
	until := it.Terms[role].Until
	return !until.IsZero() && !it.End(role).Before(until)
}

// For is an item as it is handed out for a role: its credential ends when the item is over for the role.
func (it *Item) For(role string) *Item {
	end := it.End(role)
	if !end.Before(it.Expires) {
		return it
	}
	cut := *it
	cut.Expires = end
	if it.Credentials != nil {
		credentials := *it.Credentials
		credentials.Expires, cut.Credentials = end, &credentials
	}
	if it.Token != nil {
		token := *it.Token
		token.Expires, cut.Token = end, &token
	}
	return &cut
}
