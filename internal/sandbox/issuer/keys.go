// Package issuer is who signs tokens: the keys of the sandbox's issuers, what is read in a token, and the issuers of machines'
// tokens, where nobody signs in.
//
// In come claims, out go signed tokens; in come tokens, out go the claims of those that a key here has signed. Forgeries are
// made on request, and must never pass the verification.
package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/dbxaccess/dbxaccess/internal/sandbox/harness"
)

// Algorithms of tokens, and of two forgeries: none, and HS256 keyed with the public key.
const (
	RS256 = "RS256"
	ES384 = "ES384"
	hs256 = "HS256"
	none  = "none"
)

// Keys are an issuer's signing keys, newest first. They may be shared by several sandboxes, and by goroutines.
type Keys struct {
	mu   sync.Mutex
	keys []jose.JSONWebKey
}

// NewKeys makes one RSA key.
func NewKeys() (*Keys, error) {
	k := &Keys{}
	return k, k.Rotate(true)
}

// Copy returns the same keys, to be rotated without the others' knowing.
func (k *Keys) Copy() *Keys {
	k.mu.Lock()
	defer k.mu.Unlock()
	return &Keys{keys: slices.Clone(k.keys)}
}

// Rotate makes a new RSA key, which signs from now on. The old ones stay in the key set if they are kept, as providers do
// for a while; else tokens signed with them fail from now on.
func (k *Keys) Rotate(keepOld bool) error {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !keepOld {
		k.keys = nil
	}
	k.keys = slices.Insert(k.keys, 0, jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: RS256, Use: "sig"})
	return nil
}

// addES384 adds a key of another algorithm.
func (k *Keys) addES384() error {
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	k.keys = append(k.keys, jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: ES384, Use: "sig"})
	return nil
}

func (k *Keys) public() jose.JSONWebKeySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, key := range k.keys {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

// Published answers with the key set.
func (k *Keys) Published() *harness.Reply {
	a := harness.JSON(http.StatusOK, map[string]any{"keys": k.public().Keys})
	a.Header = http.Header{"Cache-Control": {"max-age=300"}}
	return a
}

// Sign makes a token of claims. Algorithms that no key is for make the forgeries that a client must refuse.
func (k *Keys) Sign(claims map[string]any, algorithm string) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	k.mu.Lock()
	keys := k.keys
	k.mu.Unlock()
	if algorithm == none {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." +
			base64.RawURLEncoding.EncodeToString(payload) + ".", nil
	}
	signing := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm)}
	i := slices.IndexFunc(keys, func(key jose.JSONWebKey) bool { return key.Algorithm == algorithm })
	switch {
	case i >= 0:
		signing.Key = keys[i]
	case algorithm == hs256:
		// The classic confusion: a verifier that takes the public key for a shared secret accepts this.
		public, err := keys[0].Public().MarshalJSON()
		if err != nil {
			return "", fmt.Errorf("encoding the public key: %w", err)
		}
		signing.Key = jose.JSONWebKey{Key: public, KeyID: keys[0].KeyID}
	default:
		return "", fmt.Errorf("the sandbox does not sign with %q", algorithm)
	}
	signer, err := jose.NewSigner(signing, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("preparing the signature: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return signed.CompactSerialize()
}

// Verify returns the payload of a token signed by a key of the set.
func (k *Keys) Verify(token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES384})
	if err != nil {
		return nil, err
	}
	return signed.Verify(k.public())
}
