package credential

import (
	"encoding/base32"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Request names what is wanted.
type Request struct {
	Identity string   // of the access map; "" where the map leaves no choice
	Role     string   // of the access map
	Scope    []string // datasets to narrow the session policy to; empty for all of the role's
	Run      string   // goes into the role session name, and means nothing to a workspace: see IsRun; "" for none
	From     Vended   // what vends AWS credentials in the place of the role's own; zero for these
	// Workspace is the name of one of the role's workspaces, for its token; "" means the first.
	Workspace string
	// Agent is the name of the coding agent that asks; "" for a person, a job, or who is taken for one.
	Agent string
	// Reason is what the credentials are for, as who asks says it: cleaned, at most MaxReason characters; "" where nothing is said.
	Reason string

	// Copied: it goes where nothing renews it, as into an environment, and three quarters of its life have to be left.
	Copied bool
	For    time.Duration // what has to be left of it, where the person says so; 0: as above, else freshLeft or TokenLeft

	// Ahead: it is renewed where less is left, for who keeps it at hand and asks ahead of time; at most three quarters of
	// its life. What can't be renewed now is returned all the same while it lives, with the error that says why.
	Ahead time.Duration
}

// MaxReason bounds a reason, in characters: STS takes as many as the description of a scoped session.
const MaxReason = 256

// SortedScope is the scope in one order, each dataset once.
func (r Request) SortedScope() []string { return slices.Compact(slices.Sorted(slices.Values(r.Scope))) }

// The beginnings of the keys of cached credentials in the keyring.
const (
	RolePrefix      = "role/"
	WorkspacePrefix = "workspace/"
	VendedPrefix    = "vended/"
)

// IsKey reports whether a key in the keyring is that of a cached credential.
func IsKey(key string) bool {
	return strings.HasPrefix(key, RolePrefix) || strings.HasPrefix(key, WorkspacePrefix) || strings.HasPrefix(key, VendedPrefix)
}

// Key names the item of a request for AWS credentials by the map of a path. It needs no map, so that the warm path does without.
// What the item was made for stands in its Binding; the hash keeps names out of key listings, and the map's path is part
// of the key because two maps may give one name different meanings.
func (r Request) Key(mapPath string) string {
	parts := append([]string{mapPath, r.Identity, r.Role}, r.SortedScope()...)
	prefix := RolePrefix
	if r.From != (Vended{}) {
		prefix, parts = VendedPrefix, slices.Insert(parts, 3, r.From.String(), r.Workspace)
	}
	if r.Run != "" {
		parts = append(parts, "", r.Run) // no dataset is called ""
	}
	if r.Agent != "" {
		parts = append(parts, "", "", r.Agent) // and no run
	}
	return prefix + Digest(parts...)
}

// Digest is secret.Digest cut to what a key may hold.
func Digest(parts ...string) string {
	sum := secret.Digest(parts...)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

const (
	// freshLeft is what AWS credentials must still live to be served without renewing: botocore asks again on every
	// request below fifteen minutes. Shorter-lived ones are renewed in their last quarter.
	freshLeft = 15 * time.Minute
	// TokenLeft is the same for workspace tokens: the Databricks SDKs ask again in the last twenty minutes, or the last
	// half of a shorter life, and would do so on every request if they got the same token.
	TokenLeft = 20 * time.Minute
)

// Enough is what has to be left of a life; usual where nothing else is asked for.
func (r Request) Enough(life, usual time.Duration) time.Duration {
	switch {
	case r.For > 0:
		return r.For
	case r.Copied:
		return life * 3 / 4
	}
	return max(usual, min(r.Ahead, life*3/4))
}

// Alive reports whether it is not over for a role.
func (it *Item) Alive(role string, now time.Time) bool { return it.End(role).After(now) }

// Fresh reports whether enough of its life is left for a request. Where it ends because the role is given no longer, or no reason
// is given for another one, all that is left is enough: asking again would bring no more. One that was issued in the future, by a clock that has since been set back,
// is not fresh.
func (it *Item) Fresh(r Request, now time.Time) bool {
	switch end := it.End(r.Role); {
	case it.IssuedAt.After(now.Add(time.Minute)):
		return false
	case it.endsWithTerms(r.Role), it.needsReason(r):
		return end.After(now)
	default:
		life := end.Sub(it.IssuedAt)
		enough := min(freshLeft, life/4)
		if it.Token != nil {
			enough = min(TokenLeft, life/2)
		}
		return end.Sub(now) >= r.Enough(life, enough)
	}
}

// ValidFor reports whether the item was found right for a request's role, was made for who asks, be it the person or one agent, is
// narrowed and vended as it asks, and may be had as it asks.
func (it *Item) ValidFor(r Request) bool {
	return slices.Contains(it.Roles, r.Role) && it.Binding.Agent == r.Agent && it.Terms[r.Role].Allow(r) && it.ReasonFits(r) && (it.Token != nil ||
		it.Binding.Run == r.Run && slices.Equal(it.Scope, r.SortedScope()) && it.Binding.Vended == r.From.String())
}

// Servable reports whether it can be handed out as it is, where the map's file has the stamp that is given: fresh, narrowed as
// the request asks, and right for its role by the map as it stands. A workload's is also bound to its Job, which is not looked at.
func (it *Item) Servable(r Request, file stamp.Stamp, now time.Time) bool {
	return it.Fresh(r, now) && it.ValidFor(r) && it.Map.Good(file, now)
}

// MadeFor reports whether the item is what a binding would bring; false for nil.
func (it *Item) MadeFor(b Binding, j *Job) bool {
	return it != nil && it.Binding == b && it.Job.SameAs(j)
}

// Accepted is the item with the note that it is right for a role by the map of a stamp, on its terms; nil for nil.
func (it *Item) Accepted(role string, terms Terms, by stamp.Stamp) *Item {
	if it == nil {
		return nil
	}
	right := *it
	if right.Roles, right.Terms = slices.Clone(it.Roles), maps.Clone(it.Terms); !by.Equal(it.Map) {
		right.Roles, right.Terms = nil, nil // the others are to be looked up again
	}
	right.Map = by // which may be good for longer
	if !slices.Contains(right.Roles, role) {
		right.Roles = append(right.Roles, role)
	}
	if delete(right.Terms, role); terms != (Terms{}) {
		if right.Terms == nil {
			right.Terms = make(map[string]Terms, 1)
		}
		right.Terms[role] = terms
	}
	return &right
}
