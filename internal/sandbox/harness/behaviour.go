package harness

import (
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/kind"
)

// Behaviour is how the servers behave until it is set otherwise. Single failing answers are the business of Fault. As JSON,
// of which unknown members are refused, durations are texts such as "30s".
type Behaviour struct {
	// Kind is the make of identity provider whose answers are given.
	Kind kind.Kind `json:"kind"`
	// Refusal is a trouble that an administrator of the provider has made; "": none.
	Refusal kind.Situation `json:"refusal"`
	// Skew is added to the clock of all servers.
	Skew time.Duration `json:"skew"`
	// PollInterval is told to device clients, in whole seconds, and enforced with slow_down.
	PollInterval time.Duration `json:"poll_interval"`
	// DeviceCodeLifetime is how long a device code can be approved and redeemed.
	DeviceCodeLifetime time.Duration `json:"device_code_lifetime"`
	// IDTokenLifetime; a negative one yields tokens that are expired when they are issued.
	IDTokenLifetime time.Duration `json:"id_token_lifetime"`
	// CredentialLifetime, unless 0, is what STS grants whatever was asked for. AWS grants no less than 15 minutes.
	CredentialLifetime time.Duration `json:"credential_lifetime"`
	// RefreshGrace, unless 0, is how long a refresh token that was replaced is still accepted; else it is the kind's, which
	// mostly has none: then the reuse ends the session.
	RefreshGrace time.Duration `json:"refresh_grace"`
	// KeepRefreshToken: refreshing issues no new refresh token, the old one stays good (Keycloak can be set so).
	KeepRefreshToken bool `json:"keep_refresh_token"`
	// AutoApprove approves every sign-in at once as this user; AutoDeny denies it.
	AutoApprove string `json:"auto_approve"`
	AutoDeny    bool   `json:"auto_deny"`
	// DemandPKCE refuses device requests without a code challenge, as Keycloak does where its client requires PKCE.
	DemandPKCE bool `json:"demand_pkce"`
	// Audience, unless "", is the parameter audience that every sign-in must begin with.
	Audience string `json:"audience"`
	// UserGroups, unless 0, is how many groups everybody has: their own, then made-up ones.
	UserGroups int `json:"user_groups"`
	// Claims are laid over those of each ID token; a nil value takes the claim away.
	Claims map[string]any `json:"claims"`
	// AuthAge is how long ago people proved who they are, unless a sign-in has them do so now.
	AuthAge time.Duration `json:"auth_age"`
	// ACRs are the classes of authentication that can be asked for, each with the methods that it takes (acr, amr).
	ACRs map[string][]string `json:"acrs"`
	// StepUpIgnored: prompt, max_age, acr_values and claims of a sign-in change nothing.
	StepUpIgnored bool `json:"step_up_ignored"`
	// AuthTimeMoves: a renewed token says that someone proved who they are just now, though nobody was asked.
	AuthTimeMoves bool `json:"auth_time_moves"`
	// Algorithm of ID tokens: RS256, or the forgeries "none" and HS256 (keyed with the public key).
	Algorithm string `json:"algorithm"`
	// FederationAudience is what Databricks' federation policies demand where they name no audience; "": the client.
	FederationAudience string `json:"federation_audience"`
	// WorkspaceTokenLifetime, unless 0, is how long workspace tokens live. Databricks gives them the JWT's expiry.
	WorkspaceTokenLifetime time.Duration `json:"workspace_token_lifetime"`
	// UnifiedHost: the workspace's host serves several workspaces of the account, which requests must name. Tokens are
	// traded at the account's endpoint alone.
	UnifiedHost bool `json:"unified_host"`
	// NoScopedTokens: whatever scopes a workspace token is asked for with, it is one for all-apis.
	NoScopedTokens bool `json:"no_scoped_tokens"`
	// ExternalAccessOff: the workspace's metastore vends nothing to other engines, as is Databricks' default.
	ExternalAccessOff bool `json:"external_access_off"`
	// UnityMissing, unless "", is a privilege that everybody lacks for what is vended, as in EXTERNAL USE SCHEMA.
	UnityMissing string `json:"unity_missing"`
	// UnityCloud is whose credentials Unity Catalog vends: "" for AWS, azure or gcp.
	UnityCloud string `json:"unity_cloud"`
	// UnityAccessPoint: what is vended works by an access point.
	UnityAccessPoint bool `json:"unity_access_point"`
	// GrantsInstanceAbsent: the account has no S3 Access Grants.
	GrantsInstanceAbsent bool `json:"grants_instance_absent"`
	// NoScopedCredentials: STS does not know GetScopedCredentials, as in a partition that has none.
	NoScopedCredentials bool `json:"no_scoped_credentials"`
	// ScopedCredentialsDenied: a service control policy denies GetScopedCredentials to everybody.
	ScopedCredentialsDenied bool `json:"scoped_credentials_denied"`
	// ContextProvider: IAM's entry of people's provider has a context provider, which says in each session who signed in.
	ContextProvider bool `json:"context_provider"`
	// Answer is that of queries, at Athena and at a SQL warehouse.
	Answer Answer `json:"answer"`
	// Assignments replace those of users at Identity Center, by name: ACCOUNT/PERMISSION-SET.
	Assignments map[string][]string `json:"assignments"`
	// MachineClaims are laid over those of each machine's token; a nil value takes the claim away.
	MachineClaims map[string]any `json:"machine_claims"`
	// OutboundFederationDisabled: the account lets nobody have a token by GetWebIdentityToken, as AWS does by default.
	OutboundFederationDisabled bool `json:"outbound_federation_disabled"`
}

// DefaultBehaviour is that of an orderly provider, with the shortest polling interval that a client may be told.
func DefaultBehaviour() Behaviour {
	return Behaviour{
		Kind:               kind.Generic,
		PollInterval:       time.Second,
		DeviceCodeLifetime: 10 * time.Minute,
		IDTokenLifetime:    time.Hour,
		Algorithm:          "RS256",
	}
}

// UnmarshalJSON changes what the object names and leaves the rest: members of Claims, ACRs, Assignments and MachineClaims too.
func (b *Behaviour) UnmarshalJSON(data []byte) error {
	type plain Behaviour
	if err := unmarshal(data, (*plain)(b)); err != nil {
		return err
	}
	return errors.Join(oneOf(b.Kind, kind.All()), oneOf(b.Refusal, kind.Refusals()))
}

// Set changes the behaviour. The function must not call methods of the server.
func (h *Harness) Set(change func(*Behaviour)) {
	h.Lock()
	defer h.Unlock()
	change(&h.Behaviour)
}

// Configure changes the behaviour by JSON, as a script does: {"id_token_lifetime":"30s","claims":{"groups":null}}. What is
// refused changes nothing.
func (h *Harness) Configure(text string) error {
	h.Lock()
	defer h.Unlock()
	changed := h.Behaviour
	changed.Claims, changed.MachineClaims = maps.Clone(changed.Claims), maps.Clone(changed.MachineClaims)
	changed.Assignments, changed.ACRs = maps.Clone(changed.Assignments), maps.Clone(changed.ACRs)
	if err := json.Unmarshal([]byte(text), &changed); err != nil {
		return err
	}
	h.Behaviour = changed
	return nil
}
