// Package accessmap is the organisation's access map: who may take which roles, by their groups, other claims of their
// token or their assignments, what each role may do with which datasets, and in which workspace.
//
// In comes one YAML file that the organisation owns and reviews like code. Out come a Map, the roles that a token's
// claims give (RolesFor) and those they lack (Lacking), what a role amounts to (Effective), the roles through which it
// is reached (Chain), its IAM session policy (Policy), and what another version of the map changes (Changes). Parsing
// is strict: whatever is not understood is an error with line and column, because a misspelt key in such a file is a
// grant that people count on and do not have. Package source knows where the file comes from.
//
// The map decides where ID tokens are sent and its names end up in command lines and config files, so it is read as
// hostile input: bounded, without aliases, every value held to a narrow alphabet. The package never asks the person
// anything, never signs in anywhere, and never widens what AWS would allow: a session policy only narrows.
package accessmap

import (
	"cmp"
	"sync"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/idp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// Map is a checked access map. Parse makes it; treat it as read-only, what it holds refers to itself.
type Map struct {
	Contact    string // who is asked for access; may be empty
	Serial     int64  // grows from version to version; 0 where the map does not say
	Defaults   Defaults
	Audit      Audit
	Handling   map[string]Handling // what its policy asks, by sensitivity
	Identities map[string]*Identity
	Workspaces map[string]*Workspace
	Datasets   map[string]*Dataset
	Roles      map[string]*Role

	agents       map[string]*agentEntry     // by name; see Agent
	gives        map[string]map[string]bool // identity to the roles that some rule of it gives
	sizing       sync.Once
	sizes        map[string]policySize // see policySizes
	resolving    sync.Once
	resolved     map[string]*Effective // see allEffective
	warnings     []Warning             // what Parse noticed and Lint reports
	acknowledged acknowledgements
	identityAt   map[string]position    // where an identity stands
	groupAt      map[groupRule]position // where a rule on groups stands
	besides      writing                // of all but roles and identities
	digest       string
}

// Defaults hold for everything in the map.
type Defaults struct {
	MaxAge  time.Duration // a copy that was not compared for longer is fetched again; 0: login alone does that
	Expires time.Duration // a copy that was not compared for longer is not used; 0: it never ends

	// What people's own settings win over. None of it gives anybody anything: see decision 098.
	Role          string // that is meant where none is named; "" for none
	ProfilePrefix string // of the names of profiles; "" for the usual one
	MinVersion    string // of dbxaccess, v1.2.0; "" for any
}

// Audit says what becomes of what can't be recorded.
type Audit struct {
	OnFailure Verdict // on issuing and serving it all the same; Allow unless the map says otherwise
}

// Flows of signing in: what an identity's flow may say.
const (
	FlowAuto    = "auto"    // browser where there is one, device code elsewhere
	FlowDevice  = "device"  // device code only (RFC 8628)
	FlowBrowser = "browser" // browser with PKCE only (RFC 8252)
)

// Identity is a source of verified claims, and the roles that they give. It is one of three: people at an OpenID
// Connect provider (ClientID), people at AWS IAM Identity Center (StartURL), or a workload that has a token without
// signing in (Token).
type Identity struct {
	Name         string
	Issuer       string // as the provider writes it, a trailing slash included: issuers are compared byte by byte
	Kind         string // idp.Auto, or one of idp.Kinds; "" where the provider is not OpenID Connect's
	ClientID     string
	ClientSecret secret.String // of an installed app, public by design; usually empty
	Flow         string        // FlowAuto, FlowDevice or FlowBrowser
	Scopes       []string      // nil: the usual ones
	GroupsClaim  string        // a claim's name or, where it starts with a slash, a JSON pointer (RFC 6901)
	UserInfo     bool          // groups_from is userinfo: that claim is at the userinfo endpoint, instead of in the ID token
	// DeviceEndpoint replaces the device authorization endpoint of the provider's discovery document; may be empty.
	DeviceEndpoint string
	// VerificationHosts are hosts besides the issuer's that the person may be sent to with a code. Lower case.
	VerificationHosts []string
	Audience          string            // sent as the parameter audience where a sign-in begins; may be empty
	Parameters        map[string]string // further parameters of a sign-in, none of which OAuth itself defines
	RedirectPort      int               // of the browser flow's loopback address; 0: any free one

	StartURL  string  // of Identity Center; "" for other identities
	SSORegion string  // where that Identity Center is
	Roles     []Given // offered to the people that Identity Center assigns them to

	Token *idp.TokenSource // of a workload; nil for people

	Groups map[string][]Given // rule on a group's name, see glob, to what it gives
	Claims []ClaimRule        // rules on any claims of the ID token
	// SignedTags are the session tags, key to value, that the provider signs into the tokens of a group's members, by the group: what
	// AWS can tell them from others by.
	SignedTags map[string]map[string]string
}

// Method is how people or workloads prove who they are.
func (i *Identity) Method() idp.Method {
	switch {
	case i.Token != nil:
		return idp.Workload
	case i.StartURL != "":
		return idp.IdentityCenter
	}
	return idp.OpenIDConnect
}

// Host says where the identity signs in, for people.
func (i *Identity) Host() string { return ui.Host(cmp.Or(i.StartURL, i.Issuer)) }

// ClaimRule gives roles where the ID token has every claim of Match: a claim's name or JSON pointer to a rule on its
// text, see glob.
type ClaimRule struct {
	Match map[string]string
	Roles []Given

	at position
}

// Login is how someone comes to a token of a workspace: what a workspace's login may say.
type Login string

// The logins.
const (
	LoginFederation Login = "federation" // the ID token is exchanged (RFC 8693)
	LoginBrowser    Login = "browser"    // the workspace's own sign-in, in the browser of a person who is signed in already
)

// Serves reports whether someone who proves who they are by a method can have a token.
func (l Login) Serves(m idp.Method) bool {
	if l == LoginBrowser {
		return m.SignsIn()
	}
	return m.GivesIDTokens()
}

// Workspace is a Databricks workspace, or the console of an account.
type Workspace struct {
	Name  string
	Host  string // https://name.example, lower case, without port 443, path or trailing slash
	Login Login
	// AccountID is that of the Databricks account, where Host is the account console or a unified host; else "".
	AccountID string
	// WorkspaceID tells the workspace from others where Host is a unified host, which serves several; else "".
	WorkspaceID string
	// Scopes are what its tokens may be used for, sorted, see package scope; nil: everything.
	Scopes []string
	// CrossAccountRole is the ARN of the IAM role by which Databricks starts its compute; may be empty.
	CrossAccountRole string
	// WarehouseProfile is the ARN of the instance profile of its SQL warehouses; "": the map does not say.
	WarehouseProfile string

	at position
}

// AtConsole reports whether it is the console of an account, and no workspace.
func (w *Workspace) AtConsole() bool { return w.AccountID != "" && w.WorkspaceID == "" }

// Sensitivities of a dataset, from the least to the most. What the map asks of who uses such data is its Handling.
const (
	Public       = "public"
	Internal     = "internal"
	Confidential = "confidential"
	Restricted   = "restricted"
)

// Dataset is what grants are given on: places in S3.
type Dataset struct {
	Name      string
	Locations []Location // at least one, none inside another
	// Deny are places inside Locations that a role which has the dataset reaches by none of its grants.
	Deny []Location
	// RootExact lets who may read the dataset list and head its prefixes without their slash at the end.
	RootExact   bool
	KMSKey      string // ARN of the key its objects are encrypted with; "" where there is none of its own
	Sensitivity string // Public, Internal, Confidential, Restricted; "" where the map does not say

	at                  position
	locationsAt, denyAt []position
	mostInside          *Dataset // the most sensitive of those inside it; nil where none is more so than it is
}

// Role is a role as the map writes it. What it amounts to with everything inherited is Effective.
type Role struct {
	Name        string
	Description string
	Inherits    []string // roles whose grants it has too; never their ARN
	AWS         *AWS     // nil: the role works in its workspace alone, or can only be inherited
	Workspaces  []string // the first is the one that is meant where none is named
	// ServicePrincipal is the application ID as which the role works in its workspace; "" for the person themselves.
	ServicePrincipal string
	// Scopes are what its tokens may be used for, sorted; nil: what those of its workspace may, or of the roles it inherits.
	Scopes []string
	Read   []string
	Write  []string
	Delete []string
	// Statements are what else is allowed at AWS.
	Statements []Statement
	// Unrestricted says that it is meant that nothing narrows the role.
	Unrestricted bool
	Tags         map[string]string
	// InstanceProfile is the ARN of the one by which compute takes the IAM role; "" for none.
	InstanceProfile   string
	StorageCredential *UnityCredential // nil for none
	ServiceCredential *UnityCredential // likewise
	// Entitlements, sorted, and Grants in Unity Catalog are what who has the role gets in its workspaces; WorkspaceGroups are the names of
	// the groups there, sorted, where the map's rules do not say them.
	Entitlements    []string
	Grants          []UnityGrant
	WorkspaceGroups []string

	at, scopesAt position
	writing      writing
	// With what is inherited; resolve sets them.
	effectiveWorkspaces []string
	effectiveScopes     []string
	effectiveTags       map[string]tag
	hasDatasets         bool
	mostSensitive       *Dataset // nil where none has a sensitivity
	hasStatements       bool
}

// AWS is the IAM role behind a role.
type AWS struct {
	RoleARN  string // may be "" where RoleName is given
	Region   string
	Duration time.Duration // 15 minutes to 12 hours, whole seconds; 0: leave it to AWS

	AccountID string // with RoleName: a permission set of Identity Center, as it stands in that account
	RoleName  string

	// ManagedPolicies are ARNs, sorted, of policies that AWS keeps, and that narrow a session beside its session policy.
	ManagedPolicies []string

	Via            string   // name of the role whose credentials assume this one; "" for a direct one
	ExternalID     string   // as the role's trust policy wants it
	TransitiveTags []string // keys of the role's tags that go on to roles that are assumed from it
	SourceIdentity bool     // set the person's name as source identity, which the trust policy must allow
}
