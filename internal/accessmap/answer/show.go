package answer

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/iam"
)

// Shown is a map as groups, roles and datasets. Its JSON is the contract of `map show -o json`.
type Shown struct {
	Roles  []Role     `json:"roles"`
	Agents []AgentRow `json:"agents,omitempty"` // of a map that speaks of agents; last what holds for all others
}

// Role is a role with who is given it and what it may do.
type Role struct {
	Role         string   `json:"role"`
	Description  string   `json:"description,omitempty"`
	RoleARN      string   `json:"role_arn,omitempty"`
	Permission   string   `json:"permission_set,omitempty"` // of Identity Center, as in 111122223333/MLAdmin
	Workspaces   []string `json:"workspaces,omitempty"`
	Principal    string   `json:"service_principal,omitempty"`
	Inherits     []string `json:"inherits,omitempty"`
	Unrestricted bool     `json:"unrestricted"` // nothing narrows it at AWS: it may do all that its IAM role may
	GivenTo      []Giver  `json:"given_to"`     // empty: nobody can take it
	Datasets     []Grant  `json:"datasets"`

	// KeptSeconds are for how long who is removed keeps AWS credentials of the role at most; 0 for a role that is none at AWS, or that
	// nobody can take. A workspace's tokens last as long as Databricks gives them.
	KeptSeconds int `json:"kept_seconds,omitempty"`

	// Rules are what the map's policy asks for the role's data, as the map writes it.
	Rules []string `json:"rules,omitempty"`

	Statements []Statement `json:"statements,omitempty"`       // of its session policy, written by hand, with those inherited
	Managed    []string    `json:"managed_policies,omitempty"` // ARNs: what these allow, it may too

	// What it gives in its workspaces, with what is inherited.
	Entitlements []string     `json:"entitlements,omitempty"`
	Unity        []UnityGrant `json:"grants,omitempty"`

	Agent *accessmap.AgentShare `json:"as_agent,omitempty"` // what a coding agent may have of it, where one is asked about: see As
}

// UnityGrant is what a role may do with one thing in Unity Catalog.
type UnityGrant struct {
	Type       string   `json:"type"` // as the map names it, as in schema
	Name       string   `json:"name"`
	Privileges []string `json:"privileges"`
}

// Statement is what else a role's session policy allows.
type Statement struct {
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
}

// OnlyInherited reports whether the role is there for others to inherit: nobody could take it.
func (r *Role) OnlyInherited() bool {
	return r.RoleARN == "" && r.Permission == "" && len(r.Workspaces) == 0
}

// Grant is what a role may do with one of its datasets.
type Grant struct {
	Dataset     string   `json:"dataset"`
	Sensitivity string   `json:"sensitivity,omitempty"`
	Actions     []string `json:"actions"`             // of read, write, delete
	From        string   `json:"from_role,omitempty"` // the role that says so, where it is another that this one inherits
	Except      []string `json:"except,omitempty"`    // places that the role is denied, as in s3://bucket/prefix/
}

// Label is the dataset with its sensitivity, as in "churn (confidential)".
func (g *Grant) Label() string { return accessmap.Label(g.Dataset, g.Sensitivity) }

// Show lists roles by name, all of the map where none is named. Errors are role-unknown, with the code NoSuchRole, and
// map-answer-too-large.
func (x *Index) Show(roles ...string) (*Shown, error) {
	if len(roles) == 0 {
		roles = slices.Collect(maps.Keys(x.m.Roles))
	}
	s := &Shown{Roles: []Role{}, Agents: x.agentRows()}
	left := &budget{maxWork}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(roles))) {
		role, err := x.m.Effective(name)
		if err != nil {
			return nil, err
		}
		grants := x.grants(role, left)
		if !left.spend(lineWork * (1 + len(x.by[name]) + len(grants))) {
			return nil, tooLarge("the map")
		}
		r := Role{
			Role: name, Description: role.Description, RoleARN: role.RoleARN, Workspaces: role.Workspaces(), Principal: role.ServicePrincipal,
			Inherits: x.m.Roles[name].Inherits, Unrestricted: x.m.Unbounded(name), GivenTo: []Giver{}, Datasets: grants,
			Managed: role.ManagedPolicies, Entitlements: role.Entitlements,
		}
		for _, g := range role.Grants {
			r.Unity = append(r.Unity, UnityGrant{g.Type, g.Name, g.Privileges})
		}
		handling, err := x.asks(name)
		if err != nil {
			return nil, err
		}
		r.Rules = handling.Rules()
		if len(x.by[name]) > 0 {
			r.KeptSeconds = int(x.kept(role, handling).Seconds())
		}
		if role.RoleName != "" {
			r.Permission = role.AccountID + "/" + role.RoleName
		}
		for _, giver := range x.by[name] {
			r.GivenTo = append(r.GivenTo, giver.shown())
		}
		for _, statement := range role.Statements {
			r.Statements = append(r.Statements, Statement(statement))
		}
		if x.agent != "" {
			if r.Agent, err = x.m.AgentShare(x.agent, name); err != nil {
				return nil, err
			}
		}
		s.Roles = append(s.Roles, r)
	}
	return s, nil
}

// usualLife is how long AWS lets credentials live whose duration is left to it, where a role is assumed.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const usualLife = time.Hour

// kept is for how long credentials of a role live at most. How long a permission set of Identity Center lasts, the map does not know: no
// longer than AWS lets any, whatever it asks for, as the person can ask Identity Center by themselves.
func (x *Index) kept(role *accessmap.Effective, h accessmap.Handling) time.Duration {
	switch {
	case !role.AtAWS:
		return 0
	case role.RoleName != "":
		return iam.MaxDuration
	}
	longest := cmp.Or(role.Duration, usualLife)
	if h.MaxDuration > 0 {
		longest = min(longest, h.MaxDuration)
	}
	if x.m.Roles[role.Role].AWS.Via != "" {
		longest = min(longest, iam.MaxChained)
	}
	return longest
}

// Grants are what a role may do with its datasets, by dataset: once for each role that says so, itself or the nearest that it inherits.
// Nil for a role that the map does not have.
func (x *Index) Grants(role string) []Grant {
	e, err := x.m.Effective(role)
	if err != nil {
		return nil
	}
	return x.grants(e, &budget{maxWork})
}

// grants is Grants; what is beyond the budget is left out, which then is overspent.
func (x *Index) grants(role *accessmap.Effective, left *budget) []Grant {
	type pair struct{ dataset, from string }
	found := make(map[pair][]string)
	lineage := x.m.Lineage(role.Role)
	for _, verb := range accessmap.Verbs() {
		known := make(map[string]bool)
		for _, ancestor := range lineage {
			datasets := ancestor.On(verb)
			if !left.spend(1 + len(datasets)) {
				return nil
			}
			for _, dataset := range datasets {
				if known[dataset] {
					continue
				}
				known[dataset] = true
				p := pair{dataset: dataset}
				if ancestor.Name != role.Role {
					p.from = ancestor.Name
				}
				found[p] = append(found[p], verb)
			}
		}
	}
	denied := x.deniedTo(role)
	grants := make([]Grant, 0, len(found))
	for p, actions := range found {
		d := x.m.Datasets[p.dataset]
		g := Grant{Dataset: d.Name, Sensitivity: d.Sensitivity, Actions: actions, From: p.from}
		for _, place := range denied {
			if slices.ContainsFunc(d.Locations, place.Meets) {
				g.Except = append(g.Except, place.String())
			}
		}
		grants = append(grants, g)
	}
	slices.SortFunc(grants, func(a, b Grant) int { return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.From, b.From)) })
	return grants
}
