package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/databricks/databricks-sdk-go/service/files"
	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/settings"
	"github.com/databricks/databricks-sdk-go/service/sql"
	"github.com/databricks/databricks-sdk-go/service/workspace"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

func (r *run) lookAtQueries(ctx context.Context) error {
	all := list{path: "/api/2.0/sql/queries", query: map[string]any{"page_size": 100}, items: "results"}
	return r.pages(ctx, Queries, all, func(_ context.Context, items []json.RawMessage) error {
		for _, raw := range items {
			one, ok := read[sql.ListQueryObjectsResponseQuery](r, Queries, raw)
			if !ok {
				continue
			}
			object := Object{"query", ui.Cut(one.Id, 200), shown(one.DisplayName, 300)}
			runsAs := ""
			if one.RunAsMode == sql.RunAsModeOwner {
				runsAs = one.OwnerUserName
				r.runsAs(runsAs, kindOfName(runsAs), false)
			}
			if at, err := time.Parse(time.RFC3339, one.UpdateTime); err == nil && !r.state.Since.IsZero() && at.Before(r.state.Since) {
				_ = r.skip(object)
				continue
			}
			r.content(Queries, object, runsAs, "query.sql", []byte(one.QueryText))
			one.QueryText = "" // its parameters and their defaults are settings
			if rest, err := json.Marshal(one); err == nil {
				r.settings(Queries, object, runsAs, rest)
			}
			r.looked()
		}
		return nil
	})
}

// lookAtMounts tells of mounts. The API names them, and does not say what is behind them or by which key: only a cluster knows.
func (r *run) lookAtMounts(ctx context.Context) error {
	var answer files.ListStatusResponse
	err := r.get(ctx, "/api/2.0/dbfs/list", map[string]any{"path": "/mnt"}, &answer)
	if gone(err) {
		return nil // there are none
	}
	if err != nil {
		return err
	}
	for _, f := range answer.Files {
		if !f.IsDir {
			continue
		}
		r.looked()
		r.report(Finding{
			ID: "verify-mount", Part: Mounts, Object: Object{Type: "mount", Name: f.Path},
			What: "lets everybody in the workspace at what is behind it; what that is, the API does not say: dbutils.fs.mounts() on a cluster does",
			Fix:  ui.Advice("reach the data by an external location of Unity Catalog, or by the role's instance profile, and unmount it: dbutils.fs.unmount(\"" + ui.Cut(f.Path, 200) + "\")"),
		})
	}
	return nil
}

// cloudKey is what keys of clouds are called in secret scopes: nothing but names is read.
var cloudKey = regexp.MustCompile(`(?i)(access[-_.]?key|secret[-_.]?key|aws[-_.]?(secret|key)|s3[-_.]?(secret|key)|account[-_.]?key|storage[-_.]?key|sas[-_.]?token|client[-_.]?secret|service[-_.]?account|\bakia)`)

func (r *run) lookAtSecrets(ctx context.Context) error {
	items, err := r.all(ctx, list{path: "/api/2.0/secrets/scopes/list", items: "scopes"})
	if err != nil {
		return err
	}
	return each(ctx, r, Secrets, items, func(raw json.RawMessage) Object { return Object{Type: "secret scope", Name: nameIn(raw)} },
		func(ctx context.Context, raw json.RawMessage) error {
			if scope, ok := read[workspace.SecretScope](r, Secrets, raw); ok {
				return r.scope(ctx, scope.Name)
			}
			return nil
		})
}

