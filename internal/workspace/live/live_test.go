package live_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
	"github.com/dbxaccess/dbxaccess/internal/sandbox/workspace/estate"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
	"github.com/dbxaccess/dbxaccess/internal/workspace/live"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// double is a workspace that keeps what a text says, and its client.
type double struct {
	*estate.Estate
	*live.Live
	h *harness.Harness
}

func newDouble(t *testing.T, held string) *double {
	t.Helper()
	h, err := harness.New(t.Context(), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(code, message string) *harness.Reply {
		return harness.JSON(http.StatusBadRequest, map[string]any{"error_code": code, "message": message})
	}
	e := estate.New(h, nil, func(*http.Request, string) (estate.Caller, *harness.Reply) {
		return estate.Caller{Name: "alice@example.com"}, nil
	}, refuse)
	if err := e.Hold([]byte(held)); err != nil {
		t.Fatal(err)
	}
	h.Serve(t.Context(), e.Routes())
	t.Cleanup(func() {
		if seen := h.Unexpected(); len(seen) > 0 {
			t.Errorf("unexpected: %q", seen)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := workspace.New(httpclient.New(httpclient.Options{}), &databricks.Token{Host: h.Origin(), AccessToken: secret.New("canary-token")}, workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &double{e, live.New(c, &databricks.Principal{Groups: []string{"admins"}}), h}
}

func (d *double) compare(t *testing.T, objects ...plan.Object) *plan.Plan {
	t.Helper()
	w := &plan.Wanted{Objects: objects, Made: func(string) bool { return false }}
	standing, err := d.Read(t.Context(), w, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Compare(w, standing, false)
}

func (d *double) apply(ctx context.Context, p *plan.Plan) []live.Result {
	return d.Apply(ctx, p.Changes, false, func(plan.Change) func() { return func() {} }, func(live.Result) {})
}

func group(name string, entitlements ...string) plan.Object {
	return plan.Object{Kind: plan.Group, Name: name, Sets: map[string][]string{plan.SetEntitlements: entitlements}}
}

func states(results []live.Result) string {
	var texts []string
	for _, r := range results {
		texts = append(texts, string(r.State))
	}
	return strings.Join(texts, " ")
}

// Names are other people's: one that would end a filter finds the group that is called so, and no other.
func TestGroupsOfOddNames(t *testing.T) {
	t.Parallel()
	const odd = `R&D "core" \ eq "x"`
	d := newDouble(t, `{"groups": [{"displayName": "R&D \"core\" \\ eq \"x\""}, {"displayName": "x"}, {"displayName": "twice"}, {"displayName": "Twice"}, {"displayName": "TWICE"}]}`)
	p := d.compare(t, group(odd, "workspace-access"), group("tWICE", "workspace-access"), group("nobody", "workspace-access"))
	var names, told []string
	for _, c := range p.Changes {
		names = append(names, c.Name)
	}
	for _, f := range p.Findings {
		told = append(told, string(f.ID)+" "+f.Name)
	}
	if !slices.Equal(names, []string{odd}) || !slices.Equal(told, []string{"workspace-group-missing nobody", "workspace-group-several tWICE"}) {
		t.Errorf("%q, %q", names, told)
	}
	if got := states(d.apply(t.Context(), p)); got != "done" {
		t.Error(got)
	}
	if exact := d.compare(t, group("Twice", "workspace-access")); len(exact.Changes) != 1 || len(exact.Findings) != 0 {
		t.Errorf("the one whose name is spelled so: %+v", exact)
	}
}

// What has changed since it was planned is not touched, and nothing is begun after it.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDouble(t, `{"groups": [{"displayName": "a"}, {"displayName": "b"}, {"displayName": "c"}]}`)
	p := d.compare(t, group("a", "workspace-access"), group("b", "databricks-sql-access", "workspace-access"), group("c", "workspace-access"))
	if err := d.Hold([]byte(`{"groups": [{"displayName": "a", "entitlements": ["workspace-access"]}, {"displayName": "b", "entitlements": ["workspace-access"]}, {"displayName": "c"}]}`)); err != nil {
		t.Fatal(err)
	}
	results := d.apply(t.Context(), p)
	if got := states(results); got != "already failed left" {
		t.Fatal(got)
	}
	if ui.IDOf(results[1].Err) != "workspace-changed-meanwhile" {
		t.Error(results[1].Err)
	}
	if d.h.Calls()[harness.SCIMWrite] != 0 {
		t.Error("something was written")
	}
}

// Ctrl-C leaves what was not begun, and finishes what was.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	d := newDouble(t, `{"groups": [{"displayName": "a"}, {"displayName": "b"}]}`)
	p := d.compare(t, group("a", "workspace-access"), group("b", "workspace-access"))
	ctx, cancel := context.WithCancel(t.Context())
	results := d.Apply(ctx, p.Changes, false, func(plan.Change) func() { return func() {} }, func(live.Result) { cancel() })
	if got := states(results); got != "done left" {
		t.Error(got)
	}
	if got := states(d.apply(t.Context(), d.compare(t, group("a", "workspace-access"), group("b", "workspace-access")))); got != "done" {
		t.Errorf("the rest: %s", got)
	}
}

// An answer that was lost is no failure where what stands is what was asked for.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	d := newDouble(t, `{}`)
	d.h.Inject(harness.Fault{Endpoint: harness.ProfilesWrite, Status: http.StatusInternalServerError, Perform: true, Body: `{"error_code":"INTERNAL_ERROR","message":"lost"}`})
	profile := plan.Object{Kind: plan.Profile, Name: "arn:aws:iam::111122223333:instance-profile/a", Fields: map[string]string{}}
	if got := states(d.apply(t.Context(), d.compare(t, profile))); got != "done" {
		t.Error(got)
	}
}

// What can't be read is never taken for what is not there.
func TestNotRead(t *testing.T) {
	t.Parallel()
	for status, ends := range map[int]bool{http.StatusForbidden: false, http.StatusUnauthorized: true, http.StatusNotImplemented: true} {
		d := newDouble(t, `{}`)
		d.h.Inject(harness.Fault{Endpoint: harness.Profiles, Times: harness.Always, Status: status, Body: `{"error_code":"SOME","message":"no"}`})
		w := &plan.Wanted{Objects: []plan.Object{{Kind: plan.Profile, Name: "arn:aws:iam::111122223333:instance-profile/a", Fields: map[string]string{}}}}
		w.Made = func(string) bool { return false }
		standing, err := d.Read(t.Context(), w, func(string) {})
		if ends != (err != nil) {
			t.Errorf("%d: %v", status, err)
		}
		if err == nil {
			if p := plan.Compare(w, standing, true); len(p.Changes) != 0 || len(p.Findings) != 1 || p.Findings[0].ID != "workspace-not-read" {
				t.Errorf("%d: %+v", status, p)
			}
		}
	}
}

// A meta instance profile can't be changed by a request.
func TestMetaProfile(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::111122223333:instance-profile/a"
	d := newDouble(t, `{"instance_profiles": [{"instance_profile_arn": "`+arn+`", "is_meta_instance_profile": true}]}`)
	p := d.compare(t, plan.Object{Kind: plan.Profile, Name: arn, Fields: map[string]string{}})
	if len(p.Changes) != 0 || len(p.Findings) != 1 || p.Findings[0].ID != "workspace-profile-meta" {
		t.Errorf("%+v", p)
	}
}

// Where the answer is lost, and what stands can't be read, nobody knows.
func TestNotKnown(t *testing.T) {
	t.Parallel()
	d := newDouble(t, `{"groups": [{"displayName": "a"}]}`)
	p := d.compare(t, plan.Object{Kind: plan.Profile, Name: "arn:aws:iam::111122223333:instance-profile/a", Fields: map[string]string{}}, group("a", "workspace-access"))
	broken := `{"error_code":"INTERNAL_ERROR","message":"down"}`
	d.h.Inject(
		harness.Fault{Endpoint: harness.Profiles, Header: http.Header{"X-Read": {"again"}}}, // before it is written
		harness.Fault{Endpoint: harness.ProfilesWrite, Status: http.StatusInternalServerError, Body: broken},
		harness.Fault{Endpoint: harness.Profiles, Status: http.StatusInternalServerError, Body: broken},
	)
	if got := states(d.apply(t.Context(), p)); got != "unknown left" {
		t.Error(got)
	}
}
