package credential

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/stamp"
	"github.com/dbxaccess/dbxaccess/internal/secret"
)

// Binding is what a cached credential was made for. If any of it differs from what the map and the session say now, the
// credential is not served.
type Binding struct {
	Issuer       string `json:"issuer"`
	ClientID     string `json:"client_id"`
	Subject      string `json:"subject"`
	Key          string `json:"key,omitempty"`      // by which the provider knows the person across applications: login.Session.Key
	RoleARN      string `json:"role_arn,omitempty"` // of AWS credentials, as the next three
	Region       string `json:"region,omitempty"`
	PolicyDigest string `json:"policy_digest,omitempty"` // SHA-256 in hex; "" without a session policy
	// ManagedPolicies are the ARNs of those beside it, sorted, with spaces between them.
	ManagedPolicies string        `json:"managed_policies,omitempty"`
	Duration        time.Duration `json:"duration,omitempty"`
	Run             string        `json:"run,omitempty"` // in the role session name
	// PermissionSet is that of Identity Center which it began with, as in 111122223333/MLAdmin.
	PermissionSet string `json:"permission_set,omitempty"`
	ChainDigest   string `json:"chain_digest,omitempty"` // of the roles on the way; "" for a direct one
	// Scoped says that the permission set was narrowed by STS, by the policy of the digest. One that was not has no policy at all.
	Scoped bool `json:"scoped,omitempty"`

	Host             string `json:"host,omitempty"` // of a workspace token, as the next four
	AccountID        string `json:"account_id,omitempty"`
	WorkspaceID      string `json:"workspace_id,omitempty"` // at a unified host
	ServicePrincipal string `json:"service_principal,omitempty"`
	TokenScopes      string `json:"token_scopes,omitempty"`      // that the token was asked for, sorted, spaces between them
	SignIn           string `json:"workspace_sign_in,omitempty"` // the ID of the session at the workspace; "" where an ID token was traded

	Vended string `json:"vended,omitempty"` // what credentials were vended for: see Vended.String
	Agent  string `json:"agent,omitempty"`  // the coding agent that they were made for, and narrowed; "" for the person's own
}

// Item is one cached credential.
type Item struct {
	Binding     Binding
	Map         stamp.Stamp // the map by which the binding was last found right
	IssuedAt    time.Time
	SessionName string
	Expires     time.Time
	// Roles are those through which it was found right. A workspace token is shared by roles of one principal, and a
	// role that was not looked up yet may be one that the person may not take.
	Roles []string
	Terms map[string]Terms // of these roles; one without an entry has none
	Scope []string         // of AWS credentials: see Request.SortedScope
	// Reason is what it was issued for, as who asked said it; "" where nothing was said.
	Reason string
	// Job is the job that a workload's credential was made for; nil for people.
	Job *Job

	// One of the two.
	Credentials *AWS
	Token       *Token
}

// Job is what a workload's cached credential is bound to besides its verified subject: another job that shares the
// keyring must not get it.
type Job struct {
	Source      json.RawMessage `json:"source"`      // where its token comes from, as package idp writes it
	Fingerprint string          `json:"fingerprint"` // see login.Source
}

// SameAs reports whether two jobs are one; nil is a person.
func (j *Job) SameAs(other *Job) bool {
	if j == nil || other == nil {
		return j == other
	}
	return j.Fingerprint == other.Fingerprint
}

