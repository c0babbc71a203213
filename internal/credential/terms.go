package credential

import (
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit/tally"
)

// Terms are what the access map asks of who uses a role's credentials, besides what these were made for. They stand in the item,
// so that a cached credential is judged by them without the map, before main too.
type Terms struct {
	Until    time.Time     `json:"until,omitzero"`      // when the map gives the role no more; zero for no end
	MaxLife  time.Duration `json:"max_life,omitempty"`  // how long it is handed out from its issue on; 0: until it ends
	NoCopies bool          `json:"no_copies,omitempty"` // it goes nowhere where nothing renews it: see Request.Copied
	NoAgents bool          `json:"no_agents,omitempty"` // no agent gets it: see Request.Agent
	SignedIn time.Time     `json:"signed_in,omitzero"`  // until when the sign-in is recent enough for it; zero for no end
	Reasoned bool          `json:"reasoned,omitempty"`  // it is issued only with a reason: see Request.Reason
	Recorded bool          `json:"recorded,omitempty"`  // it is served only where that can be recorded: see package audit/chain
	LookUp   bool          `json:"look_up,omitempty"`   // a person's is served only once the programs above have told of no agent
}

// Marked reports whether the item is served only once the programs above have told of no agent, through each of its roles.
func (it *Item) Marked() bool {
	for _, role := range it.Roles {
		if !it.Terms[role].LookUp {
			return false
		}
	}
	return true
}

// Allow reports whether the terms let a request have anything at all, whatever the time.
func (t Terms) Allow(r Request) bool {
	return (!t.NoCopies || !r.Copied) && (!t.NoAgents || r.Agent == "")
}

// Ends is when the terms end: the role is given no more, or the sign-in is too old for it. Zero for no end.
func (t Terms) Ends() time.Time {
	if t.Until.IsZero() || !t.SignedIn.IsZero() && t.SignedIn.Before(t.Until) {
		return t.SignedIn
	}
	return t.Until
}

// End is when an item is over for a role: when the credential ends, the role is given no more, the sign-in is too old for it, or
// it has lived as long as the map allows. What is handed out ends then: see For.
func (it *Item) End(role string) time.Time {
	end, terms := it.Expires, it.Terms[role]
	if latest := it.IssuedAt.Add(terms.MaxLife); terms.MaxLife > 0 && latest.Before(end) {
		end = latest
	}
	if ends := terms.Ends(); !ends.IsZero() && ends.Before(end) {
		end = ends
	}
	return end
}

// endsWithTerms reports whether the item lasts as long as the role's terms. Then no other one would last longer.
func (it *Item) endsWithTerms(role string) bool {
	ends := it.Terms[role].Ends()
	return !ends.IsZero() && !it.End(role).Before(ends)
}

// needsReason reports whether another item would have to have a reason, and the request has none.
func (it *Item) needsReason(r Request) bool { return it.Terms[r.Role].Reasoned && r.Reason == "" }

// ReasonFits reports whether the item was issued for a reason, where the role asks for one, and for none but that of the request.
// One without a reason has what was issued for another's: that was said.
func (it *Item) ReasonFits(r Request) bool {
	return !it.Terms[r.Role].Reasoned || it.Reason != "" && (r.Reason == "" || r.Reason == it.Reason)
}

// Served is what counts the item's servings for a request.
func (it *Item) Served(r Request) tally.Served {
	s := tally.Served{Identity: r.Identity, Role: r.Role, Agent: r.Agent, Run: r.Run, Expires: it.Expires}
	if it.Credentials != nil {
		s.AccessKeyID = it.Credentials.AccessKeyID
	} else {
		s.Host = it.Binding.Host
	}
	return s
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
