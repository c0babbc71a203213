package broker

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/login"
	"github.com/dbxaccess/dbxaccess/internal/secret"
	"github.com/dbxaccess/dbxaccess/internal/store"
	"github.com/dbxaccess/dbxaccess/internal/sts"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// freshLeft is what a credential must still live to be served without renewing: botocore asks again on every request
// below fifteen minutes. Shorter-lived ones are renewed in their last quarter.
const freshLeft = 15 * time.Minute

// Binding is what a cached credential was made for. If any of it differs from what the map and the session say now, the
// credential is not served.
type Binding struct {
	Issuer       string        `json:"issuer"`
	ClientID     string        `json:"client_id"`
	Subject      string        `json:"subject"`
	RoleARN      string        `json:"role_arn"`
	Region       string        `json:"region"`
	PolicyDigest string        `json:"policy_digest"` // SHA-256 in hex; "" without a session policy
	Duration     time.Duration `json:"duration"`
}

// item is one cached credential.
type item struct {
	Binding     Binding
	Map         accessmap.Stamp // the map by which the binding was last found right
	Issued      time.Time
	SessionName string
	Credentials sts.Credentials
}

// storedItem is the item as the keyring holds it, its secrets in the clear: the one place where they are revealed to be
// kept.
type storedItem struct {
	Binding         Binding         `json:"binding"`
	Map             accessmap.Stamp `json:"map"`
	Issued          time.Time       `json:"issued"`
	SessionName     string          `json:"session_name"`
	AccessKeyID     string          `json:"access_key_id"`
	SecretAccessKey string          `json:"secret_access_key"`
	SessionToken    string          `json:"session_token"`
	Expires         time.Time       `json:"expires"`
	AccountID       string          `json:"account_id,omitempty"`
}

func (it *item) encode() ([]byte, error) {
	c := it.Credentials
	return json.Marshal(storedItem{
		Binding: it.Binding, Map: it.Map, Issued: it.Issued, SessionName: it.SessionName,
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey.Reveal(), SessionToken: c.SessionToken.Reveal(),
		Expires: c.Expires, AccountID: c.AccountID,
	})
}

// decodeItem returns nil for anything that is not a whole item: a damaged one is as good as absent and is made anew.
// An expiry that no credential can have is cut to what it can.
func decodeItem(data []byte) *item {
	var s storedItem
	if err := json.Unmarshal(data, &s); err != nil || s.AccessKeyID == "" || s.SecretAccessKey == "" ||
		s.SessionToken == "" || s.Issued.IsZero() || !s.Expires.After(s.Issued) {
		return nil
	}
	if latest := s.Issued.Add(sts.MaxLife); s.Expires.After(latest) {
		s.Expires = latest
	}
	return &item{
		Binding: s.Binding, Map: s.Map, Issued: s.Issued, SessionName: s.SessionName,
		Credentials: sts.Credentials{
			AccessKeyID: s.AccessKeyID, SecretAccessKey: secret.New(s.SecretAccessKey),
			SessionToken: secret.New(s.SessionToken), Expires: s.Expires, AccountID: s.AccountID,
		},
	}
}

func (it *item) alive(now time.Time) bool { return it.Credentials.Expires.After(now) }

// fresh: at least fifteen minutes left, or a quarter of a shorter life. One that was issued in the future, by a clock
// that has since been set back, is not.
func (it *item) fresh(now time.Time) bool {
	life := it.Credentials.Expires.Sub(it.Issued)
	return it.Credentials.Expires.Sub(now) >= min(freshLeft, life/4) && !it.Issued.After(now.Add(time.Minute))
}

// rolePrefix is the beginning of the keys of all cached credentials.
const rolePrefix = "role/"

// itemKey names the item of one request. What it was made for stands in its Binding, so that the warm path needs one
// read and no map; the hash keeps names out of key listings, and the map's path is part of the key because two maps may give one name different meanings.
func (b *Broker) itemKey(r Request) string {
	scope := slices.Compact(slices.Sorted(slices.Values(r.Scope)))
	return rolePrefix + digest(append([]string{b.MapPath, r.Identity, r.Role}, scope...)...)
}

// digest hashes texts, each preceded by its length so that no two lists collide.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:15]))
}

// cached reads an item; absent and damaged ones are nil.
func (b *Broker) cached(ctx context.Context, key string) (*item, error) {
	data, err := b.Store.Get(ctx, key)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return decodeItem(data), nil
}

// keep stores an item. The credential was issued and somebody waits for it: a keyring that is full or fails now is told,
// and the credential still served.
func (b *Broker) keep(ctx context.Context, key string, it *item) {
	data, err := it.encode()
	if err == nil {
		err = b.Store.Set(ctx, key, data, store.Meta{Expires: it.Credentials.Expires, Label: "dbxaccess role credentials"})
	}
	if err != nil {
		b.notCached(err)
	}
}

func (b *Broker) notCached(err error) {
	b.notice("the credentials could not be cached and will be asked for again next time: " + ui.Clean(err.Error()))
}

// storeForSession keeps an item if the session it was made from is still the one signed in: a logout that happened
// meanwhile must not be undone. Logout deletes the session under its lock, and role items after it.
func (b *Broker) storeForSession(ctx context.Context, key string, want *entitlement, it *item) error {
	var over error
	err := b.Sessions.While(ctx, want.provider, func(now *login.Session) error {
		switch {
		case now == nil:
			over = loginNeeded(want.provider.Name, "signed out while the credentials were being renewed")
			return nil
		case now.ID != want.session.ID:
			over = errSignedInAnew(want.provider)
			return nil
		}
		// Another process may have renewed it meanwhile, and lost a group by it.
		want.session = now
		if over = want.stillGiven(); over == nil {
			b.keep(ctx, key, it)
		}
		return nil
	})
	if err != nil { // as in keep: what was issued is not lost because the session can't be looked at now
		b.notCached(err)
	}
	return over
}

// Forget removes every cached credential that was issued from a provider's sign-in, whichever map and identity it was
// asked for by, and those that can't be read.
func (b *Broker) Forget(ctx context.Context, p login.Provider) error {
	keys, err := b.Store.Keys(ctx, rolePrefix)
	if err != nil {
		return err
	}
	var failed []error
	for _, key := range keys {
		it, err := b.cached(ctx, key)
		if err == nil && (it == nil || it.Binding.Issuer == p.Issuer && it.Binding.ClientID == p.ClientID) {
			err = b.Store.Delete(ctx, key)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}