// stored is the item as the keyring holds it, its secrets in the clear: the one place where they are revealed to be
// kept.
type stored struct {
	Binding         Binding          `json:"binding"`
	Map             stamp.Stamp      `json:"map"`
	Issued          time.Time        `json:"issued"`
	SessionName     string           `json:"session_name"`
	Roles           []string         `json:"roles,omitempty"`
	Terms           map[string]Terms `json:"terms,omitempty"`
	Scope           []string         `json:"scope,omitempty"`
	Reason          string           `json:"reason,omitempty"`
	Job             *Job             `json:"job,omitempty"`
	AccessKeyID     string           `json:"access_key_id,omitempty"`
	SecretAccessKey string           `json:"secret_access_key,omitempty"`
	SessionToken    string           `json:"session_token,omitempty"`
	AccessToken     string           `json:"access_token,omitempty"`
	Expires         time.Time        `json:"expires"`
	AccountID       string           `json:"account_id,omitempty"` // at AWS; that of Databricks stands in the binding
	Reaches         string           `json:"reaches,omitempty"`    // of vended credentials, as the next
	AccessPoint     string           `json:"access_point,omitempty"`
	Utilization     int              `json:"session_token_utilization,omitempty"` // how full AWS's session token is, in percent
	ParentKeyID     string           `json:"parent_access_key_id,omitempty"`      // of credentials that STS narrowed, as the next
	ScopedPolicies  int              `json:"scoped_policies,omitempty"`
}

// Encode writes an item for the keyring.
func (it *Item) Encode() ([]byte, error) {
	s := stored{
		Binding: it.Binding, Map: it.Map, Issued: it.IssuedAt, SessionName: it.SessionName, Expires: it.Expires,
		Roles: it.Roles, Terms: it.Terms, Scope: it.Scope, Reason: it.Reason, Job: it.Job,
	}
	if c := it.Credentials; c != nil {
		s.AccessKeyID, s.AccountID, s.Reaches, s.AccessPoint = c.AccessKeyID, c.AccountID, c.Reaches, c.AccessPoint
		s.SecretAccessKey, s.SessionToken, s.Utilization = c.SecretAccessKey.Reveal(), c.SessionToken.Reveal(), c.TokenUtilization
		s.ParentKeyID, s.ScopedPolicies = c.ParentKeyID, c.ScopedPolicies
	} else {
		s.AccessToken = it.Token.AccessToken.Reveal()
	}
	return json.Marshal(s) //nolint:gosec // bound for the keyring
}

// Decode returns nil for anything that is not a whole item of the kind that is kept under its key: a damaged one is as good as absent
// and is made again. An expiry that no credential can have is cut to what it can.
func Decode(key string, data []byte) *Item {
	var s stored
	if err := json.Unmarshal(data, &s); err != nil || s.Issued.IsZero() || !s.Expires.After(s.Issued) {
		return nil
	}
	longest := MaxLifeAWS
	if s.AccessToken != "" {
		longest = MaxLifeToken
	}
	if latest := s.Issued.Add(longest); s.Expires.After(latest) {
		s.Expires = latest
	}
	it := &Item{
		Binding: s.Binding, Map: s.Map, IssuedAt: s.Issued, SessionName: s.SessionName, Expires: s.Expires,
		Roles: s.Roles, Terms: s.Terms, Scope: s.Scope, Reason: s.Reason, Job: s.Job,
	}
	switch ofWorkspace := strings.HasPrefix(key, WorkspacePrefix); {
	case ofWorkspace && s.AccessToken != "" && s.Binding.Host != "":
		it.Token = &Token{
			Host: s.Binding.Host, AccountID: s.Binding.AccountID, WorkspaceID: s.Binding.WorkspaceID, AccessToken: secret.New(s.AccessToken), Expires: s.Expires,
		}
	case !ofWorkspace && s.AccessKeyID != "" && s.SecretAccessKey != "" && s.SessionToken != "":
		it.Credentials = &AWS{
			AccessKeyID: s.AccessKeyID, SecretAccessKey: secret.New(s.SecretAccessKey),
			SessionToken: secret.New(s.SessionToken), Expires: s.Expires, AccountID: s.AccountID,
			Reaches: s.Reaches, AccessPoint: s.AccessPoint, TokenUtilization: s.Utilization,
			ParentKeyID: s.ParentKeyID, ScopedPolicies: s.ScopedPolicies,
		}
	default:
		return nil
	}
	return it
}
