package broker

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/databricks"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

const (
	// freshLeft is what AWS credentials must still live to be served without renewing: botocore asks again on every
	// request below fifteen minutes. Shorter-lived ones are renewed in their last quarter.
	freshLeft = 15 * time.Minute
	// tokenLeft is the same for workspace tokens: the Databricks SDKs ask again in the last twenty minutes, or the last
	// half of a shorter life, and would do so on every request if they got the same token.
	tokenLeft = 20 * time.Minute
)

// Binding is what a cached credential was made for. If any of it differs from what the map and the session say now, the
// credential is not served.
type Binding struct {
	Issuer       string        `json:"issuer"`
	ClientID     string        `json:"client_id"`
	Subject      string        `json:"subject"`
	Key          string        `json:"key,omitempty"`      // by which the provider knows the person across applications: login.Session.Key
	RoleARN      string        `json:"role_arn,omitempty"` // of AWS credentials, as the next three
	Region       string        `json:"region,omitempty"`
	PolicyDigest string        `json:"policy_digest,omitempty"` // SHA-256 in hex; "" without a session policy
	Duration     time.Duration `json:"duration,omitempty"`
	// PermissionSet is that of Identity Center which it began with, as in 111122223333/MLAdmin.
	PermissionSet string `json:"permission_set,omitempty"`
	ChainDigest   string `json:"chain_digest,omitempty"` // of the roles on the way, see chainDigest; "" for a direct one

	Host             string `json:"host,omitempty"` // of a workspace token, as the next three
	AccountID        string `json:"account_id,omitempty"`
	WorkspaceID      string `json:"workspace_id,omitempty"` // at a unified host
	ServicePrincipal string `json:"service_principal,omitempty"`
}

// item is one cached credential.
type item struct {
	Binding     Binding
	Map         source.Stamp // the map by which the binding was last found right
	IssuedAt    time.Time
	SessionName string
	Expires     time.Time
	// Roles are those through which it was found right. A workspace token is shared by roles of one principal, and a
	// role that was not looked up yet may be one that the person may not take.
	Roles []string
	Scope []string // of AWS credentials: see Request.sortedScope
	// Job is the job that a workload's credential was made for; nil for people.
	Job *job

	// One of the two.
	Credentials *sts.Credentials
	Token       *databricks.Token
}

// storedItem is the item as the keyring holds it, its secrets in the clear: the one place where they are revealed to be
// kept.
type storedItem struct {
	Binding         Binding      `json:"binding"`
	Map             source.Stamp `json:"map"`
	Issued          time.Time    `json:"issued"`
	SessionName     string       `json:"session_name"`
	Roles           []string     `json:"roles,omitempty"`
	Scope           []string     `json:"scope,omitempty"`
	Job             *job         `json:"job,omitempty"`
	AccessKeyID     string       `json:"access_key_id,omitempty"`
	SecretAccessKey string       `json:"secret_access_key,omitempty"`
	SessionToken    string       `json:"session_token,omitempty"`
	AccessToken     string       `json:"access_token,omitempty"`
	Expires         time.Time    `json:"expires"`
	AccountID       string       `json:"account_id,omitempty"` // at AWS; that of Databricks stands in the binding
}

func (it *item) encode() ([]byte, error) {
	s := storedItem{
		Binding: it.Binding, Map: it.Map, Issued: it.IssuedAt, SessionName: it.SessionName, Expires: it.Expires,
		Roles: it.Roles, Scope: it.Scope, Job: it.Job,
	}
	if c := it.Credentials; c != nil {
		s.AccessKeyID, s.AccountID = c.AccessKeyID, c.AccountID
		s.SecretAccessKey, s.SessionToken = c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()
	} else {
		s.AccessToken = it.Token.AccessToken.Reveal()
	}
	return json.Marshal(s) //nolint:gosec // bound for the keyring
}

// decodeItem returns nil for anything that is not a whole item: a damaged one is as good as absent and is made again.
// An expiry that no credential can have is cut to what it can.
func decodeItem(data []byte) *item {
	var s storedItem
	if err := json.Unmarshal(data, &s); err != nil || s.Issued.IsZero() || !s.Expires.After(s.Issued) {
		return nil
	}
	longest := sts.MaxLife
	if s.AccessToken != "" {
		longest = databricks.MaxLife
	}
	if latest := s.Issued.Add(longest); s.Expires.After(latest) {
		s.Expires = latest
	}
	it := &item{
		Binding: s.Binding, Map: s.Map, IssuedAt: s.Issued, SessionName: s.SessionName, Expires: s.Expires,
		Roles: s.Roles, Scope: s.Scope, Job: s.Job,
	}
	switch {
	case s.AccessToken != "" && s.Binding.Host != "":
		it.Token = &databricks.Token{
			Host: s.Binding.Host, AccountID: s.Binding.AccountID, WorkspaceID: s.Binding.WorkspaceID, AccessToken: secret.New(s.AccessToken), Expires: s.Expires,
		}
	case s.AccessKeyID != "" && s.SecretAccessKey != "" && s.SessionToken != "":
		it.Credentials = &sts.Credentials{
			AccessKeyID: s.AccessKeyID, SecretAccessKey: secret.New(s.SecretAccessKey),
			SessionToken: secret.New(s.SessionToken), Expires: s.Expires, AccountID: s.AccountID,
		}
	default:
		return nil
	}
	return it
}

