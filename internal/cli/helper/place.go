package helper

import (
	"cmp"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// flags is where the command line says that the client goes: zero where it says nothing of it. Beside a profile, a host
// that is no address stays as it is, to differ.
func (q *question) flags() (access.Place, error) {
	place := access.Place{Host: q.host, AccountID: q.accountID, WorkspaceID: q.workspaceID}
	address, err := databricks.ParseAddress(q.host)
	switch {
	case err != nil && q.profile == "":
		return place, err
	case err != nil:
		return place, nil
	}
	for _, id := range []struct{ flag, given, inAddress string }{
		{"--workspace-id", q.workspaceID, address.WorkspaceID}, {"--account-id", q.accountID, address.AccountID},
	} {
		if different(id.given, id.inAddress) {
			return place, ui.Errorf("host-contradicted", ui.Usage, "the address of the host says %s, but %s is %s",
				ui.Clean(id.inAddress), id.flag, ui.Clean(id.given)).With(ui.Advice("leave one of them out"))
		}
	}
	return access.Place{
		Host: address.Host, AccountID: cmp.Or(q.accountID, address.AccountID), WorkspaceID: cmp.Or(q.workspaceID, address.WorkspaceID),
	}, nil
}

// placeOf is where a profile goes.
func (q *question) placeOf(entry *profiles.Entry, path string) (access.Place, error) {
	address, err := databricks.ParseAddress(entry.Host)
	if err != nil {
		return access.Place{}, ui.Errorf("profile-host-wrong", ui.Failed, "%s: %w", q.named(), err).
			With(ui.Advice("correct its host in " + path + ", or run dbxaccess profiles sync"))
	}
	return access.Place{
		Host: address.Host, AccountID: cmp.Or(entry.AccountID, address.AccountID), WorkspaceID: cmp.Or(entry.WorkspaceID, address.WorkspaceID),
	}, nil
}

// upToDate compares a profile that dbxaccess wrote with what the map says of its role, and returns that: a token must only
// go to the place that it was issued for.
func (q *question) upToDate(view *access.View, r broker.Request, place access.Place) (access.Place, error) {
	workspace, err := workspaceOf(view, r)
	if err != nil {
		return place, err
	}
	now := access.Place{Host: workspace.Host, AccountID: workspace.AccountID, WorkspaceID: workspace.WorkspaceID}
	if place.Host != now.Host || now.WorkspaceID != "" && place.WorkspaceID != now.WorkspaceID || different(place.AccountID, now.AccountID) {
		return place, ui.Errorf("profile-out-of-date", ui.Failed, "%s goes to %s, but the access map has %s for its role %s",
			q.named(), place, ui.OrDash(now.String()), r.Role).With(ui.Command("dbxaccess profiles sync"))
	}
	now.WorkspaceID = cmp.Or(now.WorkspaceID, place.WorkspaceID)
	now.AccountID = cmp.Or(now.AccountID, place.AccountID)
	return now, nil
}

// agrees refuses a client that would take a profile's token elsewhere: for the SDKs each variable overrides the setting of
// the profile, and for a person so does a flag.
func (q *question) agrees(place, flags, set access.Place) error {
	if address, err := databricks.NormalizeHost(set.Host); err == nil {
		set.Host = address
	}
	for _, c := range []struct{ what, mine, given, variable, set string }{
		{"host", place.Host, flags.Host, hostVariable, set.Host},
		{"workspace", place.WorkspaceID, flags.WorkspaceID, workspaceVariable, set.WorkspaceID},
		{"account", place.AccountID, flags.AccountID, accountVariable, set.AccountID},
	} {
		switch {
		case different(c.mine, c.given):
			fix := ui.Advice("name the profile alone")
			if q.from == profileVariable {
				fix = ui.Command("unset " + profileVariable)
			}
			return ui.Errorf("profile-differs", ui.Failed, "%s has the %s %s, but the command line says %s", q.named(), c.what, ui.Clean(c.mine), shown(c.given)).
				With(fix)
		case different(c.mine, c.set):
			return ui.Errorf("databricks-variable-set", ui.Failed, "the client would send the token of %s, made for the %s %s, to that of %s, %s",
				q.named(), c.what, ui.Clean(c.mine), c.variable, shown(c.set)).With(ui.Command("unset " + c.variable))
		}
	}
	return nil
}

// shown is a text that may be an address, without what may be a password.
func shown(text string) string {
	if strings.Contains(text, "@") {
		return "an address with a user name"
	}
	return ui.Clean(text)
}

// different reports whether two IDs are, where both are known.
func different(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
