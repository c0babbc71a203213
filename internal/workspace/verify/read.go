package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/databricks/databricks-sdk-go/apierr"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// get asks for one thing. out is what its JSON is read into, or *[]byte for what is no JSON. Answers are read into the SDK's types
// where something is decided by them, and kept as they came for what looks for keys: a field that is newer than the SDK may hold one.
func (r *run) get(ctx context.Context, path string, query map[string]any, out any) error {
	headers := map[string]string{}
	sdk := r.c.SDK()
	if id := sdk.Config.WorkspaceID; id != "" {
		headers["X-Databricks-Workspace-Id"] = id
	}
	if query == nil {
		query = map[string]any{}
	}
	err := sdk.Do(ctx, http.MethodGet, path, headers, nil, query, out)
	if err != nil && ctx.Err() == nil && !isAPIError(err) && isJSONError(err) {
		return unusual("%s answered with something else than its API promises", path)
	}
	return err
}

func isAPIError(err error) bool {
	_, ok := errors.AsType[*apierr.APIError](err)
	return ok
}

func isJSONError(err error) bool {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	return syntax || kind
}

func unusual(format string, args ...any) error {
	return &unusualError{ui.Errorf("", ui.Failed, format, args...).
		With(ui.Advice("what was not understood was not looked at; the workspace may be newer than dbxaccess"))}
}

// list is a list in pages.
type list struct {
	path  string
	query map[string]any // without the page token
	items string         // member that has the items; it may be left out where there are none
}

// most pages of one list: a server that never ends one must not keep us.
const mostPages = 100_000

// pages reads a part's list from the page where the part was left. Once a page was looked at, the next one is where it would be taken
// up again. A page that a workspace does not know any more, as after a day, begins the list anew: what is found twice is told once.
func (r *run) pages(ctx context.Context, part Part, l list, page func(ctx context.Context, items []json.RawMessage) error) error {
	at, token := r.state.at(part), ""
	resumed := at.Cursor != nil && json.Unmarshal(at.Cursor, &token) == nil && token != ""
	for n := 0; ; n++ {
		if n == mostPages {
			return unusual("the list %s does not end", l.path)
		}
		items, next, err := r.page(ctx, l, token)
		if refused, ok := errors.AsType[*apierr.APIError](err); ok && resumed && refused.StatusCode == http.StatusBadRequest {
			resumed, token, at.Objects = false, "", 0
			continue
		}
		if err != nil {
			return err
		}
		resumed = false
		if err := page(ctx, items); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		if next == token {
			return unusual("the list %s does not end", l.path)
		}
		token = next
		if at.Cursor, err = json.Marshal(token); err != nil {
			return err
		}
		if err := r.commit(part); err != nil {
			return err
		}
	}
}

// page reads one page. Short ones are no sign of the end: that is the absent token.
func (r *run) page(ctx context.Context, l list, token string) (items []json.RawMessage, next string, err error) {
	query := map[string]any{}
	for name, value := range l.query {
		query[name] = value
	}
	if token != "" {
		query["page_token"] = token
	}
	var answer map[string]json.RawMessage
	if err := r.get(ctx, l.path, query, &answer); err != nil {
		return nil, "", err
	}
	if raw := answer[l.items]; raw != nil {
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, "", unusual("%s of %s is no list", l.items, l.path)
		}
	}
	if raw := answer["next_page_token"]; raw != nil {
		if err := json.Unmarshal(raw, &next); err != nil {
			return nil, "", unusual("the page token of %s is no text", l.path)
		}
	}
	return items, next, nil
}

// read is an item of a list in the SDK's form. What can't be read is a finding.
func read[T any](r *run, part Part, raw json.RawMessage) (one T, ok bool) {
	if err := json.Unmarshal(raw, &one); err != nil {
		r.notRead(part, Object{Type: "item", Name: nameIn(raw)}, "", unusual("the list has something else than its API promises"))
		return one, false
	}
	return one, true
}

// nameIn finds what to call an item whose form is unknown.
func nameIn(raw json.RawMessage) string {
	var members map[string]any
	_ = json.Unmarshal(raw, &members)
	for _, key := range []string{"name", "cluster_name", "instance_pool_name", "display_name"} {
		if name, ok := members[key].(string); ok && name != "" {
			return name
		}
	}
	for _, key := range []string{"job_id", "cluster_id", "policy_id", "instance_pool_id", "pipeline_id", "script_id", "token_id", "path", "id"} {
		if v := members[key]; v != nil {
			return key + " " + fmt.Sprint(v)
		}
	}
	return "without a name"
}
