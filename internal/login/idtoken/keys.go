package idtoken

import (
	"context"
	"crypto"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/dbxaccess/dbxaccess/internal/httpclient"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// signingKeys are the provider's public keys (RFC 7517): fetched again (refetch), or as they were kept, where Verify sees to keys that were rotated
// in between. Only
// the RSA and EC keys meant for signatures count, and only the one with the id kid where the token names one; keys of other
// kinds are passed over, and so is one that can't be read, which is named where no other is left. go-oidc's own key set would
// fetch too, but its errors hold whole bodies and don't tell a provider that can't be reached from a forged token.
//
// An error that is an unprovenError may be one of keys that are not the present ones.
func (c *Client) signingKeys(ctx context.Context, i *Issuer, kid string, refetch bool) (keys []crypto.PublicKey, kept bool, err error) {
	a, kept, err := c.Get(ctx, i, httpclient.Asked{Doing: "reading the signing keys of " + i.host(), Of: "an issuer"}, i.Keys, refetch)
	if err != nil {
		return nil, false, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if a.Status != http.StatusOK || json.Unmarshal(a.Body, &set) != nil || set.Keys == nil {
		return nil, kept, unprovenError{a.NoAnswer()}
	}
	var unreadable error
	for _, raw := range set.Keys {
		o, _ := httpclient.ParseObject(raw)
		if o.Text("use") == "enc" || !slices.Contains([]string{"RSA", "EC"}, o.Text("kty")) ||
			kid != "" && o.Text("kid") != "" && o.Text("kid") != kid {
			continue
		}
		key, err := publicKey(o)
		if err != nil {
			unreadable = ui.Errorf("key-unreadable", ui.Failed, "the signing key that %s publishes under the id %q can't be read: %s",
				i.host(), ui.Cut(o.Text("kid"), 100), ui.Cut(err.Error(), 200)).
				With(ui.Advice("have the provider publish a sound RSA or EC key; it may rotate to a new one"))
			continue
		}
		keys = append(keys, key)
	}
	switch {
	case len(keys) > 0:
		return keys, kept, nil
	case unreadable != nil:
		return nil, kept, unprovenError{unreadable}
	}
	return nil, kept, unprovenError{ui.Errorf("key-unknown", ui.Failed,
		"%s publishes no key that could have signed the ID token (key id %q)", i.host(), ui.Cut(kid, 100)).
		With(ui.Advice("try again in a moment; if it stays so, the issuer in the access map is not the one that signs"))}
}

// unprovenError is one that other keys or metadata of the issuer may fix.
type unprovenError struct{ error }

func (e unprovenError) Unwrap() error { return e.error }

// publicKey is the RSA or EC key of a JWK (RFC 7518 §6.2, §6.3). Nothing else in it is read: a flaw in a certificate beside it,
// which proves nothing here, costs nobody the key.
func publicKey(jwk httpclient.Object) (crypto.PublicKey, error) {
	bare := httpclient.Object{}
	for _, name := range []string{"kty", "n", "e", "crv", "x", "y"} {
		if value, ok := jwk[name]; ok {
			bare[name] = value
		}
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return nil, err
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal(text, &key); err != nil {
		return nil, err
	}
	return key.Key, nil
}

// SigningKeys fetches the keys that the issuer signs with and counts them. None is an error.
func (c *Client) SigningKeys(ctx context.Context, i *Issuer) (count int, err error) {
	keys, _, err := c.signingKeys(ctx, i, "", true)
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
