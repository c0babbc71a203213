package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Behaviour is how the servers behave until it is set otherwise. Single failing answers are the business of Fault.
type Behaviour struct {
	// Skew is added to the clock of all servers.
	Skew time.Duration
	// PollInterval is told to device clients, in whole seconds, and enforced with slow_down.
	PollInterval time.Duration
	// DeviceCodeLifetime is how long a device code can be approved and redeemed.
	DeviceCodeLifetime time.Duration
	// IDTokenLifetime; a negative one yields tokens that are expired when they are issued.
	IDTokenLifetime time.Duration
	// CredentialLifetime, unless 0, is what STS grants whatever was asked for. AWS grants no less than 15 minutes.
	CredentialLifetime time.Duration
	// RefreshGrace is how long a refresh token that was replaced is still accepted. 0: its reuse ends the session.
	RefreshGrace time.Duration
	// KeepRefreshToken: refreshing issues no new refresh token, the old one stays good (Keycloak can be set so).
	KeepRefreshToken bool
	// OmitIDToken: refreshing yields no ID token (PingFederate, often).
	OmitIDToken bool
	// GroupsNeedScope: a refresh that doesn't send the scopes again yields no groups (Okta).
	GroupsNeedScope bool
	// DenialStaysPending: a denied device code goes on as authorization_pending (Dex).
	DenialStaysPending bool
	// AutoApprove approves every sign-in at once as this user; AutoDeny denies it.
	AutoApprove string
	AutoDeny    bool
	// Dialect is set by Speak, or the word dialect, which take on its other behaviours too.
	Dialect Dialect
	// Refusal is a trouble that whoever administers the provider has made; "": none.
	Refusal Refusal
	// OldRefreshTokensStay: refreshing issues a new refresh token each time, and those before it stay good (Entra ID).
	OldRefreshTokensStay bool
	// DemandPKCE refuses device requests without a code challenge, as Keycloak does where its client requires PKCE.
	DemandPKCE bool
	// ClientSecret, unless "", is what the client must send, in the place of that of the Options.
	ClientSecret string
	// Audience, unless "", is the parameter audience that every sign-in must begin with.
	Audience string
	// RedirectURI, unless "", is the only redirect that is registered. If it has no port, any port will do.
	RedirectURI string
	// UserGroups, unless 0, is how many groups everybody has: their own, then made-up ones.
	UserGroups int
	// Claims are laid over those of each ID token; a nil value takes the claim away.
	Claims map[string]any
	// Algorithm of ID tokens: RS256, or the forgeries "none" and HS256 (keyed with the public key).
	Algorithm string
	// SessionTokenSize, unless 0, is how long STS's session tokens are, in bytes; AWS makes them up to 4,096 long.
	SessionTokenSize int
	// PackedPolicyPercent, unless 0, is what STS says a session policy takes; over 100 it is refused.
	PackedPolicyPercent int
	// FederationAudience is what Databricks' federation policies demand where they name no audience; "": the client.
	FederationAudience string
	// WorkspaceTokenLifetime, unless 0, is how long workspace tokens live. Databricks gives them the JWT's expiry.
	WorkspaceTokenLifetime time.Duration

	// SSORegistrationLifetime is how long a client that registered at Identity Center can be used.
	SSORegistrationLifetime time.Duration
	// SSOTokenLifetime is how long access tokens of Identity Center live, SSOSessionLifetime how long they are renewed.
	SSOTokenLifetime   time.Duration
	SSOSessionLifetime time.Duration
	// Assignments replace those of users, by name.
	Assignments map[string][]string
	// MachineClaims are laid over those of each machine's token; a nil value takes the claim away.
	MachineClaims map[string]any
	// OutboundFederationDisabled: the account lets nobody have a token by GetWebIdentityToken, as AWS does by default.
	OutboundFederationDisabled bool
}

// DefaultBehaviour is that of an orderly provider, with the shortest polling interval that a client may be told.
func DefaultBehaviour() Behaviour {
	return Behaviour{
		PollInterval:       time.Second,
		DeviceCodeLifetime: 10 * time.Minute,
		IDTokenLifetime:    time.Hour,
		Algorithm:          algorithmRS256,

		SSORegistrationLifetime: 90 * 24 * time.Hour,
		SSOTokenLifetime:        time.Hour,
		SSOSessionLifetime:      8 * time.Hour,
	}
}

