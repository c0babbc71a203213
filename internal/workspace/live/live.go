// Package live reads what stands in a Databricks workspace, or at an account, and writes it: one object of a plan after the other, through
// Databricks' own SDK.
//
// In comes a client and what a map wants; out comes what stands of it, and what became of each change. Before it writes an object, it reads
// it again, and it stops at the first refusal. It must never replace whole what it does not know whole: members of groups, settings of
// warehouses, privileges of others.
package live

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/compute"

	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/ui"
	"github.com/dbxaccess/dbxaccess/internal/workspace"
	"github.com/dbxaccess/dbxaccess/internal/workspace/plan"
)

// Live is a workspace or an account, as the bearer of the client's token sees it.
type Live struct {
	c     *workspace.Client
	admin bool // of the workspace, where it is one: sees all of it

	// Read once for a plan, and again before each change.
	profiles map[string]compute.InstanceProfile
	policies map[string][]policy // by the number of a service principal, "" for the account's
}

// New is a workspace, where me is who the bearer of the token is there; nil stands for an account.
func New(c *workspace.Client, me *databricks.Principal) *Live {
	return &Live{c: c, admin: me == nil || slices.ContainsFunc(me.Groups, func(group string) bool { return strings.EqualFold(group, "admins") })}
}

// Read is what stands of the wanted. progress is told what is asked for. Errors are those of a token that is not taken, and of a service
// that can't be reached; what is refused of one object is a finding.
func (l *Live) Read(ctx context.Context, w *plan.Wanted, progress func(what string)) (*plan.Standing, error) {
	s := &plan.Standing{}
	for i := range w.Objects {
		want := &w.Objects[i]
		progress(want.Title())
		have, finding, err := l.read(ctx, want)
		switch {
		case err != nil:
			return nil, err
		case finding != nil && toBeMade(w, s, want): // there is nobody yet who could have a privilege
			s.Objects = append(s.Objects, plan.Object{Kind: want.Kind, Name: want.Name})
		case finding != nil:
			s.Findings = append(s.Findings, *finding)
		case have != nil:
			s.Objects = append(s.Objects, *have)
		}
	}
	if !l.admin && slices.ContainsFunc(w.Objects, func(o plan.Object) bool { return o.Kind == plan.Profile }) {
		s.Findings = append(s.Findings, plan.Beside("workspace-not-read", &plan.Object{Kind: plan.Workspace, Name: l.c.Host()},
			"you are no admin of the workspace, so that it may know more instance profiles than you see: those that are said to be missing may be there",
			ui.Advice("plan with a role of somebody who is a workspace admin")))
	}
	s.Extra = l.extra(w)
	return s, nil
}

// toBeMade reports whether grants are on a credential of Unity Catalog that does not stand, and that the map wants.
func toBeMade(w *plan.Wanted, s *plan.Standing, grants *plan.Object) bool {
	if grants.Kind != plan.Grants {
		return false
	}
	kind, name := securable(grants)
	if kind != "credential" && kind != "storage_credential" {
		return false
	}
	credential := &plan.Object{Kind: plan.Credential, Name: name}
	return slices.ContainsFunc(w.Objects, func(o plan.Object) bool { return o.Is(credential) }) &&
		!slices.ContainsFunc(s.Objects, func(o plan.Object) bool { return o.Is(credential) }) &&
		!slices.ContainsFunc(s.Findings, func(f plan.Finding) bool { return f.Bars(credential) })
}

// again forgets what was read of an object's kind.
func (l *Live) again() { l.profiles, l.policies = nil, nil }

// read is one object; nil for one that is not there. A finding says that no change can be made of it.
func (l *Live) read(ctx context.Context, want *plan.Object) (have *plan.Object, f *plan.Finding, err error) {
	switch want.Kind {
	case plan.Profile:
		have, f, err = l.readProfile(ctx, want)
	case plan.Group, plan.ServicePrincipal:
		have, f, err = l.readPrincipal(ctx, want)
	case plan.Warehouses:
		have, err = l.readWarehouses(ctx, want)
	case plan.Credential:
		have, err = l.readCredential(ctx, want)
	case plan.Grants:
		have, f, err = l.readGrants(ctx, want)
	case plan.Federation:
		have, f, err = l.readPolicy(ctx, want)
	}
	if err == nil || ctx.Err() != nil || status(err) != http.StatusForbidden {
		return have, f, l.explain(want, "about", err)
	}
	told := plan.About("workspace-not-read", want, l.explain(want, "about", err).Error(),
		ui.Advice("plan with a role of somebody who may see it: a workspace admin; of Unity Catalog, the owner or who has MANAGE; of the account, an account admin"))
	return nil, &told, nil
}

// explain is an error of the SDK in our words.
func (l *Live) explain(o *plan.Object, how string, err error) error {
	if err == nil {
		return nil
	}
	if already, ours := errors.AsType[*ui.Error](err); ours {
		return already
	}
	if misread(err) {
		return l.unusual("the answer about "+plan.Clean(o.Title()), "is none of its API")
	}
	told := l.c.Explain(l.c.Doing(how+" "+plan.Clean(o.Title())), err)
	if said, ours := errors.AsType[*ui.Error](told); ours && said.ID == databricks.OutOfScope {
		return told
	}
	switch status(err) {
	case 0, http.StatusUnauthorized, http.StatusTooManyRequests:
		return told
	case http.StatusForbidden:
		return ui.Errorf("workspace-change-refused", ui.Refused, "%s", told.Error()).
			With(ui.Advice("it takes a workspace admin; in Unity Catalog, the owner or who has MANAGE; at the account, an account admin"))
	}
	if status(err) >= http.StatusInternalServerError {
		return told
	}
	advice := ui.Advice("do what it says, and plan again")
	if strings.Contains(err.Error(), "DRY_RUN_FAILED") || strings.Contains(err.Error(), "Verification of the instance profile") {
		advice = ui.Advice("the workspace's cross-account role has to pass on the IAM role of the instance profile: dbxaccess drift and dbxaccess map render say how")
	}
	return ui.Errorf("workspace-change-refused", ui.Refused, "%s", told.Error()).With(advice)
}

// status is that of an answer, 0 where there was none.
func status(err error) int {
	refused, is := errors.AsType[*apierr.APIError](err)
	switch {
	case !is:
		return 0
	case refused.StatusCode == http.StatusBadRequest && strings.Contains(refused.Message, "does not exist"):
		return http.StatusNotFound
	}
	return refused.StatusCode
}
