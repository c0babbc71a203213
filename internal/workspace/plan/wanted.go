package plan

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/desired"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Wanted is what has to stand in one workspace, or at the console of one account.
type Wanted struct {
	Objects     []Object
	Findings    []Finding // what the map can't say
	NotLookedAt []string
	// Again is what the commands that findings give end with: the role and the options of the command that asked.
	Again []string
	// Made tells by an ID whether a federation policy is one that was made for an access map.
	Made func(policyID string) bool
}

// Of is what a map wants in a workspace at a time. Errors are those of desired.Of.
func Of(m *accessmap.Map, workspace string, now time.Time) (*Wanted, error) {
	w := m.Workspaces[workspace]
	if w == nil {
		return nil, ui.Errorf("workspace-unknown", ui.Usage, "the access map has no workspace %s", Clean(workspace)).With(ui.Command("dbxaccess map show"))
	}
	b := &builder{m: m, now: now, workspace: w, found: make(map[string]*Object), made: &Wanted{Made: made}}
	if w.AtConsole() {
		return b.account()
	}
	return b.estate()
}

// builder collects objects, each once.
type builder struct {
	m         *accessmap.Map
	now       time.Time
	workspace *accessmap.Workspace
	found     map[string]*Object
	made      *Wanted

	roles    []*accessmap.Effective // that work there
	profiles []string               // instance profiles that the map names there
}

func (b *builder) object(kind Kind, name, role string) *Object {
	o := &Object{Kind: kind, Name: name}
	if b.found[o.key()] == nil {
		o.Fields, o.Sets, o.Owned = make(map[string]string), make(map[string][]string), make(map[string][]string)
		b.found[o.key()] = o
	}
	o = b.found[o.key()]
	if role != "" {
		o.Roles = with(o.Roles, role)
	}
	return o
}

// with adds a text to a sorted list of different ones.
func with(list []string, text string) []string {
	at, there := slices.BinarySearch(list, text)
	if there {
		return list
	}
	return slices.Insert(list, at, text)
}

func (o *Object) give(set string, values ...string) {
	o.Sets[set] = append([]string{}, o.Sets[set]...)
	for _, value := range values {
		o.Sets[set] = with(o.Sets[set], value)
	}
}

func (b *builder) whole() *Wanted {
	for _, o := range b.found {
		b.made.Objects = append(b.made.Objects, *o)
	}
	slices.SortFunc(b.made.Objects, func(x, y Object) int {
		if d := order(x.Kind) - order(y.Kind); d != 0 {
			return d
		}
		return strings.Compare(x.Name, y.Name)
	})
	return b.made
}

// estate is what has to stand in a workspace and its metastore.
func (b *builder) estate() (*Wanted, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(b.m.Roles)) {
		e, err := b.m.Effective(name)
		if err != nil {
			return nil, err
		}
		if _, works := e.In(b.workspace.Name); works {
			b.roles, names = append(b.roles, e), append(names, name)
		}
	}
	state := &desired.State{}
	if len(names) > 0 {
		var err error
		if state, err = desired.Of(b.m, names, desired.Options{Now: b.now}); err != nil {
			return nil, err
		}
	}
	b.compute(state)
	for _, e := range b.roles {
		b.principals(e)
	}
	b.credentials(state)
	b.grants()
	if len(state.Databricks.Federation) > 0 {
		b.made.NotLookedAt = append(b.made.NotLookedAt, "federation policies, which stand at the account: "+b.console())
	}
	return b.whole(), nil
}

// console says how the account is planned.
func (b *builder) console() string {
	for _, name := range slices.Sorted(maps.Keys(b.m.Roles)) {
		e, err := b.m.Effective(name)
		if err != nil {
			continue
		}
		for _, w := range e.Workplaces {
			if w.AtConsole() {
				return "dbxaccess workspace plan " + name + " --workspace " + w.Name
			}
		}
	}
	return "they take a role of the access map whose workspace is the account console, with its account_id, for somebody who is an account admin; there is none"
}

// compute are instance profiles, and that of the warehouses.
func (b *builder) compute(state *desired.State) {
	for _, r := range state.Roles {
		if r.Instance == nil {
			continue
		}
		for _, name := range r.For {
			if slices.ContainsFunc(b.roles, func(e *accessmap.Effective) bool { return e.Role == name }) && b.m.Roles[name].InstanceProfile == r.Instance.ARN {
				b.profile(r.Instance.ARN, r.ARN, name)
			}
		}
	}
	if arn := b.workspace.WarehouseProfile; arn != "" {
		b.profile(arn, b.roleOf(arn), "")
		b.object(Warehouses, b.workspace.Name, "").Fields[FieldProfile] = arn
	}
}