// Set changes the behaviour. The function must not call methods of the server.
func (s *Server) Set(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// Configure changes the behaviour by words, as a script does; see Behaviour.Apply.
func (s *Server) Configure(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.behaviour
	if err := changed.Apply(text); err != nil {
		return err
	}
	s.behaviour = changed
	return nil
}

// Apply changes the behaviour as a text says: words of the form name=value, or a bare name for name=true. The names are
// those of the fields in lower case with hyphens (id-token-lifetime=30s, omit-id-token, auto-approve=alice);
// claim.NAME=JSON sets a claim of ID tokens, claim.NAME= takes it away, machine-claim.NAME does the same to machines'
// tokens, assignments.USER=ACCOUNT/ROLE,… replaces a user's at Identity Center, and the word "defaults" forgets all that
// was set before. dialect=entra is Behaviour.Speak: words after it change again what it set.
func (b *Behaviour) Apply(text string) error {
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	for _, w := range words {
		if err := b.set(w); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}

func (b *Behaviour) set(w word) error {
	if claim, ok := strings.CutPrefix(w.name, "claim."); ok && claim != "" {
		return setClaim(&b.Claims, claim, w)
	}
	var err error
	switch w.name {
	case "defaults":
		*b = DefaultBehaviour()
	case "skew":
		b.Skew, err = time.ParseDuration(w.value)
	case "poll-interval":
		b.PollInterval, err = time.ParseDuration(w.value)
	case "device-code-lifetime":
		b.DeviceCodeLifetime, err = time.ParseDuration(w.value)
	case "id-token-lifetime":
		b.IDTokenLifetime, err = time.ParseDuration(w.value)
	case "credential-lifetime":
		b.CredentialLifetime, err = time.ParseDuration(w.value)
	case "refresh-grace":
		b.RefreshGrace, err = time.ParseDuration(w.value)
	case "keep-refresh-token":
		b.KeepRefreshToken, err = strconv.ParseBool(w.value)
	case "omit-id-token":
		b.OmitIDToken, err = strconv.ParseBool(w.value)
	case "groups-need-scope":
		b.GroupsNeedScope, err = strconv.ParseBool(w.value)
	case "denial-stays-pending":
		b.DenialStaysPending, err = strconv.ParseBool(w.value)
	case "auto-approve":
		b.AutoApprove = w.value
	case "auto-deny":
		b.AutoDeny, err = strconv.ParseBool(w.value)
	case "algorithm":
		b.Algorithm = w.value
	case "session-token-size":
		b.SessionTokenSize, err = parseBounded(w.value, 0, maxSessionToken)
	case "packed-policy-percent":
		b.PackedPolicyPercent, err = strconv.Atoi(w.value)
	case "federation-audience":
		b.FederationAudience = w.value
	case "workspace-token-lifetime":
		b.WorkspaceTokenLifetime, err = time.ParseDuration(w.value)
	default:
		if known, err := b.setDialect(w); known {
			return err
		}
		return b.setAWS(w)
	}
	return err
}

// setAWS takes the words about Identity Center and machines.
func (b *Behaviour) setAWS(w word) (err error) {
	if claim, ok := strings.CutPrefix(w.name, "machine-claim."); ok && claim != "" {
		return setClaim(&b.MachineClaims, claim, w)
	}
	if user, ok := strings.CutPrefix(w.name, "assignments."); ok && user != "" {
		// A copy, for the same reason as that of claims.
		b.Assignments = maps.Clone(b.Assignments)
		if b.Assignments == nil {
			b.Assignments = map[string][]string{}
		}
		b.Assignments[user] = strings.FieldsFunc(w.value, func(r rune) bool { return r == ',' })
		return nil
	}
	switch w.name {
	case "sso-registration-lifetime":
		b.SSORegistrationLifetime, err = time.ParseDuration(w.value)
	case "sso-token-lifetime":
		b.SSOTokenLifetime, err = time.ParseDuration(w.value)
	case "sso-session-lifetime":
		b.SSOSessionLifetime, err = time.ParseDuration(w.value)
	case "outbound-federation-disabled":
		b.OutboundFederationDisabled, err = strconv.ParseBool(w.value)
	default:
		err = errors.New("no such setting")
	}
	return err
}

func setClaim(claims *map[string]any, name string, w word) error {
	var value any
	if w.raw != "" {
		parsed, err := w.json()
		if err != nil {
			return err
		}
		value = parsed
	}
	// A copy, since the map may be shared with the behaviour that a refused text leaves in place.
	*claims = maps.Clone(*claims)
	if *claims == nil {
		*claims = map[string]any{}
	}
	(*claims)[name] = value
	return nil
}
