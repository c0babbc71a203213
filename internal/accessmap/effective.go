package accessmap

import (
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Effective is what a role amounts to: what it says itself and every grant it inherits.
type Effective struct {
	Role        string
	Description string
	AtAWS       bool   // false for a role that can only be inherited, or works in its workspace alone
	RoleARN     string // "" for a permission set without a role to chain into
	AccountID   string // with RoleName: the permission set of Identity Center behind the role; else ""
	RoleName    string
	Region      string
	Duration    time.Duration // 0: leave it to AWS
	Workspace   string        // name of the first workspace, or ""
	Workplaces  []Workplace   // the role's workspaces in the map's order, each once
	// ServicePrincipal is an identity, like the ARN, and not a permission, so it is not inherited.
	ServicePrincipal string   // application ID; "" for the person themselves
	Read             []string // names of datasets, sorted
	Write            []string
	Delete           []string
	Statements       []Statement // its own and those inherited
	// ManagedPolicies are ARNs, sorted. What they allow is allowed besides what the session policy does.
	ManagedPolicies []string
	Tags            map[string]string
	// Entitlements, sorted, and Grants, one for each thing, are what it gives in its workspaces, its own and those inherited.
	Entitlements []string
	Grants       []UnityGrant

	agents bool     // what agents have of it: see AgentRule.narrow
	all    []string // its datasets, those outside the scope that it is narrowed to included
	keyed  []string // all, where it is narrowed: their keys hold still
}

// Datasets are those that it has any grant on, sorted.
func (e *Effective) Datasets() []string {
	if len(e.Delete) == 0 && slices.Equal(e.Read, e.Write) {
		return slices.Clone(e.Read)
	}
	return set(slices.Concat(e.Read, e.Write, e.Delete))
}

// Unbounded reports whether nothing narrows the role at AWS, so that it does all that stands behind it there.
func (e *Effective) Unbounded() bool {
	return e.AtAWS && len(e.Read)+len(e.Write)+len(e.Delete)+len(e.Statements)+len(e.ManagedPolicies) == 0
}

// ManagedWithin are the managed policies that are sent with the role where it is narrowed to a scope: none, since they are
// about no dataset. Without a scope, all.
func (e *Effective) ManagedWithin(scope []string) []string {
	if len(scope) > 0 {
		return nil
	}
	return e.ManagedPolicies
}

// Effective resolves a role. A role that the map does not have is a *ui.Error with the code NoSuchRole.
func (m *Map) Effective(role string) (*Effective, error) {
	r, err := m.role(role)
	if err != nil {
		return nil, err
	}
	return m.effective(r), nil
}

func (m *Map) role(name string) (*Role, error) {
	if r := m.Roles[name]; r != nil {
		return r, nil
	}
	meant := didYouMean(name, maps.Keys(m.Roles))
	unknown := ui.Errorf("role-unknown", ui.NoSuchRole, "the access map has no role %s%s", shown(name), meant)
	if meant == "" {
		unknown = unknown.With(ui.Command("dbxaccess roles"))
	}
	if m.Datasets[name] != nil {
		unknown = unknown.With(ui.Advice(name+" is a dataset; which roles reach it, and how they are to be had:"), ui.Command("dbxaccess map request "+name))
	}
	return nil, unknown
}

func (m *Map) effective(r *Role) *Effective {
	e := &Effective{
		Role: r.Name, Description: r.Description, ServicePrincipal: r.ServicePrincipal,
		Tags: tagsOf(r),
	}
	for _, name := range r.effectiveWorkspaces {
		if w := m.Workspaces[name]; w != nil {
			e.Workplaces = append(e.Workplaces, Workplace{w, r.scopesIn(w)})
		}
	}
	if len(e.Workplaces) > 0 {
		e.Workspace = e.Workplaces[0].Name
	}
	if r.AWS != nil {
		e.AtAWS, e.RoleARN, e.Region, e.Duration = true, r.AWS.RoleARN, r.AWS.Region, r.AWS.Duration
		e.AccountID, e.RoleName, e.ManagedPolicies = r.AWS.AccountID, r.AWS.RoleName, r.AWS.ManagedPolicies
	}
	line := m.lineage(r)
	reads, writes, deletes := 0, 0, 0
	for _, ancestor := range line {
		reads, writes, deletes = reads+len(ancestor.Read), writes+len(ancestor.Write), deletes+len(ancestor.Delete)
	}
	e.Read, e.Write, e.Delete = make([]string, 0, reads), make([]string, 0, writes), make([]string, 0, deletes)
	for _, ancestor := range line {
		e.Read = append(e.Read, ancestor.Read...)
		e.Write = append(e.Write, ancestor.Write...)
		e.Delete = append(e.Delete, ancestor.Delete...)
		e.Statements = append(e.Statements, ancestor.Statements...)
		e.Entitlements = append(e.Entitlements, ancestor.Entitlements...)
	}
	e.Read, e.Write, e.Delete = set(e.Read), set(e.Write), set(e.Delete)
	e.Entitlements, e.Grants = set(e.Entitlements), unityOf(line)
	e.all = e.Datasets()
	return e
}

// lineage is a role and all it inherits from, each once.
func (m *Map) lineage(r *Role) []*Role {
	const few = 16 // to be looked through faster than a set is made
	line := append(make([]*Role, 0, few), r)
	var seen map[*Role]bool
	for i := 0; i < len(line); i++ {
		for _, name := range line[i].Inherits {
			parent := m.Roles[name]
			if len(line) < few && slices.Contains(line, parent) || seen[parent] {
				continue
			}
			line = append(line, parent)
			switch {
			case seen != nil:
				seen[parent] = true
			case len(line) == few:
				seen = make(map[*Role]bool, 2*few)
				for _, one := range line {
					seen[one] = true
				}
			}
		}
	}
	return line
}

// set sorts names and drops the repeated.
func set(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return slices.Compact(names)
}