// roleOf is the IAM role of an instance profile, as the map knows it; "" where it does not.
func (b *builder) roleOf(profile string) string {
	for _, name := range slices.Sorted(maps.Keys(b.m.Roles)) {
		if r := b.m.Roles[name]; r.InstanceProfile == profile && r.AWS != nil {
			return r.AWS.RoleARN
		}
	}
	return ""
}

// profile has a workspace know an instance profile, with its role where the names of the two differ: serverless compute can't tell then.
func (b *builder) profile(arn, roleARN, role string) {
	b.profiles = with(b.profiles, arn)
	o := b.object(Profile, arn, role)
	if last(arn) != last(roleARN) && roleARN != "" {
		o.Fields[FieldRole] = roleARN
	}
}

func last(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// principals give what a role gives to those who have it there.
func (b *builder) principals(e *accessmap.Effective) {
	if len(e.Entitlements) == 0 && len(e.Grants) == 0 && len(b.profiles) == 0 {
		return
	}
	var list []*Object
	if e.ServicePrincipal != "" {
		list = append(list, b.object(ServicePrincipal, e.ServicePrincipal, e.Role))
	} else {
		groups, sure := b.m.WorkspaceGroups(e.Role, b.now)
		for _, group := range groups {
			list = append(list, b.object(Group, group, e.Role))
		}
		if gives := len(e.Entitlements) > 0 || len(e.Grants) > 0 || b.m.Roles[e.Role].InstanceProfile != ""; !sure && gives {
			b.made.Findings = append(b.made.Findings, newFinding("workspace-groups-unknown", &Object{Kind: Role, Name: e.Role, Roles: []string{e.Role}},
				"rules give role "+e.Role+" by patterns, IDs or claims, of which the map does not say which group at Databricks they are",
				ui.Advice("name the groups as workspace_groups of role "+e.Role+" in the access map")))
		}
	}
	for _, o := range list {
		o.give(SetRoles)
		o.Owned[SetRoles] = b.profiles
		if arn := b.m.Roles[e.Role].InstanceProfile; slices.Contains(b.profiles, arn) {
			o.give(SetRoles, arn)
		}
		if len(e.Entitlements) > 0 {
			o.give(SetEntitlements, e.Entitlements...)
			o.Owned[SetEntitlements] = accessmap.Entitlements()
		}
	}
}

// credentials are those of Unity Catalog.
func (b *builder) credentials(state *desired.State) {
	for _, e := range b.roles {
		r := b.m.Roles[e.Role]
		for i, c := range []*accessmap.UnityCredential{r.StorageCredential, r.ServiceCredential} {
			purpose, stands := "STORAGE", state.Databricks.StorageCredentials
			if i == 1 {
				purpose, stands = "SERVICE", state.Databricks.ServiceCredentials
			}
			if c == nil || !slices.ContainsFunc(stands, func(s desired.StorageCredential) bool { return s.Name == c.Name && s.RoleARN == r.AWS.RoleARN }) {
				continue
			}
			o := b.object(Credential, c.Name, e.Role)
			o.Fields = map[string]string{FieldPurpose: purpose, FieldRoleARN: r.AWS.RoleARN, FieldExternalID: c.ExternalID}
			if purpose == "STORAGE" {
				o.Place = b.place(e)
			}
		}
	}
}

// place is somewhere in a role's data.
func (b *builder) place(e *accessmap.Effective) string {
	for _, name := range e.Datasets() {
		return b.m.Datasets[name].Locations[0].String()
	}
	return ""
}

// grants are privileges in Unity Catalog: of each thing that the map names, those of everybody whom it names there.
func (b *builder) grants() {
	everybody := make(map[string][]string) // role to principals
	spelled := make(map[string]string)     // a principal as it is spelled first: two spellings would take from one another
	var all []string
	for _, e := range b.roles {
		everybody[e.Role] = []string{e.ServicePrincipal}
		if e.ServicePrincipal == "" {
			groups, _ := b.m.WorkspaceGroups(e.Role, b.now)
			everybody[e.Role] = slices.Clone(groups)
		}
		for i, principal := range everybody[e.Role] {
			lower := strings.ToLower(principal)
			if spelled[lower] == "" {
				spelled[lower] = principal
			}
			everybody[e.Role][i] = spelled[lower]
			all = with(all, spelled[lower])
		}
	}
	for _, e := range b.roles {
		for _, g := range e.Grants {
			o := b.object(Grants, strings.ReplaceAll(g.Type, "_", " ")+" "+g.Name, e.Role)
			for _, principal := range all {
				o.give(principal)
				o.Owned[principal] = []string{Any}
			}
			for _, principal := range everybody[e.Role] {
				o.give(principal, g.Privileges...)
			}
		}
	}
}
