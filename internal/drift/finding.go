package drift

import (
	"slices"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Direction is which way something has drifted.
type Direction string

// The directions.
const (
	More  Direction = "more"  // it can do, or lets in, more than the map says
	Less  Direction = "less"  // less: what the map gives fails
	Other Direction = "other" // neither, or not known
)

// Severity is how soon someone should look.
type Severity string

// The severities.
const (
	High   Severity = "high"   // who is let in that the map does not let in
	Medium Severity = "medium" // what a role can do besides, which the map's session policies narrow; what fails; what was not compared
	Low    Severity = "low"    // what changes no access
)

// rank orders severities: the higher, the sooner.
func (s Severity) rank() int { return slices.Index([]Severity{Low, Medium, High}, s) }

// AtLeast reports whether a finding is as severe as that. What was not compared, or not wholly, counts as the severest, as nobody
// knows what is behind it.
func (f Finding) AtLeast(s Severity) bool {
	return !f.Known() || f.Severity.rank() >= s.rank()
}

// Known reports whether something differs for sure; of what was not compared, nobody knows.
func (f Finding) Known() bool { return f.ID != "drift-not-compared" && f.ID != "drift-perhaps" }

// Finding is one way in which IAM differs from the map. Its texts are clean.
type Finding struct {
	ID        ui.ID     `json:"id"`
	Severity  Severity  `json:"severity"`
	Direction Direction `json:"direction"`
	ARN       string    `json:"arn"`   // of the role, provider or instance profile; of an account its number
	Roles     []string  `json:"roles"` // of the map, that it is about
	// Identities of the map, whose provider it is; for findings about one.
	Identities []string `json:"identities,omitempty"`
	Policy     string   `json:"policy,omitempty"` // name or ARN of the policy with the statement; trust policy
	What       string   `json:"what"`
	// GrantEnded is since when the map does not give any more what a trust policy still lets in; "" where it never did.
	GrantEnded string  `json:"grant_ended,omitempty"`
	Fix        ui.Fix  `json:"fix,omitempty"`
	Access     *Access `json:"access,omitempty"` // where it is about what statements allow
}

// Access is what one side allows and the other does not.
type Access struct {
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"` // as the statement that allows it names them
	Who       []string `json:"who"`       // likewise, of a trust policy
	// Where are the condition keys by which the sides part, with values for which they do; [] is a request without the key.
	Where     map[string][]string `json:"where"`
	Statement int                 `json:"statement,omitempty"` // of Policy, counted from 1
	Sid       string              `json:"sid,omitempty"`
	// Example is a request that is allowed on one side alone, as far as IAM's rules are known to the program.
	Example Example `json:"example"`
	Certain bool    `json:"certain"` // not where a part was not read that could decide otherwise
}

// Example is a request.
type Example struct {
	Action    string              `json:"action"`
	Resource  string              `json:"resource"`
	Principal string              `json:"principal"`
	Context   map[string][]string `json:"context"`
}

// Kind says what the findings of one ID are about.
type Kind struct {
	ID        ui.ID
	Severity  Severity
	Direction Direction
	Means     string
}

// Kinds are all there are, as docs/drift.md lists them. An ID stays the same in every version.
func Kinds() []Kind {
	return []Kind{
		{"drift-trust-more", High, More, "a role's trust policy lets in whom the map does not let in"},
		{"drift-role-tag", High, More, "a role is tagged as the map's policies want sessions to be that they let in, and a role's own tag counts where the session brings none: everybody who takes the role is let in"},
		{"drift-access-grant", High, More, "S3 Access Grants let somebody at a dataset, or do more with it than the map gives them"},
		{"drift-audience-extra", Medium, More, "an identity provider takes tokens for an audience that the map does not name. Other applications may share the provider, and no trust policy of the map takes it"},
		{"drift-permissions-more", Medium, More, "a role can do more than its grants. Session policies narrow whoever comes through dbxaccess; who assumes the role by another way has all of it"},
		{"drift-instance-profile-extra", Medium, More, "a role is in an instance profile that the map does not name, so that machines can have it"},
		{"drift-pass-role-more", Medium, More, "the role by which Databricks starts compute passes on more roles than those of the map's instance profiles: who may add instance profiles to the workspace has their permissions"},
		{"drift-session-longer", Low, More, "a role's sessions may last longer than any that the map asks for"},

		{"drift-trust-less", Medium, Less, "a role's trust policy does not let in whom the map lets in"},
		{"drift-principal-deleted", Medium, Less, "a role's trust policy names an ID, which is what IAM makes of a role or user that was deleted: it matches nobody, not even a new one of that name"},
		{"drift-permissions-less", Medium, Less, "a role can't do what its grants say"},
		{"drift-boundary-less", Medium, Less, "a role's permissions boundary takes away what its grants say"},
		{"drift-policy-detached", Medium, Less, "a managed policy that the map names is not attached to the role"},
		{"drift-pass-role-less", Medium, Less, "the role by which Databricks starts compute can't pass on a role of the map, so that compute with its instance profile does not start"},
		{"drift-session-shorter", Medium, Less, "a role's sessions may not last as long as the map asks for, so that AWS refuses them"},
		{"drift-organization-less", Medium, Less, "with --simulate: by AWS's policy simulator the organisation's policies take away what the map gives"},
		{"drift-role-missing", Medium, Less, "a role of the map is not there"},
		{"drift-provider-missing", Medium, Less, "an identity provider of the map is not there, so that no token is taken"},
		{"drift-audience-missing", Medium, Less, "an identity provider does not take tokens for the map's audience"},
		{"drift-instance-profile-missing", Medium, Less, "an instance profile of the map is not there, or has no role or another one"},

		{"drift-context-provider", Low, Other, "an identity provider's context provider, by which sessions say unforgeably who signed in, differs; medium where a trust policy depends on it, also where it is not there"},
		{"drift-provider-url", Medium, Other, "an identity provider has another issuer than the map's"},
		{"drift-simulator-differs", Medium, Other, "with --simulate: AWS's policy simulator says otherwise than IAM's rules as this program knows them"},
		{"drift-not-compared", Medium, Other, "something could not be read, or not be understood, so that it is not known whether it is right"},
		{"drift-perhaps", Medium, Other, "two policies are written differently, and it can't be shown that they mean the same"},
	}
}

// kindOf is the row of an ID.
func kindOf(id ui.ID) Kind {
	for _, k := range Kinds() {
		if k.ID == id {
			return k
		}
	}
	return Kind{ID: id, Severity: Medium, Direction: Other}
}

// newFinding is one of a kind.
func newFinding(id ui.ID, arn string, roles []string, what string, fix ui.Fix) Finding {
	k := kindOf(id)
	return Finding{
		ID: id, Severity: k.Severity, Direction: k.Direction, ARN: ui.Clean(arn), Roles: append([]string{}, roles...), What: ui.Clean(what), Fix: fix.Clean(),
	}
}
