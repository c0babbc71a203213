package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// Issuers of tokens that machines have without anybody signing in. Each is at the sandbox's origin, with keys of its own.
const (
	// GitHubIssuerPath stands for GitHub Actions, and for whatever else puts a token into a file or a variable.
	GitHubIssuerPath = "/github"
	// AWSIssuerPath stands for the account's own issuer, whose tokens GetWebIdentityToken gives.
	AWSIssuerPath = "/aws-issuer"

	machineJWKSPath = "/.well-known/jwks"
	algorithmES384  = "ES384"
)

// GitHubIssuer is the issuer of MachineToken and of the endpoint that GitHubEnv names.
func (s *Server) GitHubIssuer() string { return s.origin() + GitHubIssuerPath }

// AWSIssuer is the issuer of the tokens that STS's GetWebIdentityToken gives.
func (s *Server) AWSIssuer() string { return s.origin() + AWSIssuerPath }

// machineKeys are an issuer's keys, one for each algorithm.
type machineKeys []jose.JSONWebKey

// Keys of the issuers. They are made when a token is first wanted, and shared by all sandboxes of a process: making an RSA
// key takes longer than most tests.
var (
	gitHubKeys = sync.OnceValues(func() (machineKeys, error) { return newMachineKeys(false) })
	awsKeys    = sync.OnceValues(func() (machineKeys, error) { return newMachineKeys(true) })
)

func newMachineKeys(es384 bool) (machineKeys, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("making a machine issuer's key: %w", err)
	}
	keys := machineKeys{{Key: key, KeyID: rand.Text(), Algorithm: algorithmRS256, Use: "sig"}}
	if !es384 {
		return keys, nil
	}
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a machine issuer's key: %w", err)
	}
	return append(keys, jose.JSONWebKey{Key: curve, KeyID: rand.Text(), Algorithm: algorithmES384, Use: "sig"}), nil
}

func (k machineKeys) public() jose.JSONWebKeySet {
	var set jose.JSONWebKeySet
	for _, key := range k {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

func (k machineKeys) sign(claims map[string]any, algorithm string) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encoding claims: %w", err)
	}
	for _, key := range k {
		if key.Algorithm != algorithm {
			continue
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: key},
			(&jose.SignerOptions{}).WithType("JWT"))
		if err != nil {
			return "", fmt.Errorf("preparing the signature: %w", err)
		}
		signed, err := signer.Sign(payload)
		if err != nil {
			return "", fmt.Errorf("signing: %w", err)
		}
		return signed.CompactSerialize()
	}
	return "", fmt.Errorf("the issuer does not sign with %q", algorithm)
}

func (k machineKeys) verify(token string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES384})
	if err != nil {
		return nil, err
	}
	return signed.Verify(k.public())
}

// machineKeysAt returns the keys of the issuer that a path is below.
func machineKeysAt(path string) (machineKeys, error) {
	if strings.HasPrefix(path, AWSIssuerPath) {
		return awsKeys()
	}
	return gitHubKeys()
}

// verifier returns what checks the signatures of one of the sandbox's issuers, and nil for any other.
func (s *Server) verifier(issuer string) func(token string) ([]byte, error) {
	switch issuer {
	case s.Issuer():
		return s.keys.verify
	case s.GitHubIssuer(), s.AWSIssuer():
		return func(token string) ([]byte, error) {
			keys, err := machineKeysAt(strings.TrimPrefix(issuer, s.origin()))
			if err != nil {
				return nil, err
			}
			return keys.verify(token)
		}
	}
	return nil
}

// machineDiscovery answers with what OpenID Connect Discovery 1.0 demands of an issuer where nobody signs in.
func (s *Server) machineDiscovery(r *http.Request) reply {
	issuer, algorithms := s.GitHubIssuer(), []string{algorithmRS256}
	if strings.HasPrefix(r.URL.Path, AWSIssuerPath) {
		issuer, algorithms = s.AWSIssuer(), []string{algorithmRS256, algorithmES384}
	}
	return jsonReply(http.StatusOK, map[string]any{
		"issuer":                                issuer,
		"jwks_uri":                              issuer + machineJWKSPath,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": algorithms,
		"scopes_supported":                      []string{scopeOpenID},
		"claims_supported":                      []string{"sub", "aud", "exp", "iat", "iss"},
	})
}

func (s *Server) machineJWKS(r *http.Request) reply {
	keys, err := machineKeysAt(r.URL.Path)
	if err != nil {
		return s.failure(err)
	}
	a := jsonReply(http.StatusOK, map[string]any{"keys": keys.public().Keys})
	a.header = http.Header{"Cache-Control": {"max-age=300"}}
	return a
}
