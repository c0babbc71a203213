package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

const (
	algorithmRS256 = "RS256"
	algorithmHS256 = "HS256"
	algorithmNone  = "none"

	keyBits = 2048
)

// Keys are a provider's signing keys, newest first. They may be shared by several sandboxes, and by goroutines.
type Keys struct {
	mu   sync.Mutex
	keys []jose.JSONWebKey
}

// NewKeys makes one RSA key.
func NewKeys() (*Keys, error) {
	k := &Keys{}
	if err := k.Rotate(true); err != nil {
		return nil, err
	}
	return k, nil
}

// Rotate makes a new key, which signs from now on. The old ones stay in the key set if they are kept, as providers do
// for a while; else tokens signed with them fail from now on.
func (k *Keys) Rotate(keepOld bool) error {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	key := jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: algorithmRS256, Use: "sig"}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !keepOld {
		k.keys = nil
	}
	k.keys = append([]jose.JSONWebKey{key}, k.keys...)
	return nil
}

// RotateKeys makes the provider sign with a new key; see Keys.Rotate.
func (s *Server) RotateKeys(keepOld bool) error { return s.keys.Rotate(keepOld) }

// public is the key set as it is published.
func (k *Keys) public() jose.JSONWebKeySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, key := range k.keys {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

// sign makes a token of claims. Algorithms other than RS256 make the forgeries that a client must refuse.
func (k *Keys) sign(claims map[string]any, algorithm string) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	k.mu.Lock()
	key := k.keys[0]
	k.mu.Unlock()

	signing := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: key}
	switch algorithm {
	case algorithmRS256:
	case algorithmNone:
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." +
			base64.RawURLEncoding.EncodeToString(payload) + ".", nil
	case algorithmHS256:
		// The classic confusion: a verifier that takes the public key for a shared secret accepts this.
		public, err := key.Public().MarshalJSON()
		if err != nil {
			return "", fmt.Errorf("encoding the public key: %w", err)
		}
		signing.Key = jose.JSONWebKey{Key: public, KeyID: key.KeyID}
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

// verify returns the payload of a token signed with RS256 by a key of the set.
func (k *Keys) verify(token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	return signed.Verify(k.public())
}
