package drift

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/iam"
	"github.com/dbxaccess/dbxaccess/internal/needed"
)

func exampleState(t *testing.T) *desired.State {
	t.Helper()
	const path = "../../docs/access-map.yaml"
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	m, err := accessmap.Parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	state, err := desired.Of(m, nil, desired.Options{Now: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)})
	if err != nil || len(state.Roles) < 5 || len(state.Providers) < 2 {
		t.Fatalf("%+v, %v", state, err)
	}
	return state
}

// standing is an IAM that has what is desired, each statement of permissions in a policy of its own, and each action by itself.
func standing(state *desired.State) *Actual {
	a := &Actual{}
	for _, p := range state.Providers {
		have := Provider{ARN: p.ARN, URL: strings.TrimPrefix(p.URL, "https://"), Audiences: p.Audiences}
		if p.Context != nil {
			have.Context = &ContextProvider{SubjectSourceKey: p.Context.SubjectSourceKey, SubjectType: p.Context.SubjectType, Keys: map[string]string{}}
			for _, k := range p.Context.Keys {
				have.Context.Keys[k.Name] = k.Claim
			}
		}
		a.Providers = append(a.Providers, have)
	}
	for _, r := range state.Roles {
		have := Role{ARN: r.ARN, Trust: r.Trust.JSON(), MaxSession: r.MaxSession}
		for _, d := range r.Permissions {
			for _, s := range d.Statement {
				for _, action := range s.Action {
					s.Action = iam.Words{action}
					have.Inline = append(have.Inline, Policy{Name: action, Document: iam.Policy(s).JSON()})
				}
			}
		}
		for _, managed := range r.Managed {
			have.Attached = append(have.Attached, Policy{ARN: managed, Document: `{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}`})
		}
		a.Roles = append(a.Roles, have)
		if r.Instance != nil {
			a.InstanceProfiles = append(a.InstanceProfiles, InstanceProfile{ARN: r.Instance.ARN, Role: r.ARN})
		}
	}
	return a
}

// The worked example of the docs, written otherwise, is in step; each action that is taken from a policy is missed.
func TestTheExample(t *testing.T) {
	needed.FullSpeed(t)
	state := exampleState(t)
	if findings := Compare(state, standing(state), By{}); len(findings) > 0 {
		t.Errorf("in step, and %d findings, as %+v", len(findings), findings[0])
	}
	if notes := strings.Join(NotLookedAt(state), "\n"); !strings.Contains(notes, "what the policies of break-glass allow: the map does not narrow it") {
		t.Error(notes)
	}
	for i, r := range state.Roles {
		for j := range standing(state).Roles[i].Inline {
			actual := standing(state)
			if strings.Contains(actual.Roles[i].Inline[j].Document, `"Deny"`) {
				continue
			}
			actual.Roles[i].Inline = append(actual.Roles[i].Inline[:j], actual.Roles[i].Inline[j+1:]...)
			missed := false
			for _, f := range Compare(state, actual, By{}) {
				missed = missed || f.ID == "drift-permissions-less" && f.ARN == r.ARN
			}
			if !missed {
				t.Errorf("%s: without %s nothing is found", r.ARN, standing(state).Roles[i].Inline[j].Document)
			}
		}
	}
}