func (r *run) scope(ctx context.Context, name string) error {
	object := Object{Type: "secret scope", Name: name}
	query := map[string]any{"scope": name}
	var secrets workspace.ListSecretsResponse
	if err := r.get(ctx, "/api/2.0/secrets/list", query, &secrets); err != nil {
		return err
	}
	var keys []string
	for _, s := range secrets.Secrets {
		if cloudKey.MatchString(s.Key) {
			keys = append(keys, s.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var acls workspace.ListAclsResponse
	if err := r.get(ctx, "/api/2.0/secrets/acls/list", query, &acls); err != nil {
		if ends(ctx, err) {
			return err
		}
		r.notRead(Secrets, object, "acls", r.explain("who may read the secret scope "+ui.Clean(name), err))
	}
	severity, readable := Medium, ""
	for _, acl := range acls.Items {
		if acl.Principal == everybody {
			severity, readable = High, ", and everybody in the workspace may read it"
		}
	}
	for _, key := range keys {
		r.report(Finding{
			ID: "verify-scope-key", Severity: severity, Part: Secrets, Object: object, Where: key, What: "keeps what by its name is a key of a cloud" + readable,
			Fix: ui.Advice("let what uses it take a role of the map, by an instance profile or a service credential of Unity Catalog; then delete the key where it was issued, and here"),
		})
	}
	return nil
}

func (r *run) lookAtTokens(ctx context.Context) error {
	items, err := r.all(ctx, list{path: "/api/2.0/token-management/tokens", items: "token_infos"})
	if err != nil {
		return err
	}
	for _, raw := range items {
		one, ok := read[settings.TokenInfo](r, Tokens, raw)
		if !ok {
			continue
		}
		r.looked()
		if one.ExpiryTime > 0 {
			continue // -1 is never
		}
		what := "of " + ui.Cut(one.CreatedByUsername, 120) + " never ends"
		if one.Comment != "" {
			what += `; its comment is "` + shown(one.Comment, 80) + `"`
		}
		if one.LastUsedDay > 0 {
			what += "; it was last used on " + time.UnixMilli(one.LastUsedDay).UTC().Format(time.DateOnly)
		}
		r.report(Finding{
			ID: "verify-token-endless", Part: Tokens, Object: Object{"token", one.TokenId, one.TokenId}, RunsAs: one.CreatedByUsername, What: what,
			Fix: ui.Command("databricks token-management delete " + ui.Word(ui.Cut(one.TokenId, 80))),
		})
	}
	return nil
}

// lookAtGroups holds the workspace's groups against those that the map gives roles by.
func (r *run) lookAtGroups(ctx context.Context) error {
	const count = 100
	missing := map[string]string{} // by name without case, as Databricks compares them
	for _, group := range r.want.groups {
		missing[strings.ToLower(group)] = group
	}
	for start := 1; ; {
		var page iam.ListGroupsResponse
		query := map[string]any{"attributes": "id,displayName,roles,meta", "startIndex": start, "count": count}
		if err := r.get(ctx, "/api/2.0/preview/scim/v2/Groups", query, &page); err != nil {
			return err
		}
		for _, g := range page.Resources {
			delete(missing, strings.ToLower(g.DisplayName))
			r.group(g)
			r.looked()
		}
		if start += len(page.Resources); len(page.Resources) == 0 || int64(start) > page.TotalResults {
			break
		}
		if start > 1_000_000 {
			return unusual("the groups do not end")
		}
	}
	for _, group := range missing {
		r.report(Finding{
			ID: "verify-group-missing", Part: Groups, Object: Object{Type: "group", Name: group}, Roles: r.want.giving[group],
			What: "is not in the workspace, and the map gives it " + ui.And(r.want.giving[group]) + " there",
			Fix:  ui.Advice("assign the account's group to the workspace, or correct its name in the access map"),
		})
	}
	return nil
}

func (r *run) group(g iam.Group) {
	if g.DisplayName == admins {
		return
	}
	for _, role := range g.Roles {
		p := r.want.profiles[role.Value]
		if !strings.Contains(role.Value, ":instance-profile/") || p != nil && p.gives(g.DisplayName) {
			continue
		}
		f := Finding{
			Part: Groups, Object: Object{"group", g.Id, g.DisplayName}, Profile: role.Value,
			Fix: ui.Advice("take the instance profile from the group, or give the group the role in the access map"),
		}
		if p == nil {
			f.ID, f.What = "verify-profile-unknown", "may start compute with the instance profile "+role.Value+", which the access map does not name"
		} else {
			f.ID, f.Roles = "verify-group-profile", p.roles
			f.What = fmt.Sprintf("may start compute with the instance profile of %s, which the map does not give it", p.words())
		}
		r.report(f)
	}
}
