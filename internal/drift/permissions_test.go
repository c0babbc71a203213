package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	athenaOnly = `{"Statement":{"Effect":"Allow","Action":"athena:*","Resource":"*"}}`
	allOfIt    = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	nothing    = `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
)

// A role whose datasets are none is compared with the managed policies that the map sends, and one that the map does not narrow
// with nothing but its boundary; the boundary counts always.
func TestRolesWithoutPermissionsOfTheMap(t *testing.T) {
	t.Parallel()
	const admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	ours := Policy{ARN: managed, Document: athenaOnly}
	boundary := func(document string) *Policy {
		return &Policy{ARN: "arn:aws:iam::" + account + ":policy/edge", Document: document}
	}
	for _, c := range []struct {
		name       string
		managed    []string
		unnarrowed []string
		have       Role
		unread     []Unread
		want       []ui.ID
		what       string
	}{
		{"managed, in step", []string{managed}, nil, Role{Attached: []Policy{ours}}, nil, nil, ""},
		{"managed, and more", []string{managed}, nil, Role{Attached: []Policy{ours, {ARN: admin, Document: allOfIt}}}, nil, []ui.ID{"drift-permissions-more"}, "can do more"},
		{"managed, and more inline", []string{managed}, nil, Role{Attached: []Policy{ours}, Inline: []Policy{{Name: "x", Document: allOfIt}}}, nil, []ui.ID{"drift-permissions-more"}, "can do more"},
		{"managed, within a boundary that denies", []string{managed}, nil, Role{Attached: []Policy{ours}, Boundary: boundary(nothing)}, nil, []ui.ID{"drift-boundary-less"}, "athena:"},
		{"managed, within a wide one", []string{managed}, nil, Role{Attached: []Policy{ours}, Boundary: boundary(allOfIt)}, nil, nil, ""},
		{"managed, detached", []string{managed}, nil, Role{Inline: []Policy{{Name: "x", Document: athenaOnly}}}, nil, []ui.ID{"drift-policy-detached", "drift-permissions-more"}, "may do more"},
		{"managed, within a boundary that was not read", []string{managed}, nil, Role{Attached: []Policy{ours}, Boundary: boundary("")},
			[]Unread{{ARN: roleARN, Part: PartBoundary, Name: "edge", Why: "AccessDenied"}}, []ui.ID{"drift-not-compared"}, "permissions boundary edge: AccessDenied"},
		{"nothing, nothing", nil, nil, Role{}, nil, nil, ""},
		{"nothing, and more", nil, nil, Role{Attached: []Policy{{ARN: admin, Document: allOfIt}}}, nil, []ui.ID{"drift-permissions-more"}, "can do more"},
		{"not narrowed", nil, []string{"ml-trainer"}, Role{Attached: []Policy{{ARN: admin, Document: allOfIt}}}, nil, nil, ""},
		{"not narrowed, within some boundary", nil, []string{"ml-trainer"}, Role{Attached: []Policy{{ARN: admin, Document: allOfIt}}, Boundary: boundary(athenaOnly)}, nil, nil, ""},
		{"not narrowed, and nothing left", nil, []string{"ml-trainer"}, Role{Attached: []Policy{{ARN: admin, Document: allOfIt}}, Boundary: boundary(nothing)}, nil,
			[]ui.ID{"drift-boundary-less"}, "takes away all"},
		{"not narrowed, with managed", []string{managed}, []string{"other"}, Role{Attached: []Policy{ours, {ARN: admin, Document: allOfIt}}}, nil, nil, ""},
		{"not narrowed, with managed taken away", []string{managed}, []string{"other"}, Role{Attached: []Policy{ours}, Boundary: boundary(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)}, nil,
			[]ui.ID{"drift-boundary-less", "drift-boundary-less"}, "athena:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			trust := iam.Policy(iam.RoleTrust("arn:aws:iam::444455556666:role/hub", iam.AssumeActions(false, false), "4711"))
			state := &desired.State{Roles: []desired.Role{{ARN: roleARN, For: []string{"ml-trainer"}, Trust: trust, MaxSession: time.Hour, Managed: c.managed, Unnarrowed: c.unnarrowed}}}
			c.have.ARN, c.have.Trust, c.have.MaxSession = roleARN, trust.JSON(), time.Hour
			findings := Compare(state, &Actual{Roles: []Role{c.have}, Unread: c.unread}, By{})
			var ids []ui.ID
			said := c.what == ""
			for _, f := range findings {
				ids, said = append(ids, f.ID), said || strings.Contains(f.What, c.what)
			}
			if !slices.Equal(ids, c.want) || !said {
				t.Errorf("got %+v", findings)
			}
			notes := strings.Join(NotLookedAt(state), "\n")
			if named := strings.Contains(notes, "what the policies of "+ui.And(c.unnarrowed)+" allow: the map does not narrow it"); named != (len(c.unnarrowed) > 0) {
				t.Error(notes)
			}
		})
	}
}
