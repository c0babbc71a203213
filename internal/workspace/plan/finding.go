package plan

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Severity is how soon someone should look.
type Severity string

// The severities.
const (
	High   Severity = "high"   // somebody can do more than the map says
	Medium Severity = "medium" // what the map gives fails, or was not looked at
	Low    Severity = "low"    // what changes no access yet
)

func (s Severity) rank() int { return slices.Index([]Severity{Low, Medium, High}, s) }

// Finding is one way in which Databricks differs from the map. Its texts are clean.
type Finding struct {
	ID       ui.ID    `json:"id"`
	Severity Severity `json:"severity"`
	Kind     Kind     `json:"kind"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"` // of the map
	What     string   `json:"what"`
	Fix      ui.Fix   `json:"fix,omitempty"`

	object *Object // that no change is made of; nil where there may be one
}

// FindingKind says what the findings of one ID are about.
type FindingKind struct {
	ID       ui.ID
	Severity Severity
	Means    string
}

// FindingKinds are all there are, as docs/workspace.md lists them. An ID stays the same in every version.
func FindingKinds() []FindingKind {
	return []FindingKind{
		{"workspace-more", High, "somebody has more at Databricks than the map gives: an instance profile, an entitlement or a privilege that belongs to the map, or a federation policy that was made for it"},
		{"workspace-less", Medium, "what the map gives is not there"},
		{"workspace-differs", Medium, "something stands there with another value than the map's"},
		{"workspace-group-missing", Medium, "there is no group of the name, so nobody gets what the map gives to it"},
		{"workspace-group-several", Medium, "several groups have the name, which Databricks compares without case: which of them is meant is not known"},
		{"workspace-group-local", Medium, "a group is local to the workspace, and Unity Catalog knows groups of the account alone"},
		{"workspace-principal-missing", Medium, "the service principal of a role is not there"},
		{"workspace-securable-missing", Medium, "what privileges are granted on is not there, or is not to be seen"},
		{"workspace-groups-unknown", Medium, "the map gives a role by patterns, IDs of groups or claims, and does not say which groups at Databricks these people are in"},
		{"workspace-profile-meta", Medium, "an instance profile stands there as a meta instance profile, which no request changes"},
		{"workspace-external-id", Medium, "the map does not have the external id that Databricks made for a credential, so that the role's trust policy can't name it"},
		{"workspace-credential-fails", Medium, "Databricks tried a credential, and it does not work"},
		{"workspace-account-unknown", Medium, "the map does not say in which account at Databricks a federation policy has to stand"},
		{"workspace-not-read", Medium, "something could not be read, so that it is not known whether it is right"},
	}
}

func newFinding(id ui.ID, o *Object, what string, fix ui.Fix) Finding {
	f := Finding{ID: id, Severity: Medium, Kind: o.Kind, Name: Clean(o.Name), Roles: append([]string{}, o.Roles...), What: Clean(what), Fix: fix.Clean()}
	for _, k := range FindingKinds() {
		if k.ID == id {
			f.Severity = k.Severity
		}
	}
	return f
}

// About is a finding on an object of which no change can be made.
func About(id ui.ID, o *Object, what string, fix ui.Fix) Finding {
	f := newFinding(id, o, what, fix)
	f.object = o
	return f
}

// Beside is a finding on an object that may be changed all the same.
func Beside(id ui.ID, o *Object, what string, fix ui.Fix) Finding {
	return newFinding(id, o, what, fix)
}

// Bars reports whether no change is to be made of an object.
func (f Finding) Bars(o *Object) bool { return f.object != nil && f.object.Is(o) }

// Differences are the changes as findings, for who wants to know and not to change.
func (p *Plan) Differences() []Finding {
	all := slices.Clone(p.Findings)
	for _, c := range p.Changes {
		o := &Object{Kind: c.Kind, Name: c.Name, Roles: c.Roles}
		fix := p.apply
		if c.Action == Create {
			all = append(all, newFinding("workspace-less", o, "it is not there", fix))
			continue
		}
		for _, l := range c.Lines {
			switch l.Action {
			case Create:
				all = append(all, newFinding("workspace-less", o, lacks(c.Kind, l), fix))
			case Delete:
				all = append(all, newFinding("workspace-more", o, "the map does not want "+l.Field+" "+l.Before, fix))
			default:
				all = append(all, newFinding("workspace-differs", o, l.Field+" is "+l.Before+", and the map wants "+l.After, fix))
			}
		}
	}
	sorted := &Plan{Findings: all}
	sorted.sort()
	return sorted.Findings
}

func lacks(kind Kind, l Line) string {
	if kind == Grants {
		return l.Field + " does not have " + l.After
	}
	return "it does not have the " + l.Field + " " + l.After
}