func (it *item) alive(now time.Time) bool { return it.Expires.After(now) }

// fresh: enough of its life is left for a request. One that was issued in the future, by a clock that has since been set
// back, is not.
func (it *item) fresh(r Request, now time.Time) bool {
	life := it.Expires.Sub(it.IssuedAt)
	enough := min(freshLeft, life/4)
	if it.Token != nil {
		enough = min(tokenLeft, life/2)
	}
	return it.Expires.Sub(now) >= r.enough(life, enough) && !it.IssuedAt.After(now.Add(time.Minute))
}

// enough is what has to be left of a life; usual where nothing else is asked for.
func (r Request) enough(life, usual time.Duration) time.Duration {
	switch {
	case r.For > 0:
		return r.For
	case r.Copied:
		return life * 3 / 4
	}
	return usual
}

// lastsLongEnough returns an error if less is left of what was found than a person asked for, by more than asking takes.
func (c *call) lastsLongEnough(it *item) error {
	left := it.Expires.Sub(c.parts.Now()).Round(time.Second)
	if left+time.Minute >= c.request.For {
		return nil
	}
	what, fix := "the credentials", "or have the role's duration raised in the access map, which AWS takes up to its maximum session duration"
	if it.Token != nil {
		what, fix = "the workspace token", "it lives as long as the ID token that it is made from; or leave it out: add --no-databricks"
	}
	return ui.Errorf("life-too-short", ui.Failed, "%s for %s can be had for %s at most now, and --for asks for %s",
		what, c.request.Role, left, c.request.For).With(ui.Advice("ask for less", fix))
}

// validFor reports whether the item was found right for a request's role, and is narrowed as it asks.
func (it *item) validFor(r Request) bool {
	return slices.Contains(it.Roles, r.Role) && (it.Token != nil || slices.Equal(it.Scope, r.sortedScope()))
}

// madeFor reports whether the item is what an order would bring; false for nil.
func (it *item) madeFor(o *order, j *job) bool {
	return it != nil && it.Binding == o.binding && it.Job.sameAs(j)
}

// accept notes that the item is right for an order's role by its map.
func (it *item) accept(o *order) {
	if !o.stamp.Equal(it.Map) {
		it.Roles = nil // the others are to be looked up again
	}
	it.Map = o.stamp // which may be good for longer
	if !slices.Contains(it.Roles, o.role.Role) {
		it.Roles = append(it.Roles, o.role.Role)
	}
}

// digest is secret.Digest cut to what a key may hold.
func digest(parts ...string) string {
	sum := secret.Digest(parts...)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// cached reads an item; absent, damaged and unreadable ones are nil. If it is the keyring that can't be read, the session
// says so next.
func (b *Broker) cached(ctx context.Context, key string) (*item, error) {
	data, err := b.parts.Store.Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt), store.Unreadable(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return decodeItem(data), nil
}

// Forget removes every cached credential that was issued from a provider's sign-in, whichever map and identity it was
// asked for by, and those that can't be read.
func (b *Broker) Forget(ctx context.Context, p login.Provider) error {
	keys, err := b.parts.Store.Keys(ctx, "")
	if err != nil {
		return err
	}
	return b.forget(ctx, p, keys)
}

// forgetOut is Forget for a sign-out, which a keyring that can't list what it holds must not stop. A sign-in does not go on
// there: what is left could be served to the next person.
func (b *Broker) forgetOut(ctx context.Context, p login.Provider) error {
	keys, err := b.parts.Store.Keys(ctx, "")
	if err != nil {
		keys = b.knownKeys()
		b.parts.Console.Warn(ui.Warning{
			ID: "keyring-not-listed", What: "the keyring can't list what it holds, so only what the access map names is deleted: " + ui.Clean(err.Error()),
			Why: "credentials narrowed with --scope may be left; they end by themselves",
		})
	}
	return b.forget(ctx, p, keys)
}

func (b *Broker) forget(ctx context.Context, p login.Provider, keys []string) error {
	var failed []error
	readable := true
	for _, key := range keys {
		if !strings.HasPrefix(key, rolePrefix) && !strings.HasPrefix(key, workspacePrefix) {
			continue
		}
		var it *item
		if readable {
			var err error
			it, err = b.cached(ctx, key)
			readable = err == nil
		}
		if it != nil && (it.Binding.Issuer != p.Issuer || it.Binding.ClientID != p.ClientID) {
			continue
		}
		if err := b.parts.Store.Delete(ctx, key); err != nil {
			failed = append(failed, err)
			if _, unavailable := errors.AsType[*store.UnavailableError](err); unavailable {
				break // the others would take as long to fail
			}
		}
	}
	return errors.Join(failed...)
}

// knownKeys are the keys that the credentials of the map's roles have, where they are not narrowed.
func (b *Broker) knownKeys() (keys []string) {
	view, err := b.view()
	if err != nil {
		return nil
	}
	for identity := range view.Map.Identities {
		for role := range view.Map.Roles {
			for _, k := range []kind{b.aws(), b.workspace()} {
				if key, err := k.key(Request{Identity: identity, Role: role}); err == nil {
					keys = append(keys, key)
				}
			}
		}
	}
	return keys
}
