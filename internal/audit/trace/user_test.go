package trace

import (
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/audit"
)

// tokenOf is a record of a token for a workspace, for an hour from noon.
func tokenOf(person string, change func(*audit.Record)) audit.Record {
	r := assumed(person, "", change)
	r.Activity, r.RoleARN = audit.Exchange, ""
	r.Host = "https://dbc-1.cloud.databricks.com"
	return r
}

// Nothing in the log tells what was done with a token from what was done in the workspace's pages, and a name of one workspace's
// token proves nothing in another.
func TestWhoItWasInAWorkspace(t *testing.T) {
	t.Parallel()
	in := func(id string) func(*audit.Record) { return func(r *audit.Record) { r.WorkspaceID = id } }
	as := func(r *audit.Record) { r.ServicePrincipal = "3F0C-SP" }
	alice := tokenOf("alice", nil)
	for of, c := range map[string]struct {
		record          []audit.Record
		user, workspace string
		after           time.Duration
		person          string
		by              By
		why             Reason
	}{
		"the person":                             {[]audit.Record{alice}, "Alice", "7", 0, "alice", ByUser, Joined},
		"by the session's name":                  {[]audit.Record{alice}, "alice@acme.example", "", 0, "alice", ByUser, Joined},
		"in her workspace":                       {[]audit.Record{tokenOf("alice", in("7"))}, "alice", "7", 0, "alice", ByUser, Joined},
		"in the account":                         {[]audit.Record{tokenOf("alice", in("7"))}, "alice", "0", 0, "alice", ByUser, Joined},
		"in another workspace":                   {[]audit.Record{tokenOf("alice", in("7"))}, "alice", "8", 0, "", "", Contradictory},
		"in one of two workspaces":               {[]audit.Record{tokenOf("alice", in("7")), tokenOf("alice", in("8"))}, "alice", "8", 0, "alice", ByUser, Joined},
		"of two, who have different workspaces":  {[]audit.Record{tokenOf("alice", in("7")), tokenOf("bob", func(r *audit.Record) { r.SessionName, r.WorkspaceID = "alice", "8" })}, "alice", "8", 0, "bob", ByUser, Joined},
		"in another workspace after the end":     {[]audit.Record{tokenOf("alice", in("7"))}, "alice", "8", 2 * time.Hour, "", "", OutsideLife},
		"after the end":                          {[]audit.Record{alice}, "alice", "7", 2 * time.Hour, "", "", OutsideLife},
		"of two":                                 {[]audit.Record{alice, tokenOf("bob", func(r *audit.Record) { r.SessionName = "alice" })}, "alice", "7", 0, "", ByUser, Ambiguous},
		"a service principal":                    {[]audit.Record{tokenOf("alice", as)}, "3f0c-sp", "7", 0, "alice", ByPrincipal, Joined},
		"a service principal of two":             {[]audit.Record{tokenOf("alice", as), tokenOf("bob", as)}, "3f0c-sp", "7", 0, "", ByPrincipal, Ambiguous},
		"who also has a service principal's one": {[]audit.Record{tokenOf("alice", as)}, "alice@acme.example", "7", 0, "alice", ByUser, Joined},
		"somebody else":                          {[]audit.Record{alice}, "eve", "7", 0, "", "", NotIssued},
		"nobody":                                 {[]audit.Record{alice}, "", "7", 0, "", "", NoIdentity},
	} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			h, by, why := newJoiner(indexOf(t, c.record...)).joinUser(c.user, c.workspace, noon.Add(c.after).Unix())
			switch {
			case by != c.by || why != c.why || (h == nil) != (why != Joined):
				t.Errorf("%+v by %q, not because %q", h, by, why)
			case h != nil && *h != Holder{Person: Person{"acme", "https://login.acme.example/", c.person}}:
				t.Errorf("more than the person is told, or another: %+v", h)
			}
		})
	}
}
