// Package plan holds a Databricks workspace, or an account's federation policies, against the access map.
//
// In comes a map and what stands at Databricks; out come the changes that bring it in step, as `workspace apply` makes them, and findings
// of what no change of ours would mend. Like all answers of the map it is a pure function: it asks nobody.
//
// It must never take away what the map does not speak of: see Object.Owned.
package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Kind is what an object is.
type Kind string

// The kinds, in the order in which they are written: a group is given instance profiles that have to be known.
const (
	Profile          Kind = "instance_profile"
	Group            Kind = "group"
	ServicePrincipal Kind = "service_principal"
	Warehouses       Kind = "warehouses"
	Credential       Kind = "credential" // of Unity Catalog
	Grants           Kind = "grants"     // of Unity Catalog, on one thing
	Federation       Kind = "federation_policy"
)

// Kinds that findings alone are about.
const (
	Role      Kind = "role" // of the map
	Workspace Kind = "workspace"
)

func order(k Kind) int {
	return slices.Index([]Kind{Profile, Group, ServicePrincipal, Warehouses, Credential, Grants, Federation}, k)
}

// Names of fields and sets of objects.
const (
	FieldRole         = "iam_role_arn"         // of a profile
	FieldProfile      = "instance_profile_arn" // of the warehouses
	FieldPurpose      = "purpose"              // of a credential: STORAGE or SERVICE
	FieldRoleARN      = "role_arn"
	FieldExternalID   = "external_id" // which Databricks makes
	FieldIssuer       = "issuer"
	FieldSubjectClaim = "subject_claim"
	FieldSubject      = "subject"
	SetAudiences      = "audiences"
	SetRoles          = "role" // instance profiles of a group, by SCIM's name
	SetEntitlements   = "entitlement"
)

// Any among Owned stands for every value.
const Any = "*"

// Object is one thing at Databricks: as it has to stand, or as it stands.
type Object struct {
	Kind   Kind
	Name   string              // an ARN; the name of a group; an application ID; a credential; type and full name of what grants are on; the ID of a policy
	Roles  []string            // of the map, because of which it has to stand; sorted
	Fields map[string]string   // of one value each
	Sets   map[string][]string // of several, sorted: of grants, privileges by principal

	// Of what has to stand:

	// Owned are values of Sets that belong to the map, so that they are too much where they stand and it does not want them: what it
	// names itself, at whom it names.
	Owned map[string][]string
	// Of is the application ID of the service principal that a federation policy is of; "" for the account's own.
	Of string
	// Place is a location in S3 by which a storage credential is tried.
	Place string

	// Of what stands:

	ID     string // Databricks' own; of a federation policy, the number of its service principal
	Absent bool   // it is not there; what is known is where it has to stand
	Kin    string // of a group: AccountGroup or LocalGroup
	Spec   any    // all of it, to be written back whole
}

// What a group is.
const (
	AccountGroup = "of the account"
	LocalGroup   = "local to the workspace"
)

func (o *Object) key() string { return string(o.Kind) + " " + strings.ToLower(o.Name) }

// Is reports whether two objects are the same thing: Databricks compares names without case.
func (o *Object) Is(other *Object) bool { return o.key() == other.key() }

// Title is what an object is called in a sentence.
func (o *Object) Title() string { return title(o.Kind, o.Name) }

func title(kind Kind, name string) string {
	switch kind {
	case Warehouses:
		return "SQL warehouses"
	case Grants:
		return "grants on " + name
	case Credential:
		return "Unity Catalog credential " + name
	}
	return strings.ReplaceAll(string(kind), "_", " ") + " " + name
}

// Action is what is done with an object or a value.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Change is what one request does with one object.
type Change struct {
	Action Action   `json:"action"`
	Kind   Kind     `json:"kind"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles"` // of the map
	Lines  []Line   `json:"lines"`
	Notes  []string `json:"notes"` // what else follows from it

	Want *Object `json:"-"`
	Have *Object `json:"-"` // nil where it is created
}

// Title is what it changes.
func (c *Change) Title() string { return title(c.Kind, c.Name) }

// Same reports whether two changes do the same.
func (c *Change) Same(other *Change) bool {
	return other != nil && c.Action == other.Action && c.Kind == other.Kind && slices.Equal(c.Lines, other.Lines)
}

// Line is one value that is added, changed or taken away.
type Line struct {
	Action Action `json:"action"`
	Field  string `json:"field"` // of grants, the principal
	Before string `json:"before"`
	After  string `json:"after"`
}

// Plan is what has to be done, in its order, and what can't.
type Plan struct {
	Changes  []Change  `json:"changes"`
	Findings []Finding `json:"findings"`
	// NotLookedAt is what the map says of Databricks, and stands elsewhere.
	NotLookedAt []string `json:"not_looked_at"`

	apply ui.Fix // what makes the changes
}

// Counts are how many objects are created, updated and deleted.
func (p *Plan) Counts() (created, updated, deleted int) {
	for _, c := range p.Changes {
		switch c.Action {
		case Create:
			created++
		case Update:
			updated++
		case Delete:
			deleted++
		}
	}
	return created, updated, deleted
}

// sort puts changes into the order of writing: what is taken away last.
func (p *Plan) sort() {
	slices.SortStableFunc(p.Changes, func(a, b Change) int {
		gone := func(c Change) int {
			if c.Action == Delete {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(gone(a), gone(b)), cmp.Compare(order(a.Kind), order(b.Kind)), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(p.Findings, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(order(a.Kind), order(b.Kind)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
}

// Clean is text as people may see it: names at Databricks are other people's.
func Clean(text string) string { return ui.Cut(ui.Clean(text), 300) }
