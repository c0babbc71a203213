package helper

import (
	"cmp"
	"context"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/access"
	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/broker"
	"github.com/dbxaccess/dbxaccess/internal/profiles"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// question is what a Databricks client asks a token for: a profile, or else a host.
type question struct {
	profile     string
	host        string
	accountID   string
	workspaceID string

	unwritten string // what the setting profiles is, where that keeps entries out of the file; else ""

	byName bool // it is answered by the profile's name, which depends on no sign-in

	from string // what named the profile, or else the host, where it was not the command line
}

const (
	profileVariable = "DATABRICKS_CONFIG_PROFILE"
	hostVariable    = "DATABRICKS_HOST"

	accountVariable   = "DATABRICKS_ACCOUNT_ID"
	workspaceVariable = "DATABRICKS_WORKSPACE_ID"
)

// complete takes what the flags leave open from the argument, the environment and the config file, in the order of the
// Databricks CLI: https://github.com/databricks/cli/blob/main/cmd/auth/token.go
func (q *question) complete(getenv func(string) string, ours func(profile string) (bool, error), file profiles.Target, args []string) error {
	switch {
	case len(args) > 1 || len(args) == 1 && (q.profile != "" || q.host != ""):
		return ui.Errorf("profile-twice", ui.Usage, "%s: one profile or host is enough", ui.Clean(strings.Join(args, " "))).
			With(ui.Command("dbxaccess auth token --profile PROFILE"))
	case len(args) == 1:
		return q.argument(ours, file, args[0])
	case q.profile != "":
		return nil
	case getenv(profileVariable) != "":
		q.profile, q.from = getenv(profileVariable), profileVariable
		return nil
	case q.host != "":
		return nil
	case getenv(hostVariable) != "":
		q.host, q.accountID, q.from = getenv(hostVariable), cmp.Or(q.accountID, getenv(accountVariable)), hostVariable
		return nil
	}
	profile, err := file.DefaultProfile()
	if err != nil || profile == "" {
		return err
	}
	q.profile, q.from = profile, "default_profile in "+file.Path
	return nil
}

// argument is a profile, of the file or by its name one of dbxaccess, else a host. A name without a dot is a profile that is
// missing.
func (q *question) argument(ours func(profile string) (bool, error), file profiles.Target, arg string) error {
	entry, err := file.Find(arg)
	if err != nil {
		return err
	}
	q.profile = arg
	if entry != nil || !strings.ContainsAny(arg, ".:") {
		return nil
	}
	known, err := ours(arg)
	if err == nil && !known {
		q.profile, q.host = "", arg
	}
	return err
}

// request finds the role that is meant: by the profile's name if dbxaccess gave it, else by its host. A token goes only to
// the place that it is made for, and only where it is ours to give.
func (q *question) request(ctx context.Context, getenv func(string) string, b *broker.Broker, file profiles.Target) (broker.Request, error) {
	flags, err := q.flags()
	if err != nil {
		return broker.Request{}, err
	}
	if q.profile == "" {
		flags.WorkspaceID = cmp.Or(flags.WorkspaceID, getenv(workspaceVariable))
		return b.ForHost(ctx, flags)
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
		return broker.Request{}, q.noProfile(ctx, view, file.Path)
	}
	if err := q.ours(entry, getenv, file.Path); err != nil {
		return broker.Request{}, err
	}
	place, err := q.placeOf(entry, file.Path)
	if err != nil {
		return broker.Request{}, err
	}
	var r broker.Request
	var ours bool
	r.Identity, r.Role, r.Workspace, ours = view.RoleOfProfile(q.profile)
	if ours {
		if place, err = q.upToDate(view, r, place); err != nil {
			return broker.Request{}, err
		}
	}
	set := access.Place{Host: getenv(hostVariable), AccountID: getenv(accountVariable), WorkspaceID: getenv(workspaceVariable)}
	if err := q.agrees(place, flags, set); err != nil {
		return broker.Request{}, err
	}
	if q.byName = ours; ours {
		return r, nil
	}
	place.AccountID = cmp.Or(place.AccountID, flags.AccountID, set.AccountID)
	place.WorkspaceID = cmp.Or(place.WorkspaceID, flags.WorkspaceID, set.WorkspaceID)
	return b.ForHost(ctx, place)
}

// ours refuses a profile that signs in with anything but dbxaccess.
func (q *question) ours(entry *profiles.Entry, getenv func(string) string, path string) error {
	if foreign := entry.Foreign(getenv); foreign != "" {
		return ui.Errorf("profile-auth-foreign", ui.Failed,
			"%s (line %d of %s) signs in with %s: it is not of dbxaccess, and a token of yours would pass for its principal's",
			q.named(), entry.Line, ui.Clean(path), foreign).
			With(ui.Advice("the Databricks SDKs sign in with it by themselves; for a token of yours, name a profile that dbxaccess profiles show lists"))
	}
	return nil
}

// named is the profile, and what named it.
func (q *question) named() string {
	name := "the profile " + ui.Clean(q.profile)
	if q.from != "" {
		name += " (" + ui.Clean(q.from) + ")"
	}
	return name
}

// workspaceOf is the workspace of the map that a request means, the zero one if its role has none.
func workspaceOf(view *access.View, r broker.Request) (accessmap.Workspace, error) {
	effective, err := view.Map.Effective(r.Role)
	if err != nil {
		return accessmap.Workspace{}, err
	}
	if workplace, ok := effective.In(r.Workspace); ok {
		return *workplace.Workspace, nil
	}
	return accessmap.Workspace{}, nil
}

// noProfile is the error for a profile that is not in the file. Where nobody is signed in who has the role, no command would
// write it, and that is the error.
func (q *question) noProfile(ctx context.Context, view *access.View, path string) error {
	fix := append(ui.Advice("the profiles of dbxaccess:"), ui.Command("dbxaccess profiles show")...)
	if identity, role, name, ours := view.RoleOfProfile(q.profile); ours {
		fix = ui.Command("dbxaccess profiles sync")
		switch workspace, err := workspaceOf(view, broker.Request{Role: role, Workspace: name}); {
		case err != nil:
		case workspace.Host == "":
			fix = ui.Advice("the role " + role + " has no Databricks workspace in the access map")
		case !workspace.Login.Serves(view.Map.Identities[identity].Method()): // which gets no profile
			fix = ui.Advice("the workspace of the role " + role + " has no token for those who sign in with the identity " + identity)
		case q.unwritten != "":
			fix = ui.Advice("the setting profiles is " + q.unwritten + ", so no entry is written; dbxaccess exec and env need none")
		default:
			signIn, err := view.SignIn(ctx, view.Map.Identities[identity])
			if err == nil {
				err = signIn.Check(role)
			}
			if err != nil {
				return err
			}
		}
	}
	named := ""
	if q.from != "" {
		named = ", which " + ui.Clean(q.from) + " names"
	}
	return ui.Errorf("profile-missing", ui.Failed, "%s has no profile %s%s", ui.Clean(path), ui.Clean(q.profile), named).With(fix)
}
