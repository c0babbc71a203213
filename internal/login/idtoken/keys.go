package idtoken

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// signingKeys fetches the provider's public keys (RFC 7517), anew each time, so that keys rotated in between are no
// matter. Only the RSA and EC keys meant for signatures count, and only the one with the id kid where the token names
// one; keys of other kinds are passed over. go-oidc's own key set would fetch too, but its errors hold whole bodies and
// don't tell a provider that can't be reached from a forged token.
func (c *Client) signingKeys(ctx context.Context, i *Issuer, kid string) ([]crypto.PublicKey, error) {
	doing := "reading the signing keys of " + i.host()
	a, err := c.Get(ctx, i, doing, i.Keys)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if a.Status != http.StatusOK || json.Unmarshal(a.Body, &set) != nil {
		return nil, ui.Errorf("keys-unusable", ui.Failed, "%s: it answered %d without a key set", doing, a.Status).
			With(ui.Advice("the provider may have a passing fault: try again in a moment"))
	}
	var keys []crypto.PublicKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || key.Use == "enc" {
			continue
		}
		if kid != "" && key.KeyID != "" && key.KeyID != kid {
			continue
		}
		switch key.Key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey:
			keys = append(keys, key.Key)
		}
	}
	if len(keys) == 0 {
		return nil, ui.Errorf("key-unknown", ui.Failed,
			"%s publishes no key that could have signed the ID token (key id %q)", i.host(), ui.Cut(kid, 100)).
			With(ui.Advice("try again in a moment; if it stays so, the issuer in the access map is not the one that signs"))
	}
	return keys, nil
}

// SigningKeys fetches the keys that the issuer signs with and counts them. None is an error.
func (c *Client) SigningKeys(ctx context.Context, i *Issuer) (count int, err error) {
	keys, err := c.signingKeys(ctx, i, "")
	return len(keys), err
}

// keySet hands go-oidc the keys and keeps the payload once its signature is verified.
type keySet struct {
	keys    oidc.StaticKeySet
	payload []byte // nil: no key fits the signature
}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.keys.VerifySignature(ctx, jwt)
	if err != nil {
		return nil, err
	}
	k.payload = payload
	return payload, nil
}
