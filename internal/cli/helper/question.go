package helper

import (
	"cmp"
	"context"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// question is what a Databricks client asks a token for: a profile, or else a host.
type question struct {
	profile     string
	host        string
	accountID   string
	workspaceID string

	from string // what named the profile, where it was not the command line
}

const (
	profileVariable = "DATABRICKS_CONFIG_PROFILE"
	hostVariable    = "DATABRICKS_HOST"

	workspaceVariable = "DATABRICKS_WORKSPACE_ID"
)

// complete takes what the flags leave open from the argument, the environment and the config file, in the order of the
// Databricks CLI: https://github.com/databricks/cli/blob/main/cmd/auth/token.go
func (q *question) complete(getenv func(string) string, file profiles.Target, args []string) error {
	switch {
	case len(args) > 1 || len(args) == 1 && (q.profile != "" || q.host != ""):
		return ui.Errorf("profile-twice", ui.Usage, "%s: one profile or host is enough", ui.Clean(strings.Join(args, " "))).
			With(ui.Command("dbxaccess auth token --profile PROFILE"))
	case len(args) == 1:
		return q.argument(file, args[0])
	case q.profile != "":
		return nil
	case getenv(profileVariable) != "":
		q.profile, q.from = getenv(profileVariable), profileVariable
		return nil
	case q.host != "":
		return nil
	case getenv(hostVariable) != "":
		q.host, q.accountID = getenv(hostVariable), cmp.Or(q.accountID, getenv("DATABRICKS_ACCOUNT_ID"))
		return nil
	}
	profile, err := file.DefaultProfile()
	if err != nil {
		return err
	}
	if profile == "" {
		return ui.Errorf("profile-and-host-missing", ui.Usage, "neither --profile nor --host is given").
			With(ui.Command("dbxaccess auth token --profile PROFILE"))
	}
	q.profile, q.from = profile, "default_profile in "+file.Path
	return nil
}

// argument is a profile of the file, else a host. A name without a dot is a profile that is missing.
func (q *question) argument(file profiles.Target, arg string) error {
	entry, err := file.Find(arg)
	if err != nil {
		return err
	}
	if entry == nil && strings.ContainsAny(arg, ".:") {
		q.host = arg
	} else {
		q.profile = arg
	}
	return nil
}

// request finds the role that is meant: by the profile's name if dbxaccess gave it, else by its host. A token goes only to
// the host that it is made for, and only where it is ours to give.
func (q *question) request(ctx context.Context, getenv func(string) string, b *broker.Broker, file profiles.Target) (broker.Request, error) {
	if q.profile == "" {
		address, err := databricks.ParseAddress(q.host)
		if err != nil {
			return broker.Request{}, err
		}
		return b.ForHost(ctx, access.Place{
			Host: address.Host, AccountID: cmp.Or(q.accountID, address.AccountID),
			WorkspaceID: cmp.Or(q.workspaceID, address.WorkspaceID, getenv(workspaceVariable)),
		})
	}
	view, err := b.View()
	if err != nil {
		return broker.Request{}, err
	}
	entry, err := file.Find(q.profile)
	if err != nil {
		return broker.Request{}, err
	}
	if entry == nil {
		return broker.Request{}, q.noProfile(view, file.Path)
	}
	if foreign := entry.Foreign(getenv); foreign != "" {
		return broker.Request{}, ui.Errorf("profile-auth-foreign", ui.Failed,
			"%s (line %d of %s) signs in with %s: it is not of dbxaccess, and a token of yours would pass for its principal's",
			q.named(), entry.Line, ui.Clean(file.Path), foreign).
			With(ui.Advice("the Databricks SDKs sign in with it by themselves; for a token of yours, name a profile that dbxaccess profiles show lists"))
	}
	place, err := q.placeOf(entry, getenv, file.Path)
	if err != nil {
		return broker.Request{}, err
	}
	identity, role, ours := view.RoleOfProfile(q.profile)
	if !ours {
		return b.ForHost(ctx, place)
	}
	return broker.Request{Identity: identity, Role: role}, q.fits(view, role, place)
}

// named is the profile, and what named it.
func (q *question) named() string {
	name := "the profile " + ui.Clean(q.profile)
	if q.from != "" {
		name += " (" + ui.Clean(q.from) + ")"
	}
	return name
}

// placeOf is where a profile goes. A client that would send the token elsewhere is refused.
func (q *question) placeOf(entry *profiles.Entry, getenv func(string) string, path string) (access.Place, error) {
	address, err := databricks.ParseAddress(entry.Host)
	if err != nil {
		return access.Place{}, ui.Errorf("profile-host-wrong", ui.Failed, "%s: %w", q.named(), err).
			With(ui.Advice("correct its host in " + path + ", or run dbxaccess profiles sync"))
	}
	host := address.Host
	place := access.Place{
		Host: host, AccountID: cmp.Or(q.accountID, entry.AccountID, address.AccountID), WorkspaceID: cmp.Or(entry.WorkspaceID, address.WorkspaceID),
	}
	if q.host != "" {
		if other, err := databricks.NormalizeHost(q.host); err != nil || other != host {
			fix := ui.Advice("give either --profile or --host")
			if q.from == profileVariable {
				fix = ui.Command("unset " + profileVariable)
			}
			return place, ui.Errorf("profile-host-differs", ui.Failed, "%s has the host %s, but --host is %s", q.named(), host, ui.Clean(q.host)).With(fix)
		}
	}
	if q.workspaceID != "" && place.WorkspaceID != "" && q.workspaceID != place.WorkspaceID {
		return place, ui.Errorf("workspace-differs", ui.Failed,
			"%s is of the workspace %s, but --workspace-id is %s", q.named(), ui.Clean(place.WorkspaceID), ui.Clean(q.workspaceID)).
			With(ui.Advice("leave --workspace-id out"))
	}
	// For the SDKs the environment overrides the profile: they would send the token there.
	if set := getenv(hostVariable); set != "" {
		if other, err := databricks.NormalizeHost(set); err != nil || other != host {
			return place, ui.Errorf("databricks-host-set", ui.Failed,
				"the client would send the token of %s, made for %s, to %s %s", q.named(), host, hostVariable, ui.Clean(set)).
				With(ui.Command("unset " + hostVariable))
		}
	}
	if set := getenv(workspaceVariable); set != "" && place.WorkspaceID != "" && set != place.WorkspaceID {
		return place, ui.Errorf("databricks-workspace-set", ui.Failed,
			"the client would use the token of %s, of the workspace %s, in %s %s", q.named(), ui.Clean(place.WorkspaceID), workspaceVariable, ui.Clean(set)).
			With(ui.Command("unset " + workspaceVariable))
	}
	return place, nil
}

// fits compares a profile that dbxaccess wrote with what the map says of its role.
func (q *question) fits(view *access.View, role string, place access.Place) error {
	workspace, err := workspaceOfRole(view, role)
	switch {
	case err != nil:
		return err
	case workspace.Host != place.Host: // a token must only go to the host it was issued for
		return ui.Errorf("profile-out-of-date", ui.Failed,
			"%s has the host %s, but the access map has %s for its role %s", q.named(), place.Host, ui.OrDash(workspace.Host), role).
			With(ui.Command("dbxaccess profiles sync"))
	case workspace.WorkspaceID != "" && workspace.WorkspaceID != place.WorkspaceID:
		return ui.Errorf("profile-out-of-date", ui.Failed,
			"%s has the host %s, but the access map has %s for its role %s", q.named(),
			place.Host+", workspace "+ui.OrDash(ui.Clean(place.WorkspaceID)), workspace.Host+", workspace "+workspace.WorkspaceID, role).
			With(ui.Command("dbxaccess profiles sync"))
	case q.accountID != "" && workspace.AccountID != "" && !strings.EqualFold(q.accountID, workspace.AccountID):
		return ui.Errorf("account-differs", ui.Failed,
			"%s belongs to the account %s, but --account-id is %s", q.named(), workspace.AccountID, ui.Clean(q.accountID)).
			With(ui.Advice("leave --account-id out"))
	}
	return nil
}

// workspaceOfRole is the workspace of a role of the map, the zero one if it has none.
func workspaceOfRole(view *access.View, role string) (accessmap.Workspace, error) {
	effective, err := view.Map.Effective(role)
	if err != nil || effective.Workspace == "" {
		return accessmap.Workspace{}, err
	}
	return *view.Map.Workspaces[effective.Workspace], nil
}

// noProfile is the error for a profile that is not in the file.
func (q *question) noProfile(view *access.View, path string) error {
	fix := ui.Advice("dbxaccess profiles show lists those of dbxaccess")
	if _, role, ours := view.RoleOfProfile(q.profile); ours {
		fix = ui.Command("dbxaccess profiles sync")
		if workspace, err := workspaceOfRole(view, role); err == nil && workspace.Host == "" {
			fix = ui.Advice("the role " + role + " has no Databricks workspace in the access map")
		}
	}
	named := ""
	if q.from != "" {
		named = ", which " + ui.Clean(q.from) + " names"
	}
	return ui.Errorf("profile-missing", ui.Failed, "%s has no profile %s%s", ui.Clean(path), ui.Clean(q.profile), named).With(fix)
}
